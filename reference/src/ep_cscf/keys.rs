//! Verification keys of the authorisation functions, fetched over HTTPS from the enrolled addresses only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{Defect, Shared, token};

const MAX_JWKS: usize = 256 * 1024;

/// The keys of one address as they were last fetched: each JSON object, with its `kid`.
pub(super) type Keys = Arc<Vec<(String, Value)>>;

/// What was fetched from one address, and when.
type Slot = Arc<Mutex<Option<(Instant, Keys)>>>;

/// The cache; one fetch at a time for each address.
pub(super) struct KeyStore {
    shared: Arc<Shared>,
    http: reqwest::Client,
    fetched: Mutex<HashMap<String, Slot>>,
}

/// Keys could not be had over a connection that deserves trust.
#[derive(Debug, thiserror::Error)]
#[error("the keys are out of reach")]
pub(super) struct OutOfReach;

impl KeyStore {
    pub(super) fn new(shared: Arc<Shared>, http: reqwest::Client) -> Self {
        Self {
            shared,
            http,
            fetched: Mutex::default(),
        }
    }

    /// The keys behind an address, fetched anew when they are older than the declared time, or when `wanted` is not among them
    /// and the last fetch is not of this second.
    pub(super) async fn of(&self, uri: &str, wanted: Option<&str>) -> Result<Keys, OutOfReach> {
        let slot = Arc::clone(self.fetched.lock().await.entry(uri.to_owned()).or_default());
        let mut slot = slot.lock().await;
        let life = self.shared.model.seconds("key-refetch", 1.0);
        if let Some((at, keys)) = &*slot {
            let known = wanted.is_none_or(|wanted| keys.iter().any(|(kid, _)| kid == wanted));
            let fresh = at.elapsed() < life && (known || at.elapsed() < Duration::from_secs(1));
            if fresh || (known && self.shared.has(Defect::KeepsWithdrawnKeys)) {
                return Ok(Arc::clone(keys));
            }
        }
        let keys = self.fetch(uri).await?;
        *slot = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    async fn fetch(&self, uri: &str) -> Result<Keys, OutOfReach> {
        if !uri.starts_with("https://") {
            return Err(OutOfReach);
        }
        let mut answer = self.http.get(uri).send().await.map_err(|_| OutOfReach)?;
        if answer.status().is_redirection()
            && (self.shared.has(Defect::FollowsKeyRedirect)
                || self.shared.has(Defect::UsesJkuOfIssuer))
        {
            let location = answer.headers().get("location").ok_or(OutOfReach)?;
            let onward = location.to_str().map_err(|_| OutOfReach)?;
            answer = self.http.get(onward).send().await.map_err(|_| OutOfReach)?;
        }
        if answer.status() != reqwest::StatusCode::OK {
            return Err(OutOfReach);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| OutOfReach)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_JWKS {
                return Err(OutOfReach);
            }
        }
        let document = token::unique_json(&body).ok_or(OutOfReach)?;
        let list = document["keys"].as_array().ok_or(OutOfReach)?;
        Ok(Arc::new(list.iter().filter_map(usable).collect()))
    }
}

/// A key for signatures with a name; others are passed over.
fn usable(key: &Value) -> Option<(String, Value)> {
    let for_signatures = key.get("use").is_none_or(|purpose| purpose == "sig");
    let known = for_signatures && serde_json::from_value::<Jwk>(key.clone()).is_ok();
    let kid = key["kid"].as_str().filter(|_| known)?;
    Some((kid.to_owned(), key.clone()))
}
