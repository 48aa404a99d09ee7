//! Users who log in at the WAF: out with a state and a challenge of this session, back with a code (RFC 6749 4.1, RFC 9207).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use sha2::{Digest, Sha256};

use super::Portal;
use super::ask::Grant;
use super::deliver::Failure;
use super::pages::{self, COOKIE};
use super::sessions::{Flow, Visitor};
use crate::web::answer::{self, Answer};
use crate::web::form::{self, Form};
use crate::web::serve::Asked;
use crate::web::{now, secret};

impl Portal {
    fn callback(&self) -> String {
        format!("{}/callback", self.party.origin)
    }

    /// Begins a session of nobody and sends the browser to the WAF.
    pub(super) async fn send_to_waf(&self, asked: &Asked) -> Answer {
        let Ok(endpoint) = self.w4.authorization_endpoint().await else {
            return Failure::Untrusted.answer();
        };
        // Two secrets of 128 bits: 43 characters at least are wanted (RFC 7636 4.1).
        let flow = Flow {
            state: secret(),
            verifier: format!("{}{}", secret(), secret()),
        };
        let callback = self.callback();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(flow.verifier.as_bytes()));
        let members = [
            ("response_type", "code"),
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", callback.as_str()),
            ("scope", "ims"),
            ("state", flow.state.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let join = if endpoint.query().is_some() { '&' } else { '?' };
        let mut answer = answer::see_other(&format!("{endpoint}{join}{}", form::write(members)));
        let session = self.enter(asked, Visitor::Nobody, &mut answer);
        if let Some(session) = self.state().sessions.change(&session) {
            session.flow = Some(flow);
        }
        answer
    }

    /// Takes the WAF's answer, if it answers what this browser asked, and logs the user in under a new session.
    pub(super) async fn back_from_waf(&self, asked: &Asked) -> Answer {
        let query = asked
            .query
            .clone()
            .filter(|query| query.repeated().is_none())
            .unwrap_or_default();
        let Some(flow) = self.begun(asked, &query) else {
            return pages::notice(StatusCode::FORBIDDEN, "This browser did not ask for that.");
        };
        let Some(code) = query.first("code") else {
            return pages::notice(StatusCode::FORBIDDEN, "The login was refused.");
        };
        let told = self
            .w4
            .exchange(code, &flow.verifier, &self.callback())
            .await;
        let grant = match told
            .map_err(Failure::from)
            .and_then(|told| self.checked_login(told))
        {
            Ok(grant) => grant,
            Err(failure) => return failure.answer(),
        };
        let mut answer = answer::see_other("/");
        let session = self.enter(asked, Visitor::AtWaf, &mut answer);
        self.state().sessions.keep(&session, &grant, now());
        answer
    }

    /// The authorization that this answer belongs to; each is used once.
    fn begun(&self, asked: &Asked, query: &Form) -> Option<Flow> {
        let issuer_fits = match query.first("iss") {
            Some(issuer) => issuer == self.settings.issuer,
            // The WAFs of this world promise it in their metadata.
            None => self.shared.model.answer("authz-iss", "ignored") != "checked",
        };
        if !issuer_fits {
            return None;
        }
        let mut state = self.state();
        let id = asked.cookie(COOKIE)?;
        state.sessions.get(id, now())?;
        let flow = state.sessions.change(id)?.flow.take()?;
        (query.first("state") == Some(&flow.state)).then_some(flow)
    }

    /// A fresh token for a user who logged in at the WAF, where the WAF gave a refresh token.
    pub(super) async fn refreshed(&self, session: &str, former: &Grant) -> Result<Grant, Failure> {
        let refresh = former.refresh.as_ref().ok_or(Failure::NotLoggedIn)?;
        let mut grant = self.checked_login(self.w4.refresh(refresh).await?)?;
        if grant.impi != former.impi {
            return Err(Failure::Untrusted);
        }
        grant.refresh = grant.refresh.or_else(|| Some(refresh.clone()));
        self.state().sessions.keep(session, &grant, now());
        Ok(grant)
    }
}
