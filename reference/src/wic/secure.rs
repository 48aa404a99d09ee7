//! TLS of a visit: the roots and names that it was told, and nothing kept from another visit.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::{
    CipherSuite, CipherSuiteCommon, ClientConfig, SupportedCipherSuite, Tls12CipherSuite,
};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::driver::{User, Visit};
use crate::Shared;
use crate::defect::Defect;
use crate::net::provider;
use crate::trust::{self, Fault, Tolerance, Trust};
use crate::web::client::{ClientError, Dial, Watched};

/// Whom a connection is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// The portal.
    W1,
    /// A host that the portal sent the user to.
    Login,
    /// The edge.
    W2,
    /// The edge, after it dropped a connection.
    W2Again,
}

/// How a visit connects.
pub(super) struct Secure {
    names: HashMap<String, IpAddr>,
    source: IpAddr,
    roots: String,
    /// What has been revoked, if this client looks.
    lists: Option<String>,
    shared: Arc<Shared>,
    anonymous: bool,
}

impl Secure {
    pub(super) fn new(shared: &Arc<Shared>, visit: &Visit, source: IpAddr) -> Result<Self, String> {
        let roots = std::fs::read_to_string(&visit.roots)
            .map_err(|why| format!("the roots cannot be read: {why}"))?;
        let lists = match trust::reads_lists(&shared.model) {
            true => Some(lists(visit)?),
            false => None,
        };
        let anonymous = visit.user.as_ref().is_some_and(User::is_anonymous);
        Ok(Self {
            names: visit.resolve.clone(),
            source,
            roots,
            lists,
            shared: Arc::clone(shared),
            anonymous,
        })
    }

    /// Connects to the host of an address and shakes hands.
    pub(super) async fn connect(
        &self,
        url: &Url,
        leg: Leg,
    ) -> Result<TlsStream<Watched>, ClientError> {
        let config = self.config(leg)?;
        self.dial(url, leg, config)?.secure().await
    }

    /// Connects without TLS. An honest client never does.
    pub(super) async fn connect_in_clear(
        &self,
        url: &Url,
        leg: Leg,
    ) -> Result<TcpStream, ClientError> {
        let config = self.config(leg)?;
        self.dial(url, leg, config)?.plain().await
    }

