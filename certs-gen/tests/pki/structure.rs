//! Where two chains differ, field by field, read by x509-parser.

use std::collections::{BTreeMap, BTreeSet};

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

/// Places by the chain's order; a chain of one more authority has an `extra` second.
fn places(length: usize) -> &'static [&'static str] {
    match length {
        1 => &["leaf"],
        2 => &["leaf", "intermediate"],
        3 => &["leaf", "extra", "intermediate"],
        _ => panic!("a chain of {length} certificates"),
    }
}

/// The fields in which the chains differ, as `leaf.notAfter`; a certificate that only one chain has
/// is named alone. Serial numbers, keys and signatures always differ and are not compared.
pub(crate) fn differences(
    one: &[CertificateDer<'_>],
    other: &[CertificateDer<'_>],
    now: OffsetDateTime,
) -> BTreeSet<String> {
    let (one, other) = (described(one, now), described(other, now));
    let places: BTreeSet<_> = one.keys().chain(other.keys()).copied().collect();
    let mut found = BTreeSet::new();
    for place in places {
        let (Some(one), Some(other)) = (one.get(place), other.get(place)) else {
            found.insert(place.to_owned());
            continue;
        };
        let fields: BTreeSet<_> = one.keys().chain(other.keys()).collect();
        let differing = fields
            .into_iter()
            .filter(|field| one.get(*field) != other.get(*field));
        found.extend(differing.map(|field| format!("{place}.{field}")));
    }
    found
}

/// The fields of each certificate, by its place.
pub(crate) fn described(
    chain: &[CertificateDer<'_>],
    now: OffsetDateTime,
) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let described = chain
        .iter()
        .map(|certificate| fields(&parse(certificate), now));
    places(chain.len()).iter().copied().zip(described).collect()
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    let (rest, parsed) = X509Certificate::from_der(certificate).unwrap();
    assert!(rest.is_empty(), "bytes after the certificate");
    parsed
}

fn fields(certificate: &X509Certificate<'_>, now: OffsetDateTime) -> BTreeMap<String, String> {
    let offset = |time: OffsetDateTime| (time - now).whole_seconds().to_string();
    let validity = certificate.validity();
    let inner = &certificate.signature;
    assert_eq!(
        inner, &certificate.signature_algorithm,
        "both algorithm identifiers agree"
    );
    let mut fields = BTreeMap::from([
        ("version".to_owned(), certificate.version().to_string()),
        ("signature".to_owned(), inner.algorithm.to_id_string()),
        (
            "issuer".to_owned(),
            without_mark(&certificate.issuer().to_string()),
        ),
        (
            "notBefore".to_owned(),
            offset(validity.not_before.to_datetime()),
        ),
        (
            "notAfter".to_owned(),
            offset(validity.not_after.to_datetime()),
        ),
        (
            "subject".to_owned(),
            without_mark(&certificate.subject().to_string()),
        ),
        (
            "key".to_owned(),
            certificate.public_key().algorithm.algorithm.to_id_string(),
        ),
    ]);
    for extension in certificate.extensions() {
        let value = match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(_) => "of the key".to_owned(),
            ParsedExtension::AuthorityKeyIdentifier(_) => "of the issuer's key".to_owned(),
            _ => format!("{:02x?}", extension.value),
        };
        let entry = format!("critical {}: {value}", extension.critical);
        let name = extension_name(&extension.oid.to_id_string()).to_owned();
        let double = fields.insert(name, entry);
        assert_eq!(
            double, None,
            "extension {} stands there twice",
            extension.oid
        );
    }
    fields
}

/// A name without the mark that tells unseen intermediates apart.
fn without_mark(name: &str) -> String {
    match name.rsplit_once(' ') {
        Some((rest, mark)) if mark.len() == 8 && u32::from_str_radix(mark, 16).is_ok() => {
            rest.to_owned()
        }
        _ => name.to_owned(),
    }
}

/// Whether each certificate names the next as its issuer, by subject and by key identifier.
pub(crate) fn is_linked(chain: &[CertificateDer<'_>]) -> bool {
    let parsed: Vec<_> = chain.iter().map(parse).collect();
    parsed.windows(2).all(|pair| {
        let by_name = pair[0].issuer().as_raw() == pair[1].subject().as_raw();
        by_name
            && authority_key(&pair[0]).is_some()
            && authority_key(&pair[0]) == subject_key(&pair[1])
    })
}

fn subject_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
            _ => None,
        })
}

fn authority_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(identifier) => identifier
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0),
            _ => None,
        })
}

/// The serial number's bytes.
pub(crate) fn serial(certificate: &CertificateDer<'_>) -> Vec<u8> {
    parse(certificate).raw_serial().to_vec()
}

/// The extension's name in RFC 5280, or its object identifier.
fn extension_name(identifier: &str) -> &str {
    match identifier {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.35" => "authorityKeyIdentifier",
        "2.5.29.37" => "extKeyUsage",
        other => other,
    }
}
