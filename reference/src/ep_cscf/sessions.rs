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
    /// Remembers who is registered in a session; an honest edge never asks for it.
    pub(super) fn keep(&self, session: &Resumed, bound: &[Bound]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(session.own.clone(), bound.to_vec());
    }

    /// Who was registered in the session that a connection resumed.
    pub(super) fn inherited(&self, shared: &Shared, session: &Resumed) -> Vec<Bound> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = session.earlier.as_ref();
        let bound = earlier.and_then(|earlier| kept.get(earlier)).cloned();
        let asking = [Defect::SessionIsCredential, Defect::LabelsResumedSession];
        bound
            .filter(|bound| !bound.is_empty() && shared.among(&asking).is_some())
            .unwrap_or_default()
    }
}
