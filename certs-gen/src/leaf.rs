//! The issued chain with its key; keys that several leaves share.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::{Error, pem};

/// A key that may serve many leaves, P-256 where nothing else is asked for.
///
/// Issuing for a kept key spares its generation, and lets certificates differ while the key is the
/// same one.
#[derive(Debug)]
pub struct LeafKey(KeyPair);

impl LeafKey {
    /// A fresh key.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(KeyPair::generate()?))
    }

    /// A fresh RSA key of 2048 bits, for servers that speak what is too old for elliptic curves.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate_rsa() -> Result<Self, Error> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        Ok(Self(pair))
    }

    /// Whether it may decrypt as well as sign, which a certificate has to say (RFC 5246 7.4.2).
    pub(crate) fn is_rsa(&self) -> bool {
        self.0.algorithm() == &PKCS_RSA_SHA256
    }

    /// A key kept as PKCS #8.
    ///
    /// # Errors
    /// [`Error::Key`]: the bytes are no P-256 key.
    pub fn from_pkcs8(key: &PrivatePkcs8KeyDer<'_>) -> Result<Self, Error> {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(key, &PKCS_ECDSA_P256_SHA256);
        pair.map(Self)
            .map_err(|error| Error::Key(error.to_string()))
    }

    /// The key as PKCS #8, for TLS stacks and to be kept.
    pub fn pkcs8(&self) -> PrivatePkcs8KeyDer<'static> {
        self.0.serialize_der().into()
    }

    /// The key as the certificate writer takes it.
    pub(crate) const fn pair(&self) -> &KeyPair {
        &self.0
    }

    /// The same, given away.
    pub(crate) fn into_pair(self) -> KeyPair {
        self.0
    }
}

/// An issued certificate with what a TLS stack needs to show it.
#[derive(Debug)]
pub struct Leaf {
    /// Leaf first, then the intermediate; the root is not sent.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's private key.
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Leaf {
    /// The chain as PEM text, leaf first.
    pub fn chain_pem(&self) -> String {
        pem::chain(&self.chain)
    }

    /// The private key as PEM text.
    pub fn key_pem(&self) -> String {
        pem::private_key(&self.key)
    }
}
