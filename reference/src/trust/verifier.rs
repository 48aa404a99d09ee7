//! The verifiers of TLS handshakes.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use super::chain::{self, Question};
use super::faults::Fault;
use crate::net::provider;
use crate::{Defect, Shared};

/// Which end of a connection shows the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Server,
    Client,
}

/// Which class of fault is let through, by whom that mistake belongs to. It is asked for where a certificate has the fault.
#[derive(Clone)]
pub(crate) struct Tolerance(Arc<dyn Fn(Fault) -> bool + Send + Sync>);

impl Tolerance {
    pub(crate) fn of(tolerates: impl Fn(Fault) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(tolerates))
    }

    pub(crate) fn none() -> Self {
        Self::of(|_| false)
    }

    /// The fault that each mistake of a process lets through.
    pub(crate) fn by_mistake(shared: &Arc<Shared>, all: &'static [(Defect, Fault)]) -> Self {
        let shared = Arc::clone(shared);
        Self::of(move |fault| {
            all.iter()
                .any(|(mistake, lets_through)| *lets_through == fault && shared.has(*mistake))
        })
    }

    fn has(&self, fault: Fault) -> bool {
        (self.0)(fault)
    }
}

impl std::fmt::Debug for Tolerance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Tolerance")
    }
}

/// Trust in these roots, with at most one class of fault let through.
#[derive(Debug)]
pub(crate) struct Trust {
    roots: Vec<CertificateDer<'static>>,
    lists: Vec<CertificateRevocationListDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    tolerates: Tolerance,
}

/// What is to be trusted cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("no usable trust anchor or list of revoked certificates: {0}")]
pub(crate) struct BadTrust(String);

impl BadTrust {
    fn because(why: impl ToString) -> Self {
        Self(why.to_string())
    }
}

impl Trust {
    /// Trust in the certificates of a PEM text.
    pub(crate) fn in_pem(text: &str, tolerates: Tolerance) -> Result<Self, BadTrust> {
        let roots = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let roots = roots.map_err(BadTrust::because)?;
        Ok(Self {
            roots,
            lists: Vec::new(),
            algorithms: provider().signature_verification_algorithms,
            tolerates,
        })
    }

    /// Refuses leaves that stand on one of these lists, a PEM text (RFC 5280 5). An issuer without a list has revoked nothing.
    pub(crate) fn with_lists(mut self, text: &str) -> Result<Self, BadTrust> {
        let lists = CertificateRevocationListDer::pem_slice_iter(text.as_bytes());
        self.lists = lists.collect::<Result<_, _>>().map_err(BadTrust::because)?;
        match self.lists.is_empty() {
            // Whoever looks at lists and is given none would take what has been revoked.
            true => Err(BadTrust::because("there is no list")),
            false => Ok(self),
        }
    }

    fn store(&self) -> Result<Arc<RootCertStore>, BadTrust> {
        let mut store = RootCertStore::empty();
        for root in &self.roots {
            store.add(root.clone()).map_err(BadTrust::because)?;
        }
        Ok(Arc::new(store))
    }

    /// Judges servers.
    pub(crate) fn of_servers(self) -> Result<Arc<dyn ServerCertVerifier>, BadTrust> {
        let library = WebPkiServerVerifier::builder_with_provider(self.store()?, provider())
            .with_crls(self.lists.clone())
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status()
            .enforce_revocation_expiration()
            .build()
            .map_err(BadTrust::because)?;
        Ok(Arc::new(Servers {
            library,
            trust: self,
        }))
    }

    /// Judges clients that show a certificate, and takes those that show none.
    pub(crate) fn of_optional_clients(self) -> Result<Arc<dyn ClientCertVerifier>, BadTrust> {
        let library = WebPkiClientVerifier::builder_with_provider(self.store()?, provider())
            .allow_unauthenticated()
            .with_crls(self.lists.clone())
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status()
            .enforce_revocation_expiration()
            .build()
            .map_err(BadTrust::because)?;
        Ok(Arc::new(Clients {
            library,
            trust: self,
        }))
    }

    /// The library's verdict and the checks of our own; then, if one class is let through, whether that is all that is wrong.
    fn judge(
        &self,
        verdict: Result<(), Error>,
        chain: &[CertificateDer<'_>],
        question: &Question<'_>,
    ) -> Result<(), Error> {
        let refusal = match verdict.and_then(|()| chain::policy(chain).map_err(refused)) {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        match chain::diagnose(chain, question)[..] {
            [fault] if self.tolerates.has(fault) => Ok(()),
            _ => Err(refusal),
        }
    }

    /// The handshake is signed by the key of the certificate.
    fn signature(
        &self,
        verdict: Result<HandshakeSignatureValid, Error>,
        certificate: &CertificateDer<'_>,
    ) -> Result<HandshakeSignatureValid, Error> {
        verdict.or_else(|refusal| {
            // The library does not take such a key, so nobody can check what it signed.
            let untaken = [Fault::WeakKey, Fault::UnknownCritical]
                .into_iter()
                .any(|fault| chain::has(certificate, fault) && self.tolerates.has(fault));
            if untaken || self.tolerates.has(Fault::WrongKey) {
                Ok(HandshakeSignatureValid::assertion())
            } else {
                Err(refusal)
            }
        })
    }

    fn question<'a>(
        &'a self,
        usage: Usage,
        name: Option<&'a ServerName<'a>>,
        now: UnixTime,
    ) -> Question<'a> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        Question {
            roots: &self.roots,
            lists: &self.lists,
            algorithms: &self.algorithms,
            usage,
            name,
            now,
        }
    }
}

fn refused(fault: Fault) -> Error {
    Error::InvalidCertificate(match fault {
        Fault::NoCertSign => CertificateError::UnknownIssuer,
        Fault::Unreadable => CertificateError::BadEncoding,
        _ => CertificateError::ApplicationVerificationFailure,
    })
}

fn whole<'a>(
    leaf: &'a CertificateDer<'_>,
    others: &'a [CertificateDer<'_>],
) -> Vec<CertificateDer<'a>> {
    std::iter::once(leaf)
        .chain(others)
        .map(|each| CertificateDer::from(each.as_ref()))
        .collect()
}

#[derive(Debug)]
struct Servers {
    library: Arc<WebPkiServerVerifier>,
    trust: Trust,
}

impl ServerCertVerifier for Servers {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self
            .library
            .verify_server_cert(leaf, others, name, stapled, now)
            .map(drop);
        let question = self.trust.question(Usage::Server, Some(name), now);
        self.trust
            .judge(verdict, &whole(leaf, others), &question)
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = verify_tls12_signature(message, certificate, signed, &self.trust.algorithms);
        self.trust.signature(verdict, certificate)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = verify_tls13_signature(message, certificate, signed, &self.trust.algorithms);
        self.trust.signature(verdict, certificate)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms.supported_schemes()
    }
}

#[derive(Debug)]
struct Clients {
    library: Arc<dyn ClientCertVerifier>,
    trust: Trust,
}

impl ClientCertVerifier for Clients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.library.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verdict = self.library.verify_client_cert(leaf, others, now).map(drop);
        let question = self.trust.question(Usage::Client, None, now);
        self.trust
            .judge(verdict, &whole(leaf, others), &question)
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = verify_tls12_signature(message, certificate, signed, &self.trust.algorithms);
        self.trust.signature(verdict, certificate)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = verify_tls13_signature(message, certificate, signed, &self.trust.algorithms);
        self.trust.signature(verdict, certificate)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms.supported_schemes()
    }
}
