//! A tap on a folder of its own, pairs of sockets, and certificates made by somebody else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use evidence::{Interface, What};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::TcpStream;
use wire::tls::Identity;
use wire::{Clock, Tap, transport};

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);
pub(crate) const NAME: &str = "edge.localhost";

/// A tap and the folder that it writes to.
pub(crate) struct Tapped {
    pub(crate) tap: Tap,
    pub(crate) folder: TempDir,
}

impl Tapped {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tap = Tap::create(
            &folder.path().join("1.ndjson"),
            &folder.path().join("blobs"),
            Clock::begin(),
        )
        .unwrap();
        Self { tap, folder }
    }

    /// What happened, in order.
    pub(crate) fn events(&self) -> Vec<What> {
        self.tap
            .look(|events| events.iter().map(|event| event.what.clone()).collect())
    }

    pub(crate) fn last(&self) -> What {
        self.events().pop().expect("something happened")
    }
}

/// A connection that the tap opened, with its number, and the other end of it.
pub(crate) async fn pair(tap: &Tap) -> (u32, TcpStream, TcpStream) {
    let listener = transport::listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let to = listener.local_addr().unwrap();
    let (ours, theirs) = tokio::join!(
        transport::connect(tap, Interface::W2, None, to),
        listener.accept()
    );
    let (connection, stream) = ours.unwrap();
    (connection, stream, theirs.unwrap().0)
}

/// A leaf with its key, and the authority above it.
pub(crate) struct Pki {
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
    pub(crate) authority: CertificateDer<'static>,
}

impl Pki {
    /// A leaf for [`NAME`], changed as `change` says before it is signed.
    pub(crate) fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Names of their own, so that another authority is unknown and not one whose signature is wrong.
        static AUTHORITIES: AtomicU32 = AtomicU32::new(0);
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        authority
            .distinguished_name
            .push(rcgen::DnType::CommonName, format!("Authority {number}"));
        let authority_key = KeyPair::generate().unwrap();
        let authority_der = authority.self_signed(&authority_key).unwrap().der().clone();
        let issuer = Issuer::new(authority, authority_key);
        let mut leaf = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        change(&mut leaf);
        let key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        Self {
            leaf: leaf.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            authority: authority_der,
        }
    }

    pub(crate) fn honest() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.leaf.clone(), self.authority.clone()]
    }

    pub(crate) fn identity(&self, name: &str) -> Identity {
        Identity::new(name, self.chain(), &self.key).unwrap()
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        roots
    }

    /// A client of rustls that trusts this authority.
    pub(crate) fn strict_client(&self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .unwrap()
            .with_root_certificates(self.roots())
            .with_no_client_auth()
    }

    /// A server of rustls in one version that shows this leaf; with `clients` it wants a certificate of theirs.
    pub(crate) fn strict_server(
        &self,
        version: &'static rustls::SupportedProtocolVersion,
        clients: Option<&Self>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[version])
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
                    Arc::new(clients.roots()),
                    provider,
                );
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        builder
            .with_single_cert(self.chain(), self.key.clone_key().into())
            .unwrap()
    }
}
