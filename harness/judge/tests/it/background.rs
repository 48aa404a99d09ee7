//! Clients of other parties at work in the background: whose messages theirs are, how they are counted, what they may not be denied.

use evidence::event::Side;
use evidence::record::{Background, CaseRecord, Kind, Served};
use evidence::{Interface, Role, Verdict, What};
use judge::{Logs, judge};
use rstest::rstest;
use serde_json::json;

use super::build::{Made, case};

const CLIENT: u32 = 7;
const PHASES: [&str; 3] = ["before", "during", "after"];

/// A play in which a client of B works before, while and after A is off; `acts` is asked in each phase.
fn played(acts: impl Fn(&mut Made, &str)) -> CaseRecord {
    let mut made = Made::new(Role::EpCscf, "ok");
    let work = made.act("wic.background", json!({ "without": "A" }));
    made.opened(CLIENT, Interface::W2, Side::Us, "127.0.0.31:1");
    made.event(What::Background {
        step: work,
        connection: CLIENT,
        impi: "carol0@op.example".to_owned(),
        party: "B".to_owned(),
    });
    acts(&mut made, PHASES[0]);
    made.act("sut.party", json!({ "party": "A", "on": false }));
    acts(&mut made, PHASES[1]);
    made.act("sut.party", json!({ "party": "A", "on": true }));
    acts(&mut made, PHASES[2]);
    made.end();
    let log = made.log();
    let logs = Logs {
        control_before: Some(&log),
        ..Logs::default()
    };
    judge(
        &case(Kind::Audit, Role::EpCscf, &["background-served"]),
        &logs,
    )
}

fn registers(made: &mut Made, phase: &str, status: Option<u16>) {
    let cseq = PHASES.iter().position(|each| *each == phase);
    let fields = format!(
        "To: <sip:carol0@op.example>\r\nCall-ID: wx1qcarol\r\nCSeq: {} REGISTER\r\n\r\n",
        cseq.unwrap_or_default() + 1
    );
    made.sent(
        CLIENT,
        Interface::W2,
        &format!("REGISTER sip:op.example SIP/2.0\r\n{fields}"),
    );
    if let Some(status) = status {
        made.came(
            CLIENT,
            Interface::W2,
            &format!("SIP/2.0 {status} Said\r\n{fields}"),
        );
    }
}

const fn of(served: u64, exchanges: u64) -> Served {
    Served { exchanges, served }
}

#[test]
fn whoever_is_served_throughout_is_counted_and_passes() {
    let record = played(|made, phase| registers(made, phase, Some(200)));
    assert_eq!(record.verdict, Verdict::Pass, "{record:?}");
    let counted = Background {
        before: of(1, 1),
        during: of(1, 1),
        after: of(1, 1),
    };
    assert_eq!(record.background, Some(counted));
}

#[rstest]
#[case::refused("during", Some(403))]
#[case::silent("during", None)]
#[case::refused_after("after", Some(503))]
fn whoever_is_denied_once_fails(#[case] when: &str, #[case] status: Option<u16>) {
    let record = played(|made, phase| {
        registers(made, phase, if phase == when { status } else { Some(200) });
    });
    assert_eq!(record.verdict, Verdict::Fail, "{record:?}");
    let counted = record.background.expect("a count");
    let denied = if when == "during" {
        counted.during
    } else {
        counted.after
    };
    assert_eq!(denied, of(0, 1));
}

#[test]
fn a_connection_that_the_sut_ends_between_two_exchanges_fails() {
    let record = played(|made, phase| {
        registers(made, phase, Some(200));
        if phase == "after" {
            made.closed(CLIENT, Side::Sut);
        }
    });
    assert_eq!(record.verdict, Verdict::Fail, "{record:?}");
}

#[test]
fn whom_the_sut_does_not_serve_anyway_is_no_proof() {
    let record = played(|made, phase| registers(made, phase, Some(403)));
    assert_eq!(record.verdict, Verdict::Inconclusive, "{record:?}");
    let idle = played(|made, phase| {
        if phase == "before" {
            registers(made, phase, Some(200));
        }
    });
    assert_eq!(idle.verdict, Verdict::Inconclusive, "{idle:?}");
}

/// An absence in a log that lacks what the SUT did proves nothing.
#[test]
fn a_flooded_log_decides_nothing() {
    let record = played(|made, phase| {
        registers(made, phase, Some(200));
        if phase == "after" {
            made.event(What::Flooded);
        }
    });
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        record.reason.map(|reason| reason.code).as_deref(),
        Some("flooded")
    );
}
