//! What a leaf is asked for, and the honest certificate that answers it.

use std::fmt;
use std::net::IpAddr;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::Error;

/// How long before now an honest leaf's time begins: room for a peer whose clock is behind.
pub(crate) const LEAF_AGE: Duration = Duration::hours(1);
/// How long after now an honest leaf's time ends.
pub(crate) const LEAF_LIFE: Duration = Duration::days(30);
/// Bytes of a serial number; RFC 5280 4.1.2.2 allows twenty.
const SERIAL_LENGTH: usize = 16;
/// Subject of a leaf for which no common name is asked: one that names no host.
const NEUTRAL_ORGANIZATION: &str = "wicheck test PKI";

/// What the leaf is for: its extended key usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// serverAuth.
    Server,
    /// clientAuth.
    Client,
    /// serverAuth and clientAuth.
    Both,
}

impl Usage {
    pub(crate) fn purposes(self) -> Vec<ExtendedKeyUsagePurpose> {
        match self {
            Self::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Self::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Self::Both => vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ],
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
        })
    }
}

/// What a leaf is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRequest {
    /// dNSName entries of the subjectAltName, in this order; may be wildcards.
    pub names: Vec<String>,
    /// iPAddress entries of the subjectAltName, after the names.
    pub addresses: Vec<IpAddr>,
    /// The extended key usage.
    pub usage: Usage,
    /// With a name: the subject is this common name and nothing else. Without: an organisation that
    /// names no host.
    pub subject_cn: Option<String>,
    /// The time by which the leaf is judged; it is valid from an hour before to thirty days after.
    pub now: OffsetDateTime,
}

impl LeafRequest {
    /// The honest certificate, yet to be signed.
    pub(crate) fn params(&self) -> Result<CertificateParams, Error> {
        let now = checked_time(self.now)?;
        let mut params = blank(now - LEAF_AGE, now + LEAF_LIFE)?;
        params.subject_alt_names = self.alternative_names()?;
        params.distinguished_name = match &self.subject_cn {
            Some(common_name) => common_name_only(common_name),
            None => neutral_subject(),
        };
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = self.usage.purposes();
        Ok(params)
    }

    fn alternative_names(&self) -> Result<Vec<SanType>, Error> {
        let names = self.names.iter().map(|name| dns_name(name));
        let addresses = self
            .addresses
            .iter()
            .map(|address| Ok(SanType::IpAddress(*address)));
        names.chain(addresses).collect()
    }

    /// The first name or address, as a peer would write it in a URI's host.
    pub(crate) fn first_host(&self) -> Option<String> {
        let name = self.names.first().cloned();
        name.or_else(|| self.addresses.first().map(IpAddr::to_string))
    }
}

/// A dNSName, whatever ASCII it holds.
pub(crate) fn dns_name(name: &str) -> Result<SanType, Error> {
    let encoded = name
        .try_into()
        .map_err(|_| Error::NameNotAscii(name.to_owned()))?;
    Ok(SanType::DnsName(encoded))
}

/// A certificate without names, for the given time, with a serial number of its own.
///
/// The certificate writer's own serial number is a digest of the key. Leaves share keys, and some
/// peers refuse two certificates of one issuer with one serial number, so it is drawn at random.
pub(crate) fn blank(from: OffsetDateTime, to: OffsetDateTime) -> Result<CertificateParams, Error> {
    let mut serial = [0; SERIAL_LENGTH];
    aws_lc_rs::rand::fill(&mut serial)?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive, and of one length
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = from;
    params.not_after = to;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// The time in UTC, if certificates can be made around it.
pub(crate) fn checked_time(now: OffsetDateTime) -> Result<OffsetDateTime, Error> {
    if (1970..9000).contains(&now.year()) {
        Ok(now.to_offset(UtcOffset::UTC))
    } else {
        Err(Error::Time(now))
    }
}

/// A subject of one common name.
pub(crate) fn common_name_only(common_name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name);
    subject
}

/// A subject that names no host. It is not empty, because then the subjectAltName would have to be
/// critical, and absent from no certificate.
pub(crate) fn neutral_subject() -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, NEUTRAL_ORGANIZATION);
    subject
}
