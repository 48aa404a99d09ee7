//! Cases to clauses, roles, causes and the exit status.

use evidence::record::{
    CaseRecord, Difference, Finding, Kind, PlannedRun, Reason, RoleVerdict, SutRecord,
};
use evidence::{Role, Verdict};
use judge::{ALIVE_CLAUSE, Rolling, roll_up};
use script::{Suite, Vocabulary};

const CLAUSES: &str = r#"
[[requirement]]
id = "REQ-4.b"
text = "t"
source = "s"
registration = [2]
roles = ["ep-cscf"]
level = "seed-shall"
held = "h"
violated = "v"
[[requirement]]
id = "PRO-SIP.5"
text = "t"
source = "s"
registration = [2]
roles = ["ep-cscf"]
level = "good-practice"
held = "h"
violated = "v"
[[requirement]]
id = "PRO-ALIVE.1"
text = "t"
source = "s"
registration = [2]
roles = ["ep-cscf"]
level = "good-practice"
held = "h"
violated = "v"
mandatory-always = true
"#;

const SCRIPTS: &str = r#"
sut = "ep-cscf"
[[control]]
id = "ok"
title = "t"
registration = [2]
steps = [{ wic.connect = {} }]
[[attack]]
id = "one"
title = "One"
control = "ok"
checks = ["REQ-4.b"]
proof = ["d"]
change = { wic.connect = { clear = true } }
outcome = "o"
[[attack]]
id = "two"
title = "Two"
control = "ok"
checks = ["PRO-SIP.5"]
proof = ["d"]
change = { wic.connect = { clear = true } }
outcome = "o"
"#;

