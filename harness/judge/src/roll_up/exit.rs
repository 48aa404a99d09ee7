//! The exit status: it answers for what was asked to run. Highest wins: 70, 6, 1, 3, 4, 0; 130 when a signal cut the run short.
//! 2 (usage) and 5 (bundle) are decided before there is a record.

use std::collections::BTreeMap;

use evidence::Verdict;
use evidence::record::{CaseRecord, INTERRUPTED, Kind, RequirementRecord};

use super::{Rolling, is_decided};
use crate::roll_up::requirements::of_clause;

/// Everything that was planned passed, does not apply, or failed only what is not mandatory.
const PASSED: u8 = 0;
/// A mandatory requirement failed.
const FAILED: u8 = 1;
/// Something planned was not decided.
const UNDECIDED: u8 = 3;
/// Only the expectations drifted.
const DRIFTED: u8 = 4;
/// Nothing could be tested.
const NOT_TESTED: u8 = 6;
/// An error of ours.
const ERROR: u8 = 70;

/// Status and reason, a sentence.
pub(super) fn exit(
    rolling: &Rolling<'_>,
    requirements: &BTreeMap<String, RequirementRecord>,
) -> (u8, String) {
    let held = Baseline::new(rolling.baseline);
    if rolling.interrupted {
        return (INTERRUPTED, "a signal cut the run short".to_owned());
    }
    let by_weight = error(rolling.records)
        .or_else(|| not_tested(rolling.records))
        .or_else(|| failed(rolling, requirements, &held))
        .or_else(|| undecided(rolling.records, &held))
        .or_else(|| Some((DRIFTED, held.drift(rolling.records)?)))
        .or_else(|| none_passed(rolling.records, &held));
    by_weight.unwrap_or_else(|| (PASSED, passed(rolling, requirements)))
}

fn error(records: &[CaseRecord]) -> Option<(u8, String)> {
    let first = records
        .iter()
        .find(|record| record.verdict == Verdict::Error)?;
    let reason = first
        .reason
        .as_ref()
        .map_or("", |reason| reason.message.as_str());
    let ended = many(
        count(records, Verdict::Error),
        "case ended in an error",
        "cases ended in an error",
    );
    Some((ERROR, format!("{ended} of ours: {}: {reason}", first.case)))
}

/// No attack was decided because no first control passed.
fn not_tested(records: &[CaseRecord]) -> Option<(u8, String)> {
    let controls = || records.iter().filter(|record| record.kind == Kind::Control);
    if attacks(records).any(is_decided)
        || controls().any(|control| control.verdict == Verdict::Pass)
    {
        return None;
    }
    let reason = controls().find_map(|control| control.reason.as_ref());
    let message = reason.map_or("no case was played", |reason| reason.message.as_str());
    Some((NOT_TESTED, format!("nothing could be tested: {message}")))
}

fn failed(
    rolling: &Rolling<'_>,
    requirements: &BTreeMap<String, RequirementRecord>,
    held: &Baseline<'_>,
) -> Option<(u8, String)> {
    let failed = failed_mandatory(rolling, requirements, held);
    let first = failed.first()?;
    let many = many(
        failed.len(),
        "mandatory requirement failed",
        "mandatory requirements failed",
    );
    Some((FAILED, format!("{many}, {first} the first")))
}

fn undecided(records: &[CaseRecord], held: &Baseline<'_>) -> Option<(u8, String)> {
    let is_open = |record: &&CaseRecord| {
        matches!(record.verdict, Verdict::Inconclusive | Verdict::NotRun) && !held.expects(record)
    };
    let open: Vec<&CaseRecord> = records.iter().filter(is_open).collect();
    let first = open.first()?;
    let many = many(open.len(), "case was not decided", "cases were not decided");
    Some((UNDECIDED, format!("{many}, {} the first", first.case)))
}

