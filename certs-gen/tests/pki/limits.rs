//! What a flaw needs of its request, and corner cases of names.

use certs_gen::{Authority, Error, Flaw, Flawed, LeafKey, LeafRequest, Others, Usage};
use time::macros::datetime;

use crate::judges::{Findings, openssl, webpki};
use crate::world::{ADDRESS, HOST, NOW, TRUSTED, others, question, request};

fn issue(request: &LeafRequest, flaw: Flaw) -> Result<Flawed, Error> {
    TRUSTED.issue_flawed(request, flaw, &others())
}

#[test]
fn a_flaw_of_names_needs_a_name() {
    let nameless = LeafRequest {
        names: Vec::new(),
        ..request(Usage::Server, HOST)
    };
    for flaw in [
        Flaw::WrongName,
        Flaw::CnOnly,
        Flaw::WildcardTwoLabels,
        Flaw::NulInName,
        Flaw::SipUriSan,
        Flaw::NameConstraintsExclude,
    ] {
        assert!(matches!(issue(&nameless, flaw), Err(Error::NeedsName(found)) if found == flaw));
    }
    let named = request(Usage::Server, HOST);
    assert!(matches!(
        issue(&named, Flaw::IpInDns),
        Err(Error::NeedsAddress(Flaw::IpInDns))
    ));
}

#[test]
fn a_usage_that_the_leaf_has_anyway_is_no_flaw() {
    for (usage, flaw) in [
        (Usage::Client, Flaw::EkuClientOnly),
        (Usage::Server, Flaw::EkuServerOnly),
    ] {
        let refused = issue(&request(usage, HOST), flaw).unwrap_err();
        assert!(matches!(refused, Error::NoFlawForUsage { .. }), "{refused}");
        assert!(issue(&request(Usage::Both, HOST), flaw).is_ok());
    }
}

#[test]
fn the_wildcard_keeps_two_labels_below_it() {
    for short in [
        "localhost",
        "operator.example",
        "www.operator.example",
        "*.operator.example",
        "a.b.example.",
        "a.b..c",
    ] {
        let refused = issue(&request(Usage::Server, short), Flaw::WildcardTwoLabels).map(|_| ());
        assert!(
            matches!(refused, Err(Error::TooFewLabels { .. })),
            "{short}: {refused:?}"
        );
    }
    // In the place of an honest wildcard: the same wildcard a label higher.
    let flawed = issue(
        &request(Usage::Server, "*.portal.operator.example"),
        Flaw::WildcardTwoLabels,
    )
    .unwrap();
    let mut asked = question(&flawed.chain, Usage::Server, HOST);
    assert_eq!(openssl(&asked), Findings::from(["62@0".to_owned()]));
    asked.host = Some("www.operator.example".to_owned());
    assert_eq!((webpki(&asked), openssl(&asked)), Default::default());
}

#[test]
fn the_wrong_name_is_never_a_requested_one() {
    for host in ["other.example", "OTHER.example", "*.example", "other.test"] {
        let flawed = issue(&request(Usage::Server, host), Flaw::WrongName).unwrap();
        let dialled = host.replace('*', "other");
        let asked = question(&flawed.chain, Usage::Server, &dialled);
        assert_eq!(
            webpki(&asked),
            Findings::from(["CertNotValidForName".to_owned()]),
            "{host}"
        );
    }
}

