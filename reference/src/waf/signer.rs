//! The key that a WAF signs with, and what it publishes of it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;

/// An ES256 key, named by its RFC 7638 thumbprint.
pub(super) struct Signer {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    published: Jwk,
}

impl Signer {
    /// Takes a PKCS#8 key in PEM.
    pub(super) fn from_pem(pem: &str) -> Result<Self, jsonwebtoken::errors::Error> {
        Self::new(EncodingKey::from_ec_pem(pem.as_bytes())?)
    }

    /// Makes a new key.
    pub(super) fn fresh() -> Option<Self> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .ok()?;
        Self::new(EncodingKey::from_ec_der(document.as_ref())).ok()
    }

    fn new(signing: EncodingKey) -> Result<Self, jsonwebtoken::errors::Error> {
        let mut published = Jwk::from_encoding_key(&signing, Algorithm::ES256)?;
        let kid = published.thumbprint(ThumbprintHash::SHA256)?;
        published.common.key_id = Some(kid.clone());
        published.common.public_key_use = Some(PublicKeyUse::Signature);
        published.common.key_algorithm = Some(KeyAlgorithm::ES256);
        let verifying = DecodingKey::from_jwk(&published)?;
        Ok(Self {
            kid,
            signing,
            verifying,
            published,
        })
    }

    /// The public key for the JWKS.
    pub(super) fn published(&self) -> &Jwk {
        &self.published
    }

    /// Signs an access token of that type.
    pub(super) fn sign(
        &self,
        kind: &str,
        claims: &Value,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            typ: Some(kind.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    /// The claims of a token that this key signed, whether it has ended or not.
    pub(super) fn claims(&self, token: &str) -> Option<Value> {
        let mut wanted = Validation::new(Algorithm::ES256);
        wanted.validate_exp = false;
        wanted.validate_aud = false;
        wanted.required_spec_claims.clear();
        Some(
            jsonwebtoken::decode::<Value>(token, &self.verifying, &wanted)
                .ok()?
                .claims,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_its_own_tokens_only() {
        let (own, other) = (Signer::fresh().unwrap(), Signer::fresh().unwrap());
        let token = own.sign("at+jwt", &json!({"jti": "1"})).unwrap();
        assert_eq!(own.claims(&token).unwrap()["jti"], "1");
        assert!(other.claims(&token).is_none());
        assert_ne!(own.kid, other.kid);
    }

    #[test]
    fn publishes_no_private_part() {
        let text = serde_json::to_value(Signer::fresh().unwrap().published()).unwrap();
        assert_eq!(text["kty"], "EC");
        assert_eq!(text["use"], "sig");
        assert!(text.get("d").is_none());
    }
}
