//! Every fault of a chain, and the few that are looked for whatever the library says.

use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::public_key::PublicKey;

use super::faults::Fault;
use super::names;
use super::verifier::Usage;

/// The shortest RSA key, bits.
const SHORTEST_RSA: usize = 2048;

/// What a chain is held against.
pub(super) struct Question<'a> {
    pub(super) roots: &'a [CertificateDer<'static>],
    /// What has been revoked.
    pub(super) lists: &'a [CertificateRevocationListDer<'static>],
    pub(super) algorithms: &'a WebPkiSupportedAlgorithms,
    pub(super) usage: Usage,
    /// `None`: any name will do, somebody else looks at it.
    pub(super) name: Option<&'a ServerName<'a>>,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// What rustls-webpki 0.103 does not look at: what an authority's key may sign, and how weak a key or signature is.
pub(super) fn policy(chain: &[CertificateDer<'_>]) -> Result<(), Fault> {
    for (depth, der) in chain.iter().enumerate() {
        let certificate = parse(der)?;
        if is_weakly_signed(&certificate) {
            return Err(Fault::WeakSignature);
        }
        if has_weak_key(&certificate) {
            return Err(Fault::WeakKey);
        }
        if depth > 0 && is_authority(&certificate) && !may_sign_certificates(&certificate) {
            return Err(Fault::NoCertSign);
        }
    }
    Ok(())
}

/// Everything that is wrong, each once, in the order of [`Fault`].
pub(super) fn diagnose(chain: &[CertificateDer<'_>], question: &Question<'_>) -> Vec<Fault> {
    let parsed: Result<Vec<_>, _> = chain.iter().map(parse).collect();
    let roots: Result<Vec<_>, _> = question.roots.iter().map(parse).collect();
    let (Ok(chain), Ok(roots)) = (parsed, roots) else {
        return vec![Fault::Unreadable];
    };
    let Some((leaf, others)) = chain.split_first() else {
        return vec![Fault::Unreadable];
    };
    let mut faults = of_leaf(leaf, question);
    let path = path(leaf, others, &roots, question, &mut faults);
    for (below, authority) in path.iter().enumerate() {
        of_authority(authority, below, leaf, question, &mut faults);
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// Whether a certificate by itself has one of the faults for which the library cannot even take its key.
pub(super) fn has(der: &CertificateDer<'_>, fault: Fault) -> bool {
    parse(der).is_ok_and(|certificate| match fault {
        Fault::WeakKey => has_weak_key(&certificate),
        Fault::UnknownCritical => has_unknown_critical(&certificate),
        _ => false,
    })
}

/// Diagnoses a chain of one certificate twice, whatever the bytes are.
pub(crate) fn read_chain(data: &[u8]) {
    let chain = [CertificateDer::from(data), CertificateDer::from(data)];
    let algorithms = crate::net::provider().signature_verification_algorithms;
    let name = ServerName::try_from("host.example").ok();
    let question = Question {
        roots: &[],
        lists: &[],
        algorithms: &algorithms,
        usage: Usage::Server,
        name: name.as_ref(),
        now: 0,
    };
    let _ = policy(&chain);
    assert!(
        !diagnose(&chain, &question).is_empty(),
        "no chain is trusted without roots"
    );
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Fault> {
    match x509_parser::parse_x509_certificate(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Fault::Unreadable),
    }
}

fn of_leaf(leaf: &X509Certificate<'_>, question: &Question<'_>) -> Vec<Fault> {
    let mut faults = weaknesses(leaf);
    let validity = leaf.validity();
    if validity.not_after.timestamp() < question.now {
        faults.push(Fault::Expired);
    }
    if validity.not_before.timestamp() > question.now {
        faults.push(Fault::NotYetValid);
    }
    if !is_for(leaf, question.usage) {
        faults.push(Fault::WrongUsage);
    }
    if is_revoked(leaf, question.lists) {
        faults.push(Fault::Revoked);
    }
    faults.extend(question.name.and_then(|wanted| names::fault(leaf, wanted)));
    faults
}

fn of_authority(
    authority: &X509Certificate<'_>,
    below: usize,
    leaf: &X509Certificate<'_>,
    question: &Question<'_>,
    faults: &mut Vec<Fault>,
) {
    faults.extend(weaknesses(authority));
    let validity = authority.validity();
    if validity.not_after.timestamp() < question.now
        || validity.not_before.timestamp() > question.now
    {
        faults.push(Fault::IntermediateExpired);
    }
    if !is_authority(authority) {
        // A leaf may sign nothing at all, so what else it may not is the same fault.
        faults.push(Fault::NotAuthority);
        return;
    }
    if !may_sign_certificates(authority) {
        faults.push(Fault::NoCertSign);
    }
    if path_length(authority).is_some_and(|longest| below > longest) {
        faults.push(Fault::PathTooLong);
    }
    if !permits(authority, leaf) {
        faults.push(Fault::NameConstraint);
    }
}

fn weaknesses(certificate: &X509Certificate<'_>) -> Vec<Fault> {
    let checks = [
        (is_weakly_signed(certificate), Fault::WeakSignature),
        (has_weak_key(certificate), Fault::WeakKey),
        (has_unknown_critical(certificate), Fault::UnknownCritical),
    ];
    checks
        .into_iter()
        .filter(|(found, _)| *found)
        .map(|(_, fault)| fault)
        .collect()
}

/// The presented authorities from the leaf's issuer to the last one below a trusted root. What breaks the way is a fault.
fn path<'a, 'b>(
    leaf: &'a X509Certificate<'b>,
    others: &'a [X509Certificate<'b>],
    roots: &[X509Certificate<'_>],
    question: &Question<'_>,
    faults: &mut Vec<Fault>,
) -> Vec<&'a X509Certificate<'b>> {
    let mut path = Vec::new();
    let mut current = leaf;
    loop {
        let issuer = current.issuer().as_raw();
        if roots
            .iter()
            .any(|root| root.subject().as_raw() == issuer && signed_by(current, root, question))
        {
            return path;
        }
        let next = others
            .iter()
            .find(|other| other.subject().as_raw() == issuer && other.subject() != other.issuer());
        match next.filter(|_| path.len() < others.len()) {
            Some(next) => {
                if !signed_by(current, next, question) {
                    faults.push(Fault::BadSignature);
                }
                path.push(next);
                current = next;
            }
            None => {
                let own = path.is_empty() && leaf.subject() == leaf.issuer();
                faults.push(if own {
                    Fault::SelfSigned
                } else {
                    Fault::UnknownAuthority
                });
                return path;
            }
        }
    }
}

/// A weak signature is a fault of its own and not checked further.
fn signed_by(
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    question: &Question<'_>,
) -> bool {
    let scheme = match certificate
        .signature_algorithm
        .algorithm
        .to_id_string()
        .as_str()
    {
        "1.2.840.10045.4.3.2" => SignatureScheme::ECDSA_NISTP256_SHA256,
        "1.2.840.10045.4.3.3" => SignatureScheme::ECDSA_NISTP384_SHA384,
        "1.2.840.113549.1.1.11" => SignatureScheme::RSA_PKCS1_SHA256,
        "1.2.840.113549.1.1.12" => SignatureScheme::RSA_PKCS1_SHA384,
        "1.2.840.113549.1.1.13" => SignatureScheme::RSA_PKCS1_SHA512,
        "1.3.101.112" => SignatureScheme::ED25519,
        _ => return is_weakly_signed(certificate),
    };
    let key = &issuer.public_key().subject_public_key.data;
    let message = certificate.tbs_certificate.as_ref();
    question
        .algorithms
        .mapping
        .iter()
        .filter(|(each, _)| *each == scheme)
        .flat_map(|(_, algorithms)| algorithms.iter())
        .any(|algorithm| {
            algorithm
                .verify_signature(key, message, &certificate.signature_value.data)
                .is_ok()
        })
}

fn is_revoked(
    certificate: &X509Certificate<'_>,
    lists: &[CertificateRevocationListDer<'_>],
) -> bool {
    lists.iter().any(|der| {
        let Ok((_, list)) = x509_parser::parse_x509_crl(der) else {
            return false;
        };
        list.issuer() == certificate.issuer()
            && list
                .iter_revoked_certificates()
                .any(|revoked| revoked.raw_serial() == certificate.raw_serial())
    })
}

fn is_weakly_signed(certificate: &X509Certificate<'_>) -> bool {
    // ecdsa-with-SHA1, sha1WithRSAEncryption, dsa-with-sha1, md5WithRSAEncryption.
    const WEAK: [&str; 4] = [
        "1.2.840.10045.4.1",
        "1.2.840.113549.1.1.5",
        "1.2.840.10040.4.3",
        "1.2.840.113549.1.1.4",
    ];
    WEAK.contains(
        &certificate
            .signature_algorithm
            .algorithm
            .to_id_string()
            .as_str(),
    )
}

fn has_weak_key(certificate: &X509Certificate<'_>) -> bool {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => key.key_size() < SHORTEST_RSA,
        _ => false,
    }
}

fn has_unknown_critical(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| {
        extension.critical
            && matches!(
                extension.parsed_extension(),
                ParsedExtension::UnsupportedExtension { .. }
            )
    })
}

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    matches!(certificate.basic_constraints(), Ok(Some(constraints)) if constraints.value.ca)
}

fn path_length(certificate: &X509Certificate<'_>) -> Option<usize> {
    let constraints = certificate.basic_constraints().ok()??;
    usize::try_from(constraints.value.path_len_constraint?).ok()
}

fn may_sign_certificates(certificate: &X509Certificate<'_>) -> bool {
    match certificate.key_usage() {
        Ok(Some(usage)) => usage.value.key_cert_sign(),
        Ok(None) => true,
        Err(_) => false,
    }
}

fn is_for(certificate: &X509Certificate<'_>, usage: Usage) -> bool {
    match certificate.extended_key_usage() {
        Ok(Some(listed)) => match usage {
            Usage::Server => listed.value.server_auth,
            Usage::Client => listed.value.client_auth,
        },
        Ok(None) => true,
        Err(_) => false,
    }
}

/// RFC 5280 4.2.1.10, for DNS names: inside a permitted subtree if there is one, outside every excluded one.
fn permits(authority: &X509Certificate<'_>, leaf: &X509Certificate<'_>) -> bool {
    let constraints = match authority.name_constraints() {
        Ok(Some(constraints)) => constraints.value,
        Ok(None) => return true,
        Err(_) => return false,
    };
    let bases = |trees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| -> Vec<String> {
        let trees = trees.as_deref().unwrap_or_default();
        trees
            .iter()
            .filter_map(|tree| match &tree.base {
                GeneralName::DNSName(base) => {
                    Some(base.trim_start_matches('.').to_ascii_lowercase())
                }
                _ => None,
            })
            .collect()
    };
    let (permitted, excluded) = (
        bases(&constraints.permitted_subtrees),
        bases(&constraints.excluded_subtrees),
    );
    names::dns_names(leaf).iter().all(|name| {
        let below = |base: &String| {
            name == base
                || name
                    .strip_suffix(base.as_str())
                    .is_some_and(|rest| rest.ends_with('.'))
        };
        (permitted.is_empty() || permitted.iter().any(below)) && !excluded.iter().any(below)
    })
}
