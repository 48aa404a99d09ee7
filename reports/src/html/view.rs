//! The page as data: every string made inert, every link resolved, in the order of the page.

use std::collections::HashMap;

use askama::Template;
use evidence::log::ReadLogError;
use evidence::record::{Cause, Counts, RoleRecord, SlowCase};
use evidence::{CaseRecord, ReadLog, Role, RunRecord, Verdict};

use super::case::{CaseView, ControlView};
use super::inert::Inert;
use super::matrix::{FamilyView, families};
use crate::requirements::in_order;
use crate::style::{count, mark, role_verdict, words};
use crate::{command, terminal};

/// With more open cases than this, none is unfolded from the start.
const MOST_UNFOLDED: usize = 25;

pub(super) type Logs<'a> = &'a dyn Fn(&str) -> Result<ReadLog, ReadLogError>;

/// The template of the whole page.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    pub(super) subject: Inert,
    pub(super) tool: Inert,
    pub(super) status: Status,
    pub(super) facts: Vec<(&'static str, Inert)>,
    pub(super) total: String,
    pub(super) shares: Vec<Share>,
    pub(super) roles: Vec<RoleView>,
    pub(super) causes: Vec<CauseView>,
    pub(super) registrations: Vec<u8>,
    pub(super) families: Vec<FamilyView>,
    /// ICS and IXIT: item and answers.
    pub(super) declared: Vec<(Inert, Inert)>,
    pub(super) controls: Vec<ControlView>,
    pub(super) slowest: Vec<SlowView>,
}

/// What the run says as a whole.
pub(super) struct Status {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) code: u8,
    pub(super) reason: Inert,
    pub(super) interrupted: bool,
}

/// How many cases have a verdict.
pub(super) struct Share {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    pub(super) number: u64,
}

/// A link to a case on the page.
pub(super) struct Link {
    pub(super) anchor: Option<usize>,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    pub(super) text: Inert,
}

pub(super) struct RoleView {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) role: Role,
    pub(super) words: &'static str,
    pub(super) said: RoleRecord,
}

pub(super) struct CauseView {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    pub(super) text: Inert,
    pub(super) help: Option<Inert>,
    pub(super) clauses: Inert,
    pub(super) cases: Vec<Link>,
    pub(super) command: Option<Inert>,
}

pub(super) struct SlowView {
    pub(super) link: Link,
    pub(super) duration: String,
    pub(super) waited_for: Inert,
}

impl Page {
    pub(super) fn new(record: &RunRecord, cases: &[CaseRecord], log: Logs<'_>) -> Self {
        let index = Index::of(record, cases);
        let mut registrations: Vec<u8> = cases.iter().map(|case| case.registration).collect();
        registrations.sort_unstable();
        registrations.dedup();
        Self {
            subject: Inert::line(terminal::subject(record)),
            tool: Inert::line(format!("wicheck {}", record.planned.tool_version)),
            status: status(record),
            facts: facts(record, cases),
            total: count(record.verdicts.total(), "case"),
            shares: shares(&record.verdicts),
            roles: record
                .roles
                .iter()
                .map(|(role, said)| role_view(*role, said))
                .collect(),
            causes: record
                .causes
                .iter()
                .map(|cause| cause_view(record, cause, &index))
                .collect(),
            families: families(record, &registrations, &index),
            registrations,
            declared: declared(record),
            controls: controls(record, cases, &index, log),
            slowest: record
                .slowest
                .iter()
                .map(|slow| slow_view(slow, &index))
                .collect(),
        }
    }
}

/// Where things stand on the page: cases by id, and rows of the matrix by clause and role.
pub(super) struct Index<'a> {
    cases: HashMap<&'a str, (usize, &'a CaseRecord)>,
    clauses: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Index<'a> {
    fn of(record: &'a RunRecord, cases: &'a [CaseRecord]) -> Self {
        let rows = in_order(record).into_iter().enumerate();
        Self {
            cases: cases
                .iter()
                .enumerate()
                .map(|(place, case)| (case.case.as_str(), (place, case)))
                .collect(),
            clauses: rows
                .map(|(place, (key, _))| ((key.id, key.role), place))
                .collect(),
        }
    }

    pub(super) fn case(&self, id: &str) -> Option<&'a CaseRecord> {
        self.cases.get(id).map(|(_, case)| *case)
    }

    /// The row of a clause that is asked of a role.
    pub(super) fn clause(&self, id: &str, role: Role) -> Option<usize> {
        self.clauses.get(&(id, role.word())).copied()
    }

    pub(super) fn link(&self, id: &str) -> Link {
        let known = self.cases.get(id);
        let verdict = known.map_or(Verdict::NotRun, |(_, case)| case.verdict);
        Link {
            anchor: known.map(|(place, _)| *place),
            class: verdict.word(),
            mark: mark(verdict),
            words: words(verdict),
            text: Inert::line(id),
        }
    }
}

fn status(record: &RunRecord) -> Status {
    let (class, mark) = match record.exit_code {
        0 => ("pass", "✓"),
        3 | 4 | 6 => ("inconclusive", "?"),
        2 | 70 => ("error", "!"),
        _ => ("fail", "✗"),
    };
    Status {
        class,
        mark,
        code: record.exit_code,
        reason: Inert::sentence(&record.exit_reason),
        interrupted: record.interrupted,
    }
}

