//! The control address: hooks of an operator and visits of a WIC, one JSON object each (`docs/profile.md`).

use std::collections::HashMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::StartError;

type Answer = Pin<Box<dyn Future<Output = Value> + Send>>;
type Hook = Arc<dyn Fn(Value) -> Answer + Send + Sync>;

/// What the nodes of this process answer to, by the name of the hook; several nodes may answer to one.
#[derive(Clone, Default)]
pub(crate) struct Hooks(HashMap<&'static str, Vec<Hook>>);

impl Hooks {
    /// Adds a node's answer to a hook.
    pub(crate) fn on<F, A>(&mut self, hook: &'static str, answer: F)
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Value> + Send + 'static,
    {
        self.0
            .entry(hook)
            .or_default()
            .push(Arc::new(move |value| Box::pin(answer(value))));
    }
}

/// Serves the hooks on a free port of 127.0.0.1.
pub(crate) async fn serve(hooks: Hooks, tasks: &mut JoinSet<()>) -> Result<SocketAddr, StartError> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let failed = |why| StartError::Listen {
        address: wanted,
        node: "control".to_owned(),
        why,
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let routes = axum::Router::new()
        .route("/hook", axum::routing::post(answer))
        .with_state(hooks);
    tasks.spawn(async move {
        // Ends only with the process or its task: an accept error of this listener is retried by axum.
        let _ = axum::serve(listener, routes).await;
    });
    Ok(address)
}

/// Asks every node that knows the hook and joins their answers: the last object's members win, lists are appended.
async fn answer(State(hooks): State<Hooks>, Json(request): Json<Value>) -> Json<Value> {
    let name = request["hook"].as_str().unwrap_or_default();
    let Some(found) = hooks.0.get(name) else {
        return Json(
            json!({ "ok": false, "error": format!("no node here answers to the hook {name:?}") }),
        );
    };
    let mut joined = serde_json::Map::new();
    for hook in found {
        if let Value::Object(members) = hook(request.clone()).await {
            for (member, value) in members {
                match (joined.get_mut(&member), value) {
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                    (_, value) => {
                        joined.insert(member, value);
                    }
                }
            }
        }
    }
    Json(Value::Object(joined))
}
