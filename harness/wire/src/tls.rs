//! TLS as client and as server: honest in everything but what is asked for, and telling the tap all that was agreed and shown.
//!
//! The only module of the harness that knows rustls.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use evidence::event::{Side, TlsFacts};
use evidence::{Bytes, What};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio::net::TcpStream;
use tokio_rustls::{LazyConfigAcceptor, TlsConnector};

use crate::{Stream, Tap};

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
                sign: ForeignRsa(self.0.clone()),
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

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .clone()
}

/// What our client offers.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// `1.2`, `1.3`; both when empty.
    pub versions: Vec<String>,
    /// Name in the hello; none leaves it out.
    pub server_name: Option<String>,
    /// ALPN protocols.
    pub alpn: Vec<String>,
    /// Client certificate.
    pub identity: Option<Identity>,
    /// Sessions to resume from and to keep.
    pub sessions: Option<Sessions>,
}

/// TLS sessions that later connections may resume.
#[derive(Clone, Debug)]
pub struct Sessions(Resumption);

impl Default for Sessions {
    fn default() -> Self {
        Self(Resumption::in_memory_sessions(16))
    }
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

/// Shakes hands as a client and tells the tap. The SUT's chain is recorded, never refused: the judge has named checks of its own.
///
/// # Errors
/// In words, when the handshake did not finish; the tap knows it as `NotSecured`.
pub async fn client(
    tap: &Tap,
    connection: u32,
    stream: TcpStream,
    settings: &ClientSettings,
) -> Result<Stream, String> {
    let seen = Arc::new(Seen::default());
    let name = settings.server_name.clone();
    // A hello without a name: rustls sends none for an IP address.
    let target = ServerName::try_from(name.clone().unwrap_or_else(|| "127.0.0.1".to_owned()))
        .map_err(|why| why.to_string())?;
    let connector = TlsConnector::from(Arc::new(client_config(settings, &seen)?));
    let mut facts = TlsFacts {
        server_name: name,
        ..TlsFacts::default()
    };
    facts.shown = settings
        .identity
        .as_ref()
        .map(|identity| identity.name.clone());
    match connector.connect(target, stream).await {
        Ok(secured) => {
            let (_, session) = secured.get_ref();
            describe(session, &mut facts);
            facts.resumed = session.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            facts.client_certificate_asked = seen.asked();
            tap.record(What::Secured {
                connection,
                tls: facts,
            });
            Ok(Stream::Client(Box::new(secured)))
        }
        Err(why) => {
            facts.peer_chain = seen.chain();
            facts.client_certificate_asked = seen.asked();
            let text = why.to_string();
            let (by, alert) = blame(&why);
            tap.record(What::NotSecured {
                connection,
                tls: facts,
                by,
                alert,
                why: text.clone(),
            });
            Err(text)
        }
    }
}

fn client_config(settings: &ClientSettings, seen: &Arc<Seen>) -> Result<ClientConfig, String> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(&settings.versions))
        .map_err(|why| why.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(RecordingVerifier(seen.clone())))
        .with_client_cert_resolver(Arc::new(ClientIdentity {
            identity: settings.identity.clone(),
            seen: seen.clone(),
        }));
    config.alpn_protocols = settings
        .alpn
        .iter()
        .map(|word| word.as_bytes().to_vec())
        .collect();
    config.enable_sni = settings.server_name.is_some();
    config.resumption = settings
        .sessions
        .as_ref()
        .map_or_else(Resumption::disabled, |sessions| sessions.0.clone());
    Ok(config)
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
pub(crate) fn blame(why: &io::Error) -> (Side, Option<u8>) {
    match why
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(rustls::Error::AlertReceived(alert)) => (Side::Sut, Some(u8::from(*alert))),
        Some(_) => (Side::Us, None),
        None => (Side::Sut, None),
    }
}

/// What the other side showed before the handshake ended.
#[derive(Debug, Default)]
struct Seen {
    chain: Mutex<Vec<Bytes>>,
    asked: std::sync::atomic::AtomicBool,
}

