//! What came of the trials, and what is missing in it.

use std::collections::BTreeSet;
use std::path::Path;

use evidence::record::Kind;
use evidence::{CaseRecord, Verdict};
use reference::Defect;
use script::Suite;
use script::also_kills::Declared;
use script::select::without_registration;

use super::super::kill_matrix::Kills;
use super::play::{Played, fits_honest};
use super::trials::{Reachable, Trial};
use crate::arguments::Selftest;

/// What came of all trials.
#[derive(Default)]
pub(super) struct Matrix {
    /// Attack to the defects that it has killed for its own reason.
    pub(super) kills: Kills,
    pub(super) false_alarms: BTreeSet<String>,
    /// Attacks that passed against a reference that refuses everybody.
    pub(super) vacuous: BTreeSet<String>,
    /// Kills by a defect that the honest reference did not ask for in that case.
    pub(super) unasked: BTreeSet<String>,
    pub(super) errors: Vec<String>,
}

impl Matrix {
    /// Forgets what came of a pair, which is played once more.
    pub(super) fn forget(&mut self, attack: &str, defect: Defect) {
        if let Some(kills) = self.kills.get_mut(attack) {
            kills.remove(defect.name());
        }
        self.kills.retain(|_, kills| !kills.is_empty());
    }

    /// Takes what several trials came to.
    pub(super) fn take_all(&mut self, played: Vec<Played<'_>>, reachable: Option<&Reachable>) {
        for each in played {
            match each.records {
                Ok(records) => {
                    let evidence = each.evidence.as_deref();
                    self.take(each.trial, &records, evidence, reachable);
                }
                Err(failure) => self.errors.push(failure.text),
            }
        }
    }

    /// Takes the verdicts of one trial.
    fn take(
        &mut self,
        trial: &Trial,
        records: &[CaseRecord],
        evidence: Option<&Path>,
        reachable: Option<&Reachable>,
    ) {
        let controls: BTreeSet<(&str, u8)> = records
            .iter()
            .filter(|record| record.kind == Kind::Control && record.verdict == Verdict::Pass)
            .map(|record| (record.control.as_str(), record.registration))
            .collect();
        for record in records {
            let id = without_registration(&record.case).to_owned();
            match trial.defect {
                None => {
                    if !fits_honest(record) {
                        self.false_alarms
                            .insert(false_alarm(trial, record, evidence));
                    }
                }
                Some(defect) if defect.refuses_everybody() => {
                    // Where the control passes (a handshake), not everybody is refused.
                    let served = controls.contains(&(record.control.as_str(), record.registration));
                    if record.verdict == Verdict::Pass && record.kind != Kind::Control && !served {
                        self.vacuous.insert(format!(
                            "{} passes although {} is on",
                            record.case,
                            defect.name()
                        ));
                    }
                }
                Some(defect) if killed(record) => {
                    let place = (trial.model.as_str(), trial.role);
                    if reachable.is_some_and(|asked| !asked.has(place, record, defect)) {
                        let name = defect.name();
                        self.unasked
                            .insert(format!("{} x {name}, model {}", record.case, trial.model));
                    }
                    self.kills
                        .entry(id)
                        .or_default()
                        .insert(defect.name().to_owned());
                }
                Some(_) => {}
            }
        }
    }
}

/// A case that the conforming reference does not pass, and where to look.
fn false_alarm(trial: &Trial, record: &CaseRecord, evidence: Option<&Path>) -> String {
    let reason = record.reason.as_ref();
    let reason = reason.map_or("", |reason| reason.code.as_str());
    let verdict = record.verdict.word();
    let (case, role, model) = (&record.case, trial.role, &trial.model);
    let evidence = evidence.map_or_else(
        || "its evidence could not be kept".to_owned(),
        |folder| format!("`wicheck report {} --format ladder`", folder.display()),
    );
    format!("{case} ({verdict} {reason}, {role}, model {model}; {evidence})")
}

