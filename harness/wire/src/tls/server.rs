//! Our side as a server: what a hello said is known before it is answered, so that the answer can be chosen.

use std::io;
use std::sync::Arc;

use evidence::What;
use evidence::event::TlsFacts;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;

use super::{Identity, blame, describe, provider, versions};
use crate::{Stream, Tap};

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
    // No sessions, and so no tickets: a bad certificate is met only in a full handshake.
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
