//! Our side as a client: the SUT's chain is recorded, never refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evidence::event::TlsFacts;
use evidence::{Bytes, What};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Identity, blame, describe, provider, versions};
use crate::{Stream, Tap};

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
///
/// They keep what looks at the server and what shows our certificate too: rustls resumes only under the same two.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    resumption: Resumption,
    seen: Arc<Seen>,
    verifier: Arc<RecordingVerifier>,
    shower: Arc<ClientIdentity>,
    /// Handshakes that share sessions take turns, since each is told what it alone has seen.
    turn: tokio::sync::Mutex<()>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::over(Resumption::in_memory_sessions(16))
    }
}

impl Sessions {
    fn over(resumption: Resumption) -> Self {
        let seen = Arc::new(Seen::default());
        Self(Arc::new(Kept {
            resumption,
            verifier: Arc::new(RecordingVerifier(seen.clone())),
            shower: Arc::new(ClientIdentity(seen.clone())),
            seen,
            turn: tokio::sync::Mutex::default(),
        }))
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
    let sessions = settings
        .sessions
        .clone()
        .unwrap_or_else(|| Sessions::over(Resumption::disabled()));
    let kept = &sessions.0;
    let _turn = kept.turn.lock().await;
    kept.seen.begin(settings.identity.clone());
    let name = settings.server_name.clone();
    // A hello without a name: rustls sends none for an IP address.
    let target = ServerName::try_from(name.clone().unwrap_or_else(|| "127.0.0.1".to_owned()))
        .map_err(|why| why.to_string())?;
    let connector = TlsConnector::from(Arc::new(client_config(settings, kept)?));
    let mut facts = TlsFacts {
        server_name: name,
        shown: settings
            .identity
            .as_ref()
            .map(|identity| identity.name.clone()),
        ..TlsFacts::default()
    };
    match connector.connect(target, stream).await {
        Ok(secured) => {
            let (_, session) = secured.get_ref();
            describe(session, &mut facts);
            facts.resumed = session.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            facts.client_certificate_asked = kept.seen.now().asked;
            tap.record(What::Secured {
                connection,
                tls: facts,
            });
            Ok(Stream::Client(Box::new(secured)))
        }
        Err(why) => {
            let now = kept.seen.now();
            facts.client_certificate_asked = now.asked;
            facts.peer_chain = now.chain.clone();
            drop(now);
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

fn client_config(settings: &ClientSettings, kept: &Kept) -> Result<ClientConfig, String> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(&settings.versions))
        .map_err(|why| why.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(kept.verifier.clone())
        .with_client_cert_resolver(kept.shower.clone());
    config.alpn_protocols = settings
        .alpn
        .iter()
        .map(|word| word.as_bytes().to_vec())
        .collect();
    config.resumption = kept.resumption.clone();
    Ok(config)
}

/// The handshake that has its turn: what we show in it, and what the other side showed before it ended.
#[derive(Debug, Default)]
struct Seen(Mutex<Handshake>);

#[derive(Debug, Default)]
struct Handshake {
    identity: Option<Identity>,
    chain: Vec<Bytes>,
    asked: bool,
}

impl Seen {
    fn begin(&self, identity: Option<Identity>) {
        *self.now() = Handshake {
            identity,
            ..Handshake::default()
        };
    }

    fn now(&self) -> MutexGuard<'_, Handshake> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.0.now().chain = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|der| Bytes(der.to_vec()))
            .collect();
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
struct ClientIdentity(Arc<Seen>);

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut now = self.0.now();
        now.asked = true;
        let identity = now.identity.as_ref()?;
        Some(identity.certified.clone())
    }

    fn has_certs(&self) -> bool {
        self.0.now().identity.is_some()
    }
}
