//! The one screen at the end of a run, and one case in full.

use std::path::Path;

use evidence::record::{Cause, Counts};
use evidence::{CaseRecord, RunRecord, Verdict};

use crate::sheet::Sheet;
use crate::style::{Ink, Style, count, mark, role_verdict, words};
use crate::{command, diagnosis, requirements};

/// Causes shown in full; of the others the first line.
const MOST_CAUSES: usize = 8;
/// Slow cases that are named; `run.json` and the page have ten.
const MOST_SLOW: usize = 3;
/// Runs of fewer cases are over before anybody asks what was slow.
const MANY_CASES: usize = 20;

/// What was tested, the verdict of every requirement, one finding a cause, the roles, and where the rest is.
///
/// `folder` is where the run was written; nothing of it is read.
#[must_use]
pub fn screen(record: &RunRecord, cases: &[CaseRecord], folder: &Path, style: Style) -> String {
    let mut sheet = Sheet::new(style);
    write_subject(&mut sheet, record, cases);
    sheet.gap();
    requirements::write_matrix(&mut sheet, record);
    sheet.gap();
    requirements::write_open(&mut sheet, record);
    write_causes(&mut sheet, record, cases);
    sheet.gap();
    write_advisories(&mut sheet, cases);
    write_background(&mut sheet, cases);
    write_slowest(&mut sheet, record, cases);
    write_roles(&mut sheet, record);
    sheet.gap();
    write_end(&mut sheet, record, folder);
    sheet.into_text()
}

/// One case in full, with the command that repeats it.
#[must_use]
pub fn diagnosis(case: &CaseRecord, command: &str, style: Style) -> String {
    let mut sheet = Sheet::new(style);
    diagnosis::write(&mut sheet, case, command);
    sheet.into_text()
}

