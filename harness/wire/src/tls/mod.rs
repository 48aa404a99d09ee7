//! TLS as client and as server: honest in everything but what is asked for, and telling the tap all that was agreed and shown.
//!
//! The only module of the harness that knows rustls.

mod client;
mod server;

use std::io;
use std::sync::{Arc, OnceLock};

use evidence::Bytes;
use evidence::event::{Side, TlsFacts};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{SignatureScheme, SupportedProtocolVersion};

pub use client::{ClientSettings, Sessions, client};
pub use server::{HelloFacts, Pending, ServerSettings, accept};

/// A chain and the key that signs the handshake.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What it is called in evidence: `honest`, a flaw, a party.
    pub name: String,
    certified: Arc<CertifiedKey>,
}

impl Identity {
    /// An identity from DER. The key need not fit the chain: that is a flaw like others.
    ///
    /// # Errors
    /// When the key is of no kind that can sign.
    pub fn new(
        name: &str,
        chain: Vec<CertificateDer<'static>>,
        key: &PrivatePkcs8KeyDer<'static>,
    ) -> Result<Self, String> {
        let key = PrivateKeyDer::Pkcs8(key.clone_key());
        let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|why| why.to_string())?;
        Ok(Self::signed(name, chain, signing))
    }

    /// An identity whose handshakes the caller signs with an RSA key that the provider refuses.
    #[must_use]
    pub fn signed_by(name: &str, chain: Vec<CertificateDer<'static>>, sign: RsaSigner) -> Self {
        Self::signed(name, chain, Arc::new(ForeignRsa(sign)))
    }

    /// The certificate that is shown for itself, DER; empty when there is none.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        self.certified
            .cert
            .first()
            .map_or(&[], |leaf| leaf.as_ref())
    }

    fn signed(
        name: &str,
        chain: Vec<CertificateDer<'static>>,
        signing: Arc<dyn SigningKey>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            certified: Arc::new(CertifiedKey::new(chain, signing)),
        }
    }
}

/// Signs a message with RSA over SHA-256: with PSS padding if the flag is set, else with PKCS #1 version 1.5.
pub type RsaSigner = Arc<dyn Fn(bool, &[u8]) -> Result<Vec<u8>, String> + Send + Sync>;

/// An RSA key of the caller's, as rustls wants it.
struct ForeignRsa(RsaSigner);

impl std::fmt::Debug for ForeignRsa {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ForeignRsa")
    }
}

impl SigningKey for ForeignRsa {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        [
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PKCS1_SHA256,
        ]
        .into_iter()
        .find(|scheme| offered.contains(scheme))
        .map(|scheme| {
            Box::new(ForeignSigner {
                sign: Self(self.0.clone()),
                scheme,
            }) as Box<dyn rustls::sign::Signer>
        })
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        rustls::SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct ForeignSigner {
    sign: ForeignRsa,
    scheme: SignatureScheme,
}

impl rustls::sign::Signer for ForeignSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        (self.sign.0)(self.scheme == SignatureScheme::RSA_PSS_SHA256, message)
            .map_err(rustls::Error::General)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// What we offer and take, in a browser's order: AES-128 comes first.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| {
            let mut provider = rustls::crypto::aws_lc_rs::default_provider();
            provider
                .cipher_suites
                .sort_by_key(|suite| !format!("{:?}", suite.suite()).contains("AES_128_GCM"));
            Arc::new(provider)
        })
        .clone()
}

fn versions(wanted: &[String]) -> Vec<&'static SupportedProtocolVersion> {
    let both = [
        ("1.2", &rustls::version::TLS12),
        ("1.3", &rustls::version::TLS13),
    ];
    let chosen: Vec<_> = both
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name))
        .map(|(_, version)| *version)
        .collect();
    if chosen.is_empty() {
        both.iter().map(|(_, version)| *version).collect()
    } else {
        chosen
    }
}

fn describe(session: &rustls::CommonState, facts: &mut TlsFacts) {
    facts.version = session.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    });
    facts.suite = session
        .negotiated_cipher_suite()
        .map(|suite| format!("{:?}", suite.suite()));
    facts.alpn = session
        .alpn_protocol()
        .map(|word| String::from_utf8_lossy(word).into_owned());
    facts.peer_chain = session
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|der| Bytes(der.to_vec()))
        .collect();
}

/// Who ended a handshake, and with which alert.
fn blame(why: &io::Error) -> (Side, Option<u8>) {
    match why
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(rustls::Error::AlertReceived(alert)) => (Side::Sut, Some(u8::from(*alert))),
        Some(_) => (Side::Us, None),
        None => (Side::Sut, None),
    }
}
