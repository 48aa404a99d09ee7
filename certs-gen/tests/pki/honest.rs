//! Honest chains pass both judges, for every usage and kind of name.

use std::time::{Duration, Instant};

use certs_gen::{Leaf, LeafKey, LeafRequest, Usage};

use crate::judges::{Findings, Question, openssl, openssl_reads_key, openssl_with, webpki};
use crate::structure::{described, is_linked, serial};
use crate::world::{ADDRESS, HOST, NOW, TRUSTED, question, request};

fn assert_passes(leaf: &Leaf, usage: Usage, host: &str) {
    let question = question(&leaf.chain, usage, host);
    assert_eq!(
        webpki(&question),
        Findings::new(),
        "webpki, {usage}, {host}"
    );
    // Strict: OpenSSL then also demands what RFC 5280 demands of issuers.
    assert_eq!(
        openssl_with(&question, &["-x509_strict"]),
        Findings::new(),
        "openssl, {usage}, {host}"
    );
    let looks = Question {
        lists: Some(TRUSTED.revocation_lists(NOW).unwrap()),
        ..question
    };
    assert_eq!(webpki(&looks), Findings::new(), "webpki looks at the lists");
    assert_eq!(
        openssl(&looks),
        Findings::new(),
        "openssl looks at the lists"
    );
    assert!(is_linked(&leaf.chain));
}

#[test]
fn each_usage_passes_as_that_and_only_as_that() {
    for (usage, as_server, as_client) in [
        (Usage::Server, true, false),
        (Usage::Client, false, true),
        (Usage::Both, true, true),
    ] {
        let leaf = TRUSTED.issue(&request(usage, HOST)).unwrap();
        for (role, passes) in [(Usage::Server, as_server), (Usage::Client, as_client)] {
            let asked = question(&leaf.chain, role, HOST);
            assert_eq!(
                webpki(&asked).is_empty(),
                passes,
                "webpki: {usage} as {role}"
            );
            assert_eq!(
                openssl(&asked).is_empty(),
                passes,
                "openssl: {usage} as {role}"
            );
        }
    }
}

#[test]
fn a_leaf_for_an_rsa_key_passes_and_may_be_encrypted_to() {
    let key = LeafKey::generate_rsa().unwrap();
    let leaf = TRUSTED
        .issue_for_key(&request(Usage::Server, HOST), &key)
        .unwrap();
    assert_passes(&leaf, Usage::Server, HOST);
    let usage = |leaf: &Leaf| described(&leaf.chain, NOW)["leaf"]["keyUsage"].clone();
    let honest = TRUSTED.issue(&request(Usage::Server, HOST)).unwrap();
    // digitalSignature, and keyEncipherment beside it (RFC 5280 4.2.1.3).
    assert_eq!(usage(&honest), "critical true: [03, 02, 07, 80]");
    assert_eq!(usage(&leaf), "critical true: [03, 02, 05, a0]");
}

#[test]
fn each_name_and_address_passes() {
    let request = LeafRequest {
        names: vec![
            HOST.to_owned(),
            "*.portal.operator.example".to_owned(),
            "localhost".to_owned(),
        ],
        addresses: vec![ADDRESS, "::1".parse().unwrap()],
        usage: Usage::Both,
        subject_cn: Some("wwsf-a".to_owned()),
        now: NOW,
    };
    let leaf = TRUSTED.issue(&request).unwrap();
    for host in [
        HOST,
        "anything.portal.operator.example",
        "localhost",
        "127.0.0.7",
        "::1",
    ] {
        assert_passes(&leaf, Usage::Server, host);
    }
    for host in ["elsewhere.example", "127.0.0.8"] {
        let asked = question(&leaf.chain, Usage::Server, host);
        assert!(
            !webpki(&asked).is_empty() && !openssl(&asked).is_empty(),
            "{host}"
        );
    }
}

