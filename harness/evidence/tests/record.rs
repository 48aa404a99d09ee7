//! The record of a run: what is written is what is read, and nothing unknown is taken for a verdict.

mod common;

use evidence::record::{Counts, PlannedRun, RoleVerdict};
use evidence::{CaseRecord, RunRecord, Verdict};

#[test]
fn records_come_back_as_they_were() {
    let case: CaseRecord =
        serde_json::from_str(&serde_json::to_string(&common::case()).unwrap()).unwrap();
    assert_eq!(case, common::case());
    let run: RunRecord =
        serde_json::from_str(&serde_json::to_string_pretty(&common::run()).unwrap()).unwrap();
    assert_eq!(run, common::run());
    let planned: PlannedRun =
        serde_json::from_value(serde_json::to_value(&common::run().planned).unwrap()).unwrap();
    assert_eq!(planned, common::run().planned);
}

#[test]
fn a_case_is_one_line() {
    assert!(
        !serde_json::to_string(&common::case())
            .unwrap()
            .contains('\n')
    );
}

#[test]
fn a_word_that_is_no_verdict_is_refused() {
    for word in ["passed", "PASS", "Pass", "", "ok", "warning"] {
        assert!(
            serde_json::from_value::<Verdict>(word.into()).is_err(),
            "{word}"
        );
        assert!(
            serde_json::from_value::<RoleVerdict>(word.into()).is_err(),
            "{word}"
        );
        let mut case = serde_json::to_value(common::case()).unwrap();
        case["verdict"] = word.into();
        assert!(
            serde_json::from_value::<CaseRecord>(case).is_err(),
            "{word}"
        );
    }
}

#[test]
fn a_record_without_its_verdict_is_refused() {
    for member in ["case", "verdict", "role", "plays", "checks"] {
        let mut case = serde_json::to_value(common::case()).unwrap();
        case.as_object_mut().unwrap().remove(member).unwrap();
        assert!(
            serde_json::from_value::<CaseRecord>(case).is_err(),
            "{member}"
        );
    }
    for member in [
        "format",
        "exit_code",
        "verdicts",
        "requirements",
        "roles",
        "causes",
    ] {
        let mut run = serde_json::to_value(common::run()).unwrap();
        run.as_object_mut().unwrap().remove(member).unwrap();
        assert!(
            serde_json::from_value::<RunRecord>(run).is_err(),
            "{member}"
        );
    }
}

#[test]
fn verdicts_are_written_as_their_words() {
    for verdict in Verdict::ALL {
        assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.word());
    }
}

/// An error of ours hides behind no verdict on the SUT, a fail behind nothing that is not decided.
#[test]
fn the_worst_verdict_holds() {
    let order = [
        Verdict::NotApplicable,
        Verdict::NotRun,
        Verdict::Pass,
        Verdict::Inconclusive,
        Verdict::Fail,
        Verdict::Error,
    ];
    assert!(order.is_sorted());
    assert_eq!(Verdict::ALL.len(), order.len());
}

#[test]
fn counts_add_up_to_their_total() {
    let mut counts = Counts::default();
    for (number, verdict) in (1..).zip(Verdict::ALL) {
        (0..number).for_each(|_| counts.add(*verdict));
    }
    let expected = Counts {
        pass: 1,
        fail: 2,
        inconclusive: 3,
        error: 4,
        not_applicable: 5,
        not_run: 6,
    };
    assert_eq!(counts, expected);
    assert_eq!(counts.total(), 21);
}
