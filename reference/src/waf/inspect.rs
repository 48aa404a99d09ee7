//! `POST /introspect` (RFC 7662) and `POST /revoke` (RFC 7009).

use std::sync::PoisonError;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::Waf;
use super::clients::Client;
use super::records::{Issued, Records};
use super::refusal::Refusal;
use crate::defect::Defect;
use crate::web::answer::{self, Answer};
use crate::web::form::Form;
use crate::web::now;
use crate::web::serve::Asked;

impl Waf {
    /// Tells a resource server what a token is good for now.
    pub(super) fn introspect(&self, asked: &Asked) -> Answer {
        match self.introspected(asked) {
            Ok(members) => answer::json(StatusCode::OK, &members),
            Err(refusal) => refusal.answer(),
        }
    }

    fn introspected(&self, asked: &Asked) -> Result<Value, Refusal> {
        let form = self.endpoint_form(asked)?;
        let audience = self.introspector(asked, &form)?;
        let token = form.first("token").ok_or(Refusal::InvalidRequest)?;
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(id) = self.token_id(token, &records) else {
            let anything = self.shared.has(Defect::IntrospectsAnythingActive);
            return Ok(if anything {
                self.anything(token)
            } else {
                inactive()
            });
        };
        match records.tokens.get(&id) {
            Some(issued) if self.is_active(issued, &records) && self.is_for(issued, &audience) => {
                Ok(self.described(issued))
            }
            _ => Ok(inactive()),
        }
    }

    /// The audience of the resource server that asks.
    fn introspector(&self, asked: &Asked, form: &Form) -> Result<String, Refusal> {
        let home = &self.shared.world.audience;
        if self.shared.has(Defect::IntrospectionOpen) {
            return Ok(home.clone());
        }
        let client = self.authenticate(asked, form)?;
        if self.shared.model.answer("introspection", "yes") != "yes" || !client.introspection {
            return Err(Refusal::UnauthorizedClient);
        }
        Ok(client.audience.as_ref().unwrap_or(home).clone())
    }

    fn is_for(&self, issued: &Issued, audience: &str) -> bool {
        self.shared.model.answer("intro-audience", "no") != "yes" || issued.audience == audience
    }

    /// The name under which a token was issued, if this WAF issued it and tells of its kind.
    fn token_id(&self, token: &str, records: &Records) -> Option<String> {
        let opaque = self.shared.model.lists("token-format", "opaque", &[]);
        if !self.shared.model.lists(
            "introspectable",
            if opaque { "opaque" } else { "jwt" },
            &["opaque", "jwt"],
        ) {
            return None;
        }
        self.own_token(token, records)
    }

    fn own_token(&self, token: &str, records: &Records) -> Option<String> {
        if records.tokens.contains_key(token)
            && self.shared.model.lists("token-format", "opaque", &[])
        {
            return Some(token.to_owned());
        }
        let claims = if self.shared.has(Defect::IntrospectsUnverified) {
            jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?
        } else {
            self.signer().claims(token)?
        };
        claims["jti"].as_str().map(str::to_owned)
    }

    /// Not ended, not revoked, and all that it was issued for still holds.
    fn is_active(&self, issued: &Issued, records: &Records) -> bool {
        let ended = issued.expires <= now();
        let Some(client) = self.client(&issued.client) else {
            return false;
        };
        !ended && !issued.revoked && self.still_holds(client, &issued.subject, records)
    }

    fn described(&self, issued: &Issued) -> Value {
        let wwsf = self
            .client(&issued.client)
            .and_then(|client| self.wwsf_name(client));
        let mut members = json!({
            "active": true, "token_type": "Bearer", "iss": self.issuer, "client_id": issued.client, "wwsf": wwsf,
            "aud": issued.audience, "exp": issued.expires, "impi": issued.subject.impi, "impu": issued.subject.impus,
        });
        if issued.subject.anonymous {
            members["anon"] = Value::Bool(true);
        }
        members
    }

    /// What a WAF would say that believes what a token says of itself, or that knows every token.
    fn anything(&self, token: &str) -> Value {
        let mut members = jsonwebtoken::dangerous::insecure_decode_claims::<Value>(token)
            .unwrap_or_else(|_| json!({}));
        members["active"] = Value::Bool(true);
        members
    }

    /// Ends a token of the client that asks. Any other is left alone, and nothing is told about it.
    pub(super) fn revoke(&self, asked: &Asked) -> Answer {
        match self.revoked(asked) {
            Ok(()) => answer::plain(StatusCode::OK, ""),
            Err(refusal) => refusal.answer(),
        }
    }

    fn revoked(&self, asked: &Asked) -> Result<(), Refusal> {
        let form = self.endpoint_form(asked)?;
        let client = match self.authenticate(asked, &form) {
            Ok(client) => Some(client),
            Err(_) if self.shared.has(Defect::RevocationOpen) => None,
            Err(refusal) => return Err(refusal),
        };
        let token = form.first("token").ok_or(Refusal::InvalidRequest)?;
        if self.shared.has(Defect::RevocationWithoutEffect) {
            return Ok(());
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refresh) = records.refresh.get(token) {
            if self.may_revoke(client, &refresh.client) {
                let family = refresh.family.clone();
                records.revoke_family(&family);
            }
            return Ok(());
        }
        let Some(id) = self.own_token(token, &records) else {
            return Ok(());
        };
        if let Some(issued) = records.tokens.get_mut(&id)
            && self.may_revoke(client, &issued.client)
        {
            issued.revoked = true;
            // Where this WAF keeps the pools, giving the token back gives the identity back.
            let family = issued.family.clone();
            if self.shared.model.answer("pool-release", "revoke") == "waf"
                && !self.shared.has(Defect::RefreshesReleased)
            {
                records.revoke_family(&family);
            }
        }
        Ok(())
    }

    fn may_revoke(&self, client: Option<&Client>, owner: &str) -> bool {
        client.is_none_or(|client| client.client_id == owner)
            || self.shared.has(Defect::RevokesForeign)
    }
}

fn inactive() -> Value {
    json!({ "active": false })
}