#[test]
fn the_flaws_of_names_leave_no_other_way_to_the_right_name() {
    // The common name repeats the host, and an address is asked for beside the name.
    let request = LeafRequest {
        addresses: vec![ADDRESS],
        subject_cn: Some(HOST.to_owned()),
        ..request(Usage::Server, HOST)
    };
    for flaw in [
        Flaw::WrongName,
        Flaw::WildcardTwoLabels,
        Flaw::NulInName,
        Flaw::SipUriSan,
    ] {
        let flawed = issue(&request, flaw).unwrap();
        let subject_and_names =
            String::from_utf8_lossy(&flawed.chain[0]).replace(&format!("{HOST}\0"), "");
        let sip = format!("sip:{HOST}");
        assert!(
            !subject_and_names.replace(&sip, "").contains(HOST),
            "{flaw}"
        );
    }
    for (flaw, by_address) in [
        (Flaw::WrongName, false),
        (Flaw::CnOnly, false),
        (Flaw::SipUriSan, false),
        (Flaw::IpInDns, false),
        (Flaw::NulInName, true),
    ] {
        let flawed = issue(&request, flaw).unwrap();
        let asked = question(&flawed.chain, Usage::Server, &ADDRESS.to_string());
        assert_eq!(webpki(&asked).is_empty(), by_address, "webpki: {flaw}");
        assert_eq!(openssl(&asked).is_empty(), by_address, "openssl: {flaw}");
    }
}

#[test]
fn a_client_keeps_its_subject_and_key() {
    let key = LeafKey::generate().unwrap();
    let request = LeafRequest {
        subject_cn: Some("wwsf-a".to_owned()),
        ..request(Usage::Client, HOST)
    };
    for flaw in Flaw::ALL {
        let Ok(flawed) = TRUSTED.issue_flawed_for_key(&request, flaw, &others(), &key) else {
            assert!(
                matches!(flaw, Flaw::EkuClientOnly | Flaw::IpInDns),
                "{flaw}"
            );
            continue;
        };
        let subject = String::from_utf8_lossy(&flawed.chain[0]).contains("wwsf-a");
        assert_eq!(subject, flaw != Flaw::CnOnly, "{flaw}");
        assert_eq!(flawed.key == key.pkcs8(), flaw != Flaw::Rsa1024, "{flaw}");
    }
}

#[test]
fn an_unknown_authority_of_the_trusted_ones_name_is_refused() {
    let twin = Authority::generate("operator", NOW).unwrap();
    let request = request(Usage::Client, HOST);
    let flawed = TRUSTED
        .issue_flawed(&request, Flaw::UnknownCa, &Others { unknown: &twin })
        .unwrap();
    let mut asked = question(&flawed.chain, Usage::Client, HOST);
    assert_eq!(
        webpki(&asked),
        Findings::from(["InvalidSignatureForPublicKey".to_owned()])
    );
    assert_eq!(openssl(&asked), Findings::from(["20@1".to_owned()]));
    asked.anchor = twin.root_der().clone();
    assert_eq!((webpki(&asked), openssl(&asked)), Default::default());
}

#[test]
fn flaws_of_the_intermediate_are_not_mended_by_one_that_the_peer_has_seen() {
    // As a peer that keeps the intermediates of earlier handshakes.
    for flaw in [
        Flaw::ExpiredIntermediate,
        Flaw::NameConstraintsExclude,
        Flaw::CaFalse,
        Flaw::MissingIntermediate,
        Flaw::PathLengthExceeded,
    ] {
        let flawed = issue(&request(Usage::Server, HOST), flaw).unwrap();
        let mut asked = question(&flawed.chain, Usage::Server, HOST);
        asked.chain.push(TRUSTED.intermediate_der().clone());
        assert!(
            !webpki(&asked).is_empty() && !openssl(&asked).is_empty(),
            "{flaw}"
        );
    }
}

#[test]
fn odd_names_and_times_are_errors() {
    let refused = TRUSTED
        .issue(&request(Usage::Server, "münchen.example"))
        .unwrap_err();
    assert_eq!(refused.to_string(), "name \"münchen.example\" is not ASCII");
    for now in [
        datetime!(1969-12-31 0:00 UTC),
        datetime!(9999-12-31 0:00 UTC),
        datetime!(-9999-01-01 0:00 UTC),
    ] {
        assert!(matches!(
            Authority::generate("late", now),
            Err(Error::Time(_))
        ));
        let request = LeafRequest {
            now,
            ..request(Usage::Server, HOST)
        };
        for flaw in Flaw::ALL {
            assert!(issue(&request, flaw).is_err(), "{flaw} at {now}");
        }
    }
}
