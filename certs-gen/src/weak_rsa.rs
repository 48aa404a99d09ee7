//! The 1024-bit RSA key of [`Flaw::Rsa1024`](crate::Flaw::Rsa1024), and its signatures.
//!
//! Crypto libraries refuse to load such a key. A caller that shows the chain writes a signing key
//! for its TLS stack that offers `rsa_pss_rsae_sha256` (all that TLS 1.3 takes of RSA) and
//! `rsa_pkcs1_sha256` (TLS 1.2 may pick either), and has [`sign`] make the signature.

use std::sync::OnceLock;

use aws_lc_rs::rand;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use sha2::{Digest, Sha256};

use crate::Error;

/// Length of the weak modulus, in bits.
pub const MODULUS_BITS: usize = 1024;

/// Padding of a signature; the digest is SHA-256 in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PSS with a salt of 32 bytes: TLS `rsa_pss_rsae_sha256` (0x0804).
    PssSha256,
    /// RSASSA-PKCS1-v1_5: TLS `rsa_pkcs1_sha256` (0x0401).
    Pkcs1Sha256,
}

/// Signs the message (not its digest) with an RSA key of any length.
///
/// # Errors
/// [`Error::Key`]: the bytes are no RSA key, or the key is too short for the scheme.
pub fn sign(
    key: &PrivatePkcs8KeyDer<'_>,
    scheme: Scheme,
    message: &[u8],
) -> Result<Vec<u8>, Error> {
    let refused = |reason: &dyn ToString| Error::Key(reason.to_string());
    let key =
        RsaPrivateKey::from_pkcs8_der(key.secret_pkcs8_der()).map_err(|error| refused(&error))?;
    let digest = Sha256::digest(message);
    let signature = match scheme {
        Scheme::PssSha256 => key.sign_with_rng(&mut SystemRandom, Pss::new::<Sha256>(), &digest),
        Scheme::Pkcs1Sha256 => key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest),
    };
    signature.map_err(|error| refused(&error))
}

/// The weak key: private part for the caller, public part for the certificate writer.
#[derive(Debug)]
pub(crate) struct WeakKey {
    private: PrivatePkcs8KeyDer<'static>,
    public: Vec<u8>,
}

impl WeakKey {
    /// The process's one weak key: its primes take long to find, and nothing depends on its secrecy.
    pub(crate) fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<WeakKey> = OnceLock::new();
        if let Some(key) = SHARED.get() {
            return Ok(key);
        }
        let key = Self::generate()?;
        Ok(SHARED.get_or_init(|| key))
    }

    fn generate() -> Result<Self, Error> {
        let refused = |reason: &dyn ToString| Error::Key(reason.to_string());
        let key =
            RsaPrivateKey::new(&mut SystemRandom, MODULUS_BITS).map_err(|error| refused(&error))?;
        let private = key.to_pkcs8_der().map_err(|error| refused(&error))?;
        let public = key
            .to_public_key()
            .to_pkcs1_der()
            .map_err(|error| refused(&error))?;
        Ok(Self {
            private: private.as_bytes().to_vec().into(),
            public: public.into_vec(),
        })
    }

    /// The private key as PKCS #8.
    pub(crate) fn pkcs8(&self) -> PrivatePkcs8KeyDer<'static> {
        self.private.clone_key()
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// The crypto library's random numbers, as the RSA crate takes them.
struct SystemRandom;

impl CryptoRng for SystemRandom {}

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, destination: &mut [u8]) {
        // The trait leaves no way to report; the library itself aborts when the system fails it.
        rand::fill(destination).expect("the system gives random bytes");
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(destination);
        Ok(())
    }
}
