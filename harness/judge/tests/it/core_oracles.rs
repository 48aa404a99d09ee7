//! Oracles over what a core binds, and whom it goes on serving.

use evidence::event::Layer;
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{answer_to, fails_by, judged, passes, said, undecided};

const MW: u32 = 1;

/// A play of a core: the REGISTER of the lie, a query, a MESSAGE to the victim.
#[derive(Clone)]
struct Core {
    lie: bool,
    status: u16,
    /// Contacts that queries before and after tell; none for no query.
    before: Option<Vec<&'static str>>,
    after: Option<Vec<&'static str>>,
    /// Whether the MESSAGE to the victim comes through; none when it is not sent.
    victim: Option<bool>,
}

fn refused() -> Core {
    Core {
        lie: true,
        status: 403,
        before: None,
        after: Some(Vec::new()),
        victim: Some(true),
    }
}

fn register(call: &str, contact: &str) -> String {
    format!(
        "REGISTER sip:op.example SIP/2.0\r\nFrom: <sip:alice0@op.example>;tag=1\r\nTo: <sip:alice0@op.example>\r\nCall-ID: {call}\r\nCSeq: 1 REGISTER\r\n{contact}\r\n"
    )
}

fn query(made: &mut Made, call: &str, contacts: &[&str]) {
    made.act(
        "ep-cscf.send",
        json!({ "message": "query", "person": "alice" }),
    );
    let request = register(call, "");
    made.sent(MW, Interface::Mw, &request);
    let lines: String = contacts
        .iter()
        .map(|contact| format!("Contact: <{contact}>;expires=60\r\n"))
        .collect();
    made.came(
        MW,
        Interface::Mw,
        &answer_to(&request, 200).replace("Content-Length", &format!("{lines}Content-Length")),
    );
}

impl Core {
    fn made(&self) -> Made {
        let mut made = Made::new(Role::Core, "ok");
        if let Some(contacts) = &self.before {
            query(&mut made, "q1", contacts);
        }
        let fields = if self.lie {
            json!({ "message": "register", "impi": "bob0@op.example" })
        } else {
            json!({ "message": "register" })
        };
        let step = made.act("ep-cscf.send", fields);
        let contact = "Contact: <sip:edge@127.0.0.31>\r\n";
        let request = register("lie", contact);
        made.stimulus(
            step,
            Layer::Sip,
            if self.lie { "impi bob" } else { "impi alice" },
        );
        made.sent(MW, Interface::Mw, &request).came(
            MW,
            Interface::Mw,
            &answer_to(&request, self.status),
        );
        if self.lie {
            made.plan.departs = Some(step);
        }
        made.act("ep-cscf.expect", json!({ "status": ["200"] }));
        if let Some(contacts) = &self.after {
            query(&mut made, "q2", contacts);
        }
        if let Some(reached) = self.victim {
            victim(&mut made, reached);
        }
        made.end();
        made
    }

    fn asked(&self, oracle: &str) -> CaseRecord {
        let honest = Self {
            lie: false,
            status: 200,
            victim: self.victim.map(|_| true),
            ..self.clone()
        }
        .made()
        .log();
        judged(
            &case(Kind::Attack, Role::Core, &[oracle]),
            &honest,
            &self.made().log(),
            &honest,
        )
    }
}

fn victim(made: &mut Made, reached: bool) {
    made.act(
        "ep-cscf.send",
        json!({ "message": "message", "person": "bob" }),
    );
    let message = "MESSAGE sip:bob0@op.example SIP/2.0\r\nFrom: <sip:alice0@op.example>;tag=2\r\nTo: <sip:bob0@op.example>\r\nCall-ID: probe\r\nCSeq: 1 MESSAGE\r\n\r\n";
    made.sent(MW, Interface::Mw, message).came(
        MW,
        Interface::Mw,
        &answer_to(message, if reached { 200 } else { 480 }),
    );
    made.act("ep-cscf.expect", json!({ "status": ["200"] }));
}