    fn dial<'a>(&self, url: &'a Url, leg: Leg, tls: ClientConfig) -> Result<Dial<'a>, ClientError> {
        let name = url.host_str().unwrap_or_default();
        let unknown = || ClientError::Name(name.to_owned());
        let address = match url.host().ok_or_else(unknown)? {
            Host::Domain(name) => *self.names.get(name).ok_or_else(unknown)?,
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
        };
        // The registry of schemes knows no port of wss; it is the one of https.
        let port = url
            .port_or_known_default()
            .unwrap_or_else(|| if url.scheme() == "ws" { 80 } else { 443 });
        let takes_legacy = match leg {
            Leg::W1 => self.shared.has(Defect::AcceptsLegacyTls),
            Leg::W2 => self.shared.has(Defect::W2AcceptsLegacyTls),
            Leg::Login | Leg::W2Again => false,
        };
        let from = address
            .is_ipv4()
            .then_some(self.source)
            .filter(|_| address.is_loopback());
        let name = name.trim_start_matches('[').trim_end_matches(']');
        Ok(Dial {
            name,
            address: SocketAddr::new(address, port),
            from,
            tls: Arc::new(tls),
            takes_legacy,
        })
    }

    fn config(&self, leg: Leg) -> Result<ClientConfig, ClientError> {
        let unusable = |why: String| ClientError::Tls(std::io::Error::other(why));
        let trust = Trust::in_pem(&self.roots, self.tolerated(leg))
            .and_then(|trust| match &self.lists {
                Some(lists) => trust.with_lists(lists),
                None => Ok(trust),
            })
            .map_err(|why| unusable(why.to_string()))?;
        let verifier = trust
            .of_servers()
            .map_err(|why| unusable(why.to_string()))?;
        let provider = match self.shared.has(Defect::OffersWeakSuites) {
            true => with_weak_suites(),
            false => provider(),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| unusable(why.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// The class of faults that a connection lets through: none.
    fn tolerated(&self, leg: Leg) -> Tolerance {
        let anonymous = self.anonymous;
        let mistakes = match leg {
            Leg::W1 => ON_W1,
            Leg::Login => &[],
            Leg::W2 | Leg::W2Again => ON_W2,
        };
        let shared = Arc::clone(&self.shared);
        Tolerance::of(move |fault| {
            mistakes.iter().any(|(mistake, lets_through)| {
                let here = match mistake {
                    Defect::AnonymousSkipsCertificate => anonymous,
                    Defect::ReconnectSkipsCertificate => leg == Leg::W2Again,
                    _ => true,
                };
                here && *lets_through == fault && shared.has(*mistake)
            })
        })
    }
}

fn lists(visit: &Visit) -> Result<String, String> {
    let path = visit
        .crl
        .as_ref()
        .ok_or("the visit names no list of what has been revoked")?;
    std::fs::read_to_string(path)
        .map_err(|why| format!("what has been revoked cannot be read: {why}"))
}

const ON_W1: &[(Defect, Fault)] = &[
    (Defect::AnonymousSkipsCertificate, Fault::SelfSigned),
    (Defect::AcceptsExpired, Fault::Expired),
    (Defect::AcceptsRevoked, Fault::Revoked),
    (Defect::AcceptsNotYetValid, Fault::NotYetValid),
    (Defect::AcceptsUnknownAuthority, Fault::UnknownAuthority),
    (Defect::AcceptsSelfSigned, Fault::SelfSigned),
    (Defect::AcceptsWrongName, Fault::WrongName),
    (
        Defect::AcceptsExpiredIntermediate,
        Fault::IntermediateExpired,
    ),
    (Defect::AcceptsCommonName, Fault::CommonNameOnly),
    (Defect::AcceptsCaFalse, Fault::NotAuthority),
    (Defect::AcceptsClientUsage, Fault::WrongUsage),
    (
        Defect::AcceptsNameConstraintViolation,
        Fault::NameConstraint,
    ),
    (Defect::AcceptsPathLength, Fault::PathTooLong),
    (Defect::AcceptsUnknownCritical, Fault::UnknownCritical),
    (Defect::AcceptsBadSignature, Fault::BadSignature),
    (Defect::AcceptsWrongKey, Fault::WrongKey),
    (
        Defect::AcceptsIntermediateWithoutCertSign,
        Fault::NoCertSign,
    ),
    (Defect::AcceptsSha1, Fault::WeakSignature),
    (Defect::AcceptsRsa1024, Fault::WeakKey),
    (Defect::AcceptsWildcardDeep, Fault::WildcardDeep),
    (Defect::AcceptsNulName, Fault::NulName),
];

const ON_W2: &[(Defect, Fault)] = &[
    (Defect::W2ChecksNoChain, Fault::UnknownAuthority),
    (Defect::W2ChecksNoChain, Fault::IntermediateExpired),
    (Defect::W2ChecksNoChain, Fault::NotAuthority),
    (Defect::W2ChecksNoChain, Fault::BadSignature),
    (Defect::W2ChecksNoChain, Fault::PathTooLong),
    (Defect::W2ChecksNoChain, Fault::NameConstraint),
    (Defect::W2AcceptsClientUsage, Fault::WrongUsage),
    (Defect::W2AcceptsCommonName, Fault::CommonNameOnly),
    (Defect::W2AcceptsSelfSigned, Fault::SelfSigned),
    (Defect::W2AcceptsWrongName, Fault::WrongName),
    (Defect::W2AcceptsExpired, Fault::Expired),
    (Defect::W2AcceptsSipUriName, Fault::SipUriName),
    (Defect::W2AcceptsWrongKey, Fault::WrongKey),
    (Defect::ReconnectSkipsCertificate, Fault::SelfSigned),
];

/// The provider with two suites more that it can name and could not use: one without encryption, one with RC4.
fn with_weak_suites() -> Arc<CryptoProvider> {
    static WEAK: LazyLock<Vec<Tls12CipherSuite>> = LazyLock::new(|| {
        let pattern = provider()
            .cipher_suites
            .iter()
            .find_map(|suite| match suite {
                SupportedCipherSuite::Tls12(suite) => Some(*suite),
                SupportedCipherSuite::Tls13(_) => None,
            });
        let named = |suite: CipherSuite| {
            let pattern = pattern?;
            Some(Tls12CipherSuite {
                common: CipherSuiteCommon {
                    suite,
                    hash_provider: pattern.common.hash_provider,
                    confidentiality_limit: pattern.common.confidentiality_limit,
                },
                prf_provider: pattern.prf_provider,
                kx: pattern.kx,
                sign: pattern.sign,
                aead_alg: pattern.aead_alg,
            })
        };
        [
            CipherSuite::TLS_RSA_WITH_NULL_SHA256,
            CipherSuite::TLS_ECDHE_RSA_WITH_RC4_128_SHA,
        ]
        .into_iter()
        .filter_map(named)
        .collect()
    });
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .extend(WEAK.iter().map(SupportedCipherSuite::Tls12));
    Arc::new(provider)
}
