//! Chains with one thing wrong each: refused, named, and let through by the one mistake that is for it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, NameConstraints, RevokedCertParams, SanType,
};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use time::{Duration, OffsetDateTime};

use super::{Fault, Tolerance, Trust};

const HOST: &str = "www.portal.example";

/// What is shown, the root that is trusted, and what has been revoked.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    root: String,
    lists: Option<String>,
}

/// The serial number that every issuer has revoked.
const REVOKED: u64 = 4711;

/// How leaf and intermediate depart from honest ones.
#[derive(Default)]
struct Departure {
    leaf: Option<fn(&mut CertificateParams)>,
    between: Option<fn(&mut CertificateParams)>,
    /// One more authority below the first.
    longer: bool,
    foreign_root: bool,
    flipped: bool,
}

fn show(departure: &Departure) -> Shown {
    let root_key = KeyPair::generate().unwrap();
    let root = authority("root", BasicConstraints::Unconstrained);
    let trusted = root.self_signed(&root_key).unwrap().pem();
    let root_key = if departure.foreign_root {
        KeyPair::generate().unwrap()
    } else {
        root_key
    };
    let mut issuer = Issuer::new(root, root_key);
    let mut chain = Vec::new();
    for name in if departure.longer {
        &["one", "two"][..]
    } else {
        &["one"]
    } {
        let mut between = authority(name, BasicConstraints::Constrained(0));
        if let Some(change) = departure.between {
            change(&mut between);
        }
        let key = KeyPair::generate().unwrap();
        chain.insert(0, between.signed_by(&key, &issuer).unwrap().der().clone());
        issuer = Issuer::new(between, key);
    }
    let mut leaf = leaf(&[HOST]);
    if let Some(change) = departure.leaf {
        change(&mut leaf);
    }
    let mut der = leaf
        .signed_by(&KeyPair::generate().unwrap(), &issuer)
        .unwrap()
        .der()
        .to_vec();
    if departure.flipped {
        // Inside the signature: its last octets are those of the number `s`.
        let at = der.len() - 5;
        der[at] ^= 1;
    }
    chain.insert(0, der.into());
    // An authority that must not sign lists gives none.
    let lists = list().signed_by(&issuer).and_then(|list| list.pem());
    Shown {
        chain,
        root: trusted,
        lists: lists.ok(),
    }
}

fn list() -> CertificateRevocationListParams {
    let now = OffsetDateTime::now_utc();
    CertificateRevocationListParams {
        this_update: now - Duration::hours(1),
        next_update: now + Duration::hours(1),
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: REVOKED.into(),
            revocation_time: now - Duration::hours(1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

fn authority(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut wanted = CertificateParams::new(Vec::new()).unwrap();
    wanted.distinguished_name = DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, name);
    wanted.is_ca = IsCa::Ca(constraints);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    wanted
}

fn leaf(names: &[&str]) -> CertificateParams {
    let mut wanted = CertificateParams::new(
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
    )
    .unwrap();
    wanted.distinguished_name = DistinguishedName::new();
    wanted
        .distinguished_name
        .push(DnType::OrganizationName, "leaf");
    wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    wanted
}

fn verifier(shown: &Shown, tolerates: Option<Fault>) -> Arc<dyn ServerCertVerifier> {
    let tolerance = Tolerance::of(move |fault| tolerates == Some(fault));
    let trust = Trust::in_pem(&shown.root, tolerance).unwrap();
    let trust = match &shown.lists {
        Some(lists) => trust.with_lists(lists).unwrap(),
        None => trust,
    };
    trust.of_servers().unwrap()
}

fn accepts(shown: &Shown, name: &str, tolerates: Option<Fault>) -> bool {
    let name = ServerName::try_from(name).unwrap();
    let (leaf, others) = shown.chain.split_first().unwrap();
    verifier(shown, tolerates)
        .verify_server_cert(leaf, others, &name, &[], UnixTime::now())
        .is_ok()
}

/// Refused as it is and by every other tolerance; let through by the tolerance for it.
#[track_caller]
fn is_just(shown: &Shown, name: &str, fault: Fault) {
    assert!(!accepts(shown, name, None), "{fault:?} is refused");
    for other in ALL.iter().filter(|other| **other != fault) {
        assert!(
            !accepts(shown, name, Some(*other)),
            "{fault:?} is not {other:?}"
        );
    }
    assert!(accepts(shown, name, Some(fault)), "{fault:?} is just that");
}

const ALL: [Fault; 20] = [
    Fault::Expired,
    Fault::NotYetValid,
    Fault::IntermediateExpired,
    Fault::UnknownAuthority,
    Fault::SelfSigned,
    Fault::NotAuthority,
    Fault::NoCertSign,
    Fault::PathTooLong,
    Fault::NameConstraint,
    Fault::UnknownCritical,
    Fault::BadSignature,
    Fault::Revoked,
    Fault::WrongUsage,
    Fault::WrongKey,
    Fault::WrongName,
    Fault::CommonNameOnly,
    Fault::WildcardDeep,
    Fault::NulName,
    Fault::SipUriName,
    Fault::AddressAsName,
];

fn past(wanted: &mut CertificateParams) {
    wanted.not_before = OffsetDateTime::now_utc() - Duration::days(30);
    wanted.not_after = OffsetDateTime::now_utc() - Duration::days(1);
}

fn names(wanted: &mut CertificateParams, names: Vec<SanType>) {
    wanted.subject_alt_names = names;
}

#[test]
fn an_honest_chain_is_taken() {
    assert!(accepts(&show(&Departure::default()), HOST, None));
}

#[test]
fn revoked() {
    let revoked = |wanted: &mut CertificateParams| wanted.serial_number = Some(REVOKED.into());
    let shown = show(&Departure {
        leaf: Some(revoked),
        ..Departure::default()
    });
    is_just(&shown, HOST, Fault::Revoked);
    let unlisted = Shown {
        lists: None,
        ..shown
    };
    assert!(accepts(&unlisted, HOST, None), "nobody says so");
    let trust = Trust::in_pem(&unlisted.root, Tolerance::none()).unwrap();
    assert!(trust.with_lists("").is_err(), "no list is no answer");
}

#[test]
fn times() {
    is_just(
        &show(&Departure {
            leaf: Some(past),
            ..Departure::default()
        }),
        HOST,
        Fault::Expired,
    );
    let future = |wanted: &mut CertificateParams| {
        wanted.not_before = OffsetDateTime::now_utc() + Duration::days(1)
    };
    is_just(
        &show(&Departure {
            leaf: Some(future),
            ..Departure::default()
        }),
        HOST,
        Fault::NotYetValid,
    );
    is_just(
        &show(&Departure {
            between: Some(past),
            ..Departure::default()
        }),
        HOST,
        Fault::IntermediateExpired,
    );
}

#[test]
fn authorities() {
    is_just(
        &show(&Departure {
            foreign_root: true,
            ..Departure::default()
        }),
        HOST,
        Fault::UnknownAuthority,
    );
    let no_authority: fn(&mut CertificateParams) = |wanted| {
        wanted.is_ca = IsCa::ExplicitNoCa;
        wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    };
    is_just(
        &show(&Departure {
            between: Some(no_authority),
            ..Departure::default()
        }),
        HOST,
        Fault::NotAuthority,
    );
    let no_signing: fn(&mut CertificateParams) =
        |wanted| wanted.key_usages = vec![KeyUsagePurpose::CrlSign];
    is_just(
        &show(&Departure {
            between: Some(no_signing),
            ..Departure::default()
        }),
        HOST,
        Fault::NoCertSign,
    );
    is_just(
        &show(&Departure {
            longer: true,
            ..Departure::default()
        }),
        HOST,
        Fault::PathTooLong,
    );
    let elsewhere: fn(&mut CertificateParams) = |wanted| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("evil.example".to_owned())];
        wanted.name_constraints = Some(NameConstraints {
            permitted_subtrees,
            excluded_subtrees: Vec::new(),
        });
    };
    is_just(
        &show(&Departure {
            between: Some(elsewhere),
            ..Departure::default()
        }),
        HOST,
        Fault::NameConstraint,
    );
}

