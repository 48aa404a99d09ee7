//! The verdict of a role over its mandatory clauses.

use std::collections::{BTreeMap, BTreeSet};

use evidence::record::{RequirementRecord, RoleRecord, RoleVerdict};
use evidence::{Role, Verdict};

use super::{Rolling, roles_of};
use crate::case::ALIVE_CLAUSE;

pub(super) fn roles(
    rolling: &Rolling<'_>,
    requirements: &BTreeMap<String, RequirementRecord>,
) -> BTreeMap<Role, RoleRecord> {
    roles_of(rolling)
        .into_iter()
        .map(|role| (role, role_record(rolling, role, requirements)))
        .collect()
}

fn role_record(
    rolling: &Rolling<'_>,
    role: Role,
    requirements: &BTreeMap<String, RequirementRecord>,
) -> RoleRecord {
    let mut record = RoleRecord {
        verdict: RoleVerdict::NotTested,
        passed: 0,
        failed: 0,
        undecided: 0,
        uncovered: 0,
        deselected: 0,
        advisory_failed: 0,
    };
    let ending = format!("@{role}");
    let mut decided = false;
    for (key, requirement) in requirements {
        let Some(clause) = key.strip_suffix(&ending) else {
            continue;
        };
        decided |= matches!(requirement.verdict, Some(Verdict::Pass | Verdict::Fail));
        if !requirement.mandatory {
            record.advisory_failed += u64::from(requirement.verdict == Some(Verdict::Fail));
            continue;
        }
        let covering = covering(rolling, role, clause);
        match requirement.verdict {
            Some(Verdict::Fail) => record.failed += 1,
            Some(Verdict::Inconclusive | Verdict::Error | Verdict::NotRun) => record.undecided += 1,
            Some(Verdict::NotApplicable) => {}
            Some(Verdict::Pass) if all_selected(rolling, role, &covering) => record.passed += 1,
            None if covering.is_empty() => record.uncovered += 1,
            Some(Verdict::Pass) | None => record.deselected += 1,
        }
    }
    record.verdict = match &record {
        RoleRecord { failed: 1.., .. } => RoleVerdict::NonConforming,
        _ if !decided => RoleVerdict::NotTested,
        RoleRecord {
            undecided: 0,
            uncovered: 0,
            deselected: 0,
            ..
        } => RoleVerdict::Conforming,
        _ => RoleVerdict::Indeterminate,
    };
    record
}

/// The slugs of the suite that check a clause at a role.
fn covering<'a>(rolling: &Rolling<'a>, role: Role, clause: &str) -> BTreeSet<&'a str> {
    let checks = |attack: &&script::scenario::Attack| {
        attack.sut == role
            && (clause == ALIVE_CLAUSE || attack.checks.iter().any(|check| check.text == clause))
    };
    rolling
        .suite
        .attacks
        .values()
        .filter(checks)
        .map(|attack| attack.id.as_str())
        .collect()
}

/// Whether none of them was left out by a selection.
fn all_selected(rolling: &Rolling<'_>, role: Role, covering: &BTreeSet<&str>) -> bool {
    let played: BTreeSet<&str> = rolling
        .records
        .iter()
        .filter(|record| record.role == role)
        .map(|record| record.slug.as_str())
        .collect();
    covering.is_subset(&played)
}
