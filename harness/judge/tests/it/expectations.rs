//! Observing steps against the evidence, as a control meets them.

use evidence::event::{Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{Edge, passes, said};

fn control(made: &Made) -> CaseRecord {
    let log = made.log();
    let sut = made.plan.sut.unwrap();
    judge::judge(
        &case(Kind::Control, sut, &[]),
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    )
}

/// The honest edge with one more question.
fn edge_asked(verb: &str, fields: Value) -> CaseRecord {
    let log = Edge::honest(1).made().log();
    let mut made = Edge::honest(1).made();
    let step = made.step(verb, fields);
    let at = log
        .events
        .iter()
        .position(|event| matches!(event.what, What::Ended))
        .unwrap();
    let mut events = log.events;
    if let What::Plan(plan) = &mut events[0].what {
        plan.steps = made.plan.steps.clone();
    }
    let began = evidence::Event {
        n: 0,
        at_us: events[at].at_us,
        what: What::StepBegan { step },
    };
    events.insert(at, began);
    for (n, event) in (0..).zip(&mut events) {
        event.n = n;
    }
    let log = evidence::ReadLog {
        events,
        torn: false,
    };
    judge::judge(
        &case(Kind::Control, Role::EpCscf, &[]),
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    )
}

#[track_caller]
fn unmet(record: &CaseRecord, came: &str) {
    assert_eq!(
        said(record),
        ("inconclusive", "control_failed".to_owned()),
        "{record:#?}"
    );
    assert!(
        record.findings[0].came.contains(came),
        "{:?} has no {came:?}",
        record.findings[0].came
    );
}

#[test]
fn what_a_wic_may_ask() {
    passes(&edge_asked("wic.expect", json!({ "status": ["2xx"] })));
    passes(&edge_asked(
        "wic.expect",
        json!({ "http-status": ["101"], "header": { "Sec-WebSocket-Protocol": "sip" } }),
    ));
    unmet(
        &edge_asked("wic.expect", json!({ "status": ["403", "401"] })),
        "SIP/2.0 200",
    );
    unmet(
        &edge_asked(
            "wic.expect",
            json!({ "status": ["200"], "header": { "Service-Route": "*" } }),
        ),
        "no Service-Route",
    );
    unmet(
        &edge_asked(
            "wic.expect",
            json!({ "status": ["200"], "header": { "Call-ID": "none" } }),
        ),
        "Call-ID:",
    );
    unmet(
        &edge_asked("wic.expect", json!({ "version": ["1.3"] })),
        "none",
    );
    unmet(
        &edge_asked("wic.expect", json!({ "method": "MESSAGE" })),
        "nothing",
    );
}

#[test]
fn a_request_of_the_network_comes_on_the_connection_that_is_named() {
    let arrived = |fields: Value| {
        let mut made = Made::new(Role::EpCscf, "ok");
        made.act("wic.connect", json!({ "connection": "bob" }));
        made.opened(1, Interface::W2, Side::Us, "edge");
        made.act("wic.connect", json!({}));
        made.opened(2, Interface::W2, Side::Us, "edge");
        made.act("core.send", json!({ "person": "bob" }));
        made.came(
            2,
            Interface::W2,
            "MESSAGE sip:x SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n\r\n",
        );
        made.act("wic.expect", fields);
        made.end();
        control(&made)
    };
    passes(&arrived(json!({ "method": "MESSAGE" })));
    passes(&arrived(
        json!({ "method": "MESSAGE", "connection": "main" }),
    ));
    unmet(
        &arrived(json!({ "method": "MESSAGE", "connection": "bob" })),
        "another connection",
    );
}

#[test]
fn what_a_core_may_ask() {
    passes(&edge_asked(
        "core.expect",
        json!({ "method": "REGISTER", "label": ["auth-done"], "party": "A" }),
    ));
    unmet(
        &edge_asked("core.expect", json!({ "impi": "bob0@op.example" })),
        "alice0@op.example",
    );
    unmet(
        &edge_asked("core.expect", json!({ "impu": "sip:bob0@op.example" })),
        "sip:alice0@op.example",
    );
    unmet(
        &edge_asked("core.expect", json!({ "label": ["none"] })),
        "auth-done",
    );
    unmet(&edge_asked("core.expect", json!({ "party": "B" })), "waf-a");
    unmet(
        &edge_asked("core.expect", json!({ "method": "INVITE" })),
        "REGISTER",
    );
}

#[test]
fn a_silent_sut_is_told_from_one_that_refuses() {
    let silent = |came: bool| {
        let mut made = Made::new(Role::Core, "ok");
        made.act("ep-cscf.send", json!({ "message": "register" }));
        made.sent(
            1,
            Interface::Mw,
            "REGISTER sip:op SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        if came {
            made.came(
                1,
                Interface::Mw,
                "SIP/2.0 403 No\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
            );
        }
        let step = made.act("ep-cscf.expect", json!({ "status": ["200"] }));
        made.event(What::TimedOut {
            step,
            awaited: "200".to_owned(),
            after_ms: 2000,
        });
        made.end();
        control(&made)
    };
    assert_eq!(
        said(&silent(false)),
        ("inconclusive", "sut_silent".to_owned())
    );
    assert_eq!(
        said(&silent(true)),
        ("inconclusive", "control_failed".to_owned())
    );
}

/// Whoever reads it has to know what took the time, and what it is called in the SUT file.
#[test]
fn a_step_that_the_play_did_not_come_to_tells_which_took_its_time() {
    let mut made = Made::new(Role::EpCscf, "ok");
    made.act("waf.issue", json!({ "token": "hers" }));
    let revoke = made.act("waf.revoke", json!({ "token": "hers" }));
    made.event(What::TimedOut {
        step: revoke,
        awaited: "the end of the case".to_owned(),
        after_ms: 10_000,
    });
    made.step("wic.expect", json!({ "status": ["200"] }));
    made.end();
    let record = control(&made);
    assert_eq!(
        record.reason.unwrap().message,
        "expected the step wic.expect is played, came the play ended before it: waf.revoke was not done when the case had taken \
         10000 ms (case-time)"
    );
}

/// What the SUT says of its reason is the first thing that helps; a nonce is another in every run.
#[test]
fn what_a_refusal_says_of_its_reason_is_told() {
    let came = |status: &str, fields: &str| {
        let mut made = Made::new(Role::Core, "ok");
        made.act("ep-cscf.send", json!({ "message": "register" }));
        let head = "To: <sip:a@op>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n";
        made.sent(
            1,
            Interface::Mw,
            &format!("REGISTER sip:op SIP/2.0\r\n{head}\r\n"),
        );
        made.came(
            1,
            Interface::Mw,
            &format!("SIP/2.0 {status}\r\n{head}{fields}\r\n"),
        );
        made.act("ep-cscf.expect", json!({ "status": ["486"] }));
        made.end();
        let message = control(&made).reason.unwrap().message;
        message.split_once("came ").unwrap().1.to_owned()
    };
    for (status, fields, told) in [
        (
            "401 No",
            "WWW-Authenticate: Digest realm=\"op\", nonce=\"1\"\r\nWWW-Authenticate: Bearer realm=\"op\", error=\"invalid_token\", x=1\r\n",
            "SIP/2.0 401 No (To sip:a@op, error=\"invalid_token\")",
        ),
        (
            "403 No",
            "Warning: 399 edge \"no grant\"\r\n",
            "SIP/2.0 403 No (To sip:a@op, Warning: 399 edge \"no grant\")",
        ),
        (
            "500 No",
            "Reason: SIP;cause=1\r\n",
            "SIP/2.0 500 No (To sip:a@op, Reason: SIP;cause=1)",
        ),
        ("403 No", "", "SIP/2.0 403 No (To sip:a@op)"),
        (
            "200 OK",
            "Warning: 399 edge \"x\"\r\n",
            "SIP/2.0 200 OK (To sip:a@op)",
        ),
    ] {
        assert_eq!(came(status, fields), told);
    }
}

/// A port that takes connections and says nothing serves as little as one that nobody listens at.
#[test]
fn a_connection_on_which_nobody_speaks_is_silence() {
    let connected = |told: fn(&mut Made)| {
        let mut made = Made::new(Role::EpCscf, "ok");
        let step = made.act("wic.connect", json!({}));
        made.opened(1, Interface::W2, Side::Us, "edge");
        told(&mut made);
        made.event(What::StepFailed {
            step,
            by: Side::Sut,
            why: "no handshake".to_owned(),
        });
        made.end();
        said(&control(&made)).1
    };
    assert_eq!(connected(|_| ()), "sut_silent");
    let secured_only = connected(|made| {
        made.secured(1, TlsFacts::default());
    });
    assert_eq!(secured_only, "sut_silent");
    let given_up = connected(|made| {
        made.event(What::NotSecured {
            connection: 1,
            tls: TlsFacts::default(),
            by: Side::Us,
            alert: None,
            why: "timed out".to_owned(),
        });
    });
    assert_eq!(given_up, "sut_silent");
    let refused = connected(|made| {
        made.event(What::NotSecured {
            connection: 1,
            tls: TlsFacts::default(),
            by: Side::Sut,
            alert: Some(40),
            why: "handshake_failure".to_owned(),
        });
    });
    assert_eq!(refused, "sut_refuses");
    let spoke = connected(|made| {
        made.secured(1, TlsFacts::default());
        made.came(1, Interface::W2, "HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    assert_eq!(spoke, "sut_refuses");
}

#[test]
fn a_step_that_failed_is_somebodys_doing() {
    let failed = |by| {
        let mut made = Made::new(Role::EpCscf, "ok");
        let step = made.act("wic.connect", json!({}));
        made.event(What::StepFailed {
            step,
            by,
            why: "it went wrong".to_owned(),
        });
        made.end();
        said(&control(&made))
    };
    assert_eq!(
        failed(Side::Sut),
        ("inconclusive", "sut_refuses".to_owned())
    );
    assert_eq!(failed(Side::Us), ("error", "error".to_owned()));
    assert_eq!(failed(Side::System), ("error", "error".to_owned()));
}

#[test]
fn what_a_waf_may_ask() {
    let asked = |fields: Value| {
        let mut made = Made::new(Role::Wwsf, "ok");
        made.fact("party.A.client-id", "wwsf-a");
        made.act("wic.ask", json!({}));
        made.opened(1, Interface::W4, Side::Sut, "waf").secured(
            1,
            TlsFacts {
                peer_chain: vec![evidence::Bytes(vec![1])],
                ..TlsFacts::default()
            },
        );
        made.came(1, Interface::W4, "POST /token HTTP/1.1\r\n\r\ngrant_type=client_credentials&client_id=wwsf-a&login_hint=alice0");
        made.act("waf.expect", fields);
        made.end();
        control(&made)
    };
    passes(&asked(
        json!({ "request": "token", "client": "A", "user": "alice", "certificate": "yes" }),
    ));
    passes(&asked(json!({ "certificate": "yes" })));
    unmet(
        &asked(json!({ "request": "token", "client": "B" })),
        "wwsf-a",
    );
    unmet(
        &asked(json!({ "request": "token", "user": "bob" })),
        "alice0",
    );
    unmet(
        &asked(json!({ "request": "token", "certificate": "no" })),
        "a client certificate",
    );
    unmet(&asked(json!({ "request": "jwks" })), "POST /token");
}

/// A request to a WAF under test, its answer, and one question about it.
fn waf_asked(interface: Interface, body: &str, verb: &str, fields: Value) -> CaseRecord {
    let mut made = Made::new(Role::Waf, "ok");
    made.act("wwsf.request", json!({}));
    made.opened(1, interface, Side::Us, "waf")
        .secured(1, TlsFacts::default());
    made.sent(1, interface, "POST /token HTTP/1.1\r\n\r\nx=y");
    made.came(1, interface, &format!("HTTP/1.1 200 OK\r\n\r\n{body}"));
    made.act(verb, fields);
    made.end();
    control(&made)
}

#[test]
fn what_a_portal_may_ask_of_a_waf() {
    let given =
        r#"{"access_token":"abc","impi":"alice0@op.example","impu":["sip:alice0@op.example"]}"#;
    let asked = |body, fields| waf_asked(Interface::W4, body, "wwsf.expect", fields);
    let all = json!({ "status": ["200"], "token": "yes", "impi": "alice0@op.example", "impu": "sip:alice0@OP.example" });
    passes(&asked(given, all));
    unmet(&asked(given, json!({ "token": "no" })), "200 OK");
    unmet(
        &asked(given, json!({ "impi": "bob0@op.example" })),
        "200 OK with alice0@op.example",
    );
    // An opaque token says nothing by itself, and nobody has to say it beside the token.
    let opaque = r#"{"access_token":"abc","token_type":"Bearer"}"#;
    passes(&asked(
        opaque,
        json!({ "token": "yes", "impi": "alice0@op.example" }),
    ));
    unmet(
        &asked("{}", json!({ "impi": "alice0@op.example" })),
        "200 OK with no identity",
    );
    unmet(&asked("{}", json!({ "token": "yes" })), "200 OK");
}

#[test]
fn what_an_edge_may_ask_of_a_waf() {
    let active = r#"{"active":true,"impi":"alice0@op.example"}"#;
    let asked = |fields| waf_asked(Interface::Introspection, active, "ep-cscf.expect", fields);
    passes(&asked(
        json!({ "active": ["true"], "impi": "alice0@op.example" }),
    ));
    unmet(&asked(json!({ "active": ["false"] })), "active is true");
}

#[test]
fn how_many_bindings_a_query_tells() {
    let asked = |wanted: &str| {
        let mut made = Made::new(Role::Core, "ok");
        made.act("ep-cscf.send", json!({ "message": "query" }));
        made.sent(
            1,
            Interface::Mw,
            "REGISTER sip:op SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        made.came(1, Interface::Mw, "SIP/2.0 200 OK\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@b>, <sip:c@d>\r\n\r\n");
        made.act(
            "ep-cscf.expect",
            json!({ "status": ["200"], "bindings": [wanted] }),
        );
        made.end();
        control(&made)
    };
    passes(&asked("2"));
    unmet(&asked("0"), "2 bindings");
}

#[test]
fn an_answer_behind_the_step_that_asks_is_too_late() {
    let asked = |late: bool| {
        let mut made = Made::new(Role::Core, "ok");
        made.act("ep-cscf.send", json!({ "message": "register" }));
        made.sent(
            1,
            Interface::Mw,
            "REGISTER sip:op SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        let answer = "SIP/2.0 200 OK\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n";
        if !late {
            made.came(1, Interface::Mw, answer);
        }
        made.act("ep-cscf.expect", json!({ "status": ["200"] }));
        made.end();
        if late {
            made.came(1, Interface::Mw, answer);
        }
        control(&made)
    };
    passes(&asked(false));
    unmet(&asked(true), "too late");
}

/// A client that has not come back cannot be lied to on its return.
#[test]
fn on_how_many_connections_a_client_registers() {
    let registered = |connections: &[u32]| {
        let mut made = Made::new(Role::Wic, "ok");
        made.act("wic.visit", json!({ "person": "alice" }));
        for connection in connections {
            let register = "REGISTER sip:op SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n";
            made.came(*connection, Interface::W2, register);
        }
        let twice = json!({ "method": "REGISTER", "connections": 2 });
        made.act("ep-cscf.expect", twice);
        made.end();
        control(&made)
    };
    passes(&registered(&[1, 2]));
    unmet(&registered(&[1, 1]), "REGISTER on 1");
}