/// Failed by an oracle of its outcome on one of the clauses that it checks.
fn killed(record: &CaseRecord) -> bool {
    record.kind != Kind::Control
        && record.verdict == Verdict::Fail
        && record.findings.iter().any(|finding| {
            finding.verdict == Verdict::Fail
                && finding
                    .clauses
                    .iter()
                    .any(|clause| record.checks.contains(clause))
        })
}

/// Pairs of attack and defect that are named and not killed so.
pub(super) fn unproven(proofs: &Kills, matrix: &Matrix, command: &Selftest) -> Vec<String> {
    missing(proofs, matrix, command).map(written).collect()
}

/// Kills that no scenario declares. Only a run with `--every` plays pairs that are not named.
pub(super) fn undeclared(suite: &Suite, proofs: &Kills, matrix: &Matrix) -> Vec<String> {
    too_much(&suite.declared(), proofs, matrix)
        .map(written)
        .collect()
}

/// Declared kills that do not happen. Only a run of everything with `--every` has seen that they do not.
pub(super) fn idle(
    suite: &Suite,
    command: &Selftest,
    proofs: &Kills,
    matrix: &Matrix,
) -> Vec<String> {
    unseen(suite, command, proofs, matrix)
        .iter()
        .map(|each| format!("{} x {}", each.attack, each.defect))
        .collect()
}

/// What must be seen once more by itself: it is missing or it is too much, and the attacks beside it may be why.
pub(super) fn doubted(
    suite: &Suite,
    command: &Selftest,
    proofs: &Kills,
    matrix: &Matrix,
) -> BTreeSet<(String, Defect)> {
    let declared = suite.declared();
    let unseen = unseen(suite, command, proofs, matrix);
    let fitting = unseen.iter().flat_map(|each| {
        let attacks = proofs.keys().filter(|attack| each.is(attack, &each.defect));
        attacks.map(|attack| (attack, &each.defect))
    });
    missing(proofs, matrix, command)
        .chain(too_much(&declared, proofs, matrix))
        .chain(fitting)
        .filter_map(|(attack, defect)| Some((attack.clone(), defect.parse().ok()?)))
        .collect()
}

/// Named pairs without a kill.
fn missing<'a>(
    proofs: &'a Kills,
    matrix: &'a Matrix,
    command: &'a Selftest,
) -> impl Iterator<Item = (&'a String, &'a String)> {
    pairs(proofs).filter(|(attack, defect)| {
        let asked = command.defect.is_empty() || command.defect.contains(*defect);
        asked && !has(&matrix.kills, attack, defect)
    })
}

/// Kills that nobody declares.
fn too_much<'a>(
    declared: &'a BTreeSet<Declared>,
    proofs: &'a Kills,
    matrix: &'a Matrix,
) -> impl Iterator<Item = (&'a String, &'a String)> {
    further(proofs, matrix)
        .filter(|(attack, defect)| !declared.iter().any(|each| each.is(attack, defect)))
}

/// Declared kills that were not seen, where they would have been.
fn unseen(suite: &Suite, command: &Selftest, proofs: &Kills, matrix: &Matrix) -> Vec<Declared> {
    if !command.every || !command.defect.is_empty() || command.only.is_some() {
        return Vec::new();
    }
    let seen =
        |each: &Declared| further(proofs, matrix).any(|(attack, defect)| each.is(attack, defect));
    let declared = suite.declared().into_iter();
    declared.filter(|each| !seen(each)).collect()
}

/// Kills beside those of the proofs.
fn further<'a>(
    proofs: &'a Kills,
    matrix: &'a Matrix,
) -> impl Iterator<Item = (&'a String, &'a String)> {
    pairs(&matrix.kills).filter(|(attack, defect)| !has(proofs, attack, defect))
}

fn pairs(kills: &Kills) -> impl Iterator<Item = (&String, &String)> {
    kills
        .iter()
        .flat_map(|(attack, defects)| defects.iter().map(move |defect| (attack, defect)))
}

fn has(kills: &Kills, attack: &str, defect: &str) -> bool {
    kills
        .get(attack)
        .is_some_and(|defects| defects.contains(defect))
}

fn written((attack, defect): (&String, &String)) -> String {
    format!("{attack} x {defect}")
}
