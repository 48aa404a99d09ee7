//! From cases to clauses, roles, causes, counts and the exit status.

mod causes;
mod exit;
mod requirements;
mod roles;

use std::collections::BTreeMap;

use evidence::record::{
    CaseRecord, Cause, Counts, PlannedRun, RequirementRecord, RoleRecord, SlowCase,
};
use evidence::{Role, Verdict};
use script::Suite;

/// What a run decided, and what it set out to do.
#[derive(Clone, Copy, Debug)]
pub struct Rolling<'a> {
    /// The suite that was played.
    pub suite: &'a Suite,
    /// What was planned.
    pub planned: &'a PlannedRun,
    /// Every case, those left out included.
    pub records: &'a [CaseRecord],
    /// The cases of an earlier run that this one is held to.
    pub baseline: Option<&'a [CaseRecord]>,
    /// Whether a signal cut the run short.
    pub interrupted: bool,
}

/// What the cases say together.
#[derive(Clone, Debug, PartialEq)]
pub struct RollUp {
    /// Cases by verdict.
    pub verdicts: Counts,
    /// Clauses by `id@role`.
    pub requirements: BTreeMap<String, RequirementRecord>,
    /// Roles of the SUT.
    pub roles: BTreeMap<Role, RoleRecord>,
    /// One finding a cause.
    pub causes: Vec<Cause>,
    /// The ten slowest.
    pub slowest: Vec<SlowCase>,
    /// The exit status that answers for what was asked.
    pub exit_code: u8,
    /// Why it is that, a sentence.
    pub exit_reason: String,
}

/// Rolls the cases of a run up. Pure: the same cases give the same.
#[must_use]
pub fn roll_up(rolling: &Rolling<'_>) -> RollUp {
    let mut verdicts = Counts::default();
    for record in rolling.records {
        verdicts.add(record.verdict);
    }
    let requirements = requirements::requirements(rolling);
    let (exit_code, exit_reason) = exit::exit(rolling, &requirements);
    RollUp {
        verdicts,
        roles: roles::roles(rolling, &requirements),
        requirements,
        causes: causes::causes(rolling),
        slowest: slowest(rolling.records),
        exit_code,
        exit_reason,
    }
}

/// How many slow cases are told.
const SLOWEST: usize = 10;

fn slowest(records: &[CaseRecord]) -> Vec<SlowCase> {
    let mut played: Vec<&CaseRecord> = records
        .iter()
        .filter(|record| record.duration_us > 0)
        .collect();
    played.sort_by(|one, other| {
        other
            .duration_us
            .cmp(&one.duration_us)
            .then_with(|| one.case.cmp(&other.case))
    });
    let slow = |record: &&CaseRecord| SlowCase {
        case: record.case.clone(),
        duration_us: record.duration_us,
        waited_for: record.waited_for.clone().unwrap_or_default(),
    };
    played.iter().take(SLOWEST).map(slow).collect()
}

/// The roles that a run answers for.
fn roles_of(rolling: &Rolling<'_>) -> Vec<Role> {
    let mut roles = rolling.planned.sut.roles.clone();
    roles.extend(rolling.records.iter().map(|record| record.role));
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Whether a case is one whose verdict the evidence gave.
fn is_decided(record: &CaseRecord) -> bool {
    matches!(record.verdict, Verdict::Pass | Verdict::Fail)
}
