//! One cause, one finding: what hangs on the same broken oracle, the same script and the same control is told once.

use std::collections::BTreeMap;

use evidence::Verdict;
use evidence::record::{CaseRecord, Cause};

use super::Rolling;

/// What makes two cases the same cause.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CauseKey<'a> {
    verdict: Verdict,
    code: &'a str,
    /// The script of a failure; the message of what is undeclared or ours.
    what: &'a str,
    control: &'a str,
}

/// Causes, failures first, then by how much hangs on them.
pub(super) fn causes(rolling: &Rolling<'_>) -> Vec<Cause> {
    let mut groups: BTreeMap<CauseKey<'_>, Vec<&CaseRecord>> = BTreeMap::new();
    for record in rolling.records {
        if let Some(key) = key(record) {
            groups.entry(key).or_default().push(record);
        }
    }
    let mut causes: Vec<Cause> = groups.into_values().filter_map(cause).collect();
    causes.sort_by(|one, other| {
        rank(one.verdict)
            .cmp(&rank(other.verdict))
            .then(other.cases.len().cmp(&one.cases.len()))
            .then_with(|| one.cases.cmp(&other.cases))
    });
    causes
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Error => 1,
        Verdict::Inconclusive => 2,
        _ => 3,
    }
}

fn key(record: &CaseRecord) -> Option<CauseKey<'_>> {
    let reason = record.reason.as_ref()?;
    let (code, message) = (reason.code.as_str(), reason.message.as_str());
    let (what, control) = match record.verdict {
        Verdict::Pass | Verdict::NotApplicable => return None,
        // One script is one lie, in whichever registration it is told.
        Verdict::Fail => (record.slug.as_str(), record.control.as_str()),
        Verdict::Error => (message, ""),
        // What was not played has the reason that the message tells, whichever honest run it stands on.
        Verdict::NotRun => (message, ""),
        Verdict::Inconclusive => match code {
            "ics_undeclared" => (message, ""),
            _ => ("", record.control.as_str()),
        },
    };
    // A control that failed and the attacks that stand on it are one cause, whatever each of them is called.
    let code = if record.verdict == Verdict::Inconclusive
        && matches!(code, "sut_refuses" | "sut_silent")
    {
        "control_failed"
    } else {
        code
    };
    Some(CauseKey {
        verdict: record.verdict,
        code,
        what,
        control,
    })
}

fn cause(mut cases: Vec<&CaseRecord>) -> Option<Cause> {
    cases.sort_by_key(|record| {
        (
            record.kind != evidence::record::Kind::Control,
            record.findings.len(),
            record.case.len(),
            record.case.clone(),
        )
    });
    let clearest = *cases.first()?;
    let reason = clearest.reason.as_ref()?;
    let mut clauses: Vec<String> = cases
        .iter()
        .flat_map(|record| record.checks.iter().cloned())
        .collect();
    clauses.sort();
    clauses.dedup();
    let text = match clearest.verdict {
        Verdict::Fail => format!(
            "{}: {}",
            clearest.title,
            clearest
                .findings
                .first()
                .map_or(reason.message.as_str(), |finding| finding.came.as_str())
        ),
        _ => reason.message.clone(),
    };
    Some(Cause {
        text,
        verdict: clearest.verdict,
        help: reason.help.clone().unwrap_or_default(),
        cases: cases.iter().map(|record| record.case.clone()).collect(),
        clauses,
    })
}
