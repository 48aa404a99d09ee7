//! `GET /session`: a fresh token of the WAF for who is logged in, and for nobody else.

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, PRAGMA};
use serde_json::json;

use super::ask::{Ask, Grant, Told, Unserved};
use super::pages::COOKIE;
use super::sessions::Visitor;
use super::{Portal, State, User};
use crate::defect::Defect;
use crate::web::answer::{self, Answer};
use crate::web::form::Form;
use crate::web::now;
use crate::web::serve::Asked;
use crate::world::Member;

/// Why a visitor gets no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    NotLoggedIn,
    /// The account has no IMS identity, or the WAF refuses.
    Refused,
    /// Every identity of the pool is held.
    Exhausted,
    /// The WAF cannot be reached or trusted, or answers for somebody else.
    Untrusted,
}

impl Failure {
    pub(super) fn answer(self) -> Answer {
        let (status, word) = match self {
            Self::NotLoggedIn => (StatusCode::UNAUTHORIZED, "not_logged_in"),
            Self::Refused => (StatusCode::FORBIDDEN, "refused"),
            Self::Exhausted => (StatusCode::SERVICE_UNAVAILABLE, "no_identity_free"),
            Self::Untrusted => (StatusCode::BAD_GATEWAY, "no_token"),
        };
        answer::json(status, &json!({ "error": word }))
    }
}

impl From<Unserved> for Failure {
    fn from(why: Unserved) -> Self {
        match why {
            Unserved::Refused => Self::Refused,
            Unserved::Unreachable => Self::Untrusted,
        }
    }
}

impl Portal {
    pub(super) async fn deliver(&self, asked: &Asked) -> Answer {
        let outcome = match self.session_of(asked) {
            Some(session) => self.obtain_as(asked, &session).await,
            None => Err(Failure::NotLoggedIn),
        };
        let grant = match outcome {
            Ok(grant) => grant,
            Err(failure) => return failure.answer(),
        };
        let impu = self.delivered_impu(&grant);
        let mut answer = answer::json(
            StatusCode::OK,
            &json!({ "access_token": grant.token, "impi": grant.impi, "impu": impu, "w2": self.settings.w2,
                     "expires_in": grant.until.saturating_sub(now()) }),
        );
        if self.shared.has(Defect::TokenCacheableWwsf) {
            answer.headers_mut().remove(CACHE_CONTROL);
            answer.headers_mut().remove(PRAGMA);
        }
        answer
    }

    /// The session of a request: the one that its cookie names.
    fn session_of(&self, asked: &Asked) -> Option<String> {
        let mut state = self.state();
        let shown = asked.cookie(COOKIE);
        if let Some(id) = shown.filter(|id| state.sessions.get(id, now()).is_some()) {
            return Some(id.to_owned());
        }
        if shown.is_some() && self.shared.has(Defect::ForgedCookieAccepted) {
            return state.sessions.latest().map(str::to_owned);
        }
        let user = if self.settings.pool.is_some() {
            let identified = self.shared.has(Defect::IdentifiedWithoutLogin);
            identified.then(String::new)?
        } else {
            let serves = self.shared.has(Defect::ServesTokenWithoutLogin);
            self.users.keys().next().filter(|_| serves)?.clone()
        };
        Some(state.sessions.begin(Visitor::User(user), now()))
    }

    async fn obtain_as(&self, asked: &Asked, session: &str) -> Result<Grant, Failure> {
        if let Some(member) = self.named_member(asked) {
            let ask = Ask::member(&member);
            return self.fetch(session, ask).await;
        }
        if let Some(user) = self.named_user(asked) {
            let ask = self.ask_for(user)?;
            return self.fetch(session, ask).await;
        }
        self.obtain(session).await
    }

    /// Asks the WAF for a token for the visitor of a session, and keeps it with the session.
    pub(super) async fn obtain(&self, session: &str) -> Result<Grant, Failure> {
        if let Some(grant) = self.kept(session) {
            return Ok(grant);
        }
        if let Some(former) = self.ended_login(session) {
            return self.refreshed(session, &former).await;
        }
        let ask = self.ask_of(session)?;
        let outcome = self.fetch(session, ask).await;
        if outcome.is_err() {
            let mut state = self.state();
            if state
                .sessions
                .get(session, now())
                .is_none_or(|session| session.grants.is_empty())
            {
                state.pool.release(session, true);
            }
            if self.shared.has(Defect::DefaultTokenOnRefusal)
                && let Some(grant) = state.sessions.any_grant()
            {
                return Ok(grant);
            }
        }
        outcome
    }

    async fn fetch(&self, session: &str, ask: Ask) -> Result<Grant, Failure> {
        let told = self.w4.token(&ask).await?;
        let grant = self.checked(told, &ask)?;
        let mut state = self.state();
        let now = now();
        state.sessions.keep(session, &grant, now);
        state.pool.extend(session, grant.until);
        Ok(grant)
    }

    /// A token that was not asked for anew: what the WAF gave with the login, and what two mistakes keep.
    fn kept(&self, session: &str) -> Option<Grant> {
        let state = self.state();
        let found = state.sessions.get(session, now())?;
        let own = found
            .grants
            .last()
            .filter(|_| self.waf_chose(&found.visitor));
        let of_browser = state.sessions.of_browser(session).filter(|_| {
            found.visitor == Visitor::Anonymous || self.shared.has(Defect::KeepsTokenOfBrowser)
        });
        own.or(of_browser)
            .filter(|grant| grant.until > now())
            .cloned()
    }

