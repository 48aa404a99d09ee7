//! A log of arbitrary lines, judged under every oracle: for fuzzers.

use evidence::record::Kind;
use evidence::{Event, ReadLog, Role};
use script::{Applies, Case};

use crate::{Logs, Oracle, judge};

/// Reads bytes as the lines of a log and judges them as control, attack and audit. Must not panic.
pub fn fuzz(data: &[u8]) {
    let events: Vec<Event> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let log = ReadLog {
        events,
        torn: false,
    };
    for kind in [Kind::Control, Kind::Audit, Kind::Attack] {
        let logs = Logs {
            control_before: Some(&log),
            attack: Some(&log),
            control_after: Some(&log),
            after_again: Some(&log),
        };
        let _ = judge(&case(kind), &logs);
    }
}

fn case(kind: Kind) -> Case {
    Case {
        id: "fuzz@2".to_owned(),
        slug: "fuzz".to_owned(),
        variant: None,
        title: String::new(),
        kind,
        sut: Role::EpCscf,
        registration: 2,
        control: "ok".to_owned(),
        checks: vec!["REQ-4.b".to_owned()],
        code_checks: vec!["PRO-SIP.1".to_owned()],
        proof: Vec::new(),
        steps: Vec::new(),
        departs: None,
        judged: Vec::new(),
        departure: Some("fuzz".to_owned()),
        outcome: Some((
            "fuzz".to_owned(),
            Oracle::ALL
                .iter()
                .map(|oracle| oracle.name().to_owned())
                .collect(),
        )),
        codes: Some("bad-token".to_owned()),
        applies: Applies::Yes,
        exclusive: false,
        place: Default::default(),
    }
}
