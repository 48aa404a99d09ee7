//! Which messages on Mw are the attack's, and what must not be in them.

use evidence::Interface;
use evidence::record::{CaseRecord, Kind};
use evidence::{ReadLog, Role};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{Edge, MW, VOUCHED, W2, edge, fails_by, judged, passes, undecided};

const ALICE: &str = "sip:alice0@op.example";

fn nothing_on_mw(log: &ReadLog, judged_steps: &[usize]) -> CaseRecord {
    let mut case = case(Kind::Attack, Role::EpCscf, &["nothing-on-mw"]);
    case.judged = judged_steps.to_vec();
    case.departure = Some("To is bob".to_owned());
    judged(&case, &Edge::honest(1).log(), log, &Edge::honest(3).log())
}

fn request(call: &str) -> String {
    format!("MESSAGE sip:x SIP/2.0\r\nTo: <{ALICE}>\r\nCall-ID: {call}\r\nCSeq: 7 MESSAGE\r\n\r\n")
}

fn passed_on(made: &mut Made, call: &str) {
    made.sent(W2, Interface::W2, &request(call))
        .came(MW, Interface::Mw, &request(call));
}

#[test]
fn the_restore_is_not_the_attacks() {
    let mut made = Edge::refused().made();
    passed_on(&mut made, "restore");
    passes(&nothing_on_mw(&made.log(), &[]));
    made.came(MW, Interface::Mw, &request("unknown"));
    fails_by(&nothing_on_mw(&made.log(), &[]), "nothing-on-mw");
}

#[test]
fn an_honest_step_behind_the_lie_is_the_attacks_only_when_it_is_judged() {
    // The acts of the scene end with `Ended`; a step of bob's is put before it.
    let mut made = Edge::refused().made();
    let bob = made.step("wic.send", json!({ "message": "message", "person": "bob" }));
    let mut log = made.log();
    let mut more = made.clone();
    more.begin(bob);
    passed_on(&mut more, "bobs");
    let at = log
        .events
        .iter()
        .position(|event| matches!(event.what, evidence::What::Ended))
        .unwrap();
    let added: Vec<_> = more.log().events.split_off(log.events.len());
    log.events.splice(at..at, added);
    passes(&nothing_on_mw(&log, &[2]));
    fails_by(&nothing_on_mw(&log, &[2, bob]), "nothing-on-mw");
    fails_by(&nothing_on_mw(&log, &[]), "nothing-on-mw");
}

#[test]
fn what_an_edge_sends_on_its_own_account_is_nobodys() {
    let mut made = Edge::refused().made();
    made.came(
        MW,
        Interface::Mw,
        "SUBSCRIBE sip:x SIP/2.0\r\nCall-ID: own\r\nCSeq: 1 SUBSCRIBE\r\nEvent: reg\r\n\r\n",
    );
    made.came(MW, Interface::Mw, "OPTIONS sip:x SIP/2.0\r\nFrom: <sip:edge.localhost>\r\nCall-ID: ping\r\nCSeq: 1 OPTIONS\r\n\r\n");
    passes(&nothing_on_mw(&made.log(), &[]));
    made.came(
        MW,
        Interface::Mw,
        "SUBSCRIBE sip:x SIP/2.0\r\nCall-ID: own\r\nCSeq: 1 SUBSCRIBE\r\nEvent: presence\r\n\r\n",
    );
    fails_by(&nothing_on_mw(&made.log(), &[]), "nothing-on-mw");
}

#[test]
fn no_token_leak() {
    let oracle = "no-token-leak";
    let leak = |line: &str| Edge {
        on_mw: vec![(ALICE.to_owned(), format!("{VOUCHED}{line}\r\n"))],
        ..Edge::refused()
    };
    passes(&edge(&[oracle], &leak("X-Nothing: here")));
    fails_by(
        &edge(
            &[oracle],
            &leak(&format!(
                "X-Token: {}",
                super::scenes::token_of("alice0", 2)
            )),
        ),
        oracle,
    );
    let mut made = Edge::refused().made();
    let cut = evidence::What::Message {
        connection: 2,
        interface: Interface::Mw,
        direction: evidence::event::Direction::Received,
        layer: evidence::event::Layer::Sip,
        bytes: evidence::Bytes(b"MESSAGE sip:x SIP/2.0\r\nCall-ID: other\r\n".to_vec()),
        cut_from: Some(1 << 20),
        late: false,
    };
    made.event(cut);
    let asked = case(Kind::Attack, Role::EpCscf, &[oracle]);
    undecided(
        &judged(
            &asked,
            &Edge::honest(1).log(),
            &made.log(),
            &Edge::honest(3).log(),
        ),
        "cut_body",
    );
}