fn facts(record: &RunRecord, cases: &[CaseRecord]) -> Vec<(&'static str, Inert)> {
    let planned = &record.planned;
    let roles: Vec<&str> = planned.sut.roles.iter().map(|role| role.word()).collect();
    let addresses: Vec<String> = planned
        .sut
        .addresses
        .iter()
        .map(|(interface, address)| format!("{interface} {address}"))
        .collect();
    let speed = format!(
        "{} in {:.1} s, {:.0} a second",
        count(record.plays, "play"),
        record.seconds,
        record.plays_per_second
    );
    let all = [
        ("Tested as", roles.join(", ")),
        ("Registration", terminal::registrations(cases)),
        ("Profile", planned.profile.clone()),
        ("Began", moment(planned.started_ms)),
        ("Plays", speed),
        ("Addresses", addresses.join(", ")),
        ("Left out", left_out(&planned.deselected)),
        ("Seed", planned.seed.to_string()),
        ("Run", planned.run_id.clone()),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, Inert::sentence(&value)))
        .collect()
}

/// Cases that were not selected: how many, and the first of them; the plan of the run's folder has all.
fn left_out(cases: &[String]) -> String {
    match cases {
        [] => String::new(),
        _ if cases.len() <= 8 => cases.join(", "),
        _ => format!(
            "{}: {} and so on",
            count(cases.len() as u64, "case"),
            cases[..8].join(", ")
        ),
    }
}

/// What the SUT file answers, by item.
fn declared(record: &RunRecord) -> Vec<(Inert, Inert)> {
    let answers = record.planned.answers.iter();
    answers
        .map(|(item, words)| (Inert::line(item), Inert::sentence(&words.join(", "))))
        .collect()
}

pub(super) fn shares(counts: &Counts) -> Vec<Share> {
    let share = |(verdict, number): (Verdict, u64)| Share {
        class: verdict.word(),
        mark: mark(verdict),
        words: words(verdict),
        number,
    };
    terminal::shares(counts).map(share).collect()
}

fn role_view(role: Role, said: &RoleRecord) -> RoleView {
    use evidence::record::RoleVerdict;
    let class = match said.verdict {
        RoleVerdict::Conforming => "pass",
        RoleVerdict::NonConforming => "fail",
        RoleVerdict::Indeterminate => "inconclusive",
        RoleVerdict::NotTested => "not_run",
    };
    let (mark, words, _) = role_verdict(said.verdict);
    RoleView {
        class,
        mark,
        role,
        words,
        said: said.clone(),
    }
}

fn cause_view(record: &RunRecord, cause: &Cause, index: &Index<'_>) -> CauseView {
    let command = cause
        .cases
        .iter()
        .find(|id| index.case(id).is_some())
        .map(|id| command::repeat_command(&record.planned, id));
    CauseView {
        class: cause.verdict.word(),
        mark: mark(cause.verdict),
        words: words(cause.verdict),
        text: Inert::sentence(&cause.text),
        help: Inert::given(Some(&cause.help).filter(|help| !help.is_empty())),
        clauses: Inert::line(cause.clauses.join(", ")),
        cases: cause.cases.iter().map(|id| index.link(id)).collect(),
        command: command.map(Inert::line),
    }
}

/// Cases below their controls, in the order of the record.
fn controls(
    record: &RunRecord,
    cases: &[CaseRecord],
    index: &Index<'_>,
    log: Logs<'_>,
) -> Vec<ControlView> {
    let open = cases
        .iter()
        .filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::NotApplicable))
        .count();
    let mut controls: Vec<ControlView> = Vec::new();
    let mut places: HashMap<(Role, &str), usize> = HashMap::new();
    let mut shown: HashMap<(Role, &str), bool> = HashMap::new();
    for (anchor, case) in cases.iter().enumerate() {
        let key = (case.role, case.control.as_str());
        let place = *places.entry(key).or_insert_with(|| {
            controls.push(ControlView::new(case.role, &case.control));
            controls.len() - 1
        });
        let example = shown.entry(key).or_default();
        let with_ladders = case.verdict != Verdict::Pass
            || !*example && case.kind != evidence::record::Kind::Control;
        *example |= with_ladders && case.verdict == Verdict::Pass;
        let view = CaseView::new(
            record,
            index,
            case,
            anchor,
            with_ladders.then_some(log),
            open <= MOST_UNFOLDED,
        );
        if let Some(control) = controls.get_mut(place) {
            control.add(case.verdict, view);
        }
    }
    controls
}

fn slow_view(slow: &SlowCase, index: &Index<'_>) -> SlowView {
    SlowView {
        link: index.link(&slow.case),
        duration: duration(slow.duration_us),
        waited_for: Inert::sentence(&slow.waited_for),
    }
}

pub(super) fn duration(microseconds: u64) -> String {
    if microseconds < 1_000_000 {
        format!("{:.1} ms", microseconds as f64 / 1e3)
    } else {
        format!("{:.2} s", microseconds as f64 / 1e6)
    }
}

/// Milliseconds since 1970 as a date and time of UTC.
fn moment(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000;
    let (days, minute) = (minutes / 1_440, minutes % 1_440);
    // Days counted from 0000-03-01, so that a leap day ends its year; 146,097 days are 400 years.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        minute / 60,
        minute % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_of_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00 UTC");
        assert_eq!(moment(951_825_599_999), "2000-02-29 11:59 UTC");
        assert_eq!(moment(1_795_575_600_000), "2026-11-25 03:00 UTC");
        assert_eq!(moment(u64::MAX).len(), "584556019-04-03 14:25 UTC".len());
    }

    #[test]
    fn durations_have_the_unit_that_reads_best() {
        assert_eq!(duration(1_250), "1.2 ms");
        assert_eq!(duration(2_000_000), "2.00 s");
    }
}
