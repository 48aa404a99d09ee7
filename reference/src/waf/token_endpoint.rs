//! `POST /token`.

use std::sync::PoisonError;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Waf;
use super::clients::Client;
use super::issue::Order;
use super::records::{Code, Records, Subject};
use super::refusal::Refusal;
use crate::defect::Defect;
use crate::web::answer::Answer;
use crate::web::form::Form;
use crate::web::serve::Asked;
use crate::web::{now, now_ms, secret};

/// The mistakes of a function that reads the client's name twice.
const CLIENT_ID_WINS: [Defect; 3] = [
    Defect::FirstClientIdWins,
    Defect::LastClientIdWins,
    Defect::QueryClientIdWins,
];

impl Waf {
    /// Authenticates the client and serves its grant.
    pub(super) fn token(&self, asked: &Asked) -> Answer {
        self.granted(asked).unwrap_or_else(Refusal::answer)
    }

    fn granted(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let form = self.endpoint_form(asked)?;
        let client = self.served_client(self.authenticate(asked, &form)?, asked);
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = form.first("grant_type").ok_or(Refusal::InvalidRequest)?;
        if kind == "password" {
            return self.by_password(client, &form, &mut records);
        }
        if !["client_credentials", "authorization_code", "refresh_token"].contains(&kind)
            || !self.shared.model.lists(
                "waf-grants",
                kind,
                &["client_credentials", "authorization_code"],
            )
        {
            return Err(Refusal::UnsupportedGrantType);
        }
        if client.party.is_none() {
            return Err(Refusal::UnauthorizedClient);
        }
        if !self.party_is_on(client, &records) {
            return Err(Refusal::AccessDenied);
        }
        match kind {
            "authorization_code" => self.by_code(client, &form, &mut records),
            "refresh_token" => self.by_refresh(client, &form, &mut records),
            _ => self.by_client(client, &form, &mut records),
        }
    }

    /// The parameters of a request to an endpoint for clients: in the body alone, each once (RFC 6749 3.2).
    pub(super) fn endpoint_form(&self, asked: &Asked) -> Result<Form, Refusal> {
        let form = asked.form().ok_or(Refusal::InvalidRequest)?;
        let in_query = asked.query.as_ref().is_none_or(|query| !query.is_empty());
        if !in_query && form.repeated().is_none() {
            return Ok(form);
        }
        match self.shared.among(&CLIENT_ID_WINS) {
            Some(Defect::FirstClientIdWins) => Ok(form.last_of_each()),
            Some(_) => Ok(form),
            None => Err(Refusal::InvalidRequest),
        }
    }

    /// The client that a request is served as: the one that was authenticated. The mistakes read the parameter a second time,
    /// elsewhere than it was read for the authentication.
    fn served_client<'a>(&'a self, authenticated: &'a Client, asked: &Asked) -> &'a Client {
        let form = asked.form().unwrap_or_default();
        let named = match self.shared.among(&CLIENT_ID_WINS) {
            Some(Defect::FirstClientIdWins) => form.first("client_id").map(str::to_owned),
            Some(Defect::LastClientIdWins) => {
                form.last_of_each().first("client_id").map(str::to_owned)
            }
            Some(Defect::QueryClientIdWins) => asked
                .query
                .as_ref()
                .and_then(|query| query.first("client_id"))
                .map(str::to_owned),
            _ => None,
        };
        named
            .and_then(|id| self.client(&id))
            .unwrap_or(authenticated)
    }

    fn by_client(
        &self,
        client: &Client,
        form: &Form,
        records: &mut Records,
    ) -> Result<Answer, Refusal> {
        self.only_scope_of_ims(form)?;
        let subject = self.named_subject(client, form, records)?;
        // RFC 6749 4.4.3 gives no refresh token here; where this WAF keeps the pools, it is what holds an identity.
        let refreshable = client.pool.is_some()
            && self.shared.model.answer("pool-release", "revoke") == "waf"
            && self.shared.model.lists("waf-grants", "refresh_token", &[]);
        Ok(self.issue(
            Order {
                client,
                subject,
                family: secret(),
                refreshable,
            },
            records,
        ))
    }

