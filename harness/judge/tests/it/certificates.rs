//! Audits of a certificate chain: an honest one is in order, and each flaw is found by the check that names it.

use evidence::event::{Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Bytes, Interface, Role};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{fails_by, passes, undecided};

const NAME: &str = "edge.localhost";

/// A key and what it signs with.
struct Signer {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    // The plan's wall clock is early in 2027.
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2028, 1, 1);
    params
}

fn authority(
    common_name: &str,
    parent: Option<&Signer>,
    change: impl Fn(&mut CertificateParams),
) -> Signer {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = match parent {
        Some(parent) => params.signed_by(&key, &parent.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    Signer {
        certificate,
        issuer: Issuer::new(params, key),
    }
}

fn leaf(parent: &Signer, change: impl Fn(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
    let dates = named("leaf");
    (
        params.not_before,
        params.not_after,
        params.distinguished_name,
    ) = (dates.not_before, dates.not_after, dates.distinguished_name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    params
        .signed_by(&KeyPair::generate().unwrap(), &parent.issuer)
        .unwrap()
        .der()
        .to_vec()
}

/// An audit of the chain that an edge showed.
fn audited(chain: Vec<Vec<u8>>, roots: Option<&str>) -> CaseRecord {
    let mut made = Made::new(Role::EpCscf, "ok");
    if let Some(roots) = roots {
        made.fact("world.roots", roots);
    }
    made.act("wic.connect", json!({}));
    let peer_chain = chain.into_iter().map(Bytes::from).collect();
    made.opened(1, Interface::W2, Side::Us, "edge");
    made.secured(
        1,
        TlsFacts {
            server_name: Some(NAME.to_owned()),
            peer_chain,
            ..TlsFacts::default()
        },
    );
    made.end();
    let log = made.log();
    let asked = case(Kind::Audit, Role::EpCscf, &["certificate-in-order"]);
    judge::judge(
        &asked,
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    )
}

#[track_caller]
fn found(record: &CaseRecord, check: &str) {
    fails_by(record, "certificate-in-order");
    assert!(
        record.findings[0].came.starts_with(check),
        "{:?} is not about {check:?}",
        record.findings[0].came
    );
}

#[test]
fn an_honest_chain_is_in_order_to_its_anchor() {
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |_| {});
    let (server, second) = (leaf(&middle, |_| {}), middle.certificate.der().to_vec());
    let anchor = root.certificate.pem();
    passes(&audited(
        vec![server.clone(), second.clone()],
        Some(&anchor),
    ));
    passes(&audited(
        vec![
            server.clone(),
            second.clone(),
            root.certificate.der().to_vec(),
        ],
        Some(&anchor),
    ));
    passes(&audited(vec![server.clone()], None));
    found(
        &audited(vec![server.clone()], Some(&anchor)),
        "chain: it ends at certificate 0",
    );
    let other = authority("root", None, |_| {}).certificate.pem();
    found(
        &audited(vec![server, second], Some(&other)),
        "chain: it ends at certificate 1",
    );
}

#[test]
fn each_flaw_of_a_leaf_is_found_by_its_check() {
    let root = authority("root", None, |_| {});
    let one = |change: fn(&mut CertificateParams)| audited(vec![leaf(&root, change)], None);
    found(
        &one(|params| params.not_after = rcgen::date_time_ymd(2026, 2, 1)),
        "dates",
    );
    found(
        &one(|params| params.not_before = rcgen::date_time_ymd(2027, 12, 1)),
        "dates",
    );
    found(&one(|params| params.subject_alt_names.clear()), "name");
    found(
        &one(|params| {
            params.subject_alt_names = CertificateParams::new(["other.example".to_owned()])
                .unwrap()
                .subject_alt_names
        }),
        "name",
    );
    found(
        &one(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        "use: extendedKeyUsage",
    );
    found(
        &one(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]),
        "use: keyUsage",
    );
    found(
        &one(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        "use: the server's certificate is that of a CA",
    );
}

#[test]
fn each_flaw_of_a_chain_is_found_by_its_check() {
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |_| {});
    let namesake = authority("middle", Some(&root), |_| {});
    let of = |signer: &Signer| signer.certificate.der().to_vec();
    found(
        &audited(vec![leaf(&middle, |_| {}), of(&namesake)], None),
        "signature: certificate 0 is not signed by certificate 1",
    );
    found(
        &audited(vec![leaf(&middle, |_| {}), of(&root)], None),
        "chain: certificate 0 names another issuer",
    );
    let no_ca = authority("middle", Some(&root), |params| params.is_ca = IsCa::NoCa);
    found(
        &audited(vec![leaf(&no_ca, |_| {}), of(&no_ca)], None),
        "chain: certificate 1 issues and is no CA",
    );
    let no_sign = authority("middle", Some(&root), |params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature]
    });
    found(
        &audited(vec![leaf(&no_sign, |_| {}), of(&no_sign)], None),
        "chain: certificate 1 issues and its keyUsage",
    );
    let mut own = CertificateParams::new([NAME.to_owned()]).unwrap();
    (own.not_before, own.not_after) = (named("x").not_before, named("x").not_after);
    let own = own.self_signed(&KeyPair::generate().unwrap()).unwrap();
    found(
        &audited(vec![own.der().to_vec()], None),
        "chain: the server's certificate is self-signed",
    );
}

#[test]
fn a_certificate_that_cannot_be_read_is_not_in_order_and_none_is_undecided() {
    found(
        &audited(vec![b"no certificate".to_vec()], None),
        "structure",
    );
    undecided(&audited(Vec::new(), None), "no_certificate");
}
