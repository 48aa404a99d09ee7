//! Clients that prove themselves by a signed assertion (`private_key_jwt`, RFC 7523).

use std::sync::PoisonError;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::Waf;
use super::clients::Client;
use crate::web::form::Form;
use crate::web::now;

/// What an assertion says; its audience and its times are looked at by the library.
#[derive(Debug, Deserialize)]
struct Assertion {
    iss: String,
    sub: String,
    #[serde(default)]
    exp: u64,
    jti: Option<String>,
}

impl Waf {
    /// RFC 7523 3: signed by the registered key, about the client itself, for this WAF, not ended.
    pub(super) fn by_assertion(&self, assertion: &str, form: &Form) -> Option<&Client> {
        // The name only chooses the registered key that the signature is then checked with.
        let claimed: Assertion = jsonwebtoken::dangerous::insecure_decode_claims(assertion).ok()?;
        let client = self.client(&claimed.sub)?;
        if form
            .first("client_id")
            .is_some_and(|id| id != client.client_id)
        {
            return None;
        }
        let proven = self.signed(assertion, client.jwk.as_ref()?)?;
        (proven.iss == client.client_id && self.is_first_use(&proven)).then_some(client)
    }

    fn signed(&self, assertion: &str, key: &Jwk) -> Option<Assertion> {
        let mut wanted = Validation::new(Algorithm::ES256);
        wanted.leeway = self.shared.model.number("skew", 0);
        wanted.validate_nbf = true;
        wanted.set_audience(&[self.issuer.clone(), format!("{}/token", self.issuer)]);
        wanted.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let key = DecodingKey::from_jwk(key).ok()?;
        Some(jsonwebtoken::decode(assertion, &key, &wanted).ok()?.claims)
    }

    fn is_first_use(&self, assertion: &Assertion) -> bool {
        let allowed = self.shared.model.answer("assertion-reuse", "allowed") == "allowed";
        if allowed {
            return true;
        }
        let Some(id) = &assertion.jti else {
            return false;
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.sweep(now());
        records
            .assertions
            .insert(format!("{} {id}", assertion.sub), assertion.exp)
            .is_none()
    }
}