    fn by_code(
        &self,
        client: &Client,
        form: &Form,
        records: &mut Records,
    ) -> Result<Answer, Refusal> {
        let text = form.first("code").ok_or(Refusal::InvalidRequest)?;
        let code = records
            .codes
            .get(text)
            .cloned()
            .ok_or(Refusal::InvalidGrant)?;
        if code.client != client.client_id && !self.shared.has(Defect::CodeAnyClient) {
            return Err(Refusal::InvalidGrant);
        }
        if code.used && !self.shared.has(Defect::CodeReusable) {
            // Somebody else has it too: what it gave is ended (RFC 6749 4.1.2).
            if !self.shared.has(Defect::ReplayLeavesTokens) {
                records.revoke_family(text);
            }
            return Err(Refusal::InvalidGrant);
        }
        self.check_code(&code, form)?;
        if let Some(kept) = records.codes.get_mut(text) {
            kept.used = true;
        }
        self.check_hold(&code.client, &code.subject, records)?;
        let subject = self.exchanged_subject(code.subject, form, records);
        let refreshable = self.shared.model.lists("waf-grants", "refresh_token", &[]);
        Ok(self.issue(
            Order {
                client,
                subject,
                family: text.to_owned(),
                refreshable,
            },
            records,
        ))
    }

    /// Life, redirect URI and PKCE of a code.
    fn check_code(&self, code: &Code, form: &Form) -> Result<(), Refusal> {
        if code.expires_ms <= now_ms() {
            return Err(Refusal::InvalidGrant);
        }
        if form.first("redirect_uri") != Some(&code.redirect_uri)
            && !self.shared.has(Defect::CodeAnyRedirect)
        {
            return Err(Refusal::InvalidGrant);
        }
        let fits = match (&code.challenge, form.first("code_verifier")) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => *challenge == challenge_of(verifier),
            // A verifier without challenge: the challenge was taken out on the way (RFC 9700 2.1.1).
            (None, Some(_)) => self.shared.has(Defect::PkceDowngradable),
            (Some(_), None) => false,
        };
        (fits || self.shared.has(Defect::PkceNotChecked))
            .then_some(())
            .ok_or(Refusal::InvalidGrant)
    }

    fn by_refresh(
        &self,
        client: &Client,
        form: &Form,
        records: &mut Records,
    ) -> Result<Answer, Refusal> {
        self.only_scope_of_ims(form)?;
        let text = form.first("refresh_token").ok_or(Refusal::InvalidRequest)?;
        let known = records
            .refresh
            .get(text)
            .cloned()
            .ok_or(Refusal::InvalidGrant)?;
        if known.client != client.client_id && !self.shared.has(Defect::RefreshAnyClient) {
            return Err(Refusal::InvalidGrant);
        }
        let grace = self.shared.model.number("refresh-grace", 0);
        let used = known.rotated.is_some_and(|at| now() >= at + grace)
            && !self.shared.has(Defect::RefreshReusable);
        if known.revoked || used {
            records.revoke_family(&known.family);
            return Err(Refusal::InvalidGrant);
        }
        self.check_hold(&known.client, &known.subject, records)?;
        let rotates = self.shared.model.answer("refresh-rotation", "never") == "always";
        if let Some(kept) = records.refresh.get_mut(text).filter(|_| rotates) {
            kept.rotated.get_or_insert_with(now);
        }
        let subject = self.widened(known.subject, form, records);
        let order = Order {
            client,
            subject,
            family: known.family,
            refreshable: rotates,
        };
        Ok(self.issue(order, records))
    }

    /// Grant, link and pool hold at this moment, not only when the code or refresh token was made.
    fn check_hold(&self, owner: &str, subject: &Subject, records: &Records) -> Result<(), Refusal> {
        let holds = self
            .client(owner)
            .is_some_and(|owner| self.still_holds(owner, subject, records));
        holds.then_some(()).ok_or(Refusal::InvalidGrant)
    }

    /// A token is for IMS and for nothing else; identities are no matter of scope.
    fn only_scope_of_ims(&self, form: &Form) -> Result<(), Refusal> {
        self.takes_scope(form.first("scope"))
            .then_some(())
            .ok_or(Refusal::InvalidScope)
    }

    /// RFC 9700 2.4 forbids this grant.
    fn by_password(
        &self,
        client: &Client,
        form: &Form,
        records: &mut Records,
    ) -> Result<Answer, Refusal> {
        if !self.shared.has(Defect::PasswordGrantOn) {
            return Err(Refusal::UnsupportedGrantType);
        }
        let user = form
            .first("username")
            .and_then(|name| records.users.get(name))
            .ok_or(Refusal::InvalidGrant)?;
        if form.first("password") != Some(&user.password) {
            return Err(Refusal::InvalidGrant);
        }
        let subject = user.linked().ok_or(Refusal::AccessDenied)?;
        Ok(self.issue(
            Order {
                client,
                subject,
                family: secret(),
                refreshable: false,
            },
            records,
        ))
    }
}

/// The S256 challenge of a verifier (RFC 7636 4.2).
pub(super) fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::challenge_of;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn challenge_of_the_rfc() {
        assert_eq!(
            challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
