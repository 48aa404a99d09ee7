//! What stands before an oracle: the order in which a case is decided.

use evidence::event::Layer;
use evidence::record::Kind;
use evidence::{ReadLog, Role, What};
use judge::{Logs, judge};
use script::Applies;
use serde_json::json;

use super::build::case;
use super::scenes::{Edge, edge, fails_by, judged, passes, said, undecided};

fn attack() -> script::Case {
    case(Kind::Attack, Role::EpCscf, &["no-2xx", "nothing-on-mw"])
}

fn failing(n: u32) -> ReadLog {
    Edge {
        status: Some(500),
        on_mw: Vec::new(),
        ..Edge::honest(n)
    }
    .log()
}

#[test]
fn what_does_not_apply_or_is_not_declared_is_never_played() {
    let mut case = attack();
    case.applies = Applies::No {
        item: "multi-id".to_owned(),
        answer: "yes".to_owned(),
    };
    assert_eq!(
        said(&judge(&case, &Logs::default())),
        ("not_applicable", "not_applicable".to_owned())
    );
    case.applies = Applies::Undeclared {
        item: "multi-id".to_owned(),
    };
    let record = judge(&case, &Logs::default());
    undecided(&record, "ics_undeclared");
    assert!(
        record
            .reason
            .unwrap()
            .help
            .unwrap()
            .contains("wicheck init ep-cscf")
    );
}

#[test]
fn what_was_not_played_was_not_run() {
    assert_eq!(said(&judge(&attack(), &Logs::default())).0, "not_run");
    let control = Edge::honest(1).log();
    assert_eq!(
        said(&judge(
            &attack(),
            &Logs {
                control_before: Some(&control),
                ..Logs::default()
            }
        ))
        .0,
        "not_run"
    );
}

#[test]
fn a_sut_that_refuses_everybody_proves_nothing() {
    let record = judged(&attack(), &failing(1), &Edge::refused().log(), &failing(3));
    undecided(&record, "control_failed");
    assert!(record.reason.unwrap().message.contains("SIP/2.0 500"));
}

#[test]
fn a_torn_log_decides_nothing() {
    let mut torn = Edge::refused().log();
    torn.torn = true;
    undecided(
        &judged(
            &attack(),
            &Edge::honest(1).log(),
            &torn,
            &Edge::honest(3).log(),
        ),
        "torn_log",
    );
}

#[test]
fn a_log_without_plan_is_an_error_of_ours() {
    let empty = ReadLog::default();
    assert_eq!(
        said(&judged(&attack(), &empty, &empty, &empty)),
        ("error", "no_plan".to_owned())
    );
}

#[test]
fn a_preamble_that_went_wrong_decides_nothing() {
    let mut log = Edge::refused().log();
    if let What::Plan(plan) = &mut log.events[0].what {
        plan.steps[1] = evidence::PlanStep {
            verb: "wic.expect".to_owned(),
            fields: json!({ "http-status": ["200"] }),
            ..Default::default()
        };
    }
    // The control's plan differs then too, but the preamble is looked at first.
    undecided(
        &judged(
            &attack(),
            &Edge::honest(1).log(),
            &log,
            &Edge::honest(3).log(),
        ),
        "preamble",
    );
}

#[test]
fn a_lie_that_was_not_told_decides_nothing() {
    undecided(
        &edge(
            &["no-2xx"],
            &Edge {
                upgraded: false,
                ..Edge::refused()
            },
        ),
        "not_reached",
    );
}

/// Another lane's attack may have killed the SUT meanwhile.
#[test]
fn a_lie_that_was_not_told_has_harmed_nobody() {
    let not_told = Edge {
        upgraded: false,
        ..Edge::refused()
    };
    let (before, attack_log, after) = (Edge::honest(1).log(), not_told.log(), failing(3));
    let logs = Logs {
        control_before: Some(&before),
        attack: Some(&attack_log),
        control_after: Some(&after),
        after_again: Some(&after),
    };
    undecided(&judge(&attack(), &logs), "not_reached");
}

#[test]
fn a_broken_oracle_beats_an_undecided_one_and_a_missing_sentinel() {
    let record = edge(
        &["bindings-unchanged", "no-2xx"],
        &Edge {
            status: Some(200),
            sentinel: false,
            ..Edge::refused()
        },
    );
    fails_by(&record, "no-2xx");
    undecided(
        &edge(&["bindings-unchanged", "no-2xx"], &Edge::refused()),
        "no_query",
    );
}

