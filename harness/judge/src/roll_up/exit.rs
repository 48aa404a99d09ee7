//! The exit status: it answers for what was asked to run. Highest wins: 70, 6, 1, 3, 4, 0; 130 when a signal cut the run short.
//! 2 (usage) and 5 (bundle) are decided before there is a record.

use std::collections::BTreeMap;

use evidence::Verdict;
use evidence::record::{CaseRecord, Kind, RequirementRecord};

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
/// A signal cut the run short.
const INTERRUPTED: u8 = 130;

/// Status and reason, a sentence.
pub(super) fn exit(
    rolling: &Rolling<'_>,
    requirements: &BTreeMap<String, RequirementRecord>,
) -> (u8, String) {
    let records = rolling.records;
    let held = Baseline::new(rolling.baseline);
    if rolling.interrupted {
        return (INTERRUPTED, "a signal cut the run short".to_owned());
    }
    if let Some(error) = records
        .iter()
        .find(|record| record.verdict == Verdict::Error)
    {
        let reason = error
            .reason
            .as_ref()
            .map_or("", |reason| reason.message.as_str());
        return (
            ERROR,
            format!(
                "{} of ours: {}: {reason}",
                many(
                    count(records, Verdict::Error),
                    "case ended in an error",
                    "cases ended in an error"
                ),
                error.case
            ),
        );
    }
    let attacks = || records.iter().filter(|record| record.kind != Kind::Control);
    let controls = records.iter().filter(|record| record.kind == Kind::Control);
    if !attacks().any(is_decided)
        && !controls
            .clone()
            .any(|control| control.verdict == Verdict::Pass)
    {
        let reason = controls
            .into_iter()
            .find_map(|control| control.reason.as_ref())
            .map(|reason| reason.message.clone());
        return (
            NOT_TESTED,
            format!(
                "nothing could be tested: {}",
                reason.unwrap_or_else(|| "no case was played".to_owned())
            ),
        );
    }
    let failed = failed_mandatory(rolling, requirements, &held);
    if let [first, ..] = failed.as_slice() {
        return (
            FAILED,
            format!(
                "{}, {first} the first",
                many(
                    failed.len(),
                    "mandatory requirement failed",
                    "mandatory requirements failed"
                )
            ),
        );
    }
    let open: Vec<&CaseRecord> = records
        .iter()
        .filter(|record| {
            matches!(record.verdict, Verdict::Inconclusive | Verdict::NotRun)
                && !held.expects(record)
        })
        .collect();
    if let [first, ..] = open.as_slice() {
        return (
            UNDECIDED,
            format!(
                "{}, {} the first",
                many(open.len(), "case was not decided", "cases were not decided"),
                first.case
            ),
        );
    }
    if let Some(drift) = held.drift(records) {
        return (DRIFTED, drift);
    }
    if !attacks().any(|record| record.verdict == Verdict::Pass)
        && !attacks().any(|record| held.expects(record))
    {
        return (UNDECIDED, "no attack passed".to_owned());
    }
    (PASSED, passed(rolling, requirements))
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