fn suite() -> Suite {
    let files = [
        ("requirements/req-4.toml", CLAUSES.to_owned()),
        (
            "outcomes.toml",
            "[[outcome]]\nid = \"o\"\ntext = \"t\"\noracles = [\"no-2xx\"]\n".to_owned(),
        ),
        ("ep-cscf/one.toml", SCRIPTS.to_owned()),
    ];
    let vocabulary = Vocabulary {
        defects: vec![("d".to_owned(), Role::EpCscf)],
        oracles: vec!["no-2xx".to_owned()],
        ..Vocabulary::default()
    };
    Suite::read(
        files.map(|(path, text)| (path.to_owned(), text)),
        &vocabulary,
    )
    .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn record(slug: &str, kind: Kind, verdict: Verdict, code: &str) -> CaseRecord {
    let check = if slug == "two" {
        "PRO-SIP.5"
    } else {
        "REQ-4.b"
    };
    CaseRecord {
        case: format!("{slug}@2"),
        slug: slug.to_owned(),
        variant: None,
        title: slug.to_owned(),
        kind,
        role: Role::EpCscf,
        registration: 2,
        control: "ok".to_owned(),
        checks: if kind == Kind::Control {
            Vec::new()
        } else {
            vec![check.to_owned()]
        },
        verdict,
        reason: (!code.is_empty()).then(|| Reason {
            code: code.to_owned(),
            message: "m".to_owned(),
            help: None,
        }),
        findings: Vec::new(),
        advisories: Vec::new(),
        changed: Vec::new(),
        absence: None,
        plays: Vec::new(),
        duration_us: 5,
        waited_for: None,
        background: None,
    }
}

fn control(verdict: Verdict) -> CaseRecord {
    record(
        "ok",
        Kind::Control,
        verdict,
        if verdict == Verdict::Pass {
            ""
        } else {
            "control_failed"
        },
    )
}

fn failed(slug: &str, clause: &str, oracle: &str) -> CaseRecord {
    let mut failed = record(slug, Kind::Attack, Verdict::Fail, oracle);
    failed.findings.push(Finding {
        oracle: oracle.to_owned(),
        verdict: Verdict::Fail,
        clauses: vec![clause.to_owned()],
        expected: "e".to_owned(),
        came: "c".to_owned(),
        place: Default::default(),
        events: Vec::new(),
    });
    failed
}

fn attack(slug: &str, verdict: Verdict) -> CaseRecord {
    match verdict {
        Verdict::Pass => record(slug, Kind::Attack, verdict, ""),
        Verdict::Fail => failed(
            slug,
            if slug == "two" {
                "PRO-SIP.5"
            } else {
                "REQ-4.b"
            },
            "no-2xx",
        ),
        _ => record(slug, Kind::Attack, verdict, "some_reason"),
    }
}

fn planned() -> PlannedRun {
    PlannedRun {
        profile: "seed-strict".to_owned(),
        sut: SutRecord {
            roles: vec![Role::EpCscf],
            ..SutRecord::default()
        },
        command: vec!["wicheck".to_owned(), "run".to_owned()],
        ..PlannedRun::default()
    }
}

fn rolled(
    records: &[CaseRecord],
    baseline: Option<&[CaseRecord]>,
    interrupted: bool,
) -> judge::RollUp {
    let (suite, planned) = (suite(), planned());
    roll_up(&Rolling {
        suite: &suite,
        planned: &planned,
        records,
        baseline,
        interrupted,
    })
}

#[test]
fn the_exit_status_answers_for_what_was_asked() {
    use Verdict::{Error, Fail, Inconclusive, NotApplicable, NotRun, Pass};
    let table = [
        ("all passed", Pass, Pass, Pass, 0),
        ("only what is not mandatory failed", Pass, Pass, Fail, 0),
        ("one does not apply", Pass, Pass, NotApplicable, 0),
        ("a mandatory requirement failed", Pass, Fail, Pass, 1),
        ("failed beats undecided", Pass, Fail, Inconclusive, 1),
        ("one is undecided", Pass, Pass, Inconclusive, 3),
        ("one was not run", Pass, Pass, NotRun, 3),
        ("no attack passed", Pass, NotApplicable, NotApplicable, 3),
        (
            "no first control passed",
            Inconclusive,
            Inconclusive,
            Inconclusive,
            6,
        ),
        ("an error of ours beats all", Pass, Fail, Error, 70),
    ];
    for (why, ok, one, two, code) in table {
        let rolled = rolled(
            &[control(ok), attack("one", one), attack("two", two)],
            None,
            false,
        );
        assert_eq!(rolled.exit_code, code, "{why}: {}", rolled.exit_reason);
        assert!(!rolled.exit_reason.is_empty());
    }
    assert_eq!(rolled(&[], None, false).exit_code, 6);
    assert_eq!(rolled(&[control(Pass)], None, true).exit_code, 130);
}

#[test]
fn a_baseline_forgives_what_it_expects_and_tells_what_drifted() {
    use Verdict::{Fail, Inconclusive, Pass};
    let run = |one, two| vec![control(Pass), attack("one", one), attack("two", two)];
    let code =
        |now: &[CaseRecord], before: &[CaseRecord]| rolled(now, Some(before), false).exit_code;
    assert_eq!(code(&run(Fail, Pass), &run(Fail, Pass)), 0);
    assert_eq!(code(&run(Pass, Pass), &run(Fail, Pass)), 4);
    assert_eq!(code(&run(Fail, Pass), &run(Pass, Pass)), 1);
    assert_eq!(code(&run(Pass, Inconclusive), &run(Pass, Inconclusive)), 0);
    assert_eq!(code(&run(Pass, Pass)[..2], &run(Pass, Fail)), 4);
    // Another reason is another failure.
    let mut other = run(Fail, Pass);
    other[1].reason.as_mut().unwrap().code = "nothing-on-mw".to_owned();
    assert_eq!(code(&other, &run(Fail, Pass)), 1);
}

#[test]
fn a_finding_counts_for_its_own_clauses() {
    let mut both = failed("one", "REQ-4.b", "code");
    both.checks.push("PRO-SIP.5".to_owned());
    let rolled = rolled(
        &[control(Verdict::Pass), both, attack("two", Verdict::Pass)],
        None,
        false,
    );
    let verdict = |clause: &str| rolled.requirements[&format!("{clause}@ep-cscf")].verdict;
    assert_eq!(verdict("REQ-4.b"), Some(Verdict::Fail));
    assert_eq!(verdict("PRO-SIP.5"), Some(Verdict::Pass));
    assert_eq!(verdict(ALIVE_CLAUSE), Some(Verdict::Pass));
    assert_eq!(
        rolled.roles[&Role::EpCscf].verdict,
        RoleVerdict::NonConforming
    );
}

#[test]
fn alive_counts_for_its_clause_alone() {
    let dead = failed("one", ALIVE_CLAUSE, "alive");
    let rolled = rolled(
        &[control(Verdict::Pass), dead, attack("two", Verdict::Pass)],
        None,
        false,
    );
    let verdict = |clause: &str| rolled.requirements[&format!("{clause}@ep-cscf")].verdict;
    assert_eq!(verdict(ALIVE_CLAUSE), Some(Verdict::Fail));
    assert_eq!(verdict("REQ-4.b"), Some(Verdict::Pass));
    assert_eq!(rolled.exit_code, 1);
}

#[test]
fn a_role_conforms_only_when_everything_was_selected_and_decided() {
    let role = |records: &[CaseRecord]| rolled(records, None, false).roles[&Role::EpCscf].clone();
    let all = [
        control(Verdict::Pass),
        attack("one", Verdict::Pass),
        attack("two", Verdict::Pass),
    ];
    assert_eq!(role(&all).verdict, RoleVerdict::Conforming);
    assert_eq!(role(&all).passed, 2);
    let some = role(&all[..2]);
    assert_eq!(
        (some.verdict, some.deselected),
        (RoleVerdict::Indeterminate, 1),
        "PRO-ALIVE.1 is asked of `two` as well"
    );
    assert_eq!(
        role(&[control(Verdict::Pass), all[2].clone()]).deselected,
        2
    );
    assert_eq!(
        role(&[
            control(Verdict::Pass),
            attack("one", Verdict::Inconclusive),
            all[2].clone()
        ])
        .undecided,
        1
    );
    assert_eq!(role(&[]).verdict, RoleVerdict::NotTested);
    let advisory = role(&[all[0].clone(), all[1].clone(), attack("two", Verdict::Fail)]);
    assert_eq!(
        (advisory.verdict, advisory.advisory_failed),
        (RoleVerdict::Conforming, 1)
    );
}

#[test]
fn one_cause_is_told_once() {
    let mut one = attack("one", Verdict::Fail);
    let mut same = attack("one", Verdict::Fail);
    same.case = "one@3".to_owned();
    let mut other = attack("two", Verdict::Fail);
    for (record, line) in [
        (&mut one, "To: bob"),
        (&mut same, "To: bob"),
        (&mut other, "To: carol"),
    ] {
        record.changed.push(Difference {
            at: "wic.send, SIP".to_owned(),
            control: None,
            attack: Some(line.to_owned()),
        });
    }
    let causes = rolled(&[control(Verdict::Pass), one, same, other], None, false).causes;
    assert_eq!(
        causes
            .iter()
            .map(|cause| cause.cases.len())
            .collect::<Vec<_>>(),
        [2, 1]
    );
    // How it is repeated is no help: reports tell it from the plan.
    assert_eq!(causes[0].help, "");
}

#[test]
fn what_kept_the_run_from_its_cases_is_one_cause() {
    let kept = |slug: &str, control: &str, message: &str| {
        let mut kept = record(slug, Kind::Attack, Verdict::NotRun, "sut_silent");
        control.clone_into(&mut kept.control);
        if let Some(reason) = &mut kept.reason {
            message.clone_into(&mut reason.message);
        }
        kept
    };
    let records = [
        kept("one", "ok", "the SUT is silent"),
        kept("two", "ok-other", "the SUT is silent"),
        kept("three", "ok", "it did not start"),
    ];
    let cases: Vec<usize> = rolled(&records, None, false)
        .causes
        .iter()
        .map(|cause| cause.cases.len())
        .collect();
    assert_eq!(cases, [2, 1]);
}

#[test]
fn ten_attacks_behind_a_failed_control_are_one_cause() {
    let mut records = vec![control(Verdict::Inconclusive)];
    for n in 0..10 {
        let mut attack = record("one", Kind::Attack, Verdict::Inconclusive, "control_failed");
        attack.case = format!("one[{n}]@2");
        records.push(attack);
    }
    let causes = rolled(&records, None, false).causes;
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].cases[0], "ok@2");
    assert_eq!(causes[0].cases.len(), 11);
}

/// A SUT that did not start is one cause, on however many honest runs the cases stand.
#[test]
fn what_was_not_played_for_one_reason_is_one_cause() {
    let mut records = Vec::new();
    for n in 0..3 {
        let mut attack = record("one", Kind::Attack, Verdict::NotRun, "sut_not_started");
        attack.case = format!("one[{n}]@2");
        attack.control = format!("ok-{n}");
        records.push(attack);
    }
    let causes = rolled(&records, None, false).causes;
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!(causes[0].cases.len(), 3);
}

#[test]
fn the_slowest_are_told_and_the_counts_add_up() {
    let records: Vec<CaseRecord> = (0..15)
        .map(|n| {
            let mut record = attack("one", Verdict::Pass);
            record.case = format!("one[{n}]@2");
            record.duration_us = n;
            record
        })
        .collect();
    let rolled = rolled(&records, None, false);
    assert_eq!(rolled.slowest.len(), 10);
    assert_eq!(rolled.slowest[0].case, "one[14]@2");
    assert_eq!(rolled.verdicts.total(), 15);
}