#[test]
fn the_profile_is_that_of_the_documentation() {
    let leaf = TRUSTED.issue(&request(Usage::Both, HOST)).unwrap();
    let fields = described(&leaf.chain, NOW);
    for (place, field, expected) in [
        ("leaf", "subject", "O=wicheck test PKI"),
        ("leaf", "issuer", "CN=operator intermediate"),
        ("leaf", "keyUsage", "critical true: [03, 02, 07, 80]"), // digitalSignature
        ("leaf", "basicConstraints", "critical true: [30, 00]"), // not a CA
        ("leaf", "subjectKeyIdentifier", "critical false: of the key"),
        (
            "leaf",
            "authorityKeyIdentifier",
            "critical false: of the issuer's key",
        ),
        ("leaf", "key", "1.2.840.10045.2.1"),
        ("leaf", "signature", "1.2.840.10045.4.3.2"),
        ("intermediate", "issuer", "CN=operator root"),
        (
            "intermediate",
            "keyUsage",
            "critical true: [03, 02, 01, 06]",
        ), // keyCertSign, cRLSign
        // A CA with a pathLenConstraint of 0.
        (
            "intermediate",
            "basicConstraints",
            "critical true: [30, 06, 01, 01, ff, 02, 01, 00]",
        ),
    ] {
        assert_eq!(fields[place][field], expected, "{place}.{field}");
    }
    assert_eq!(leaf.chain.len(), 2);
}

#[test]
fn a_client_needs_no_name() {
    let request = LeafRequest {
        names: Vec::new(),
        ..request(Usage::Client, HOST)
    };
    let leaf = TRUSTED.issue(&request).unwrap();
    let mut asked = question(&leaf.chain, Usage::Client, HOST);
    asked.host = None;
    assert_eq!((webpki(&asked), openssl(&asked)), Default::default());
}

#[test]
fn the_time_is_an_hour_back_and_thirty_days_on() {
    let leaf = TRUSTED.issue(&request(Usage::Server, HOST)).unwrap();
    for (minutes, passes) in [
        (-61, false),
        (-59, true),
        (30 * 1440 - 1, true),
        (30 * 1440 + 1, false),
    ] {
        let mut asked = question(&leaf.chain, Usage::Server, HOST);
        asked.now += time::Duration::minutes(minutes);
        assert_eq!(webpki(&asked).is_empty(), passes, "webpki at {minutes}");
        assert_eq!(openssl(&asked).is_empty(), passes, "openssl at {minutes}");
    }
}

#[test]
fn a_kept_key_serves_many_leaves_of_different_serial_numbers() {
    let key = LeafKey::generate().unwrap();
    let kept = LeafKey::from_pkcs8(&key.pkcs8()).unwrap();
    let one = TRUSTED
        .issue_for_key(&request(Usage::Server, HOST), &key)
        .unwrap();
    let other = TRUSTED
        .issue_for_key(&request(Usage::Client, HOST), &kept)
        .unwrap();
    assert_eq!(one.key, other.key);
    assert_ne!(serial(&one.chain[0]), serial(&other.chain[0]));
    assert_passes(&one, Usage::Server, HOST);
    assert_passes(&other, Usage::Client, HOST);
}

#[test]
fn pem_is_read_by_others() {
    use rustls_pki_types::pem::PemObject;
    let leaf = TRUSTED.issue(&request(Usage::Server, HOST)).unwrap();
    let text = leaf.chain_pem();
    assert!(text.lines().all(|line| line.len() <= 64), "RFC 7468 lines");
    let chain: Vec<_> = rustls_pki_types::CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(chain, leaf.chain);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, leaf.key_pem()).unwrap();
    assert!(openssl_reads_key(&path));
    std::fs::write(&path, leaf.key_pem().replace("MIGH", "MIGG")).unwrap();
    assert!(!openssl_reads_key(&path), "a broken key is told");
}

#[test]
fn a_leaf_takes_less_than_a_millisecond() {
    let fastest = (0..200).map(|_| {
        let start = Instant::now();
        TRUSTED.issue(&request(Usage::Server, HOST)).unwrap();
        start.elapsed()
    });
    // The fastest, because other work shares the processor.
    let fastest = fastest.min().unwrap();
    assert!(fastest < Duration::from_millis(1), "{fastest:?}");
}
