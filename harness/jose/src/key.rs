//! Signing keys: made or read, named, shown as public JWK.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::Algorithm;
use crate::algorithm::Family;
use crate::signature::hmac_of;

/// Octets of a generated shared secret: the least that RFC 7518 section 3.2 allows for HS512 serves all three.
const SECRET_LENGTH: usize = 64;

/// A key that signs with one algorithm. Clones share the secret; `Debug` does not show it.
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    kid: String,
    secret: Arc<Secret>,
}

enum Secret {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed(Ed25519KeyPair),
    Hmac(Vec<u8>),
}

/// Why a key cannot be made, read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The provider made no key, or could not sign with it.
    #[error("cryptographic provider failed with a key for {0}")]
    Provider(Algorithm),
    /// No PKCS #8 private key that fits the algorithm.
    #[error("no PKCS #8 key for {0}: {1}")]
    Rejected(Algorithm, String),
    /// The PEM text holds no private key.
    #[error("no private key in the PEM text: {0}")]
    Pem(String),
    /// A shared secret has no public half and no PKCS #8 form; or a key pair was asked for its shared secret.
    #[error("a key for {0} has no such form")]
    Form(Algorithm),
}

impl Key {
    /// Makes a key. RSA keys have 2048 bits, shared secrets 64 octets.
    ///
    /// # Errors
    /// [`KeyError::Provider`], for want of entropy.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let made = match algorithm.family() {
            Family::Ec(curve) => EcdsaKeyPair::generate(curve_signing(curve)).map(Secret::Ec),
            Family::Rsa => RsaKeyPair::generate(KeySize::Rsa2048).map(Secret::Rsa),
            Family::Ed => Ed25519KeyPair::generate().map(Secret::Ed),
            Family::Hmac => {
                let mut secret = vec![0; SECRET_LENGTH];
                fill(&mut secret).map(|()| Secret::Hmac(secret))
            }
        };
        Self::checked(algorithm, made.map_err(|_| KeyError::Provider(algorithm))?)
    }

    /// Reads a private key from PKCS #8, PEM or DER.
    ///
    /// # Errors
    /// No key, a key of another kind or curve, RSA below 2048 bits; [`KeyError::Form`] for a shared-secret algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pem_or_der: &[u8]) -> Result<Self, KeyError> {
        let der = if pem_or_der.trim_ascii_start().starts_with(b"-----") {
            PrivatePkcs8KeyDer::from_pem_slice(pem_or_der)
                .map_err(|error| KeyError::Pem(error.to_string()))?
        } else {
            PrivatePkcs8KeyDer::from(pem_or_der)
        };
        let der = der.secret_pkcs8_der();
        let read = match algorithm.family() {
            Family::Ec(curve) => {
                EcdsaKeyPair::from_pkcs8(curve_signing(curve), der).map(Secret::Ec)
            }
            Family::Rsa => RsaKeyPair::from_pkcs8(der).map(Secret::Rsa),
            Family::Ed => Ed25519KeyPair::from_pkcs8(der).map(Secret::Ed),
            Family::Hmac => return Err(KeyError::Form(algorithm)),
        };
        Self::checked(
            algorithm,
            read.map_err(|error| KeyError::Rejected(algorithm, error.to_string()))?,
        )
    }

    /// A key from a shared secret of any length, the empty one included.
    ///
    /// # Errors
    /// [`KeyError::Form`] if the algorithm takes a key pair.
    pub fn from_shared_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        if !algorithm.is_symmetric() {
            return Err(KeyError::Form(algorithm));
        }
        Self::checked(algorithm, Secret::Hmac(secret.to_vec()))
    }

    /// A key is accepted after it signed once, so that [`Key::sign`] need not fail later.
    fn checked(algorithm: Algorithm, secret: Secret) -> Result<Self, KeyError> {
        let mut key = Self {
            algorithm,
            kid: String::new(),
            secret: Arc::new(secret),
        };
        key.try_sign(algorithm, b"")
            .map_err(|_| KeyError::Provider(algorithm))?;
        key.kid = key.thumbprint();
        Ok(key)
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self {
            kid: kid.into(),
            ..self
        }
    }

    /// The algorithm that [`Key::sign`] uses.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name: its RFC 7638 thumbprint unless [`Key::with_kid`] gave another.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public JWK with `kid`, `alg` and `use`. That of a shared secret does not hold the secret.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.public_members();
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.algorithm.name());
        jwk["use"] = json!("sig");
        jwk
    }

    /// What a party that verifies must hold: [`Key::jwk`], and of a shared secret the secret (`k`) too.
    pub fn verifying_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        if let Secret::Hmac(secret) = &*self.secret {
            jwk["k"] = json!(URL_SAFE_NO_PAD.encode(secret));
        }
        jwk
    }

    /// The SHA-256 thumbprint of RFC 7638, in base64url.
    pub fn thumbprint(&self) -> String {
        let mut members = self.public_members();
        if let Secret::Hmac(secret) = &*self.secret {
            members["k"] = json!(URL_SAFE_NO_PAD.encode(secret));
        }
        // Section 3: the members that make the key, in the order of their names, without spaces.
        let mut members: Vec<(String, Value)> = members
            .as_object_mut()
            .map(std::mem::take)
            .into_iter()
            .flatten()
            .collect();
        members.sort_by(|one, other| one.0.cmp(&other.0));
        let text = Value::Object(members.into_iter().collect()).to_string();
        URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
    }

    /// The members of RFC 7518 section 6 and RFC 8037 section 2 that make the public key.
    fn public_members(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match (&*self.secret, self.algorithm.family()) {
            (Secret::Ec(pair), Family::Ec(curve)) => {
                // The uncompressed point: 0x04, then both coordinates at full length.
                let (x, y) = halves(pair.public_key().as_ref().get(1..).unwrap_or_default());
                json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
            }
            (Secret::Rsa(pair), _) => {
                let (modulus, exponent) = rsa_integers(pair.public_key().as_ref());
                json!({ "kty": "RSA", "n": encode(&modulus), "e": encode(&exponent) })
            }
            (Secret::Ed(pair), _) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
            _ => json!({ "kty": "oct" }),
        }
    }

    /// The public key as SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`KeyError::Form`] for a shared secret.
    pub fn public_spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let der = match &*self.secret {
            Secret::Ec(pair) => pair.public_key().as_der(),
            Secret::Rsa(pair) => pair.public_key().as_der(),
            Secret::Ed(pair) => pair.public_key().as_der(),
            Secret::Hmac(_) => return Err(KeyError::Form(self.algorithm)),
        };
        der.map(|der| der.as_ref().to_vec())
            .map_err(|_| KeyError::Provider(self.algorithm))
    }

    /// The public key as PEM (`PUBLIC KEY`), with a newline at the end.
    ///
    /// # Errors
    /// As of [`Key::public_spki_der`].
    pub fn public_pem(&self) -> Result<String, KeyError> {
        self.public_spki_der().map(|der| pem("PUBLIC KEY", &der))
    }

    /// The private key as PKCS #8, DER.
    ///
    /// # Errors
    /// [`KeyError::Form`] for a shared secret.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyError> {
        let der: Result<Vec<u8>, Unspecified> = match &*self.secret {
            Secret::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Secret::Rsa(pair) => pair
                .as_der()
                .map(|der: Pkcs8V1Der<'_>| der.as_ref().to_vec()),
            Secret::Ed(pair) => pair
                .as_der()
                .map(|der: Pkcs8V1Der<'_>| der.as_ref().to_vec()),
            Secret::Hmac(_) => return Err(KeyError::Form(self.algorithm)),
        };
        der.map_err(|_| KeyError::Provider(self.algorithm))
    }

    /// The private key as PEM (`PRIVATE KEY`), with a newline at the end.
    ///
    /// # Errors
    /// As of [`Key::to_pkcs8`].
    pub fn to_pkcs8_pem(&self) -> Result<String, KeyError> {
        self.to_pkcs8().map(|der| pem("PRIVATE KEY", &der))
    }

    /// The signature over `message` in the form that a JWS carries.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.try_sign(self.algorithm, message)
            .expect("a key that signed when it was made signs again")
    }

    /// The signature with another algorithm of the key's family; none if the key cannot do it.
    pub fn sign_as(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let fits = algorithm.family() == self.algorithm.family();
        fits.then(|| self.try_sign(algorithm, message).ok())
            .flatten()
    }

    fn try_sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &*self.secret {
            Secret::Ec(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Secret::Ed(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
            Secret::Hmac(secret) => hmac_of(algorithm, secret, message).ok_or(Unspecified),
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    rsa_encoding(algorithm).ok_or(Unspecified)?,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )?;
                Ok(signature)
            }
        }
    }
}

