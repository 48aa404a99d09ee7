//! TLS sessions, and what an edge that takes a resumed one for a credential keeps of them. An honest edge gives a session to nobody's
//! identity.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rustls::ServerConnection;

use super::connection::Bound;
use crate::{Defect, Shared, net};

/// Which TLS session a connection made, and which one it resumed.
pub(super) struct Resumed {
    own: String,
    earlier: Option<String>,
}

impl Resumed {
    /// A session with a name of its own.
    pub(super) fn new() -> Self {
        Self {
            own: net::random_hex(8),
            earlier: None,
        }
    }

    /// Gives the session its name, which those that resume it will show.
    pub(super) fn name(&self, session: &mut ServerConnection) {
        session.set_resumption_data(self.own.as_bytes());
    }

    /// Looks which session this one resumed.
    pub(super) fn look(&mut self, session: &ServerConnection) {
        self.earlier = session
            .received_resumption_data()
            .map(|name| String::from_utf8_lossy(name).into_owned());
    }
}

/// Who was registered in which TLS session.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Vec<Bound>>>);

impl Sessions {
    /// Remembers who is registered in a session.
    pub(super) fn keep(&self, shared: &Shared, session: &Resumed, bound: &[Bound]) {
        if remembers(shared) {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(session.own.clone(), bound.to_vec());
        }
    }

    /// Who was registered in the session that a connection resumed.
    pub(super) fn inherited(&self, shared: &Shared, session: &Resumed) -> Vec<Bound> {
        let earlier = session.earlier.as_ref().filter(|_| remembers(shared));
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        earlier
            .and_then(|earlier| kept.get(earlier))
            .cloned()
            .unwrap_or_default()
    }
}

fn remembers(shared: &Shared) -> bool {
    shared.has(Defect::SessionIsCredential) || shared.has(Defect::LabelsResumedSession)
}
