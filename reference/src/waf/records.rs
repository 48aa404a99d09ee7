//! What a WAF remembers: users and their grants, pools, parties, and all that it has handed out.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use crate::web::secret;
use crate::world::{Member, Pool, World};

/// Seconds that a login at this WAF lasts.
const SESSION_LIFE: u64 = 3600;

/// Seconds that a refresh token lasts without being used.
pub(super) const REFRESH_LIFE: u64 = 86_400;

/// A web account and the IMS subscription that it is linked to (`users.json`).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) user: String,
    pub(super) password: String,
    #[serde(default)]
    pub(super) impi: Option<String>,
    #[serde(default)]
    pub(super) impus: Vec<String>,
    #[serde(default)]
    pub(super) grants: BTreeSet<String>,
    /// Taken away by the operator, while the account stays.
    #[serde(skip)]
    pub(super) unlinked: bool,
}

/// The identities that a token gives access to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// The web account; `None`: a member of a pool.
    pub(super) user: Option<String>,
    pub(super) impi: String,
    pub(super) impus: Vec<String>,
    pub(super) anonymous: bool,
}

/// An access token that was handed out.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) client: String,
    pub(super) subject: Subject,
    pub(super) audience: String,
    pub(super) expires: u64,
    pub(super) revoked: bool,
    /// What it came from: all tokens of a code, or of a refresh token, are revoked together.
    pub(super) family: String,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) subject: Subject,
    pub(super) expires_ms: u64,
    pub(super) used: bool,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub(super) client: String,
    pub(super) subject: Subject,
    pub(super) family: String,
    /// When its successor was handed out.
    pub(super) rotated: Option<u64>,
    pub(super) expires: u64,
    pub(super) revoked: bool,
}

/// A browser in which a user has logged in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) user: String,
    pub(super) expires: u64,
}

/// An authorization request on its way through login and consent.
#[derive(Clone, Debug)]
pub(super) struct Interaction {
    /// The browser that began it, by its session cookie.
    pub(super) session: String,
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) challenge: Option<String>,
    /// Whom a code is for in place of who logs in; nobody, but for a mistake.
    pub(super) instead: Option<Subject>,
    /// Whom the consent page was shown to.
    pub(super) asked: Option<String>,
    pub(super) expires: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) users: HashMap<String, User>,
    pub(super) members: HashMap<String, Vec<Member>>,
    pub(super) off: HashSet<String>,
    pub(super) tokens: HashMap<String, Issued>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) interactions: HashMap<String, Interaction>,
    /// By cookie.
    pub(super) sessions: HashMap<String, Session>,
    /// Client assertions that were used, with the second of their end.
    pub(super) assertions: HashMap<String, u64>,
    swept: u64,
}

impl Records {
    pub(super) fn new(users: Vec<User>, pools: &[Pool]) -> Self {
        Self {
            users: users
                .into_iter()
                .map(|user| (user.user.clone(), user))
                .collect(),
            members: pools
                .iter()
                .map(|pool| (pool.id.clone(), pool.members.clone()))
                .collect(),
            ..Self::default()
        }
    }

    /// The member of a pool with that IMPI.
    pub(super) fn member(&self, pool: &str, impi: &str) -> Option<&Member> {
        self.members
            .get(pool)?
            .iter()
            .find(|member| member.impi == impi)
    }

    /// Puts an identity of the world into a pool, or takes it out.
    pub(super) fn provision(&mut self, world: &World, pool: &str, impi: &str, on: bool) -> bool {
        let Some(known) = world
            .pools
            .iter()
            .flat_map(|pool| &pool.members)
            .find(|member| member.impi == impi)
        else {
            return false;
        };
        let members = self.members.entry(pool.to_owned()).or_default();
        members.retain(|member| member.impi != impi);
        if on {
            members.push(known.clone());
        }
        true
    }

    /// Ends every token that came from the same code or refresh token.
    pub(super) fn revoke_family(&mut self, family: &str) {
        for token in self
            .tokens
            .values_mut()
            .filter(|token| token.family == family)
        {
            token.revoked = true;
        }
        for token in self
            .refresh
            .values_mut()
            .filter(|token| token.family == family)
        {
            token.revoked = true;
        }
    }

    /// Whether somebody holds a token for this identity.
    pub(super) fn is_held(&self, impi: &str, now: u64) -> bool {
        self.tokens
            .values()
            .any(|token| token.subject.impi == impi && !token.revoked && token.expires > now)
    }

    /// Forgets what has ended; at most once a second, so that memory does not grow with the number of requests.
    pub(super) fn sweep(&mut self, now: u64) {
        if self.swept == now {
            return;
        }
        self.swept = now;
        // An ended code is remembered for a while, so that its second use is known as such.
        let remembered = now.saturating_sub(60);
        self.tokens.retain(|_, token| token.expires > remembered);
        self.codes
            .retain(|_, code| code.expires_ms / 1000 > remembered);
        self.interactions
            .retain(|_, interaction| interaction.expires > now);
        self.assertions.retain(|_, end| *end > now);
        self.refresh.retain(|_, token| token.expires > now);
        self.sessions.retain(|_, session| session.expires > now);
    }

    /// Begins a session of a user under a new name.
    pub(super) fn begin_session(&mut self, user: &str, now: u64) -> String {
        let id = secret();
        self.sessions.insert(
            id.clone(),
            Session {
                user: user.to_owned(),
                expires: now + SESSION_LIFE,
            },
        );
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(impi: &str, family: &str, expires: u64) -> Issued {
        let subject = Subject {
            user: None,
            impi: impi.to_owned(),
            impus: vec![],
            anonymous: false,
        };
        Issued {
            client: "c".to_owned(),
            subject,
            audience: String::new(),
            expires,
            revoked: false,
            family: family.to_owned(),
        }
    }

    #[test]
    fn a_family_is_revoked_together() {
        let mut records = Records::default();
        records
            .tokens
            .insert("a".to_owned(), issued("x", "one", 100));
        records
            .tokens
            .insert("b".to_owned(), issued("x", "two", 100));
        records.revoke_family("one");
        assert!(records.tokens["a"].revoked);
        assert!(!records.tokens["b"].revoked);
    }

    #[test]
    fn an_identity_is_free_when_its_token_has_ended() {
        let mut records = Records::default();
        records
            .tokens
            .insert("a".to_owned(), issued("x", "one", 100));
        assert!(records.is_held("x", 99));
        assert!(!records.is_held("x", 100));
        records.sweep(161);
        assert!(records.tokens.is_empty());
    }
}
