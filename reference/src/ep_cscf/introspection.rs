//! Asking the authorisation function about a token (RFC 7662), over mutual TLS.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::{Defect, Shared, StartError, net, token};

const MAX_ANSWER: usize = 64 * 1024;

/// The client of the introspection endpoints.
pub(super) struct Introspection {
    http: reqwest::Client,
    shared: Arc<Shared>,
    /// Answers that a careless edge keeps, by token.
    kept: Mutex<HashMap<String, Map<String, Value>>>,
    /// Whether a careless edge takes every known token for active.
    forgives: AtomicBool,
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
        let identity = match shared.has(Defect::IntrospectsUnproven) {
            true => None,
            false => Some(net::Identity::of_client(&shared.world, "ep-cscf")?),
        };
        let mut tls = net::client_tls(&shared.world, identity)?;
        super::careless::loosen(shared, &mut tls)?;
        Ok(Self {
            http: net::world_http_client(shared, tls, deadline)?,
            shared: Arc::clone(shared),
            kept: Mutex::default(),
            forgives: AtomicBool::new(false),
        })
    }

    /// From now on an answer that says inactive is taken for active.
    pub(super) fn forgive(&self) {
        self.forgives.store(true, Ordering::Relaxed);
    }

    /// Asks one endpoint, every time anew; every failure is [`Outcome::OutOfReach`].
    pub(super) async fn ask(&self, endpoint: &str, token: &str) -> Outcome {
        let beyond = self.shared.has(Defect::KeepsIntrospectionBeyondEnd);
        if !beyond && !self.shared.has(Defect::CachesIntrospection) {
            return self.ask_anew(endpoint, token).await;
        }
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(token).cloned();
        let ended = known
            .as_ref()
            .and_then(|members| members.get("exp")?.as_f64())
            .is_some_and(|end| end <= token::now());
        if let Some(mut members) = known.filter(|_| beyond == ended) {
            members.remove("exp");
            return Outcome::Active(members);
        }
        let outcome = self.ask_anew(endpoint, token).await;
        if let Outcome::Active(members) = &outcome {
            kept().insert(token.to_owned(), members.clone());
        }
        outcome
    }

    async fn ask_anew(&self, endpoint: &str, token: &str) -> Outcome {
        let form = [
            ("token", token),
            ("token_type_hint", "access_token"),
            ("client_id", "ep-cscf"),
        ];
        let address = match self.shared.has(Defect::IntrospectsInUrl) {
            true => format!("{endpoint}?token={token}"),
            false => endpoint.to_owned(),
        };
        let answered = self.http.post(address).form(&form).send().await;
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
            Some(Value::Bool(false))
                if self.shared.has(Defect::IgnoresActiveFalse)
                    || self.forgives.load(Ordering::Relaxed) =>
            {
                Outcome::Active(members)
            }
            Some(Value::Bool(false)) => Outcome::Inactive,
            Some(_) | None if self.shared.has(Defect::AnyActiveValue) => Outcome::Active(members),
            _ => Outcome::OutOfReach,
        }
    }
}
