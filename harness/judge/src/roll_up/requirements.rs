//! The verdict of a clause at a role: the join over the cases that check it, each by the findings that count for that clause.

use std::collections::{BTreeMap, BTreeSet};

use evidence::record::{CaseRecord, Kind, RequirementRecord};
use evidence::{Role, Verdict};
use script::catalogue::Requirement;

use super::{Rolling, is_decided, roles_of};
use crate::case::ALIVE_CLAUSE;

/// Every clause that is asked of a role of the run, by `id@role`.
pub(super) fn requirements(rolling: &Rolling<'_>) -> BTreeMap<String, RequirementRecord> {
    let roles = roles_of(rolling);
    let asked = roles.iter().flat_map(|role| {
        clauses(rolling, *role)
            .into_iter()
            .map(move |clause| (*role, clause))
    });
    asked
        .map(|(role, clause)| {
            (
                format!("{}@{role}", clause.id),
                record(rolling, role, clause),
            )
        })
        .collect()
}

/// The clauses of a role; of a network, which is no node, those that its scenarios claim.
fn clauses<'a>(rolling: &Rolling<'a>, role: Role) -> Vec<&'a Requirement> {
    let claimed: BTreeSet<&str> = rolling
        .suite
        .attacks
        .values()
        .filter(|attack| attack.sut == role)
        .flat_map(|attack| attack.checks.iter().map(|check| check.text.as_str()))
        .collect();
    let asked = |clause: &&Requirement| match role {
        Role::Network => {
            claimed.contains(clause.id.as_str()) || clause.id == ALIVE_CLAUSE && !claimed.is_empty()
        }
        _ => clause.roles.contains(&role),
    };
    rolling.suite.requirements.iter().filter(asked).collect()
}

fn record(rolling: &Rolling<'_>, role: Role, clause: &Requirement) -> RequirementRecord {
    let checks: Vec<&CaseRecord> = rolling
        .records
        .iter()
        .filter(|record| record.role == role && checks(record, &clause.id))
        .collect();
    RequirementRecord {
        verdict: join(checks.iter().map(|record| of_clause(record, &clause.id))),
        cases: checks.iter().map(|record| record.case.clone()).collect(),
        level: clause.level.clone(),
        mandatory: clause.mandatory(&rolling.planned.profile),
        text: clause.text.clone(),
        source: clause.source.clone(),
        interfaces: clause.interface.clone(),
    }
}

/// Whether a case says something about a clause. Every attack that was decided says something about [`ALIVE_CLAUSE`].
fn checks(record: &CaseRecord, clause: &str) -> bool {
    if clause != ALIVE_CLAUSE {
        return record.checks.iter().any(|check| check == clause);
    }
    let tells = is_decided(record) || alive_undecided(record) || has_finding(record, clause);
    record.checks.iter().any(|check| check == clause) || record.kind == Kind::Attack && tells
}

fn has_finding(record: &CaseRecord, clause: &str) -> bool {
    record
        .findings
        .iter()
        .any(|finding| finding.clauses.iter().any(|own| own == clause))
}

/// Whether the control after the attack left open if the SUT is alive.
fn alive_undecided(record: &CaseRecord) -> bool {
    record.reason.as_ref().is_some_and(|reason| {
        matches!(
            reason.code.as_str(),
            "control_failed_after" | "no_control_after"
        )
    })
}

/// What a case says about one clause: the worst finding that counts for it; without one, a broken oracle elsewhere means that
/// those of this clause held.
pub(super) fn of_clause(record: &CaseRecord, clause: &str) -> Verdict {
    let own = record
        .findings
        .iter()
        .filter(|finding| finding.clauses.iter().any(|own| own == clause));
    if let Some(worst) = own.map(|finding| finding.verdict).max() {
        return worst;
    }
    match record.verdict {
        Verdict::Fail => Verdict::Pass,
        Verdict::Inconclusive if alive_undecided(record) && clause != ALIVE_CLAUSE => Verdict::Pass,
        verdict => verdict,
    }
}

/// The join of the verdicts of several cases: the worst holds, what does not apply does not count, and a pass beside a case that
/// was planned and not played is no pass yet.
pub(super) fn join(verdicts: impl Iterator<Item = Verdict>) -> Option<Verdict> {
    let all: BTreeSet<Verdict> = verdicts.collect();
    let worst = all.last().copied()?;
    if worst == Verdict::Pass && all.contains(&Verdict::NotRun) {
        Some(Verdict::Inconclusive)
    } else {
        Some(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Error, Fail, Inconclusive, NotApplicable, NotRun, Pass};

    #[test]
    fn the_worst_holds_in_any_order() {
        let table = [
            (vec![], None),
            (vec![NotApplicable], Some(NotApplicable)),
            (vec![NotApplicable, Pass], Some(Pass)),
            (vec![Pass, NotRun], Some(Inconclusive)),
            (vec![NotApplicable, NotRun], Some(NotRun)),
            (vec![Pass, Inconclusive], Some(Inconclusive)),
            (vec![Inconclusive, Fail, Pass], Some(Fail)),
            (vec![Fail, Error], Some(Error)),
        ];
        for (verdicts, expected) in table {
            assert_eq!(join(verdicts.iter().copied()), expected, "{verdicts:?}");
            assert_eq!(
                join(verdicts.iter().rev().copied()),
                expected,
                "{verdicts:?} reversed"
            );
        }
    }
}
