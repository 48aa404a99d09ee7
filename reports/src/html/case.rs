//! One case on the page.

use evidence::event::Place;
use evidence::record::{Counts, Kind, Part};
use evidence::{CaseRecord, Finding, Role, RunFolder, RunRecord, Verdict};

use super::inert::Inert;
use super::view::{Index, Logs, Share, duration, shares};
use crate::style::{mark, words};
use crate::{command, diagnosis, ladder};

/// Columns of a ladder, which still fit on paper.
const LADDER_COLUMNS: usize = 110;

pub(super) struct ControlView {
    pub(super) role: Role,
    pub(super) name: Inert,
    pub(super) shares: Vec<Share>,
    pub(super) cases: Vec<CaseView>,
    counts: Counts,
}

impl ControlView {
    pub(super) fn new(role: Role, name: &str) -> Self {
        Self {
            role,
            name: Inert::line(name),
            shares: Vec::new(),
            cases: Vec::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn add(&mut self, verdict: Verdict, case: CaseView) {
        self.counts.add(verdict);
        self.shares = shares(&self.counts);
        self.cases.push(case);
    }
}

pub(super) struct CaseView {
    pub(super) anchor: usize,
    pub(super) unfolded: bool,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    pub(super) id: Inert,
    pub(super) title: Inert,
    pub(super) kind: &'static str,
    pub(super) registration: u8,
    pub(super) duration: String,
    /// The clauses that it checks, with their places in the matrix.
    pub(super) clauses: Vec<(Inert, Option<usize>)>,
    pub(super) changed: Vec<ChangeView>,
    pub(super) findings: Vec<FindingView>,
    pub(super) advisories: Vec<FindingView>,
    pub(super) reason: Option<(Inert, Inert)>,
    pub(super) help: Option<Inert>,
    pub(super) absence: Option<Inert>,
    pub(super) waited_for: Option<Inert>,
    /// How clients of other parties fared.
    pub(super) background: Option<Inert>,
    pub(super) plays: Vec<PlayView>,
    pub(super) command: Inert,
}

/// Lines that differ at one place.
pub(super) struct ChangeView {
    pub(super) at: Inert,
    pub(super) control: Option<Inert>,
    pub(super) attack: Option<Inert>,
}

pub(super) struct FindingView {
    pub(super) class: &'static str,
    pub(super) oracle: Inert,
    pub(super) expected: Inert,
    pub(super) came: Inert,
    pub(super) place: Option<PlaceView>,
    pub(super) evidence: Vec<Inert>,
}

pub(super) struct PlaceView {
    pub(super) at: Inert,
    pub(super) line: u32,
    pub(super) before: Inert,
    pub(super) marked: Inert,
    pub(super) after: Inert,
}

pub(super) struct PlayView {
    pub(super) part: &'static str,
    pub(super) file: Inert,
    pub(super) ladder: Option<Inert>,
}

impl CaseView {
    /// `log` is there when the case's plays are to be drawn.
    pub(super) fn new(
        record: &RunRecord,
        index: &Index<'_>,
        case: &CaseRecord,
        anchor: usize,
        log: Option<Logs<'_>>,
        unfold: bool,
    ) -> Self {
        let quiet = matches!(case.verdict, Verdict::Pass | Verdict::NotApplicable);
        Self {
            anchor,
            unfolded: unfold && !quiet,
            class: case.verdict.word(),
            mark: mark(case.verdict),
            words: words(case.verdict),
            id: Inert::line(&case.case),
            title: Inert::sentence(&case.title),
            kind: kind(case.kind),
            registration: case.registration,
            duration: duration(case.duration_us),
            clauses: case
                .checks
                .iter()
                .map(|clause| (Inert::line(clause), index.clause(clause, case.role)))
                .collect(),
            changed: changes(case),
            findings: findings(&case.findings),
            advisories: findings(&case.advisories),
            reason: case
                .reason
                .as_ref()
                .map(|reason| (Inert::line(&reason.code), Inert::sentence(&reason.message))),
            help: Inert::given(case.reason.as_ref().and_then(|reason| reason.help.as_ref())),
            absence: Inert::given(case.absence.as_ref()),
            waited_for: Inert::given(case.waited_for.as_ref()),
            background: Inert::given(
                case.background
                    .as_ref()
                    .map(evidence::record::Background::words)
                    .as_ref(),
            ),
            plays: plays(case, log),
            command: Inert::line(command::repeat_command(&record.planned, &case.case)),
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Control => "control",
        Kind::Attack => "attack",
        Kind::Audit => "audit",
    }
}

fn changes(case: &CaseRecord) -> Vec<ChangeView> {
    let mut last: Option<&str> = None;
    let mut changes = Vec::new();
    for difference in &case.changed {
        let heading = if last == Some(&difference.at) {
            ""
        } else {
            &difference.at
        };
        last = Some(&difference.at);
        changes.push(ChangeView {
            at: Inert::line(heading),
            control: difference.control.as_deref().map(Inert::sentence),
            attack: difference.attack.as_deref().map(Inert::sentence),
        });
    }
    changes
}

/// A place that the finding before has too is shown once.
fn findings(all: &[Finding]) -> Vec<FindingView> {
    let mut last: Option<&Place> = None;
    let view = |finding: &'_ Finding, repeated: bool| FindingView {
        class: finding.verdict.word(),
        oracle: Inert::line(&finding.oracle),
        expected: Inert::sentence(&finding.expected),
        came: Inert::sentence(&finding.came),
        place: place(&finding.place).filter(|_| !repeated),
        evidence: finding
            .events
            .iter()
            .map(|event| Inert::line(diagnosis::evidence_of(event)))
            .collect(),
    };
    let mut views = Vec::new();
    for finding in all {
        views.push(view(finding, last == Some(&finding.place)));
        last = Some(&finding.place);
    }
    views
}

fn place(place: &Place) -> Option<PlaceView> {
    let start = (place.column.max(1) - 1) as usize;
    let length = place.length.max(1) as usize;
    let part = |from: usize, count: usize| {
        Inert::line(
            place
                .text
                .chars()
                .skip(from)
                .take(count)
                .collect::<String>(),
        )
    };
    (place.line > 0).then(|| PlaceView {
        at: Inert::line(format!("{}:{}:{}", place.file, place.line, place.column)),
        line: place.line,
        before: part(0, start),
        marked: part(start, length),
        after: part(start + length, 400),
    })
}

fn plays(case: &CaseRecord, log: Option<Logs<'_>>) -> Vec<PlayView> {
    let played = case.plays.iter().map(|play| {
        // The controls around a case that is not decided are the first thing to look at; else the attack tells all.
        let drawn = play.part == Part::Attack
            || case.plays.len() == 1
            || case.verdict == Verdict::Inconclusive;
        let ladder = log.filter(|_| drawn).map(|log| match log(&play.play) {
            Ok(log) => Inert::block(&ladder::draw(
                &log,
                &play.play,
                &case.findings,
                LADDER_COLUMNS,
            )),
            Err(why) => Inert::line(why.to_string()),
        });
        PlayView {
            part: ladder::part(play.part),
            file: Inert::line(RunFolder::new("").play(&play.play).display().to_string()),
            ladder,
        }
    });
    played.collect()
}
