//! Audits of what a WIC lets others see: secrets, tokens, suites.

use evidence::event::{Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role};
use serde_json::json;
use sip::digest::Algorithm;

use super::build::{Made, case};
use super::scenes::{fails_by, passes, token_of, undecided};
use super::wic_oracles::{SECRET, shown, visit};

fn audited(oracle: &str, acts: impl Fn(&mut Made)) -> CaseRecord {
    let log = visit("", None, acts).log();
    judge::judge(
        &case(Kind::Audit, Role::Wic, &[oracle]),
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    )
}

fn says(made: &mut Made, text: &str) {
    made.opened(1, Interface::W1, Side::Sut, "portal")
        .secured(1, shown("honest"))
        .came(1, Interface::W1, text);
}

#[test]
fn no_secret_leak() {
    let oracle = "no-secret-leak";
    passes(&audited(oracle, |made| {
        says(made, "POST /login HTTP/1.1\r\n\r\npassword=another")
    }));
    fails_by(
        &audited(oracle, |made| {
            says(
                made,
                &format!("POST /login HTTP/1.1\r\n\r\npassword={SECRET}"),
            )
        }),
        oracle,
    );
    fails_by(
        &audited(oracle, |made| {
            says(
                made,
                "POST /login HTTP/1.1\r\n\r\npassword=dragon%2Dtree%2D7",
            )
        }),
        oracle,
    );
    // alice0:dragon-tree-7
    fails_by(
        &audited(oracle, |made| {
            says(
                made,
                "GET / HTTP/1.1\r\nAuthorization: Basic YWxpY2UwOmRyYWdvbi10cmVlLTc=\r\n\r\n",
            )
        }),
        oracle,
    );
    // The same in the value of a form, and HA1 by two algorithms.
    let [user, realm] = ["alice0@op.example", "op.example"].map(str::as_bytes);
    let ha1 = |algorithm: Algorithm| algorithm.hash(&[user, realm, SECRET.as_bytes()]);
    for told in [
        "YWxpY2UwOmRyYWdvbi10cmVlLTc=".to_owned(),
        ha1(Algorithm::Md5),
        ha1(Algorithm::Sha256),
    ] {
        let text = format!("POST /telemetry HTTP/1.1\r\n\r\nof={told}");
        fails_by(&audited(oracle, |made| says(made, &text)), oracle);
    }
    let mut made = Made::new(Role::Wic, "ok");
    made.act("wic.visit", json!({}));
    made.end();
    let log = made.log();
    let record = judge::judge(
        &case(Kind::Audit, Role::Wic, &[oracle]),
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    );
    undecided(&record, "no_secret");
}

#[test]
fn no_token_leak_of_a_client() {
    let oracle = "no-token-leak";
    let token = token_of("alice0", 1);
    let leaks = |text: String| {
        let token = token.clone();
        audited(oracle, move |made| {
            made.token(0, "hers", &token);
            says(made, &text);
        })
    };
    passes(&leaks(format!(
        "REGISTER sip:op SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\nAuthorization: Bearer {token}\r\n\r\n"
    )));
    fails_by(
        &leaks(format!("GET /?access_token={token} HTTP/1.1\r\n\r\n")),
        oracle,
    );
    fails_by(
        &leaks(format!(
            "GET / HTTP/1.1\r\nReferer: https://x/?t={token}\r\n\r\n"
        )),
        oracle,
    );
    fails_by(
        &leaks(format!("GET / HTTP/1.1\r\nCookie: t={token}\r\n\r\n")),
        oracle,
    );
}

#[test]
fn no_weak_offer() {
    let oracle = "no-weak-offer";
    let offers = |suites: &'static [&'static str]| {
        audited(oracle, move |made| {
            let offered = suites.iter().map(|suite| (*suite).to_owned()).collect();
            made.opened(1, Interface::W1, Side::Sut, "portal").secured(
                1,
                TlsFacts {
                    offered,
                    ..TlsFacts::default()
                },
            );
        })
    };
    passes(&offers(&["0x1301", "0xc02b", "0x00ff", "0x5600", "1.3"]));
    fails_by(&offers(&["c02b", "0005"]), oracle);
    undecided(&offers(&[]), "no_hello_seen");
}
