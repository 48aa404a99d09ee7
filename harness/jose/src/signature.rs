//! Signatures under a public JWK: the one place that says whether a signature is good.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::Algorithm;
use crate::algorithm::Family;

/// Why a signature does not hold under a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    /// The key is of another kind or curve, or bound to another algorithm or use.
    #[error("the key does not serve {0}: its {1} is {2}")]
    OtherKey(Algorithm, &'static str, String),
    /// The JWK lacks a member, or it is not base64url of the right length.
    #[error("the key's {0} is missing or malformed")]
    Malformed(&'static str),
    /// The key is sound; the signature is not its.
    #[error("the signature does not verify")]
    Refused,
}

/// Whether `signature` over `message` was made with `algorithm` and the key of `jwk` (RFC 7518 section 3: an ECDSA
/// signature of another length than the curve's has failed; RSA keys below 2048 bits are not taken).
pub(crate) fn check(
    algorithm: Algorithm,
    jwk: &Value,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    serves(algorithm, jwk)?;
    match algorithm.family() {
        Family::Ec(curve) => {
            let (length, verification) = curve_verification(curve);
            let point = [
                &[4],
                &*octets(jwk, "x", Some(length))?,
                &*octets(jwk, "y", Some(length))?,
            ]
            .concat();
            UnparsedPublicKey::new(verification, point).verify(message, signature)
        }
        Family::Ed => {
            UnparsedPublicKey::new(&ED25519, octets(jwk, "x", Some(32))?).verify(message, signature)
        }
        Family::Rsa => {
            let key = RsaPublicKeyComponents {
                n: octets(jwk, "n", None)?,
                e: octets(jwk, "e", None)?,
            };
            key.verify(rsa_parameters(algorithm), message, signature)
        }
        Family::Hmac => {
            let key = hmac::Key::new(hmac_algorithm(algorithm), &octets(jwk, "k", None)?);
            hmac::verify(&key, message, signature)
        }
    }
    .map_err(|_| SignatureError::Refused)
}

/// Whether kind, curve, `alg` and `use` of the JWK allow the algorithm; `alg` and `use` may be absent.
fn serves(algorithm: Algorithm, jwk: &Value) -> Result<(), SignatureError> {
    let (kind, curve) = match algorithm.family() {
        Family::Ec(curve) => ("EC", Some(curve)),
        Family::Rsa => ("RSA", None),
        Family::Ed => ("OKP", Some("Ed25519")),
        Family::Hmac => ("oct", None),
    };
    let demand = |member: &'static str, wanted: &str| match jwk.get(member) {
        Some(own) if own.as_str() == Some(wanted) => Ok(()),
        own => Err(SignatureError::OtherKey(
            algorithm,
            member,
            own.map_or_else(|| "absent".to_owned(), Value::to_string),
        )),
    };
    demand("kty", kind)?;
    curve.map_or(Ok(()), |curve| demand("crv", curve))?;
    if let Some(own) = jwk.get("alg")
        && own.as_str().and_then(|name| name.parse().ok()) != Some(algorithm)
    {
        return Err(SignatureError::OtherKey(algorithm, "alg", own.to_string()));
    }
    jwk.get("use").map_or(Ok(()), |_| demand("use", "sig"))
}

fn octets(
    jwk: &Value,
    member: &'static str,
    length: Option<usize>,
) -> Result<Vec<u8>, SignatureError> {
    let text = jwk
        .get(member)
        .and_then(Value::as_str)
        .ok_or(SignatureError::Malformed(member))?;
    let octets = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| SignatureError::Malformed(member))?;
    match length {
        Some(length) if octets.len() != length => Err(SignatureError::Malformed(member)),
        _ => Ok(octets),
    }
}

/// The octets of a coordinate, and the check that takes signatures of twice that length.
fn curve_verification(curve: &str) -> (usize, &'static dyn VerificationAlgorithm) {
    match curve {
        "P-256" => (32, &ECDSA_P256_SHA256_FIXED),
        "P-384" => (48, &ECDSA_P384_SHA384_FIXED),
        _ => (66, &ECDSA_P521_SHA512_FIXED),
    }
}

fn rsa_parameters(algorithm: Algorithm) -> &'static RsaParameters {
    match algorithm {
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &RSA_PSS_2048_8192_SHA512,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    }
}

fn hmac_algorithm(algorithm: Algorithm) -> hmac::Algorithm {
    match algorithm {
        Algorithm::HS384 => hmac::HMAC_SHA384,
        Algorithm::HS512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    }
}

/// The HMAC of `message`; none if the algorithm is no HMAC.
pub(crate) fn hmac_of(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let key = || hmac::Key::new(hmac_algorithm(algorithm), secret);
    algorithm
        .is_symmetric()
        .then(|| hmac::sign(&key(), message).as_ref().to_vec())
}