#[test]
fn a_leaf_that_signed_itself() {
    let key = KeyPair::generate().unwrap();
    let root = authority("root", BasicConstraints::Unconstrained)
        .self_signed(&key)
        .unwrap()
        .pem();
    let own = leaf(&[HOST])
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap();
    is_just(
        &Shown {
            chain: vec![own.der().clone()],
            root,
            lists: None,
        },
        HOST,
        Fault::SelfSigned,
    );
}

#[test]
fn the_leaf_itself() {
    is_just(
        &show(&Departure {
            flipped: true,
            ..Departure::default()
        }),
        HOST,
        Fault::BadSignature,
    );
    let for_clients: fn(&mut CertificateParams) =
        |wanted| wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    is_just(
        &show(&Departure {
            leaf: Some(for_clients),
            ..Departure::default()
        }),
        HOST,
        Fault::WrongUsage,
    );
    let critical: fn(&mut CertificateParams) = |wanted| {
        let mut extension =
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
        extension.set_criticality(true);
        wanted.custom_extensions.push(extension);
    };
    is_just(
        &show(&Departure {
            leaf: Some(critical),
            ..Departure::default()
        }),
        HOST,
        Fault::UnknownCritical,
    );
}

#[test]
fn names_that_do_not_fit() {
    let with = |change: fn(&mut CertificateParams)| {
        show(&Departure {
            leaf: Some(change),
            ..Departure::default()
        })
    };
    let other = with(|wanted| {
        names(
            wanted,
            vec![SanType::DnsName("other.example".try_into().unwrap())],
        )
    });
    is_just(&other, HOST, Fault::WrongName);
    let deep = with(|wanted| {
        names(
            wanted,
            vec![SanType::DnsName("*.example".try_into().unwrap())],
        )
    });
    is_just(&deep, HOST, Fault::WildcardDeep);
    let nul = with(|wanted| {
        names(
            wanted,
            vec![SanType::DnsName(
                format!("{HOST}\0.evil.example").try_into().unwrap(),
            )],
        )
    });
    is_just(&nul, HOST, Fault::NulName);
    let subject = with(|wanted| {
        names(wanted, Vec::new());
        wanted.distinguished_name.push(DnType::CommonName, HOST);
    });
    is_just(&subject, HOST, Fault::CommonNameOnly);
    let domain = with(|wanted| {
        names(
            wanted,
            vec![SanType::URI("sip:portal.example".try_into().unwrap())],
        )
    });
    is_just(&domain, HOST, Fault::SipUriName);
    let address = with(|wanted| {
        names(
            wanted,
            vec![SanType::DnsName("127.0.0.11".try_into().unwrap())],
        )
    });
    is_just(&address, "127.0.0.11", Fault::AddressAsName);
    let right = with(|wanted| names(wanted, vec![SanType::IpAddress([127, 0, 0, 11].into())]));
    assert!(accepts(&right, "127.0.0.11", None));
}