    /// Whether the WAF said whose identity it is, so that another request would be for another identity.
    fn waf_chose(&self, visitor: &Visitor) -> bool {
        let assigns = self.settings.pool.is_some()
            && self.shared.model.answer("pool-assigner", "wwsf") == "waf";
        assigns || *visitor == Visitor::AtWaf
    }

    /// The ended token of a session whose identity the WAF chose.
    fn ended_login(&self, session: &str) -> Option<Grant> {
        let state = self.state();
        let found = state
            .sessions
            .get(session, now())
            .filter(|found| self.waf_chose(&found.visitor))?;
        found.grants.last().cloned()
    }

    /// What to ask the WAF for on behalf of a session.
    fn ask_of(&self, session: &str) -> Result<Ask, Failure> {
        let mut state = self.state();
        let visitor = state
            .sessions
            .get(session, now())
            .map(|session| session.visitor.clone());
        match visitor.ok_or(Failure::NotLoggedIn)? {
            Visitor::Nobody | Visitor::AtWaf => Err(Failure::NotLoggedIn),
            visitor if self.settings.pool.is_some() => self.assigned(session, &visitor, &mut state),
            Visitor::User(name) => self.ask_for(self.users.get(&name).ok_or(Failure::NotLoggedIn)?),
            Visitor::Anonymous => Err(Failure::Refused),
        }
    }

    fn ask_for(&self, user: &User) -> Result<Ask, Failure> {
        let Some(impi) = &user.impi else {
            // Nothing is asked for an account that the operator has not linked.
            return Err(Failure::Refused);
        };
        let mut ask = Ask::user(user);
        ask.hint = match self.shared.model.answer("w4-user", "login_hint") {
            "impi" => ask.hint.map(|_| ("impi", impi.clone())),
            "impu" => user.impu.clone().map(|impu| ("impu", impu)),
            _ => ask.hint,
        };
        Ok(ask)
    }

    /// An identity of the pool for this session alone.
    fn assigned(
        &self,
        session: &str,
        visitor: &Visitor,
        state: &mut State,
    ) -> Result<Ask, Failure> {
        let class = if *visitor == Visitor::Anonymous {
            "anonymous"
        } else {
            "identified"
        };
        if self.shared.model.answer("pool-assigner", "wwsf") == "waf" {
            return Ok(Ask::any(class == "anonymous"));
        }
        state
            .pool
            .assign(session, class, now())
            .map(|member| Ask::member(&member))
            .ok_or(Failure::Exhausted)
    }

    /// The answer is for whom it was asked (the member `impi` beside the token; the token itself is not ours to read).
    fn checked(&self, told: Told, ask: &Ask) -> Result<Grant, Failure> {
        let fits = match (&told.impi, &ask.impi) {
            (Some(told), Some(asked)) => told == asked,
            _ => true,
        };
        if !fits && !self.shared.has(Defect::DeliversOtherIdentity) {
            return Err(Failure::Untrusted);
        }
        let impi = told
            .impi
            .or_else(|| ask.impi.clone())
            .ok_or(Failure::Untrusted)?;
        let own = ask
            .impu
            .as_ref()
            .filter(|own| fits && (told.impus.is_empty() || told.impus.contains(own)));
        let impu = own
            .or_else(|| told.impus.first())
            .cloned()
            .ok_or(Failure::Untrusted)?;
        Ok(Grant {
            token: told.token,
            impi,
            impu,
            until: now() + told.expires_in,
            refresh: told.refresh,
        })
    }

    /// The grant of a code exchange, whose user the WAF alone knows.
    pub(super) fn checked_login(&self, told: Told) -> Result<Grant, Failure> {
        self.checked(told, &Ask::any(false))
    }

    fn delivered_impu(&self, grant: &Grant) -> String {
        let other = self
            .users
            .values()
            .filter_map(|user| user.impu.as_ref())
            .find(|impu| **impu != grant.impu);
        let other = other.filter(|_| self.shared.has(Defect::DeliversForeignImpu));
        other.unwrap_or(&grant.impu).clone()
    }

    /// What a request names beside its cookie, under one of the usual names: in the query or in a header field.
    fn hint(asked: &Asked) -> Option<String> {
        let names = ["impi", "impu", "login_hint", "user", "sub"];
        let form: Form = asked.query.clone().unwrap_or_default();
        let form_or_header = |name: &&str| {
            form.first(name)
                .or_else(|| asked.header(name))
                .map(str::to_owned)
        };
        names.iter().find_map(form_or_header)
    }

    fn named_user(&self, asked: &Asked) -> Option<&User> {
        if !self.shared.has(Defect::HintFromBrowser) {
            return None;
        }
        let hint = Self::hint(asked)?;
        self.users.values().find(|user| {
            user.user == hint
                || user.impi.as_ref() == Some(&hint)
                || user.impu.as_ref() == Some(&hint)
        })
    }

    fn named_member(&self, asked: &Asked) -> Option<Member> {
        if !self.shared.has(Defect::AnonymousPicksIdentity) {
            return None;
        }
        self.state().pool.named(&Self::hint(asked)?)
    }
}