/// The JWK set of these keys; shared secrets are left out, since a set is published.
pub fn jwks(keys: &[&Key]) -> Value {
    let public = keys.iter().filter(|key| !key.algorithm.is_symmetric());
    json!({ "keys": public.map(|key| key.jwk()).collect::<Vec<_>>() })
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Cuts in the middle; the second half has the odd octet.
pub(crate) fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.len() / 2)
}

fn curve_signing(curve: &str) -> &'static EcdsaSigningAlgorithm {
    match curve {
        "P-256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
        "P-384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_SHA512),
        _ => None,
    }
}

/// Modulus and exponent out of the provider's own RSAPublicKey (RFC 8017 A.1.1), which is always readable; without
/// the zero octet that only keeps a DER integer positive (RFC 7518 section 2, Base64urlUInt).
fn rsa_integers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let read = yasna::parse_der(der, |reader| {
        reader.read_sequence(|reader| {
            let modulus = reader.next().read_bigint_bytes()?.0;
            let exponent = reader.next().read_bigint_bytes()?.0;
            Ok((modulus, exponent))
        })
    });
    let (modulus, exponent) = read.expect("the provider writes a well-formed RSA public key");
    let least = |octets: Vec<u8>| octets.into_iter().skip_while(|octet| *octet == 0).collect();
    (least(modulus), least(exponent))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
