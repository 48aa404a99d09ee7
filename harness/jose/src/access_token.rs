//! The honest access token: a JWT of RFC 9068 that carries IMS identities.

use serde_json::{Map, Value, json};

use crate::{Key, Token};

/// What the claims are called that no RFC names; vendors differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The private identity (a text).
    pub impi: String,
    /// The public identities (a list, or one text).
    pub impu: String,
    /// The party that granted the token. `iss` means that the issuer is the party and no further claim is made.
    pub party: String,
    /// The WWSF that the token was given to.
    pub wwsf: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            impi: "impi".into(),
            impu: "impu".into(),
            party: "iss".into(),
            wwsf: "wwsf".into(),
        }
    }
}

/// An access token before it is signed. Every claim is a plain field; [`AccessToken::new`] fills the ones that RFC 9068
/// section 2.2 demands, the other methods add the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// `iss`: the WAF.
    pub issuer: String,
    /// `sub`: the subscriber as the WAF knows him.
    pub subject: String,
    /// `aud`: the eP-CSCF.
    pub audience: String,
    /// `client_id`: the WWSF as the WAF knows it.
    pub client_id: String,
    /// `jti`.
    pub token_id: String,
    /// `iat`, seconds since 1970.
    pub issued_at: u64,
    /// `exp`, seconds since 1970.
    pub expires_at: u64,
    /// The private identity; absent where the edge derives or retrieves it.
    pub impi: Option<String>,
    /// The public identities; empty: no such claim.
    pub impu: Vec<String>,
    /// The public identity is one text, not a list of one.
    pub single_impu: bool,
    /// The WWSF, by its domain name.
    pub wwsf: Option<String>,
    /// The granting party where it is not the issuer.
    pub party: Option<String>,
    /// `scope`: names with a space between.
    pub scope: Option<String>,
    /// `anon`: whether the user is anonymous (registration 3).
    pub anonymous: Option<bool>,
    /// What the claims are called.
    pub names: ClaimNames,
}

impl AccessToken {
    /// A token without identities; its times are 0 until [`AccessToken::life`] sets them.
    pub fn new(
        issuer: &str,
        subject: &str,
        audience: &str,
        client_id: &str,
        token_id: &str,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            subject: subject.into(),
            audience: audience.into(),
            client_id: client_id.into(),
            token_id: token_id.into(),
            issued_at: 0,
            expires_at: 0,
            impi: None,
            impu: Vec::new(),
            single_impu: false,
            wwsf: None,
            party: None,
            scope: None,
            anonymous: None,
            names: ClaimNames::default(),
        }
    }

    /// Valid from `now` (seconds since 1970) for `seconds`.
    #[must_use]
    pub fn life(mut self, now: u64, seconds: u64) -> Self {
        self.issued_at = now;
        self.expires_at = now.saturating_add(seconds);
        self
    }

    /// The identities that it grants.
    #[must_use]
    pub fn identity(mut self, impi: &str, impu: &[&str]) -> Self {
        self.impi = Some(impi.into());
        self.impu = impu.iter().map(|&one| one.into()).collect();
        self
    }

    /// The WWSF that it was given to.
    #[must_use]
    pub fn wwsf(mut self, domain: &str) -> Self {
        self.wwsf = Some(domain.into());
        self
    }

    /// The scope.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Whether its user is anonymous.
    #[must_use]
    pub fn anonymous(mut self, anonymous: bool) -> Self {
        self.anonymous = Some(anonymous);
        self
    }

    /// Other claim names.
    #[must_use]
    pub fn names(mut self, names: ClaimNames) -> Self {
        self.names = names;
        self
    }

    /// The header for a key (RFC 9068 section 2.1).
    pub fn header(&self, key: &Key) -> Value {
        json!({ "typ": "at+jwt", "alg": key.algorithm().name(), "kid": key.kid() })
    }

    /// The claims; a vendor's claim name that equals a standard one (`sub` for the IMPI, say) takes its place.
    pub fn claims(&self) -> Value {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value);
            }
        };
        put("iss", Some(json!(self.issuer)));
        put("sub", Some(json!(self.subject)));
        put("aud", Some(json!(self.audience)));
        put("iat", Some(json!(self.issued_at)));
        put("exp", Some(json!(self.expires_at)));
        put("jti", Some(json!(self.token_id)));
        put("client_id", Some(json!(self.client_id)));
        put(&self.names.impi, self.impi.as_ref().map(|impi| json!(impi)));
        put(&self.names.impu, self.impu_claim());
        put(&self.names.wwsf, self.wwsf.as_ref().map(|wwsf| json!(wwsf)));
        if self.names.party != "iss" {
            put(
                &self.names.party,
                Some(json!(self.party.as_ref().unwrap_or(&self.issuer))),
            );
        }
        put("scope", self.scope.as_ref().map(|scope| json!(scope)));
        put("anon", self.anonymous.map(Value::Bool));
        Value::Object(claims)
    }

    fn impu_claim(&self) -> Option<Value> {
        let first = self.impu.first()?;
        Some(if self.single_impu {
            json!(first)
        } else {
            json!(self.impu)
        })
    }

    /// Signs it.
    pub fn mint(&self, key: &Key) -> Token {
        Token::mint(key, &self.header(key), &self.claims())
    }
}
