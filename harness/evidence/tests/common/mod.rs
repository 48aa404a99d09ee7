//! Events and records with every kind of content.
#![allow(dead_code, reason = "each test file uses a part of it")]

use evidence::event::{Direction, Layer, Place, Plan, PlanStep, Side, TlsFacts};
use evidence::record::{
    Cause, Counts, Difference, EventRef, FORMAT, Kind, Part, PlannedRun, PlayRef, Reason,
    RequirementRecord, RoleRecord, RoleVerdict, SlowCase, SutRecord,
};
use evidence::{CaseRecord, Finding, Interface, Role, RunRecord, Verdict, What};

/// One event of each kind.
pub(crate) fn events() -> Vec<What> {
    let mut all = vec![
        What::Plan(Box::new(plan())),
        What::StepBegan { step: 0 },
        What::Stimulus {
            step: 0,
            layer: Layer::Sip,
            text: sip(),
        },
    ];
    all.extend(connection_events());
    all.extend(other_events());
    all
}

fn connection_events() -> [What; 7] {
    let tls = TlsFacts {
        version: Some("1.3".to_owned()),
        peer_chain: vec![vec![0x30, 0x82, 0xff].into()],
        ..TlsFacts::default()
    };
    let why = "\u{1b}[31mreset \"by peer\"".to_owned();
    [
        What::Opened {
            connection: 1,
            interface: Interface::W2,
            transport: "tcp".to_owned(),
            from: "127.0.0.2:5000".to_owned(),
            to: "127.0.0.5:443".to_owned(),
            by: Side::Us,
        },
        What::NotOpened {
            interface: Interface::Mw,
            to: "127.0.0.6:5060".to_owned(),
            why: why.clone(),
        },
        What::Secured {
            connection: 1,
            tls: tls.clone(),
        },
        What::NotSecured {
            connection: 2,
            tls,
            by: Side::Sut,
            alert: Some(70),
            why: why.clone(),
        },
        What::Message {
            connection: 1,
            interface: Interface::W2,
            direction: Direction::Received,
            layer: Layer::Websocket,
            bytes: vec![0, 0xff, 0xfe, b'\n', 0x80].into(),
            cut_from: Some(1 << 40),
            late: true,
        },
        What::Message {
            connection: 1,
            interface: Interface::W2,
            direction: Direction::Sent,
            layer: Layer::Sip,
            bytes: sip(),
            cut_from: None,
            late: false,
        },
        What::Closed {
            connection: 1,
            by: Side::System,
            why,
        },
    ]
}

fn other_events() -> [What; 11] {
    let name = "hers".to_owned();
    let words = "words\nof two lines".to_owned();
    [
        What::StepFailed {
            step: 1,
            by: Side::System,
            why: words.clone(),
        },
        What::TimedOut {
            step: 1,
            awaited: "REGISTER".to_owned(),
            after_ms: 2_000,
        },
        What::Fresh {
            name: name.clone(),
            value: "z9hG4bK1".to_owned(),
        },
        What::Token {
            name: name.clone(),
            compact: "e30.e30.".to_owned(),
            text: words.clone(),
            step: 0,
        },
        What::Hook {
            name,
            request: serde_json::json!({ "impu": "sip:a@b", "count": 2 }),
            answer: serde_json::json!([null, true, { "event": "note" }]),
        },
        What::Sentinel {
            play: "a@1#2".to_owned(),
            path: "new".to_owned(),
        },
        What::Ended,
        What::Restored {
            what: "deregister".to_owned(),
            failed: None,
        },
        What::Restored {
            what: "deregister".to_owned(),
            failed: Some(words.clone()),
        },
        What::WatchEnded,
        What::Note { text: words },
    ]
}

fn sip() -> evidence::Bytes {
    b"REGISTER sip:ims.example SIP/2.0\r\n\r\n".to_vec().into()
}

fn plan() -> Plan {
    let step = PlanStep {
        verb: "wic.send".to_owned(),
        name: Some("refresh".to_owned()),
        fields: serde_json::json!({ "set": ["To: <sip:b@ims.example>"], "within": 1.5 }),
        place: place(),
    };
    Plan {
        play: "epc-id-to-swap@2#1".to_owned(),
        number: 7,
        script: "epc-id-to-swap".to_owned(),
        title: "To names another IMPU".to_owned(),
        sut: Some(Role::EpCscf),
        registration: 2,
        wall_clock_ms: 1_795_575_600_000,
        steps: vec![step],
        departs: Some(0),
        departure: Some("in words".to_owned()),
        answers: [("to-mismatch".to_owned(), vec!["reject".to_owned()])].into(),
        facts: [("alice.impi".to_owned(), "alice@ims.example".to_owned())].into(),
    }
}