/// `3 pass, 1 fail`: verdicts that some case has.
#[must_use]
pub fn counts(counts: &Counts) -> String {
    shares(counts)
        .map(|(verdict, number)| format!("{number} {}", words(verdict)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Verdicts with the number of their cases, without zeros.
pub(crate) fn shares(counts: &Counts) -> impl Iterator<Item = (Verdict, u64)> {
    let number = |verdict| match verdict {
        Verdict::Pass => counts.pass,
        Verdict::Fail => counts.fail,
        Verdict::Inconclusive => counts.inconclusive,
        Verdict::Error => counts.error,
        Verdict::NotApplicable => counts.not_applicable,
        Verdict::NotRun => counts.not_run,
    };
    Verdict::ALL
        .iter()
        .map(move |verdict| (*verdict, number(*verdict)))
        .filter(|(_, number)| *number > 0)
}

/// `Acme Edge 3.2.1, with the defect trusts-to-header`.
pub(crate) fn subject(record: &RunRecord) -> String {
    let sut = &record.planned.sut;
    let mut subject = format!("{} {}", sut.name, sut.version).trim().to_owned();
    if let Some(defect) = &sut.defect {
        subject.push_str(&format!(", with the defect {defect}"));
    }
    subject
}

/// The registrations that the cases play in, `2, 3`.
pub(crate) fn registrations(cases: &[CaseRecord]) -> String {
    let mut all: Vec<u8> = cases.iter().map(|case| case.registration).collect();
    all.sort_unstable();
    all.dedup();
    all.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

fn write_subject(sheet: &mut Sheet, record: &RunRecord, cases: &[CaseRecord]) {
    let planned = &record.planned;
    let roles: Vec<&str> = planned.sut.roles.iter().map(|role| role.word()).collect();
    sheet.labelled(
        "",
        Ink::Bold,
        0,
        &format!(
            "wicheck {} tested {}",
            planned.tool_version,
            subject(record)
        ),
    );
    let scope = format!(
        "as {}, registration {}, profile {}, seed {}",
        roles.join(", "),
        registrations(cases),
        planned.profile,
        planned.seed
    );
    sheet.labelled("", Ink::Dim, 0, &scope);
    if !planned.deselected.is_empty() {
        let left_out = u64::try_from(planned.deselected.len()).unwrap_or(u64::MAX);
        let said = format!(
            "left out {} that were not selected",
            count(left_out, "case")
        );
        sheet.labelled("", Ink::Yellow, 0, &said);
    }
    let mut pieces = vec![(
        Ink::Plain,
        format!("{}:", count(record.verdicts.total(), "case")),
    )];
    pieces.extend(shares(&record.verdicts).map(|(verdict, number)| {
        (
            Ink::of(verdict),
            format!("{} {number} {}", mark(verdict), words(verdict)),
        )
    }));
    if pieces.len() == 1 {
        pieces.push((Ink::Plain, "none was planned".to_owned()));
    }
    sheet.flow(2, 2, &pieces);
    let speed = format!(
        "{} in {:.1} s, {:.0} a second",
        count(record.plays, "play"),
        record.seconds,
        record.plays_per_second
    );
    sheet.flow(2, 1, &[(Ink::Dim, speed)]);
    if record.interrupted {
        sheet.flow(
            2,
            1,
            &[(
                Ink::Red,
                "interrupted: what was not played is counted as not run".to_owned(),
            )],
        );
    }
}

fn write_causes(sheet: &mut Sheet, record: &RunRecord, cases: &[CaseRecord]) {
    let total = record.causes.len();
    for (place, cause) in record.causes.iter().enumerate() {
        if place < MOST_CAUSES {
            sheet.gap();
        }
        let ink = Ink::of(cause.verdict);
        let first = format!("{} {} of {total}  ", mark(cause.verdict), place + 1);
        sheet.painted(ink, 0, &first, &diagnosis::shortened(&cause.text));
        if place < MOST_CAUSES {
            write_cause(sheet, record, cause, cases);
        }
    }
    if total > MOST_CAUSES {
        sheet.line(&format!(
            "   the other {} in full: see the report in the run's folder",
            total - MOST_CAUSES
        ));
    }
}

fn write_cause(sheet: &mut Sheet, record: &RunRecord, cause: &Cause, cases: &[CaseRecord]) {
    let clearest = cause
        .cases
        .iter()
        .find_map(|id| cases.iter().find(|case| case.case == *id));
    if let Some(case) = clearest {
        let command = command::repeat_command(&record.planned, &case.case);
        diagnosis::write(sheet, case, &command);
    }
    let told = clearest.and_then(|case| case.reason.as_ref()?.help.as_ref());
    if !cause.help.is_empty() && told != Some(&cause.help) {
        diagnosis::value(sheet, "help", &diagnosis::shortened(&cause.help));
    }
    let others: Vec<&str> = cause
        .cases
        .iter()
        .map(String::as_str)
        .filter(|id| clearest.is_none_or(|case| case.case != *id))
        .collect();
    if !others.is_empty() {
        let more = format!(
            "{} of the same cause: {}",
            count(others.len() as u64, "more case"),
            some(&others, 6)
        );
        diagnosis::value(sheet, "and", &more);
    }
    if clearest.is_none() && !cause.clauses.is_empty() {
        diagnosis::value(sheet, "clauses", &cause.clauses.join(", "));
    }
}

/// The first few of a list, and how many more there are.
fn some(words: &[&str], most: usize) -> String {
    let shown = words
        .iter()
        .take(most)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match words.len().checked_sub(most).filter(|rest| *rest > 0) {
        Some(rest) => format!("{shown} and {rest} more"),
        None => shown,
    }
}

fn write_advisories(sheet: &mut Sheet, cases: &[CaseRecord]) {
    let with: Vec<&str> = cases
        .iter()
        .filter(|case| !case.advisories.is_empty())
        .map(|case| case.case.as_str())
        .collect();
    let total: usize = cases.iter().map(|case| case.advisories.len()).sum();
    if total > 0 {
        let text = format!("{total} that decide nothing: {}", some(&with, 4));
        sheet.labelled("remarks  ", Ink::Yellow, 9, &text);
    }
}

/// How clients of other parties fared while one was switched off (REQ 2.b).
fn write_background(sheet: &mut Sheet, cases: &[CaseRecord]) {
    for case in cases {
        // Of a control there is nothing but a before.
        let Some(background) = case
            .background
            .filter(|background| background.during.exchanges > 0)
        else {
            continue;
        };
        let text = format!(
            "{}, exchanges of other parties' clients served: {}",
            case.case,
            background.words()
        );
        sheet.labelled("others   ", Ink::Plain, 9, &diagnosis::shortened(&text));
    }
}

fn write_slowest(sheet: &mut Sheet, record: &RunRecord, cases: &[CaseRecord]) {
    if cases.len() < MANY_CASES {
        return;
    }
    let slow: Vec<String> = record
        .slowest
        .iter()
        .take(MOST_SLOW)
        .map(|slow| {
            let milliseconds = slow.duration_us / 1000;
            format!(
                "{} {milliseconds} ms, waited {}",
                slow.case, slow.waited_for
            )
        })
        .collect();
    if !slow.is_empty() {
        let text = diagnosis::shortened(&slow.join("; "));
        sheet.labelled("slowest  ", Ink::Dim, 9, &text);
    }
}

fn write_roles(sheet: &mut Sheet, record: &RunRecord) {
    for (role, said) in &record.roles {
        let (mark, words, ink) = role_verdict(said.verdict);
        let mandatory = [
            (said.passed, "passed"),
            (said.failed, "failed"),
            (said.undecided, "not decided"),
            (said.uncovered, "not covered"),
            (said.deselected, "left out"),
        ];
        let shares: Vec<String> = mandatory
            .iter()
            .filter(|(number, what)| *number > 0 || *what == "passed")
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        let mut pieces = vec![
            (ink, format!("{mark} {role:<8} {words}")),
            (
                Ink::Plain,
                format!("mandatory clauses: {}", shares.join(", ")),
            ),
        ];
        if said.advisory_failed > 0 {
            pieces.push((
                Ink::Plain,
                format!(
                    "and {} failed that the profile does not count",
                    said.advisory_failed
                ),
            ));
        }
        sheet.flow(4, 2, &pieces);
    }
}

/// The last line: the exit status, why, and the folder.
fn write_end(sheet: &mut Sheet, record: &RunRecord, folder: &Path) {
    let ink = match record.exit_code {
        0 => Ink::Green,
        3 | 4 => Ink::Yellow,
        _ => Ink::Red,
    };
    let reason = format!("{} ·", record.exit_reason);
    let pieces = [
        (ink, format!("exit {}:", record.exit_code)),
        (Ink::Plain, reason),
        (Ink::Plain, folder.display().to_string()),
    ];
    sheet.flow(4, 1, &pieces);
}
