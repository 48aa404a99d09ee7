//! What a WAF publishes: its endpoints (RFC 8414) and its keys (RFC 7517).

use hyper::StatusCode;
use serde_json::{Value, json};

use super::Waf;
use crate::web::answer::{self, Answer};

impl Waf {
    pub(super) fn metadata(&self) -> Answer {
        let issuer = &self.issuer;
        let model = &self.shared.model;
        let methods: Vec<&str> = [
            "tls_client_auth",
            "private_key_jwt",
            "client_secret_basic",
            "client_secret_post",
        ]
        .into_iter()
        .filter(|method| model.lists("w4-auth", method, &["tls_client_auth"]))
        .collect();
        let grants: Vec<&str> = ["client_credentials", "authorization_code", "refresh_token"]
            .into_iter()
            .filter(|grant| {
                model.lists(
                    "waf-grants",
                    grant,
                    &["client_credentials", "authorization_code"],
                )
            })
            .collect();
        let mut members = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "response_types_supported": ["code"],
            "grant_types_supported": grants,
            "scopes_supported": ["ims"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "introspection_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "authorization_response_iss_parameter_supported": true,
        });
        if model.answer("waf-pkce", "supported") != "no" {
            members["code_challenge_methods_supported"] = json!(["S256"]);
        }
        answer::json(StatusCode::OK, &members)
    }

    pub(super) fn jwks(&self) -> Answer {
        let keys: Vec<Value> = serde_json::to_value(self.signer().published())
            .into_iter()
            .collect();
        answer::body(
            StatusCode::OK,
            "application/json",
            json!({ "keys": keys }).to_string(),
        )
    }
}
