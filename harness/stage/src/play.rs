//! What one play shares between its steps and the nodes that are played around the SUT.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use evidence::event::{Layer, Side};
use evidence::{Bytes, What};
use script::vocabulary::{core, ep_cscf, waf, wwsf};
use wire::Tap;

use crate::roles;
use crate::world::{Party, Person, World};

/// A token that a played WAF issued, or that a SUT gave us.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) compact: String,
    /// Whose identity it honestly carries; nobody's for a token that a SUT gave.
    pub(crate) person: Option<Person>,
    pub(crate) party: Option<String>,
    pub(crate) expires_s: u64,
    /// Whether an honest WAF would call it active.
    pub(crate) genuine: bool,
}

/// How the played nodes depart from the autopilot in this play.
#[derive(Default)]
pub(crate) struct Scene {
    pub(crate) waf: Option<waf::Serve>,
    pub(crate) introspection: Vec<waf::Introspection>,
    pub(crate) keys: Option<roles::waf_keys::Published>,
    pub(crate) core_answers: VecDeque<core::Answer>,
    pub(crate) edge: Option<ep_cscf::Serve>,
    pub(crate) portal: Option<wwsf::Serve>,
}

/// What must be undone when the play is over, in reverse order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Undo {
    /// A registration on a connection of W2.
    W2Registration { connection: String, person: Person },
    /// A registration that our edge made at a core.
    MwRegistration { person: Person },
    /// A session at a portal.
    Session { browser: String },
    /// A hook that was asked; asking this puts it back.
    Hook {
        name: &'static str,
        request: serde_json::Value,
    },
}

/// One play.
pub struct Play {
    /// Its number in the run.
    pub number: u64,
    /// Its lane: which set of subscribers it uses.
    pub lane: usize,
    /// 3GPP's registration scenario.
    pub registration: u8,
    /// Its log.
    pub tap: Tap,
    pub(crate) world: Arc<World>,
    pub(crate) tokens: Mutex<BTreeMap<String, Issued>>,
    pub(crate) scene: Mutex<Scene>,
    pub(crate) undo: Mutex<Vec<Undo>>,
    pub(crate) w2: Mutex<HashMap<String, roles::wic_w2::Connection>>,
    pub(crate) background: Mutex<Option<Arc<roles::background::Background>>>,
    /// The TLS sessions of connections, open or closed, by the connection's name.
    pub(crate) sessions: Mutex<HashMap<String, wire::tls::Sessions>>,
    pub(crate) mw: Mutex<roles::edge_mw::Dialogs>,
    pub(crate) web: Mutex<roles::wic_w1::Browsers>,
    pub(crate) w4: Mutex<roles::wwsf_w4::Flow>,
    pub(crate) visit: Mutex<roles::visit::Visit>,
    /// What the ISIMs of this play have accepted.
    pub(crate) isims: Mutex<roles::isim::Accepted>,
}

impl Play {
    pub(crate) fn new(
        number: u64,
        lane: usize,
        registration: u8,
        tap: Tap,
        world: Arc<World>,
    ) -> Self {
        Self {
            number,
            lane,
            registration,
            tap,
            world,
            tokens: Mutex::default(),
            scene: Mutex::default(),
            undo: Mutex::default(),
            w2: Mutex::default(),
            background: Mutex::default(),
            sessions: Mutex::default(),
            mw: Mutex::default(),
            web: Mutex::default(),
            w4: Mutex::default(),
            visit: Mutex::default(),
            isims: Mutex::default(),
        }
    }

    /// What every mark of this play contains: it tells late messages whose they are.
    #[must_use]
    pub fn mark(&self) -> String {
        mark(self.number)
    }

    /// A fresh word with this play's mark, told to the tap so that comparisons can mask it.
    pub(crate) fn fresh(&self, name: &str) -> String {
        let value = format!("{}{}", self.mark(), &crate::world::random_word()[..10]);
        self.masked(name, &value);
        value
    }

    /// Tells the tap of a value that is new in every play.
    pub(crate) fn masked(&self, name: &str, value: &str) {
        self.tap.record(What::Fresh {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Tells the tap what a step is about to send.
    pub(crate) fn stimulus(&self, step: usize, layer: Layer, text: impl Into<Vec<u8>>) {
        self.tap.record(What::Stimulus {
            step,
            layer,
            text: Bytes(text.into()),
        });
    }

    /// Tells the tap that a step could not be carried out.
    pub(crate) fn failed(&self, step: usize, by: Side, why: impl Into<String>) {
        self.tap.record(What::StepFailed {
            step,
            by,
            why: why.into(),
        });
    }

    /// Tells the tap that an awaited message did not come.
    pub(crate) fn timed_out(&self, step: usize, awaited: &str, after: Duration) {
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.tap.record(What::TimedOut {
            step,
            awaited: awaited.to_owned(),
            after_ms,
        });
    }

    /// The person of a step; `alice` where it names none.
    pub(crate) fn person(&self, name: Option<&str>) -> Result<Person, String> {
        let name = name.unwrap_or("alice");
        self.world
            .person(self.lane, self.registration, name)
            .ok_or_else(|| format!("nobody in the world is called {name}"))
    }

    /// A party by its id in scripts.
    pub(crate) fn party(&self, id: &str) -> Result<Party, String> {
        self.world
            .party(self.registration, id)
            .cloned()
            .ok_or_else(|| format!("no party is called {id}"))
    }

    /// A token by its name.
    pub(crate) fn token(&self, name: &str) -> Result<Issued, String> {
        lock(&self.tokens)
            .get(name)
            .cloned()
            .ok_or_else(|| format!("no token is called {name}"))
    }

    /// Keeps a token under a name and tells the tap.
    pub(crate) fn keep_token(&self, step: usize, name: &str, issued: Issued) {
        let text = jose::Token::read(&issued.compact)
            .map_or_else(|_| "(opaque)".to_owned(), |token| token.text());
        self.tap.record(What::Token {
            name: name.to_owned(),
            compact: issued.compact.clone(),
            text,
            step,
        });
        self.masked(&format!("token {name}"), &issued.compact);
        lock(&self.tokens).insert(name.to_owned(), issued);
    }

    /// Remembers what must be undone; the same once.
    pub(crate) fn undo_later(&self, undo: Undo) {
        let mut all = lock(&self.undo);
        if !all.contains(&undo) {
            all.push(undo);
        }
    }
}

/// The mark of a play.
pub(crate) fn mark(number: u64) -> String {
    format!("wx{number}q")
}

/// The number in the first mark of a text.
pub(crate) fn marked(text: &[u8]) -> Option<u64> {
    let mut rest = text;
    while let Some(at) = rest.windows(2).position(|window| window == b"wx") {
        rest = &rest[at + 2..];
        let digits = rest
            .iter()
            .take(20)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits > 0 && rest.get(digits) == Some(&b'q') {
            return std::str::from_utf8(&rest[..digits]).ok()?.parse().ok();
        }
    }
    None
}

/// A lock whose holder panicked is still a lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_in_any_bytes() {
        assert_eq!(
            marked(format!("Call-ID: ab{}cd@host", mark(1207)).as_bytes()),
            Some(1207)
        );
        assert_eq!(marked(b"wxq wx12 wx7q"), Some(7));
        assert_eq!(marked(b"\xffwx\xff"), None);
    }
}
