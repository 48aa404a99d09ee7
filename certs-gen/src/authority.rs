//! Root and intermediate: making, saving, loading, issuing.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use time::{Duration, OffsetDateTime};

use crate::request::{blank, checked_time, common_name_only};
use crate::{Error, Leaf, LeafKey, LeafRequest, pem, surgery};

/// How long before now an authority's time begins, so that it covers leaves that expired.
const AUTHORITY_AGE: Duration = Duration::days(365);
/// How long after now an authority's time ends.
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// What follows the authority's name in the root's common name.
const ROOT_SUFFIX: &str = " root";
/// What follows the authority's name in the intermediate's common name.
const INTERMEDIATE_SUFFIX: &str = " intermediate";

/// A root, and an intermediate below it with a pathLenConstraint of 0.
#[derive(Debug)]
pub struct Authority {
    name: String,
    pub(crate) root: Signer,
    pub(crate) intermediate: Signer,
}

impl Authority {
    /// A fresh authority, valid from a year before `now` to ten years after.
    ///
    /// Two authorities of one name have the same subjects and different keys.
    ///
    /// # Errors
    /// The time is out of range, or the system gives no random bytes.
    pub fn generate(name: &str, now: OffsetDateTime) -> Result<Self, Error> {
        let mut root_params = authority_params(&format!("{name}{ROOT_SUFFIX}"), None, now)?;
        root_params.use_authority_key_identifier_extension = false;
        let root_key = KeyPair::generate()?;
        let certificate = root_params.self_signed(&root_key)?.into();
        let root = Signer::new(root_params, root_key, certificate);

        let common_name = format!("{name}{INTERMEDIATE_SUFFIX}");
        let intermediate = root.authority_below(authority_params(&common_name, Some(0), now)?)?;
        Ok(Self {
            name: name.to_owned(),
            root,
            intermediate,
        })
    }

    /// The authority as PEM text, private keys included: root, its key, intermediate, its key.
    pub fn to_pem(&self) -> String {
        [&self.root, &self.intermediate]
            .map(Signer::to_pem)
            .concat()
    }

    /// The authority that [`to_pem`](Self::to_pem) wrote.
    ///
    /// # Errors
    /// [`Error::Saved`], [`Error::NotACertificate`] or [`Error::Key`]: the text is not of that form,
    /// or the keys are not those of the certificates.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let pem::Sections { certificates, keys } = pem::read(text)?;
        let counts = || Error::Saved("not two certificates and two keys".to_owned());
        let [root, intermediate]: [_; 2] = certificates.try_into().map_err(|_| counts())?;
        let [root_key, intermediate_key]: [_; 2] = keys.try_into().map_err(|_| counts())?;

        let root_name = surgery::common_name(&root)?;
        let intermediate_name = surgery::common_name(&intermediate)?;
        let name = match root_name.strip_suffix(ROOT_SUFFIX) {
            Some(name) if intermediate_name.strip_suffix(INTERMEDIATE_SUFFIX) == Some(name) => name,
            _ => {
                return Err(Error::Saved(
                    "subjects are not those of one authority".to_owned(),
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            root: Signer::load(&root_name, root, LeafKey::from_pkcs8(&root_key)?)?,
            intermediate: Signer::load(
                &intermediate_name,
                intermediate,
                LeafKey::from_pkcs8(&intermediate_key)?,
            )?,
        })
    }

    /// The name that the authority was made with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The root certificate: what a peer is told to trust.
    pub const fn root_der(&self) -> &CertificateDer<'static> {
        &self.root.certificate
    }

    /// The root certificate as PEM text.
    pub fn root_pem(&self) -> String {
        pem::certificate(&self.root.certificate)
    }

    /// The intermediate certificate, the second of every honest chain.
    pub const fn intermediate_der(&self) -> &CertificateDer<'static> {
        &self.intermediate.certificate
    }

    /// Issues an honest certificate with a key of its own.
    ///
    /// # Errors
    /// A name is not ASCII, or the time is out of range.
    pub fn issue(&self, request: &LeafRequest) -> Result<Leaf, Error> {
        self.issue_for_key(request, &LeafKey::generate()?)
    }

    /// Issues an honest certificate for a key that is kept.
    ///
    /// # Errors
    /// As for [`issue`](Self::issue).
    pub fn issue_for_key(&self, request: &LeafRequest, key: &LeafKey) -> Result<Leaf, Error> {
        let mut params = request.params()?;
        if key.is_rsa() {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        let leaf = self.intermediate.sign(&params, key.pair())?;
        Ok(Leaf {
            chain: vec![leaf, self.intermediate.certificate.clone()],
            key: key.pkcs8(),
        })
    }

    /// An authority that no chain has shown yet, like the intermediate in all but key and subject.
    ///
    /// Peers keep intermediates that they have seen, and may complete a chain with a kept one. A
    /// flaw of the intermediate would then go unseen through no fault of the peer.
    pub(crate) fn unseen_params(&self, now: OffsetDateTime) -> Result<CertificateParams, Error> {
        let mut mark = [0; 4];
        aws_lc_rs::rand::fill(&mut mark)?;
        let mark = u32::from_be_bytes(mark);
        authority_params(
            &format!("{}{INTERMEDIATE_SUFFIX} {mark:08x}", self.name),
            Some(0),
            now,
        )
    }
}

/// The certificate of an authority, yet to be signed.
fn authority_params(
    common_name: &str,
    path_length: Option<u8>,
    now: OffsetDateTime,
) -> Result<CertificateParams, Error> {
    let now = checked_time(now)?;
    let mut params = blank(now - AUTHORITY_AGE, now + AUTHORITY_LIFE)?;
    params.distinguished_name = common_name_only(common_name);
    params.is_ca = IsCa::Ca(match path_length {
        Some(length) => BasicConstraints::Constrained(length),
        None => BasicConstraints::Unconstrained,
    });
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// A certificate with the key that signs below it.
pub(crate) struct Signer {
    pub(crate) certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Signer {
    fn new(params: CertificateParams, key: KeyPair, certificate: CertificateDer<'static>) -> Self {
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// The signer whose certificate was kept: its subject and its key are all that issuing needs.
    fn load(
        common_name: &str,
        certificate: CertificateDer<'static>,
        key: LeafKey,
    ) -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name_only(common_name);
        let key = key.into_pair();
        if surgery::public_key(&certificate)? != key.subject_public_key_info() {
            return Err(Error::Saved(
                "a key is not that of its certificate".to_owned(),
            ));
        }
        Ok(Self::new(params, key, certificate))
    }

    fn to_pem(&self) -> String {
        let key = self.key().serialize_der().into();
        pem::certificate(&self.certificate) + &pem::private_key(&key)
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> &KeyPair {
        self.issuer.key()
    }

    /// Signs a certificate.
    pub(crate) fn sign(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<CertificateDer<'static>, Error> {
        Ok(params.signed_by(key, &self.issuer)?.into())
    }

    /// Signs a list of revoked certificates.
    pub(crate) fn sign_list(
        &self,
        list: CertificateRevocationListParams,
    ) -> Result<CertificateRevocationListDer<'static>, Error> {
        Ok(list.signed_by(&self.issuer)?.into())
    }

    /// Signs a certificate for a fresh key, which then signs in its turn.
    pub(crate) fn authority_below(&self, params: CertificateParams) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let certificate = self.sign(&params, &key)?;
        Ok(Self::new(params, key, certificate))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
