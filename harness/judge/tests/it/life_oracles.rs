//! What a SUT keeps on record, and how long a registration may last.

use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{answer_to, fails_by, judged, passes, undecided};

const MW: u32 = 1;
const W2: u32 = 2;
const A: &str = "https://waf-a.localhost:1";
const B: &str = "https://waf-b.localhost:2";

fn register(call: &str, expires: u32) -> String {
    format!(
        "REGISTER sip:op.example SIP/2.0\r\nFrom: <sip:alice0@op.example>;tag=1\r\nTo: <sip:alice0@op.example>\r\nCall-ID: {call}\r\n\
CSeq: 1 REGISTER\r\nContact: <sip:a@x.invalid>;expires={expires}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// A core that is asked for a registration through a party, answers, and tells records.
fn recorded(party: &str, status: u16, told: Value) -> CaseRecord {
    let mut made = Made::new(Role::Core, "ok");
    made.act(
        "ep-cscf.send",
        json!({ "message": "register", "person": "alice", "party": party }),
    );
    let request = register("one", 60);
    made.sent(MW, Interface::Mw, &request);
    made.came(MW, Interface::Mw, &answer_to(&request, status));
    made.act("sut.evidence", json!({}));
    made.event(What::Hook {
        name: "evidence".to_owned(),
        request: json!({ "mark": "one" }),
        answer: told,
    });
    made.end();
    let log = made.log();
    judged(
        &case(Kind::Audit, Role::Core, &["recorded"]),
        &log,
        &log,
        &log,
    )
}

fn record(party: &str, outcome: &str) -> Value {
    json!({ "call_id": "one", "impu": "sip:alice0@op.example", "party": party, "outcome": outcome })
}

#[test]
fn a_record_names_the_party_and_what_came_of_it() {
    passes(&recorded(
        "A",
        200,
        json!({ "records": [record(A, "accepted")] }),
    ));
    passes(&recorded("B", 403, json!([record(B, "refused")])));
    for wrong in [
        json!({ "records": [record(B, "accepted")] }),
        json!({ "records": [record(A, "refused")] }),
        json!({ "records": [] }),
        json!({ "records": [{ "call_id": "another", "party": A, "outcome": "accepted" }] }),
    ] {
        fails_by(&recorded("A", 200, wrong), "recorded");
    }
}

#[test]
fn without_an_answer_the_item_is_named() {
    let record = recorded(
        "A",
        200,
        json!({ "error": "the SUT file has no hook evidence" }),
    );
    undecided(&record, "no_evidence_hook");
    let reason = record.reason.expect("a reason");
    assert!(
        reason.message.contains("no hook evidence"),
        "{}",
        reason.message
    );
}

#[test]
fn an_answer_without_records_is_no_hook_that_was_not_asked() {
    let record = recorded("A", 200, json!({ "ok": true }));
    undecided(&record, "no_evidence_hook");
    let message = record.reason.expect("a reason").message;
    assert!(
        message.contains("its answer has no list `records`"),
        "{message}"
    );
}

/// An edge that is asked for a long interval with a token of five minutes.
fn asked(on_mw: u32, told: u32) -> CaseRecord {
    let mut made = Made::new(Role::EpCscf, "ok");
    let issue = made.act("waf.issue", json!({ "token": "hers", "person": "alice" }));
    made.token(issue, "hers", "a-token-that-is-long-enough");
    made.act(
        "wic.send",
        json!({ "message": "register", "person": "alice", "token": "hers" }),
    );
    let request = register("one", 600_000);
    made.sent(W2, Interface::W2, &request);
    let forwarded = register("one", on_mw);
    made.came(MW, Interface::Mw, &forwarded);
    let contact = format!("Contact: <sip:a@x.invalid>;expires={told}\r\nContent-Length");
    let answer = answer_to(&request, 200).replace("Content-Length", &contact);
    made.came(W2, Interface::W2, &answer);
    made.end();
    let log = made.log();
    judged(
        &case(Kind::Audit, Role::EpCscf, &["expires-capped"]),
        &log,
        &log,
        &log,
    )
}

#[test]
fn an_interval_is_cut_on_mw_or_in_the_answer() {
    passes(&asked(300, 300));
    passes(&asked(600_000, 299));
    passes(&asked(300, 600_000));
    fails_by(&asked(600_000, 301), "expires-capped");
}
