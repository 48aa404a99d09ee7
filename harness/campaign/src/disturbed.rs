//! Which part of a chain something else may have disturbed, so that it is played again alone.

use evidence::record::Finding;
use evidence::{CaseRecord, Verdict};
use script::Case;

use crate::chain::Chain;

/// A control that failed behind the attack and then passed: something else was going on.
fn was_disturbed(record: &CaseRecord) -> bool {
    record
        .reason
        .as_ref()
        .is_some_and(|reason| reason.code == "control_failed_after")
}

/// What a death may have to do with: a case of another lane, whose honest runs found nobody there, as well as the guilty one.
/// Alone, only the guilty one kills again.
fn may_be_of_a_death(record: &CaseRecord) -> bool {
    let found_dead = |finding: &Finding| {
        finding.verdict == Verdict::Fail && finding.oracle == judge::Oracle::Alive.name()
    };
    record.verdict == Verdict::Inconclusive || record.findings.iter().any(found_dead)
}

/// The part of a chain that is to be played again alone. `death`: the SUT was found dead while several lanes were at work.
pub(crate) fn disturbed_part(chain: &Chain, records: &[CaseRecord], death: bool) -> Option<Chain> {
    let touched = |case: &Case| {
        let mut own = records.iter().filter(|record| record.case == case.id);
        own.any(|record| was_disturbed(record) || death && may_be_of_a_death(record))
    };
    if !chain.cases().any(touched) {
        return None;
    }
    let mut again = chain.clone();
    if !(chain.first && touched(&chain.control)) {
        again.first = false;
        again.audits.clear();
        again.attacks.retain(touched);
    }
    Some(again)
}
