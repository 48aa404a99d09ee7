//! A native WebRTC IMS Client: asked for one visit at a time, it goes from the portal's page to a registration and back.

mod browser;
mod digest;
mod driver;
mod portal;
mod registration;
mod secure;
mod sip_client;
mod upgrade;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::{Shared, StartError};

use driver::Visit;

/// The client between visits: it keeps nothing of them.
struct Wic {
    shared: Arc<Shared>,
    /// The next of the addresses that a client calls from.
    next_source: AtomicU8,
    /// It ended over something that it received, and does not come back.
    dead: AtomicBool,
}

/// What a visit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    registered: bool,
    /// The last SIP status, 0 when none came.
    status: u16,
    reason: String,
}

impl Outcome {
    fn failed(status: u16, reason: impl Into<String>) -> Self {
        Self {
            registered: false,
            status,
            reason: reason.into(),
        }
    }
}

/// Answers visits at the control address.
#[expect(clippy::unused_async, reason = "every role starts in the same way")]
pub(crate) async fn start(
    shared: &Arc<Shared>,
    _tasks: &mut JoinSet<()>,
    hooks: &mut Hooks,
) -> Result<(), StartError> {
    let wic = Arc::new(Wic {
        shared: Arc::clone(shared),
        next_source: AtomicU8::new(0),
        dead: AtomicBool::new(false),
    });
    hooks.on("visit", move |request| {
        let wic = Arc::clone(&wic);
        async move {
            let outcome = wic.asked(request).await;
            json!({ "registered": outcome.registered, "status": outcome.status, "reason": outcome.reason })
        }
    });
    Ok(())
}

/// Reads a page with a form, and a visit, whatever the bytes are.
pub(crate) fn read_page(data: &[u8]) {
    portal::read_page(&String::from_utf8_lossy(data));
    let _ = serde_json::from_slice::<Visit>(data);
}

impl Wic {
    async fn asked(&self, request: Value) -> Outcome {
        match serde_json::from_value::<Visit>(request) {
            Ok(visit) => {
                let deadline = Duration::from_millis(visit.deadline_ms);
                let outcome = tokio::time::timeout(deadline, self.visit(&visit)).await;
                outcome.unwrap_or_else(|_| Outcome::failed(0, "the deadline has passed"))
            }
            Err(why) => Outcome::failed(0, format!("no visit: {why}")),
        }
    }
}
