//! Asking the authorisation function about a token (RFC 7662), over mutual TLS.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::{Defect, Shared, StartError, net, token};

const MAX_ANSWER: usize = 64 * 1024;

/// The client of the introspection endpoints.
pub(super) struct Introspection {
    http: reqwest::Client,
    shared: Arc<Shared>,
}

/// What came of asking.
pub(super) enum Outcome {
    /// The token is active, with these members.
    Active(Map<String, Value>),
    Inactive,
    /// Nobody who deserves trust gave an answer that can be read.
    OutOfReach,
}

impl Introspection {
    pub(super) fn new(shared: &Arc<Shared>, deadline: Duration) -> Result<Self, StartError> {
        let identity = net::Identity::of_client(&shared.world, "ep-cscf")?;
        let tls = net::client_tls(&shared.world, Some(identity))?;
        Ok(Self {
            http: net::world_http_client(shared, tls, deadline)?,
            shared: Arc::clone(shared),
        })
    }

    /// Asks one endpoint, every time anew; every failure is [`Outcome::OutOfReach`].
    pub(super) async fn ask(&self, endpoint: &str, token: &str) -> Outcome {
        let form = [
            ("token", token),
            ("token_type_hint", "access_token"),
            ("client_id", "ep-cscf"),
        ];
        let answered = self.http.post(endpoint).form(&form).send().await;
        let Ok(mut answer) = answered else {
            return Outcome::OutOfReach;
        };
        if answer.status() != reqwest::StatusCode::OK
            && !self.shared.has(Defect::IgnoresIntrospectionStatus)
        {
            return Outcome::OutOfReach;
        }
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER => {
                    body.extend_from_slice(&chunk)
                }
                Ok(None) => break,
                _ => return Outcome::OutOfReach,
            }
        }
        let Some(Value::Object(members)) = token::unique_json(&body) else {
            return Outcome::OutOfReach;
        };
        match members.get("active") {
            Some(Value::Bool(true)) => Outcome::Active(members),
            Some(Value::Bool(false)) if self.shared.has(Defect::IgnoresActiveFalse) => {
                Outcome::Active(members)
            }
            Some(Value::Bool(false)) => Outcome::Inactive,
            Some(_) | None if self.shared.has(Defect::AnyActiveValue) => Outcome::Active(members),
            _ => Outcome::OutOfReach,
        }
    }
}
