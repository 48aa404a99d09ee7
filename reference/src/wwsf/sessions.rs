//! Who is logged in where.

use std::collections::HashMap;

use crate::web::secret;

use super::ask::Grant;

/// Seconds in which a session ends by itself.
const LIFE: u64 = 3600;

/// How a visitor came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Nobody yet: a browser that was sent to the WAF.
    Nobody,
    /// Knows the password of an account here.
    User(String),
    /// Was logged in by the WAF, which named the identities.
    AtWaf,
    Anonymous,
}

/// An authorization that was begun at the WAF.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) state: String,
    pub(super) verifier: String,
}

/// A session, known by its cookie.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) visitor: Visitor,
    pub(super) flow: Option<Flow>,
    /// The tokens that were handed out and still live, the newest last.
    pub(super) grants: Vec<Grant>,
    /// The browser, where the portal knows it again.
    pub(super) browser: Option<String>,
    pub(super) ends: u64,
}

/// The sessions of a portal.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_id: HashMap<String, Session>,
    /// The session that was begun last.
    latest: Option<String>,
    by_browser: HashMap<String, Grant>,
    swept: u64,
}

impl Sessions {
    /// Begins a session under a new name, so that what the browser had before is worth nothing.
    pub(super) fn begin(&mut self, visitor: Visitor, now: u64) -> String {
        self.begin_as(secret(), visitor, now)
    }

    pub(super) fn begin_as(&mut self, id: String, visitor: Visitor, now: u64) -> String {
        if self.swept != now {
            self.swept = now;
            self.by_id.retain(|_, session| session.ends > now);
        }
        let session = Session {
            visitor,
            flow: None,
            grants: Vec::new(),
            browser: None,
            ends: now + LIFE,
        };
        self.by_id.insert(id.clone(), session);
        self.latest = Some(id.clone());
        id
    }

    pub(super) fn get(&self, id: &str, now: u64) -> Option<&Session> {
        self.by_id.get(id).filter(|session| session.ends > now)
    }

    pub(super) fn change(&mut self, id: &str) -> Option<&mut Session> {
        self.by_id.get_mut(id)
    }

    /// A session got a token.
    pub(super) fn keep(&mut self, id: &str, grant: &Grant, now: u64) {
        if let Some(session) = self.by_id.get_mut(id) {
            session.grants.retain(|former| former.until > now);
            session.grants.push(grant.clone());
            if let Some(browser) = &session.browser {
                self.by_browser.insert(browser.clone(), grant.clone());
            }
        }
    }

    /// What the browser of a session got before, in this session or another.
    pub(super) fn of_browser(&self, id: &str) -> Option<&Grant> {
        self.by_browser.get(self.by_id.get(id)?.browser.as_ref()?)
    }

    pub(super) fn end(&mut self, id: &str) -> Option<Session> {
        self.by_id.remove(id)
    }

    /// The session that was begun last and is still there.
    pub(super) fn latest(&self) -> Option<&str> {
        self.latest
            .as_deref()
            .filter(|id| self.by_id.contains_key(*id))
    }

    /// A token that some session got, of whoever got one last.
    pub(super) fn any_grant(&self) -> Option<Grant> {
        self.by_id
            .values()
            .flat_map(|session| &session.grants)
            .max_by_key(|grant| grant.until)
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_new_and_ends() {
        let mut sessions = Sessions::default();
        let first = sessions.begin(Visitor::Anonymous, 100);
        let second = sessions.begin(Visitor::User("alice0".to_owned()), 100);
        assert_ne!(first, second);
        assert!(sessions.get(&first, 100 + LIFE - 1).is_some());
        assert!(sessions.get(&first, 100 + LIFE).is_none());
        sessions.end(&second);
        assert!(sessions.get(&second, 101).is_none());
        sessions.begin(Visitor::Anonymous, 100 + LIFE);
        assert!(sessions.change(&first).is_none(), "swept");
    }
}