impl Seen {
    fn keep(&self, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) {
        let chain = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|der| Bytes(der.to_vec()))
            .collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
    }

    fn chain(&self) -> Vec<Bytes> {
        self.chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn asked(&self) -> bool {
        self.asked.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct RecordingVerifier(Arc<Seen>);

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.keep(end_entity, intermediates);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Shows our client certificate whatever the server says of authorities: whether it fits is for the server to decide.
#[derive(Debug)]
struct ClientIdentity {
    identity: Option<Identity>,
    seen: Arc<Seen>,
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen
            .asked
            .store(true, std::sync::atomic::Ordering::Relaxed);
        self.identity
            .as_ref()
            .map(|identity| identity.certified.clone())
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

/// What a client's hello said, before anything was answered.
#[derive(Clone, Debug, Default)]
pub struct HelloFacts {
    /// The server name.
    pub server_name: Option<String>,
    /// Suites by IANA number, hexadecimal.
    pub suites: Vec<String>,
    /// ALPN protocols.
    pub alpn: Vec<String>,
}

/// What our server answers to one hello.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The certificate.
    pub identity: Identity,
    /// ALPN protocols that it takes.
    pub alpn: Vec<String>,
    /// Whether it asks for a client certificate; any is recorded, none refused.
    pub ask_client: bool,
    /// `1.2`, `1.3`; both when empty.
    pub versions: Vec<String>,
}

/// A connection whose hello was read and not answered yet.
pub struct Pending {
    start: tokio_rustls::StartHandshake<TcpStream>,
    /// What the hello said.
    pub hello: HelloFacts,
}

/// Reads the hello of a client that connected.
///
/// # Errors
/// When no hello came: the bytes were something else, or the connection ended.
pub async fn accept(stream: TcpStream) -> io::Result<Pending> {
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
    let hello = hello_facts(&start.client_hello());
    Ok(Pending { start, hello })
}

fn hello_facts(hello: &ClientHello<'_>) -> HelloFacts {
    HelloFacts {
        server_name: hello.server_name().map(str::to_owned),
        suites: hello
            .cipher_suites()
            .iter()
            .map(|suite| format!("{:04x}", u16::from(*suite)))
            .collect(),
        alpn: hello
            .alpn()
            .map(|words| {
                words
                    .map(|word| String::from_utf8_lossy(word).into_owned())
                    .collect()
            })
            .unwrap_or_default(),
    }
}

impl Pending {
    /// Answers the hello and tells the tap.
    ///
    /// # Errors
    /// In words, when the handshake did not finish; the tap knows it as `NotSecured`.
    pub async fn answer(
        self,
        tap: &Tap,
        connection: u32,
        settings: &ServerSettings,
    ) -> Result<Stream, String> {
        let config = server_config(settings)?;
        let mut facts = TlsFacts {
            server_name: self.hello.server_name.clone(),
            offered: self.hello.suites.clone(),
            shown: Some(settings.identity.name.clone()),
            client_certificate_asked: settings.ask_client,
            ..TlsFacts::default()
        };
        match self.start.into_stream(Arc::new(config)).await {
            Ok(secured) => {
                describe(secured.get_ref().1, &mut facts);
                tap.record(What::Secured {
                    connection,
                    tls: facts,
                });
                Ok(Stream::Server(Box::new(secured)))
            }
            Err(why) => {
                let text = why.to_string();
                let (by, alert) = blame(&why);
                tap.record(What::NotSecured {
                    connection,
                    tls: facts,
                    by,
                    alert,
                    why: text.clone(),
                });
                Err(text)
            }
        }
    }
}

fn server_config(settings: &ServerSettings) -> Result<ServerConfig, String> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(&settings.versions))
        .map_err(|why| why.to_string())?;
    let builder = if settings.ask_client {
        builder.with_client_cert_verifier(Arc::new(AnyClient))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(Arc::new(ServerIdentity(
        settings.identity.certified.clone(),
    )));
    config.alpn_protocols = settings
        .alpn
        .iter()
        .map(|word| word.as_bytes().to_vec())
        .collect();
    // No tickets: a bad certificate is met only in a full handshake.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}

#[derive(Debug)]
struct ServerIdentity(Arc<CertifiedKey>);

impl ResolvesServerCert for ServerIdentity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// Takes any client certificate and none: the judge looks at what was shown.
#[derive(Debug)]
struct AnyClient;

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
