//! Malformed requests: what of them may be on Mw, and by what their answers are known.

use evidence::record::{CaseRecord, Kind};
use evidence::{ReadLog, Role};
use serde_json::json;

use super::build::case;
use super::scenes::{Edge, VOUCHED, edge, fails_by, judged, passes, said};

const ALICE: &str = "sip:alice0@op.example";
const ORACLE: &str = "malformation-kept-out";

/// alice's REGISTER with one more line, which the edge lets through with the rest.
fn forwarded(line: &str) -> Edge {
    Edge {
        to: ALICE.to_owned(),
        lie: Some(json!([line])),
        added: format!("{line}\r\n"),
        on_mw: vec![(ALICE.to_owned(), VOUCHED.to_owned())],
        ..Edge::refused()
    }
}

/// The log with its text changed.
fn changed(log: &ReadLog, change: impl Fn(String) -> String) -> ReadLog {
    let before = serde_json::to_string(&log.events).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after);
    ReadLog {
        events: serde_json::from_str(&after).unwrap(),
        torn: false,
    }
}

/// The second CSeq of what is on Mw, which alone has a label, replaced.
fn on_mw_instead(text: &str, line: &str) -> String {
    let (head, tail) = text.rsplit_once("integrity-protected").unwrap();
    let tail = tail.replacen("CSeq: 7 REGISTER\\r\\n", line, 1);
    format!("{head}integrity-protected{tail}")
}

fn judge(oracle: &str, log: &ReadLog) -> CaseRecord {
    judged(
        &case(Kind::Attack, Role::EpCscf, &[oracle]),
        &Edge::honest(1).log(),
        log,
        &Edge::honest(3).log(),
    )
}

#[test]
fn a_malformation_on_mw_fails_and_a_refusal_or_a_mended_request_does_not() {
    let edges = forwarded("CSeq: 7 REGISTER");
    fails_by(&edge(&[ORACLE], &edges), ORACLE);
    let refused = Edge {
        on_mw: Vec::new(),
        ..edges.clone()
    };
    passes(&edge(&[ORACLE], &refused));
    let mended = changed(&edges.log(), |text| on_mw_instead(&text, ""));
    passes(&judge(ORACLE, &mended));
}

#[test]
fn what_a_proxy_does_not_act_on_may_pass_as_it_came() {
    passes(&edge(&[ORACLE], &forwarded("Contact: sip:a@x.invalid?y=z")));
    passes(&edge(
        &[ORACLE],
        &forwarded("Date: Fri, 01 Jan 2010 16:00:00 EST"),
    ));
}

#[test]
fn another_fault_on_mw_is_not_the_malformation() {
    let edges = forwarded("CSeq: 7 REGISTER");
    let other = changed(&edges.log(), |text| {
        on_mw_instead(&text, "Max-Forwards: 999\\r\\n")
    });
    passes(&judge(ORACLE, &other));
}

#[test]
fn an_answer_to_a_request_without_call_id_is_known_by_its_branch() {
    let accepted = Edge {
        status: Some(200),
        ..Edge::refused()
    };
    let without = changed(&accepted.log(), |text| {
        text.replace("Call-ID: call-wx2q\\r\\n", "")
    });
    fails_by(&judge("no-2xx", &without), "no-2xx");
    let of_another = changed(&without, |text| {
        let (head, tail) = text.split_once("SIP/2.0 200 Said").unwrap();
        format!(
            "{head}SIP/2.0 200 Said{}",
            tail.replacen("branch=z9hG4bK", "branch=z9hG4bKx", 1)
        )
    });
    assert_ne!(said(&judge("no-2xx", &of_another)).0, "fail");
}
