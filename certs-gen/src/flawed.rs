//! How each flaw is made.

use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::Duration;

use crate::revocation::revoked_serial;
use crate::weak_rsa::WeakKey;
use crate::{Authority, Error, Flaw, LeafKey, LeafRequest, Usage, names, pem, surgery};

/// Between now and the end of an expired leaf's time, or the beginning of one not yet valid.
const OUT_OF_TIME: Duration = Duration::days(1);
/// Length of the time of a leaf that is out of it.
const WRONG_LIFE: Duration = Duration::days(30);
/// Between the end of the expired intermediate's time and now: less than the age of a leaf, so that
/// there was a moment when the whole chain was good.
const INTERMEDIATE_OUT_OF_TIME: Duration = Duration::minutes(30);
/// An extension below the enterprise number for documentation (RFC 5612).
const UNKNOWN_EXTENSION: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];

/// What a flaw needs beside the authority itself.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    /// The authority that no peer was told to trust. One of the same name as the trusted one shows
    /// whether a peer compares names instead of verifying signatures.
    pub unknown: &'a Authority,
}

/// A chain with one flaw, and what a TLS stack needs to show it.
#[derive(Debug)]
pub struct Flawed {
    /// What is shown: leaf first; a root only where it is its own leaf.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key of the certificate. For [`Flaw::Rsa1024`] see [`weak_rsa`](crate::weak_rsa).
    pub key: PrivatePkcs8KeyDer<'static>,
    /// The key that the TLS stack must sign the handshake with: `key`, but for [`Flaw::WrongKey`].
    pub sign_key: PrivatePkcs8KeyDer<'static>,
    /// The intermediate that [`Flaw::MissingIntermediate`] leaves out: with it the chain is honest.
    pub withheld: Option<CertificateDer<'static>>,
}

impl Flawed {
    fn new(chain: Vec<CertificateDer<'static>>, key: PrivatePkcs8KeyDer<'static>) -> Self {
        Self {
            chain,
            sign_key: key.clone_key(),
            key,
            withheld: None,
        }
    }

    /// The chain as PEM text, leaf first.
    pub fn chain_pem(&self) -> String {
        pem::chain(&self.chain)
    }

    /// The key to sign the handshake with as PEM text.
    pub fn sign_key_pem(&self) -> String {
        pem::private_key(&self.sign_key)
    }
}

impl Authority {
    /// Issues a certificate with one flaw and a key of its own.
    ///
    /// # Errors
    /// The request gives the flaw nothing to be wrong about ([`Error::NeedsName`],
    /// [`Error::NeedsAddress`], [`Error::TooFewLabels`], [`Error::NoFlawForUsage`]), or the honest
    /// certificate could not be issued either.
    pub fn issue_flawed(
        &self,
        request: &LeafRequest,
        flaw: Flaw,
        others: &Others<'_>,
    ) -> Result<Flawed, Error> {
        self.issue_flawed_for_key(request, flaw, others, &LeafKey::generate()?)
    }

    /// Issues a certificate with one flaw for a key that is kept. [`Flaw::Rsa1024`] has its own key.
    ///
    /// # Errors
    /// As for [`issue_flawed`](Self::issue_flawed).
    pub fn issue_flawed_for_key(
        &self,
        request: &LeafRequest,
        flaw: Flaw,
        others: &Others<'_>,
        key: &LeafKey,
    ) -> Result<Flawed, Error> {
        let job = Job {
            authority: self,
            request,
            key,
        };
        match flaw {
            Flaw::SelfSigned => job.self_signed(),
            Flaw::UnknownCa => {
                let leaf = others.unknown.issue_for_key(request, key)?;
                Ok(Flawed::new(leaf.chain, leaf.key))
            }
            Flaw::WrongName => job.leaf(|leaf| names::wrong_name(leaf, request)),
            Flaw::Expired => job.leaf(|leaf| set_time(leaf, -OUT_OF_TIME - WRONG_LIFE, request)),
            Flaw::NotYetValid => job.leaf(|leaf| set_time(leaf, OUT_OF_TIME, request)),
            Flaw::ExpiredIntermediate => job.intermediate(expire_intermediate),
            Flaw::CnOnly => job.leaf(|leaf| names::cn_only(leaf, request)),
            Flaw::WildcardTwoLabels => job.leaf(|leaf| names::wildcard_two_labels(leaf, request)),
            Flaw::NulInName => job.leaf(|leaf| names::nul_in_name(leaf, request)),
            Flaw::SipUriSan => job.leaf(|leaf| names::sip_uri(leaf, request)),
            Flaw::IpInDns => job.leaf(|leaf| names::ip_in_dns(leaf, request)),
            Flaw::CaFalse => job.intermediate(make_end_entity),
            Flaw::EkuClientOnly => job.wrong_usage(flaw, Usage::Client),
            Flaw::EkuServerOnly => job.wrong_usage(flaw, Usage::Server),
            Flaw::NameConstraintsExclude => job.intermediate(|ca, request| {
                ca.name_constraints = Some(names::foreign_constraints(request)?);
                Ok(())
            }),
            Flaw::PathLengthExceeded => job.path_length_exceeded(),
            Flaw::UnknownCriticalExtension => job.leaf(add_unknown_extension),
            Flaw::BadSignature => job.finished_leaf(|leaf| Ok(surgery::flip_signature_bit(leaf))),
            Flaw::WrongKey => job.wrong_key(),
            Flaw::IntermediateWithoutCertSign => job.intermediate(|ca, _| {
                ca.key_usages = vec![KeyUsagePurpose::CrlSign];
                Ok(())
            }),
            Flaw::Sha1Signature => {
                job.finished_leaf(|leaf| surgery::sign_with_sha1(leaf, self.intermediate.key()))
            }
            Flaw::Rsa1024 => job.weak_key(),
            Flaw::MissingIntermediate => job.missing_intermediate(),
            Flaw::Revoked => job.leaf(|leaf| {
                leaf.serial_number = Some(revoked_serial()?);
                Ok(())
            }),
        }
    }
}

