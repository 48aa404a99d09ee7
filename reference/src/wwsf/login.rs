//! Coming and going: login, anonymous entry, logout.

use hyper::StatusCode;
use hyper::header::LOCATION;

use super::ask::Grant;
use super::pages::{self, COOKIE};
use super::sessions::Visitor;
use super::{Portal, State, User};
use crate::defect::Defect;
use crate::web::answer::{self, Answer, COOKIE_FLAGS};
use crate::web::form::{self, Form};
use crate::web::serve::Asked;
use crate::web::{now, secret};

/// The cookie of a browser that is known again.
const BROWSER: &str = "__Host-browser";

/// Failed logins after which a portal with that mistake lets nobody in any more.
const LOCKED_AFTER: u32 = 4;

impl Portal {
    pub(super) async fn log_in(&self, asked: &Asked) -> Answer {
        if asked.is_cross_site() && !self.shared.has(Defect::CsrfLoginOpen) {
            return pages::notice(StatusCode::FORBIDDEN, "Another site asked for this.");
        }
        let Some(form) = asked.form().filter(|form| form.repeated().is_none()) else {
            return pages::notice(StatusCode::BAD_REQUEST, "The form cannot be read.");
        };
        let Some(user) = self.proven(&form) else {
            return pages::notice(StatusCode::UNAUTHORIZED, "Name or password is wrong.");
        };
        let target = self.target(&form);
        let visitor = Visitor::User(user.user.clone());
        let mut answer = answer::see_other(&target);
        let session = self.enter(asked, visitor, &mut answer);
        if self.shared.has(Defect::TokenInUrl)
            && let Ok(grant) = self.obtain(&session).await
        {
            let query = form::write([("access_token", grant.token.as_str())]);
            answer::with(&mut answer, LOCATION, &format!("{target}?{query}"));
        }
        answer
    }

    /// The account whose password was given. Names are compared letter by letter.
    fn proven(&self, form: &Form) -> Option<&User> {
        let mut state = self.state();
        if state.failures >= LOCKED_AFTER && self.shared.has(Defect::LockoutAll) {
            return None;
        }
        let password = form.first("password").unwrap_or_default();
        let named = form.first("username").and_then(|name| self.users.get(name));
        let found = match named {
            None if self.shared.has(Defect::UnknownUserIsFirst) => self.users.values().next(),
            found => found.filter(|user| {
                if password.is_empty() {
                    self.shared.has(Defect::EmptyPasswordTaken)
                } else {
                    user.password == password || self.shared.has(Defect::AnyPassword)
                }
            }),
        };
        state.failures = if found.is_some() {
            0
        } else {
            state.failures + 1
        };
        found
    }

    /// Where the user wants to go on: a path of this portal, else its page.
    fn target(&self, form: &Form) -> String {
        let wanted = form.first("return_to").unwrap_or("/");
        let own = wanted.starts_with('/')
            && !wanted.starts_with("//")
            && wanted
                .chars()
                .all(|character| character.is_ascii_graphic() && character != '\\');
        if own {
            wanted.to_owned()
        } else {
            "/".to_owned()
        }
    }

    pub(super) fn enter_anonymously(&self, asked: &Asked) -> Answer {
        if asked.is_cross_site() {
            return pages::notice(StatusCode::FORBIDDEN, "Another site asked for this.");
        }
        let class = asked
            .form()
            .and_then(|form| form.first("class").map(str::to_owned));
        let visitor = match class.as_deref() {
            None | Some("anonymous") => Visitor::Anonymous,
            // Served like somebody who logged in, whose name is nobody's.
            Some("identified") if self.shared.has(Defect::AnonymousFromIdentified) => {
                Visitor::User(String::new())
            }
            Some(_) => return pages::notice(StatusCode::FORBIDDEN, "Log in for that."),
        };
        let mut answer = answer::see_other("/");
        self.enter(asked, visitor, &mut answer);
        answer
    }

    /// Begins a session and gives the browser its cookie; what session the browser had before is ended.
    pub(super) fn enter(&self, asked: &Asked, visitor: Visitor, answer: &mut Answer) -> String {
        let mut state = self.state();
        let former = asked.cookie(COOKIE);
        let session = match former.filter(|_| self.shared.has(Defect::SessionFixation)) {
            Some(planted) => state.sessions.begin_as(planted.to_owned(), visitor, now()),
            None => state.sessions.begin(visitor, now()),
        };
        if let Some(former) = former.filter(|former| *former != session) {
            state.sessions.end(former);
            state.pool.release(former, false);
        }
        let flags = if self.shared.has(Defect::CookieWithoutFlags) {
            ""
        } else {
            COOKIE_FLAGS
        };
        answer::set_cookie(answer, COOKIE, &session, flags);
        self.mark_browser(asked, &session, &mut state, answer);
        session
    }

    /// Ends the session, and gives its identity back once no token for it lives any more.
    pub(super) async fn log_out(&self, asked: &Asked) -> Answer {
        if asked.is_cross_site() {
            return pages::notice(StatusCode::FORBIDDEN, "Another site asked for this.");
        }
        if self.shared.has(Defect::LogoutDoesNothing) {
            return answer::see_other("/");
        }
        if let Some(id) = asked
            .cookie(COOKIE)
            .filter(|_| !self.shared.has(Defect::LogoutKeepsSession))
        {
            let ended = self.state().sessions.end(id);
            let at_once = self
                .gives_back(ended.map(|session| session.grants).unwrap_or_default())
                .await;
            self.state().pool.release(id, at_once);
        }
        let mut answer = answer::see_other("/");
        answer::set_cookie(
            &mut answer,
            COOKIE,
            "",
            "; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
        );
        answer
    }

    /// Revokes what tokens of a session live, where that is the policy. Whether an identity that went with them is free at once.
    async fn gives_back(&self, grants: Vec<Grant>) -> bool {
        let model = &self.shared.model;
        let in_pool = self.settings.pool.is_some();
        let revokes = model.answer("revoke-on-logout", "no") == "yes"
            || (in_pool && matches!(model.answer("pool-release", "revoke"), "revoke" | "waf"));
        let mut gone = true;
        for grant in grants.iter().filter(|grant| grant.until > now()) {
            gone &= revokes && self.w4.revoke(&grant.token).await;
        }
        gone
    }

    /// Knows a browser again by a cookie that outlives its sessions. A portal has no use for that; two mistakes need it.
    fn mark_browser(&self, asked: &Asked, session: &str, state: &mut State, answer: &mut Answer) {
        let marks = [Defect::KeepsTokenOfBrowser, Defect::AnonymousKeepsIdentity];
        if self.shared.among(&marks).is_none() {
            return;
        }
        let browser = asked.cookie(BROWSER).map_or_else(secret, str::to_owned);
        answer::set_cookie(answer, BROWSER, &browser, COOKIE_FLAGS);
        if let Some(session) = state.sessions.change(session) {
            session.browser = Some(browser);
        }
    }
}