#[test]
fn bindings_unchanged() {
    let oracle = "bindings-unchanged";
    passes(&refused().asked(oracle));
    fails_by(
        &Core {
            after: Some(vec!["sip:edge@127.0.0.31"]),
            ..refused()
        }
        .asked(oracle),
        oracle,
    );
    // With a look before the lie the two looks must be equal: an attack that removes a binding is seen too.
    let kept = Core {
        before: Some(vec!["sip:a@b"]),
        after: Some(vec!["sip:a@b"]),
        ..refused()
    };
    passes(&kept.asked(oracle));
    fails_by(
        &Core {
            after: Some(Vec::new()),
            ..kept
        }
        .asked(oracle),
        oracle,
    );
    undecided(
        &Core {
            after: None,
            ..refused()
        }
        .asked(oracle),
        "no_query",
    );
}

#[test]
fn a_hook_tells_bindings_too() {
    let mut made = Core {
        after: None,
        ..refused()
    }
    .made();
    let request = json!({ "hook": "bindings", "impu": "sip:alice0@op.example" });
    made.event(What::Hook {
        name: "bindings".to_owned(),
        request,
        answer: json!({ "bindings": ["<sip:edge@127.0.0.31>"] }),
    });
    let honest = Core {
        lie: false,
        status: 200,
        after: None,
        ..refused()
    }
    .made()
    .log();
    fails_by(
        &judged(
            &case(Kind::Attack, Role::Core, &["bindings-unchanged"]),
            &honest,
            &made.log(),
            &honest,
        ),
        "bindings-unchanged",
    );
}

#[test]
fn victims_and_others_are_served_as_before() {
    for oracle in ["victim-unaffected", "others-unaffected", "as-control"] {
        passes(&refused().asked(oracle));
        fails_by(
            &Core {
                victim: Some(false),
                ..refused()
            }
            .asked(oracle),
            oracle,
        );
        undecided(
            &Core {
                victim: None,
                ..refused()
            }
            .asked(oracle),
            "no_honest_step",
        );
    }
}

#[test]
fn a_query_behind_the_lie_is_no_request_of_the_attack() {
    passes(
        &Core {
            victim: None,
            ..refused()
        }
        .asked("no-2xx"),
    );
}

#[test]
fn a_wrong_code_is_told_and_decides_nothing_but_for_clauses_about_codes() {
    let honest = Core {
        lie: false,
        status: 200,
        victim: None,
        ..refused()
    }
    .made()
    .log();
    let mut case = case(Kind::Attack, Role::Core, &["bindings-unchanged"]);
    case.codes = Some("not-entitled".to_owned());
    let attack = |status| {
        Core {
            status,
            victim: None,
            ..refused()
        }
        .made()
        .log()
    };
    let record = judged(&case, &honest, &attack(500), &honest);
    passes(&record);
    assert_eq!(record.advisories[0].oracle, "code");
    assert!(
        judged(&case, &honest, &attack(404), &honest)
            .advisories
            .is_empty()
    );
    case.code_checks = vec!["PRO-SIP.3".to_owned()];
    case.checks.push("PRO-SIP.3".to_owned());
    let record = judged(&case, &honest, &attack(500), &honest);
    fails_by(&record, "code");
    assert_eq!(record.findings[0].clauses, ["PRO-SIP.3"]);
    passes(&judged(&case, &honest, &attack(403), &honest));
}

#[test]
fn silence_is_told_when_something_came_through_behind_it() {
    let honest = Core {
        lie: false,
        status: 200,
        ..refused()
    }
    .made()
    .log();
    let silent = |ms| {
        let mut made = Made::new(Role::Core, "an-attack");
        let step = made.act(
            "ep-cscf.send",
            json!({ "message": "register", "impi": "bob0@op.example" }),
        );
        made.plan.departs = Some(step);
        made.stimulus(step, Layer::Sip, "impi bob")
            .sent(MW, Interface::Mw, &register("lie", ""));
        made.wait_ms(ms);
        made.end();
        made.log()
    };
    let case = case(Kind::Attack, Role::Core, &["no-2xx"]);
    let record = judged(&case, &honest, &silent(400), &honest);
    passes(&record);
    assert_eq!(record.advisories[0].oracle, "silent");
    assert!(
        record
            .absence
            .as_deref()
            .is_some_and(|words| words.contains("quiet time"))
    );
    assert_eq!(
        said(&judged(&case, &honest, &silent(100), &honest)),
        ("inconclusive", "not_quiet".to_owned())
    );
}
