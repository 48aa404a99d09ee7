//! The SUT's certificate chain by named checks of our own: names, dates, use, key, signatures, order.

use std::net::IpAddr;

use evidence::event::{Side, TlsFacts};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

use super::chain;
use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let roots = play.fact("world.roots");
    let now = i64::try_from(play.plan.wall_clock_ms / 1000).unwrap_or(i64::MAX);
    let shown: Vec<(&TlsFacts, usize)> = play
        .connections
        .values()
        .filter(|connection| connection.by != Some(Side::Sut))
        .filter_map(|connection| Some((connection.secured?, connection.opened)))
        .filter(|(tls, _)| !tls.peer_chain.is_empty())
        .collect();
    if shown.is_empty() {
        return Ruling::undecided(
            "no_certificate",
            "no handshake of this play shows a certificate of the SUT",
        );
    }
    Ruling::unless(shown.into_iter().find_map(|(tls, opened)| {
        let wrong = wrong_in(tls, now, roots)?;
        Some(Ruling::broken(
            "a certificate chain that is in order",
            wrong,
            play.events.get(opened).map(|event| event.n),
        ))
    }))
}

/// The first check that a chain fails, in words.
fn wrong_in(tls: &TlsFacts, now: i64, roots: Option<&str>) -> Option<String> {
    let chain: Result<Vec<X509Certificate<'_>>, _> = tls
        .peer_chain
        .iter()
        .map(|der| X509Certificate::from_der(&der.0).map(|(_, found)| found))
        .collect();
    let Ok(chain) = chain else {
        return Some("structure: a certificate that is no X.509".to_owned());
    };
    let leaf = chain.first()?;
    names(leaf, tls.server_name.as_deref())
        .or_else(|| {
            chain
                .iter()
                .enumerate()
                .find_map(|(place, certificate)| dates(certificate, place, now))
        })
        .or_else(|| purpose(leaf))
        .or_else(|| {
            chain
                .iter()
                .enumerate()
                .find_map(|(place, certificate)| strength(certificate, place))
        })
        .or_else(|| chain::wrong_in(&chain, roots))
}

/// The leaf's subjectAltName has the name that was asked for (RFC 6125, RFC 9525).
fn names(leaf: &X509Certificate<'_>, wanted: Option<&str>) -> Option<String> {
    let wanted = wanted?;
    let listed = match leaf.subject_alternative_name() {
        Ok(Some(extension)) => &extension.value.general_names,
        Ok(None) => return Some("name: no subjectAltName".to_owned()),
        Err(_) => return Some("name: subjectAltName stands twice or cannot be read".to_owned()),
    };
    let address: Option<IpAddr> = wanted.parse().ok();
    let fits = listed.iter().any(|name| match (name, address) {
        (GeneralName::DNSName(pattern), None) => name_fits(pattern, wanted),
        (GeneralName::IPAddress(bytes), Some(IpAddr::V4(address))) => *bytes == address.octets(),
        (GeneralName::IPAddress(bytes), Some(IpAddr::V6(address))) => *bytes == address.octets(),
        _ => false,
    });
    let shown: Vec<String> = listed.iter().map(ToString::to_string).collect();
    (!fits).then(|| format!("name: {wanted} is none of {}", shown.join(", ")))
}

/// A star stands for one whole leftmost label.
fn name_fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => name
            .split_once('.')
            .is_some_and(|(label, domain)| !label.is_empty() && domain.eq_ignore_ascii_case(rest)),
        None => pattern.eq_ignore_ascii_case(name),
    }
}

fn dates(certificate: &X509Certificate<'_>, place: usize, now: i64) -> Option<String> {
    let validity = certificate.validity();
    if now < validity.not_before.timestamp() {
        Some(format!(
            "dates: certificate {place} is not valid before {}",
            validity.not_before
        ))
    } else if now > validity.not_after.timestamp() {
        Some(format!(
            "dates: certificate {place} was valid until {}",
            validity.not_after
        ))
    } else {
        None
    }
}

/// A server's leaf: serverAuth if extendedKeyUsage is there, a key usage that can sign, no CA.
fn purpose(leaf: &X509Certificate<'_>) -> Option<String> {
    match leaf.extended_key_usage() {
        Ok(Some(usage)) if !usage.value.server_auth && !usage.value.any => {
            return Some("use: extendedKeyUsage without serverAuth".to_owned());
        }
        Err(_) => return Some("use: extendedKeyUsage stands twice or cannot be read".to_owned()),
        _ => {}
    }
    match leaf.key_usage() {
        Ok(Some(usage))
            if !usage.value.digital_signature()
                && !usage.value.key_agreement()
                && !usage.value.key_encipherment() =>
        {
            return Some(
                "use: keyUsage has none of digitalSignature, keyAgreement, keyEncipherment"
                    .to_owned(),
            );
        }
        Err(_) => return Some("use: keyUsage stands twice or cannot be read".to_owned()),
        _ => {}
    }
    leaf.is_ca()
        .then(|| "use: the server's certificate is that of a CA".to_owned())
}

/// Keys and signature algorithms that are too weak (RFC 9325 section 4.5, RFC 9155).
fn strength(certificate: &X509Certificate<'_>, place: usize) -> Option<String> {
    const SMALLEST_RSA: usize = 2048;
    const SMALLEST_CURVE: usize = 224;
    let weak_key = match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < SMALLEST_RSA => {
            Some(format!("RSA of {} bits", key.key_size()))
        }
        Ok(PublicKey::EC(key)) if key.key_size() < SMALLEST_CURVE => {
            Some(format!("a curve of {} bits", key.key_size()))
        }
        Ok(PublicKey::DSA(_)) => Some("DSA".to_owned()),
        _ => None,
    };
    if let Some(key) = weak_key {
        return Some(format!("key: certificate {place} has {key}"));
    }
    // md5WithRSAEncryption, sha1WithRSAEncryption, ecdsa-with-SHA1.
    const BROKEN: &[(&str, &str)] = &[
        ("1.2.840.113549.1.1.4", "MD5"),
        ("1.2.840.113549.1.1.5", "SHA-1"),
        ("1.2.840.10045.4.1", "SHA-1"),
    ];
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    let self_signed = certificate.subject() == certificate.issuer();
    // The signature of a root is looked at by nobody.
    let broken = BROKEN
        .iter()
        .find(|(id, _)| *id == algorithm && !(self_signed && place > 0))?;
    Some(format!(
        "signature: certificate {place} is signed with {}",
        broken.1
    ))
}

#[cfg(test)]
mod tests {
    use super::name_fits;

    #[test]
    fn a_star_is_one_label() {
        assert!(name_fits("*.edge.localhost", "v1.edge.localhost"));
        assert!(!name_fits("*.localhost", "v1.edge.localhost"));
        assert!(name_fits("EDGE.localhost", "edge.localhost"));
        assert!(!name_fits("*.edge.localhost", ".edge.localhost"));
    }
}