#[test]
fn every_broken_oracle_is_a_finding_with_events_and_clauses() {
    let record = edge(
        &["no-2xx", "nothing-on-mw"],
        &Edge {
            status: Some(200),
            on_mw: Edge::honest(2).on_mw,
            ..Edge::refused()
        },
    );
    fails_by(&record, "no-2xx");
    assert_eq!(record.findings.len(), 2);
    assert!(record.findings.iter().all(|finding| {
        finding.clauses == ["REQ-4.b"]
            && finding
                .events
                .iter()
                .all(|event| event.play == "an-attack@2#1")
    }));
}

#[test]
fn a_control_that_fails_twice_after_the_attack_is_a_finding_of_its_own() {
    let (before, attack_log, after, again) = (
        Edge::honest(1).log(),
        Edge::refused().log(),
        failing(3),
        failing(5),
    );
    let logs = Logs {
        control_before: Some(&before),
        attack: Some(&attack_log),
        control_after: Some(&after),
        after_again: Some(&again),
    };
    let record = judge(&attack(), &logs);
    fails_by(&record, "alive");
    assert_eq!(record.findings[0].clauses, [judge::ALIVE_CLAUSE]);
    let well = Edge::honest(5).log();
    undecided(
        &judge(
            &attack(),
            &Logs {
                after_again: Some(&well),
                ..logs
            },
        ),
        "control_failed_after",
    );
    undecided(
        &judge(
            &attack(),
            &Logs {
                after_again: None,
                ..logs
            },
        ),
        "control_failed_after",
    );
    undecided(
        &judge(
            &attack(),
            &Logs {
                control_after: None,
                after_again: None,
                ..logs
            },
        ),
        "no_control_after",
    );
}

#[test]
fn a_dead_sut_leaves_the_attacks_own_clauses_undecided() {
    let (before, after) = (Edge::honest(1).log(), failing(3));
    let silent = Edge {
        sentinel: false,
        ..Edge::refused()
    }
    .log();
    let logs = Logs {
        control_before: Some(&before),
        attack: Some(&silent),
        control_after: Some(&after),
        after_again: Some(&after),
    };
    let record = judge(&attack(), &logs);
    fails_by(&record, "alive");
    let own = record
        .findings
        .iter()
        .find(|finding| finding.clauses == ["REQ-4.b"])
        .unwrap();
    assert_eq!(own.verdict, evidence::Verdict::Inconclusive);
}

#[test]
fn an_unknown_oracle_or_none_is_an_error_of_ours() {
    assert_eq!(
        said(&edge(&["no-such-oracle"], &Edge::refused())),
        ("error", "no_oracle".to_owned())
    );
    let mut case = attack();
    case.outcome = None;
    assert_eq!(
        said(&judged(
            &case,
            &Edge::honest(1).log(),
            &Edge::refused().log(),
            &Edge::honest(3).log()
        )),
        ("error", "no_outcome".to_owned())
    );
}

#[test]
fn the_kind_of_proof_and_the_longest_wait_are_told() {
    let mut made = Edge::refused().made();
    made.wait_ms(50);
    made.stimulus(2, Layer::State, "");
    let record = edge(&["no-2xx"], &Edge::refused());
    passes(&record);
    assert!(
        record
            .absence
            .unwrap()
            .starts_with("every request of the attack got its final answer")
    );
    let late = edge(
        &["no-2xx"],
        &Edge {
            status: None,
            ..Edge::refused()
        },
    );
    passes(&late);
    assert_eq!(
        late.waited_for.as_deref(),
        Some("401 ms for the step wic.expect")
    );
    assert!(late.duration_us > 400_000);
}

#[test]
fn a_control_that_fails_by_an_error_of_ours_does_not_call_the_sut_dead() {
    let (before, attack_log, after) = (Edge::honest(1).log(), Edge::refused().log(), failing(3));
    let mut made = Edge::honest(5).made();
    made.event(What::StepFailed {
        step: 0,
        by: evidence::event::Side::Us,
        why: "no such person".to_owned(),
    });
    let again = made.log();
    for (after, again) in [(&after, &again), (&again, &after)] {
        let logs = Logs {
            control_before: Some(&before),
            attack: Some(&attack_log),
            control_after: Some(after),
            after_again: Some(again),
        };
        undecided(&judge(&attack(), &logs), "control_failed_after");
    }
}