/// One flawed chain in the making.
struct Job<'a> {
    authority: &'a Authority,
    request: &'a LeafRequest,
    key: &'a LeafKey,
}

impl Job<'_> {
    /// The leaf is edited before it is signed.
    fn leaf(
        &self,
        edit: impl FnOnce(&mut CertificateParams) -> Result<(), Error>,
    ) -> Result<Flawed, Error> {
        let mut params = self.request.params()?;
        edit(&mut params)?;
        let leaf = self.authority.intermediate.sign(&params, self.key.pair())?;
        Ok(self.below_intermediate(leaf))
    }

    /// The leaf is edited after it was signed.
    fn finished_leaf(
        &self,
        edit: impl FnOnce(&CertificateDer<'_>) -> Result<CertificateDer<'static>, Error>,
    ) -> Result<Flawed, Error> {
        let leaf = self
            .authority
            .intermediate
            .sign(&self.request.params()?, self.key.pair())?;
        Ok(self.below_intermediate(edit(&leaf)?))
    }

    /// An unseen intermediate is edited before it is signed; the leaf below it is honest.
    fn intermediate(
        &self,
        edit: impl FnOnce(&mut CertificateParams, &LeafRequest) -> Result<(), Error>,
    ) -> Result<Flawed, Error> {
        let mut params = self.authority.unseen_params(self.request.now)?;
        edit(&mut params, self.request)?;
        let intermediate = self.authority.root.authority_below(params)?;
        let leaf = intermediate.sign(&self.request.params()?, self.key.pair())?;
        Ok(Flawed::new(
            vec![leaf, intermediate.certificate],
            self.key.pkcs8(),
        ))
    }

    fn below_intermediate(&self, leaf: CertificateDer<'static>) -> Flawed {
        let intermediate = self.authority.intermediate.certificate.clone();
        Flawed::new(vec![leaf, intermediate], self.key.pkcs8())
    }

    fn self_signed(&self) -> Result<Flawed, Error> {
        let leaf = self.request.params()?.self_signed(self.key.pair())?;
        Ok(Flawed::new(vec![leaf.into()], self.key.pkcs8()))
    }

    fn wrong_usage(&self, flaw: Flaw, only: Usage) -> Result<Flawed, Error> {
        let usage = self.request.usage;
        if usage == only {
            return Err(Error::NoFlawForUsage { flaw, usage });
        }
        self.leaf(|leaf| {
            leaf.extended_key_usages = only.purposes();
            Ok(())
        })
    }

    fn path_length_exceeded(&self) -> Result<Flawed, Error> {
        let intermediate = &self.authority.intermediate;
        let extra =
            intermediate.authority_below(self.authority.unseen_params(self.request.now)?)?;
        let leaf = extra.sign(&self.request.params()?, self.key.pair())?;
        let chain = vec![leaf, extra.certificate, intermediate.certificate.clone()];
        Ok(Flawed::new(chain, self.key.pkcs8()))
    }

    fn wrong_key(&self) -> Result<Flawed, Error> {
        let honest = self.authority.issue_for_key(self.request, self.key)?;
        let sign_key = LeafKey::generate()?.pkcs8();
        Ok(Flawed {
            sign_key,
            ..Flawed::new(honest.chain, honest.key)
        })
    }

    fn weak_key(&self) -> Result<Flawed, Error> {
        let key = WeakKey::shared()?;
        let intermediate = &self.authority.intermediate;
        let leaf = intermediate.sign(&self.request.params()?, key)?;
        Ok(Flawed::new(
            vec![leaf, intermediate.certificate.clone()],
            key.pkcs8(),
        ))
    }

    fn missing_intermediate(&self) -> Result<Flawed, Error> {
        let mut flawed = self.intermediate(|_, _| Ok(()))?;
        flawed.withheld = flawed.chain.pop();
        Ok(flawed)
    }
}

/// Moves the leaf's time: it begins so long after now.
fn set_time(
    leaf: &mut CertificateParams,
    begin: Duration,
    request: &LeafRequest,
) -> Result<(), Error> {
    let now = crate::request::checked_time(request.now)?;
    leaf.not_before = now + begin;
    leaf.not_after = now + begin + WRONG_LIFE;
    Ok(())
}

fn expire_intermediate(ca: &mut CertificateParams, request: &LeafRequest) -> Result<(), Error> {
    ca.not_after = crate::request::checked_time(request.now)? - INTERMEDIATE_OUT_OF_TIME;
    Ok(())
}

fn make_end_entity(ca: &mut CertificateParams, _: &LeafRequest) -> Result<(), Error> {
    ca.is_ca = IsCa::ExplicitNoCa;
    ca.key_usages.clear();
    ca.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    Ok(())
}

fn add_unknown_extension(leaf: &mut CertificateParams) -> Result<(), Error> {
    let content = yasna::construct_der(|writer| writer.write_null());
    let mut extension = CustomExtension::from_oid_content(UNKNOWN_EXTENSION, content);
    extension.set_criticality(true);
    leaf.custom_extensions.push(extension);
    Ok(())
}
