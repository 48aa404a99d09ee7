//! Oracles over what becomes of a token: who the core is told of, how the WAF is asked, what is kept.

use evidence::event::{Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{Edge, VOUCHED, edge, fails_by, judged, passes, token_of, undecided};

const ALICE: &str = "sip:alice0@op.example";
const WAF: u32 = 7;

fn named(credentials: &str) -> CaseRecord {
    let on_mw = vec![(ALICE.to_owned(), credentials.to_owned())];
    edge(
        &["username-as-claimed"],
        &Edge {
            on_mw,
            ..Edge::refused()
        },
    )
}

#[test]
fn username_as_claimed() {
    let oracle = "username-as-claimed";
    passes(&edge(&[oracle], &Edge::refused()));
    passes(&named(VOUCHED));
    let mended = [
        VOUCHED.replace("alice0@op.example", "ALICE0@op.example"),
        VOUCHED.replace("alice0@op.example", "alice0"),
        VOUCHED.replace("alice0@op.example", " alice0@op.example"),
        VOUCHED.replace("realm=", "username=\"bob0@op.example\", realm="),
        VOUCHED.replace("username=\"alice0@op.example\", ", ""),
    ];
    for credentials in mended {
        fails_by(&named(&credentials), oracle);
    }
}

/// An attack that was refused, and what the edge did besides.
fn beside(oracle: &str, more: impl FnOnce(&mut Made)) -> CaseRecord {
    let mut made = Edge::refused().made();
    more(&mut made);
    judged(
        &case(Kind::Attack, Role::EpCscf, &[oracle]),
        &Edge::honest(1).log(),
        &made.log(),
        &Edge::honest(3).log(),
    )
}

fn asked(secured: bool, head: &str, body: &str) -> CaseRecord {
    let request = format!(
        "{head}Host: waf-a.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    beside("introspection-in-order", |made| {
        made.answer("introspection-tls", &["yes"]);
        made.opened(WAF, Interface::Introspection, Side::Sut, "127.0.0.21:1");
        if secured {
            made.secured(WAF, TlsFacts::default());
        }
        made.came(WAF, Interface::Introspection, &request);
    })
}

#[test]
fn introspection_in_order() {
    let oracle = "introspection-in-order";
    let token = token_of("alice0", 2);
    let body = format!("token={token}");
    let post = "POST /introspect HTTP/1.1\r\n";
    let proven = format!("{post}Authorization: Basic ZWRnZTpzZWNyZXQ=\r\n");
    passes(&asked(true, &proven, &body));
    passes(&asked(true, post, &format!("{body}&client_secret=s")));
    passes(&asked(
        true,
        post,
        &format!("{body}&client_assertion=a.b.c"),
    ));
    // Nobody proves himself by an empty secret.
    fails_by(
        &asked(true, post, &format!("{body}&client_secret=")),
        oracle,
    );
    fails_by(&asked(true, post, &body), oracle);
    fails_by(&asked(false, &proven, &body), oracle);
    fails_by(&asked(true, &proven.replace("POST", "GET"), &body), oracle);
    let target = format!("/introspect?token={token} ");
    fails_by(
        &asked(true, &proven.replace("/introspect ", &target), &body),
        oracle,
    );
    undecided(&beside(oracle, |_| {}), "no_introspection");
}

fn kept(answer: Value) -> CaseRecord {
    beside("no-token-in-records", |made| {
        made.event(What::Hook {
            name: "evidence".to_owned(),
            request: json!({ "mark": "wx2q" }),
            answer,
        });
    })
}

#[test]
fn no_token_in_records() {
    let oracle = "no-token-in-records";
    let token = token_of("alice0", 2);
    let record = |shown: &str| json!({ "call_id": "call-wx2q", "shown": shown });
    passes(&kept(json!({ "records": [record("")] })));
    passes(&kept(json!([record("Bearer of something")])));
    fails_by(&kept(json!({ "records": [record(&token)] })), oracle);
    fails_by(&kept(json!([record(&format!("Bearer {token}"))])), oracle);
    let (_, signature) = token.rsplit_once('.').expect("three parts");
    fails_by(&kept(json!([record(signature)])), oracle);
    undecided(&kept(json!({ "records": [] })), "no_records");
    undecided(&beside(oracle, |_| {}), "no_records");
}
