//! One case that did not pass, in full: the one thing that was changed, what was expected, what came, where it is written.

use evidence::event::Place;
use evidence::record::{Difference, EventRef, Reason};
use evidence::{CaseRecord, Finding, RunFolder};

use crate::hostile;
use crate::sheet::{Sheet, blanks};
use crate::style::{Ink, mark, words};

/// The column where values begin.
const VALUES: usize = 13;
/// Blanks before a label.
const INDENT: usize = 3;
/// More of a foreign sentence than this is counted, not shown: the log has it all.
const LONGEST: usize = 1_500;
/// Changed lines shown at one place.
const MOST_CHANGES: usize = 12;

pub(crate) fn write(sheet: &mut Sheet, case: &CaseRecord, command: &str) {
    let heading = format!("{} {}", mark(case.verdict), words(case.verdict));
    let pieces = [
        (Ink::of(case.verdict), heading),
        (Ink::Bold, case.case.clone()),
    ];
    sheet.flow(INDENT, 2, &pieces);
    value(sheet, "", &case.title);
    changed(sheet, &case.changed);
    let shown = case.findings.first();
    if let Some(finding) = shown {
        write_finding(sheet, finding);
    }
    if let Some(reason) = &case.reason {
        write_reason(sheet, reason, shown);
    }
    for finding in case.findings.iter().skip(1) {
        value(
            sheet,
            "also",
            &format!("{}: {}", finding.oracle, finding.came),
        );
    }
    let clauses = if case.checks.is_empty() {
        "none, it is a control".to_owned()
    } else {
        case.checks.join(", ")
    };
    value(sheet, "clauses", &clauses);
    if let Some(place) = shown
        .map(|finding| &finding.place)
        .filter(|place| place.line > 0)
    {
        write_place(sheet, place);
    }
    if let Some(event) = shown.and_then(|finding| finding.events.first()) {
        value(sheet, "evidence", &evidence_of(event));
    }
    write_command(sheet, command);
}

/// Never broken, so that it can be copied: a terminal wraps it without a line end.
fn write_command(sheet: &mut Sheet, command: &str) {
    let label = format!("{}repeat", blanks(INDENT));
    let gap = blanks(VALUES - hostile::columns(&label));
    let line = format!(
        "{}{gap}{}",
        sheet.paint(Ink::Dim, &label),
        hostile::line(command)
    );
    sheet.line(&line);
}

fn write_finding(sheet: &mut Sheet, finding: &Finding) {
    value(sheet, "expected", &shortened(&finding.expected));
    label(
        sheet,
        "came",
        Ink::of(finding.verdict),
        &shortened(&finding.came),
    );
    if !finding.oracle.is_empty() {
        value(sheet, "oracle", &finding.oracle);
    }
}

/// The reason repeats the finding in most failures; then only its help is news.
fn write_reason(sheet: &mut Sheet, reason: &Reason, shown: Option<&Finding>) {
    let repeats = |finding: &Finding| {
        finding.came == reason.message
            || (reason.message.contains(&finding.expected)
                && reason.message.contains(&finding.came))
    };
    if !shown.is_some_and(repeats) {
        value(sheet, "because", &shortened(&reason.message));
    }
    if shown.is_none() {
        value(sheet, "code", &reason.code);
    }
    if let Some(help) = &reason.help {
        value(sheet, "help", &shortened(help));
    }
}

fn changed(sheet: &mut Sheet, changed: &[Difference]) {
    let mut at = None;
    for difference in changed.iter().take(MOST_CHANGES) {
        if at != Some(&difference.at) {
            let label = if at.is_none() { "changed" } else { "" };
            value(sheet, label, &difference.at);
            at = Some(&difference.at);
        }
        if let Some(line) = &difference.control {
            sheet.painted(Ink::Green, VALUES, "- ", &shortened(line));
        }
        if let Some(line) = &difference.attack {
            sheet.painted(Ink::Red, VALUES, "+ ", &shortened(line));
        }
    }
    if let Some(rest) = changed
        .len()
        .checked_sub(MOST_CHANGES)
        .filter(|rest| *rest > 0)
    {
        value(sheet, "", &format!("… and {rest} more"));
    }
}

/// The place as a compiler shows one: file and line, the line, a caret below the words that are meant.
fn write_place(sheet: &mut Sheet, place: &Place) {
    let number = place.line.to_string();
    let margin = blanks(INDENT + number.len() + 1);
    let bar = sheet.paint(Ink::Cyan, "|");
    let room = sheet.columns().saturating_sub(INDENT + number.len() + 4);
    let at = hostile::fit(
        &format!(
            "{}:{}:{}",
            hostile::line(&place.file),
            place.line,
            place.column
        ),
        room,
    );
    let window = Window::of(place, room.saturating_sub(1));
    let carets = sheet.paint(Ink::Red, &"^".repeat(window.marked));
    let blue = |text: &str| sheet.paint(Ink::Cyan, text);
    let lines = [
        format!("{}{} {at}", blanks(INDENT + number.len()), blue("-->")),
        format!("{margin}{bar}"),
        format!("{}{} {bar} {}", blanks(INDENT), blue(&number), window.text),
        format!("{margin}{bar} {}{carets}", blanks(window.before)),
    ];
    for line in lines {
        sheet.line(&line);
    }
}

/// The part of a script line that fits, and where the mark stands in it.
struct Window {
    text: String,
    before: usize,
    marked: usize,
}

impl Window {
    fn of(place: &Place, width: usize) -> Self {
        let start = (place.column.max(1) - 1) as usize;
        let letters = place.text.chars().count();
        let length = (place.length.max(1) as usize).min(letters.saturating_sub(start).max(1));
        let part = |from: usize, count: usize| {
            hostile::line(
                &place
                    .text
                    .chars()
                    .skip(from)
                    .take(count)
                    .collect::<String>(),
            )
        };
        let skipped = if hostile::columns(&part(0, start + length)) > width {
            start.saturating_sub(8)
        } else {
            0
        };
        let sign = if skipped > 0 { "…" } else { "" };
        let text = hostile::fit(&format!("{sign}{}", part(skipped, letters)), width);
        let before = hostile::columns(sign)
            + hostile::columns(&part(skipped, start.min(letters).saturating_sub(skipped)));
        let marked =
            hostile::columns(&part(start, length)).clamp(1, width.saturating_sub(before).max(1));
        Self {
            text,
            before,
            marked,
        }
    }
}

/// Where an event stands in the run's folder.
pub(crate) fn evidence_of(event: &EventRef) -> String {
    format!(
        "{}, event {}",
        RunFolder::new("").play(&event.play).display(),
        event.n
    )
}

pub(crate) fn shortened(text: &str) -> String {
    hostile::short_line(text, LONGEST)
}

/// A labelled line of a diagnosis.
pub(crate) fn value(sheet: &mut Sheet, name: &str, text: &str) {
    label(sheet, name, Ink::Dim, text);
}

fn label(sheet: &mut Sheet, name: &str, ink: Ink, text: &str) {
    sheet.labelled(&format!("{}{name}", blanks(INDENT)), ink, VALUES, text);
}
