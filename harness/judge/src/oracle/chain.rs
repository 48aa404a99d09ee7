//! How the certificates of a chain hang together: names, signatures, and the trust anchor at their end.

use aws_lc_rs::signature as algorithms;
use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::pem::Pem;
use x509_parser::prelude::*;

/// The first thing that is wrong with how a chain hangs together. `roots` is PEM: the trust anchors, where the plan tells them.
pub(super) fn wrong_in(chain: &[X509Certificate<'_>], roots: Option<&str>) -> Option<String> {
    let leaf = chain.first()?;
    if leaf.subject() == leaf.issuer() {
        return Some("chain: the server's certificate is self-signed".to_owned());
    }
    let between = chain
        .windows(2)
        .enumerate()
        .find_map(|(place, pair)| match pair {
            [certificate, issuer] => issued(certificate, issuer, place),
            _ => None,
        });
    between.or_else(|| anchored(chain, roots?))
}

/// Whether a certificate is issued by the next.
fn issued(
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    place: usize,
) -> Option<String> {
    let next = place + 1;
    if certificate.issuer() != issuer.subject() {
        return Some(format!(
            "chain: certificate {place} names another issuer than certificate {next}"
        ));
    }
    if !issuer.is_ca() {
        return Some(format!("chain: certificate {next} issues and is no CA"));
    }
    if issuer
        .key_usage()
        .is_ok_and(|usage| usage.is_some_and(|usage| !usage.value.key_cert_sign()))
    {
        return Some(format!(
            "chain: certificate {next} issues and its keyUsage does not say so"
        ));
    }
    (is_signed(certificate, issuer) == Some(false))
        .then(|| format!("signature: certificate {place} is not signed by certificate {next}"))
}

/// Whether the last certificate is a trust anchor, or one has issued it.
fn anchored(chain: &[X509Certificate<'_>], roots: &str) -> Option<String> {
    let last = chain.last()?;
    let pems: Vec<Pem> = Pem::iter_from_buffer(roots.as_bytes())
        .filter_map(Result::ok)
        .collect();
    let mut anchors = pems.iter().filter_map(|pem| pem.parse_x509().ok());
    let known = anchors.any(|anchor| {
        anchor.as_raw() == last.as_raw()
            || (anchor.subject() == last.issuer() && is_signed(last, &anchor) != Some(false))
    });
    let missing = format!(
        "chain: it ends at certificate {}, and {} is neither in it nor a trust anchor",
        chain.len() - 1,
        last.issuer()
    );
    (!known).then_some(missing)
}

/// Whether a certificate bears the signature of an issuer's key; `None` where the algorithm is none of ours.
fn is_signed(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    const BITS_OF_P384: usize = 384;
    let key = issuer.public_key();
    let large = key
        .parsed()
        .is_ok_and(|parsed| parsed.key_size() == BITS_OF_P384);
    let algorithm: &'static dyn VerificationAlgorithm = match certificate
        .signature_algorithm
        .algorithm
        .to_id_string()
        .as_str()
    {
        "1.2.840.10045.4.3.2" if large => &algorithms::ECDSA_P384_SHA256_ASN1,
        "1.2.840.10045.4.3.2" => &algorithms::ECDSA_P256_SHA256_ASN1,
        "1.2.840.10045.4.3.3" if large => &algorithms::ECDSA_P384_SHA384_ASN1,
        "1.2.840.10045.4.3.3" => &algorithms::ECDSA_P256_SHA384_ASN1,
        "1.2.840.113549.1.1.11" => &algorithms::RSA_PKCS1_2048_8192_SHA256,
        "1.2.840.113549.1.1.12" => &algorithms::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &algorithms::RSA_PKCS1_2048_8192_SHA512,
        "1.3.101.112" => &algorithms::ED25519,
        _ => return None,
    };
    let signed = certificate.tbs_certificate.as_ref();
    Some(
        UnparsedPublicKey::new(algorithm, &key.subject_public_key.data)
            .verify(signed, &certificate.signature_value.data)
            .is_ok(),
    )
}
