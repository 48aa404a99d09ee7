//! The flaws of subjectAltName: each is an edit of the honest certificate.

use std::net::{IpAddr, Ipv4Addr};

use rcgen::{CertificateParams, CidrSubnet, GeneralSubtree, NameConstraints, SanType};

use crate::request::{common_name_only, dns_name, neutral_subject};
use crate::{Error, Flaw, LeafRequest};

/// Names of which at least one is never asked for (RFC 2606).
const FOREIGN_NAMES: [&str; 3] = ["other.example", "other.test", "other.invalid"];
/// What follows the NUL.
const DOMAIN_AFTER_NUL: &str = "evil.example";
/// An address that no host has, and the network around it (RFC 5737).
const FOREIGN_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const FOREIGN_NETWORK_BITS: u8 = 24;

/// [`Flaw::WrongName`].
pub(crate) fn wrong_name(
    params: &mut CertificateParams,
    request: &LeafRequest,
) -> Result<(), Error> {
    require_host(request, Flaw::WrongName)?;
    let mut foreign = Vec::new();
    if !request.names.is_empty() {
        foreign.push(dns_name(foreign_name(request))?);
    }
    if !request.addresses.is_empty() {
        foreign.push(SanType::IpAddress(FOREIGN_ADDRESS));
    }
    replace(params, request, foreign);
    Ok(())
}

/// [`Flaw::CnOnly`].
pub(crate) fn cn_only(params: &mut CertificateParams, request: &LeafRequest) -> Result<(), Error> {
    let host = require_host(request, Flaw::CnOnly)?;
    params.subject_alt_names.clear();
    params.distinguished_name = common_name_only(&host);
    Ok(())
}

/// [`Flaw::WildcardTwoLabels`]. Addresses stay.
pub(crate) fn wildcard_two_labels(
    params: &mut CertificateParams,
    request: &LeafRequest,
) -> Result<(), Error> {
    let flaw = Flaw::WildcardTwoLabels;
    each_name(params, request, flaw, |name| {
        let domain = name.splitn(3, '.').nth(2);
        let domain = domain.filter(|domain| domain.trim_matches('.').contains('.'));
        let too_few = || Error::TooFewLabels {
            flaw,
            name: name.to_owned(),
        };
        dns_name(&format!("*.{}", domain.ok_or_else(too_few)?))
    })
}

/// [`Flaw::NulInName`]. Addresses stay.
pub(crate) fn nul_in_name(
    params: &mut CertificateParams,
    request: &LeafRequest,
) -> Result<(), Error> {
    each_name(params, request, Flaw::NulInName, |name| {
        dns_name(&format!("{name}\0.{DOMAIN_AFTER_NUL}"))
    })
}

/// [`Flaw::SipUriSan`].
pub(crate) fn sip_uri(params: &mut CertificateParams, request: &LeafRequest) -> Result<(), Error> {
    let host = require_host(request, Flaw::SipUriSan)?;
    let uri = format!("sip:{host}").as_str().try_into();
    let uri = uri.map_err(|_| Error::NameNotAscii(host))?;
    replace(params, request, vec![SanType::URI(uri)]);
    Ok(())
}

/// [`Flaw::IpInDns`]. Names stay.
pub(crate) fn ip_in_dns(
    params: &mut CertificateParams,
    request: &LeafRequest,
) -> Result<(), Error> {
    if request.addresses.is_empty() {
        return Err(Error::NeedsAddress(Flaw::IpInDns));
    }
    let names = request.names.iter().map(|name| dns_name(name));
    let addresses = request
        .addresses
        .iter()
        .map(|address| dns_name(&address.to_string()));
    let all = names.chain(addresses).collect::<Result<_, _>>()?;
    replace(params, request, all);
    Ok(())
}

/// Constraints of [`Flaw::NameConstraintsExclude`]: what the request does not ask for.
pub(crate) fn foreign_constraints(request: &LeafRequest) -> Result<NameConstraints, Error> {
    require_host(request, Flaw::NameConstraintsExclude)?;
    let mut permitted = Vec::new();
    if !request.names.is_empty() {
        permitted.push(GeneralSubtree::DnsName(foreign_name(request).to_owned()));
    }
    if !request.addresses.is_empty() {
        let network = CidrSubnet::from_addr_prefix(FOREIGN_ADDRESS, FOREIGN_NETWORK_BITS);
        permitted.push(GeneralSubtree::IpAddress(network));
    }
    Ok(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    })
}

/// A name that no requested name is or covers.
fn foreign_name(request: &LeafRequest) -> &'static str {
    let is_requested = |candidate: &str| {
        request.names.iter().any(|name| {
            let name = name.trim_start_matches("*.").to_ascii_lowercase();
            candidate == name || candidate.ends_with(&format!(".{name}"))
        })
    };
    let [.., last] = FOREIGN_NAMES;
    FOREIGN_NAMES
        .into_iter()
        .find(|candidate| !is_requested(candidate))
        .unwrap_or(last)
}

fn require_host(request: &LeafRequest, flaw: Flaw) -> Result<String, Error> {
    request.first_host().ok_or(Error::NeedsName(flaw))
}

/// Puts another dNSName in the place of each requested one.
fn each_name(
    params: &mut CertificateParams,
    request: &LeafRequest,
    flaw: Flaw,
    other: impl Fn(&str) -> Result<SanType, Error>,
) -> Result<(), Error> {
    if request.names.is_empty() {
        return Err(Error::NeedsName(flaw));
    }
    let names = request.names.iter().map(|name| other(name));
    let addresses = request
        .addresses
        .iter()
        .map(|address| Ok(SanType::IpAddress(*address)));
    let all = names.chain(addresses).collect::<Result<_, _>>()?;
    replace(params, request, all);
    Ok(())
}

/// Sets the subjectAltName, and takes the right name out of the subject.
fn replace(params: &mut CertificateParams, request: &LeafRequest, names: Vec<SanType>) {
    params.subject_alt_names = names;
    let names_host = |common_name: &String| {
        let is_name = request
            .names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(common_name));
        is_name
            || request
                .addresses
                .iter()
                .any(|address| address.to_string() == *common_name)
    };
    if request.subject_cn.as_ref().is_some_and(names_host) {
        params.distinguished_name = neutral_subject();
    }
}