/// A run that passed nothing is no pass, unless a baseline expects just that.
fn none_passed(records: &[CaseRecord], held: &Baseline<'_>) -> Option<(u8, String)> {
    let some =
        attacks(records).any(|record| record.verdict == Verdict::Pass || held.expects(record));
    (!some).then(|| (UNDECIDED, "no attack passed".to_owned()))
}

fn attacks(records: &[CaseRecord]) -> impl Iterator<Item = &CaseRecord> {
    records.iter().filter(|record| record.kind != Kind::Control)
}

fn passed(rolling: &Rolling<'_>, requirements: &BTreeMap<String, RequirementRecord>) -> String {
    let advisory = requirements
        .values()
        .filter(|requirement| !requirement.mandatory && requirement.verdict == Some(Verdict::Fail))
        .count();
    let passed = count(rolling.records, Verdict::Pass);
    let mut reason = many(passed, "case passed", "cases passed");
    if advisory > 0 {
        reason.push_str(&format!(
            "; {} that the profile {} does not make mandatory",
            many(advisory, "requirement failed", "requirements failed"),
            rolling.planned.profile
        ));
    }
    reason
}

fn count(records: &[CaseRecord], verdict: Verdict) -> usize {
    records
        .iter()
        .filter(|record| record.verdict == verdict)
        .count()
}

fn many(count: usize, one: &str, several: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {several}")
    }
}

/// Mandatory clauses with a failure that no baseline expects.
fn failed_mandatory(
    rolling: &Rolling<'_>,
    requirements: &BTreeMap<String, RequirementRecord>,
    held: &Baseline<'_>,
) -> Vec<String> {
    let unexpected = |key: &str, requirement: &RequirementRecord| {
        let clause = key.split('@').next().unwrap_or(key);
        rolling.records.iter().any(|record| {
            requirement.cases.contains(&record.case)
                && of_clause(record, clause) == Verdict::Fail
                && !held.expects(record)
        })
    };
    requirements
        .iter()
        .filter(|(_, requirement)| {
            requirement.mandatory && requirement.verdict == Some(Verdict::Fail)
        })
        .filter(|(key, requirement)| unexpected(key, requirement))
        .map(|(key, _)| key.clone())
        .collect()
}

/// An earlier run that this one is held to.
struct Baseline<'a> {
    cases: Option<BTreeMap<&'a str, &'a CaseRecord>>,
}

impl<'a> Baseline<'a> {
    fn new(records: Option<&'a [CaseRecord]>) -> Self {
        Self {
            cases: records.map(|records| {
                records
                    .iter()
                    .map(|record| (record.case.as_str(), record))
                    .collect()
            }),
        }
    }

    /// Whether a case is not pass in the same way as before.
    fn expects(&self, record: &CaseRecord) -> bool {
        let code = |record: &CaseRecord| record.reason.as_ref().map(|reason| reason.code.clone());
        let before = self
            .cases
            .as_ref()
            .and_then(|cases| cases.get(record.case.as_str()));
        before
            .is_some_and(|before| before.verdict == record.verdict && code(before) == code(record))
    }

    /// What is better than expected, or was expected and is not there any more.
    fn drift(&self, records: &[CaseRecord]) -> Option<String> {
        let cases = self.cases.as_ref()?;
        let now: BTreeMap<&str, &CaseRecord> = records
            .iter()
            .map(|record| (record.case.as_str(), record))
            .collect();
        let bad = cases
            .values()
            .filter(|before| !matches!(before.verdict, Verdict::Pass | Verdict::NotApplicable));
        let drifted: Vec<String> = bad
            .filter_map(|before| match now.get(before.case.as_str()) {
                Some(record) if record.verdict == before.verdict => None,
                Some(record) => Some(format!(
                    "{} was {} and is {}",
                    before.case,
                    before.verdict.word(),
                    record.verdict.word()
                )),
                None => Some(format!(
                    "{} was {} and is not in this run",
                    before.case,
                    before.verdict.word()
                )),
            })
            .collect();
        let first = drifted.first()?;
        Some(format!(
            "{} from the baseline: {first}",
            many(drifted.len(), "case differs", "cases differ")
        ))
    }
}