fn place() -> Place {
    Place {
        file: "ep-cscf/identity.toml".to_owned(),
        line: 42,
        column: 24,
        length: 5,
        text: "change = 1".to_owned(),
    }
}

pub(crate) fn case() -> CaseRecord {
    let finding = Finding {
        oracle: "nothing-on-mw".to_owned(),
        verdict: Verdict::Fail,
        clauses: vec!["REQ-4.b".to_owned()],
        expected: "no REGISTER".to_owned(),
        came: "REGISTER".to_owned(),
        place: place(),
        events: vec![EventRef {
            play: "epc-id-to-swap@2#1".to_owned(),
            n: 9,
        }],
    };
    CaseRecord {
        case: "epc-id-to-swap[v]@2".to_owned(),
        slug: "epc-id-to-swap".to_owned(),
        variant: Some("v".to_owned()),
        title: "To names another IMPU".to_owned(),
        kind: Kind::Attack,
        role: Role::EpCscf,
        registration: 2,
        control: "ok-epc-sc2".to_owned(),
        checks: vec!["REQ-4.b".to_owned()],
        verdict: Verdict::Fail,
        reason: Some(Reason {
            code: "nothing-on-mw".to_owned(),
            message: "it left".to_owned(),
            help: Some("look".to_owned()),
        }),
        findings: vec![finding.clone()],
        advisories: vec![Finding {
            verdict: Verdict::Pass,
            ..finding
        }],
        changed: vec![Difference {
            at: "wic.send, SIP".to_owned(),
            control: None,
            attack: Some("To: b".to_owned()),
        }],
        absence: Some("a sentinel".to_owned()),
        plays: [Part::ControlBefore, Part::Attack, Part::ControlAfter]
            .map(|part| PlayRef {
                play: "a@2#1".to_owned(),
                part,
            })
            .to_vec(),
        duration_us: 18_400,
        waited_for: Some("an answer".to_owned()),
        background: None,
    }
}

pub(crate) fn run() -> RunRecord {
    let requirement = RequirementRecord {
        verdict: Some(Verdict::Fail),
        cases: vec![case().case],
        level: "seed-shall".to_owned(),
        mandatory: true,
        text: "in our words".to_owned(),
        source: "seed REQ 4".to_owned(),
        interfaces: vec!["W2".to_owned()],
    };
    let role = RoleRecord {
        verdict: RoleVerdict::NonConforming,
        passed: 1,
        failed: 2,
        undecided: 3,
        uncovered: 4,
        deselected: 5,
        advisory_failed: 6,
    };
    RunRecord {
        format: FORMAT.to_owned(),
        planned: planned(),
        exit_code: 1,
        exit_reason: "a mandatory requirement failed".to_owned(),
        verdicts: Counts {
            fail: 1,
            ..Counts::default()
        },
        plays: 3,
        requirements: [("REQ-4.b@ep-cscf".to_owned(), requirement)].into(),
        roles: Role::ALL.iter().map(|word| (*word, role.clone())).collect(),
        causes: vec![Cause {
            text: "it left".to_owned(),
            verdict: Verdict::Fail,
            help: String::new(),
            cases: vec![case().case],
            clauses: vec![],
        }],
        slowest: vec![SlowCase {
            case: case().case,
            duration_us: 1,
            waited_for: String::new(),
        }],
        interrupted: true,
        seconds: 2.5,
        setup_seconds: 0.25,
        report_seconds: 0.0,
        plays_per_second: 512.125,
    }
}

fn planned() -> PlannedRun {
    PlannedRun {
        run_id: "20261125-1".to_owned(),
        sut: SutRecord {
            name: "Edge".to_owned(),
            roles: vec![Role::EpCscf],
            defect: Some("trusts-to-header".to_owned()),
            addresses: Interface::ALL
                .iter()
                .map(|interface| (*interface, "127.0.0.5:443".to_owned()))
                .collect(),
            ..SutRecord::default()
        },
        seed: u64::MAX,
        cases: vec![case().case],
        command: vec!["wicheck".to_owned(), "run".to_owned()],
        ..PlannedRun::default()
    }
}
