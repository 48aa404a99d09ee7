//! `wicheck selftest`: plays attacks against the defects that they name, and the conforming reference against everything.
//!
//! It is `run` once per model and defect and a comparison; there is no second engine.

mod trials;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use evidence::record::Kind;
use evidence::{CaseRecord, Verdict};
use script::Suite;
use serde_json::json;

use self::trials::{Trial, proofs, trials};
use super::kill_matrix::{self, Kills};
use super::part::Part;
use super::prepare::Subject;
use super::run::Campaign;
use crate::arguments::Selftest;
use crate::{Done, Failure, output, suite};

/// What came of all trials.
#[derive(Default)]
struct Matrix {
    /// Attack to the defects that it has killed for its own reason.
    kills: Kills,
    false_alarms: BTreeSet<String>,
    /// Attacks that passed against a reference that refuses everybody.
    vacuous: BTreeSet<String>,
    errors: Vec<String>,
}

/// Plays the trials and prints the kill matrix.
pub(crate) fn selftest(command: &Selftest, json: bool) -> Done {
    let begun = Instant::now();
    let suite = suite::read(command.scenarios.as_deref())?;
    let part = Part::read(command.only.as_deref(), None)?;
    let proofs = proofs(&suite, &part);
    let trials = trials(&suite, command, &proofs)?;
    let scratch = Scratch::new()?;
    let matrix = play(&suite, command, &trials, scratch.path());
    if !matrix.errors.is_empty() {
        return Err(Failure::ours(matrix.errors.join("\n")));
    }
    let named: BTreeSet<&String> = proofs.values().flatten().collect();
    let tried: Vec<&reference::Defect> = reference::Defect::ALL
        .iter()
        .filter(|each| {
            command.defect.is_empty() || command.defect.iter().any(|name| name == each.name())
        })
        .collect();
    let survivors: Vec<&str> = tried
        .iter()
        .filter(|each| !each.refuses_everybody() && !each.lets_everybody_in())
        .map(|each| each.name())
        .filter(|name| !matrix.kills.values().any(|kills| kills.contains(*name)))
        .filter(|name| command.only.is_none() || named.contains(&(*name).to_owned()))
        .collect();
    let unproven = unproven(&proofs, &matrix, command);
    let killed: usize = matrix.kills.values().map(BTreeSet::len).sum();
    let mut alarms: Vec<&String> = matrix.false_alarms.iter().collect();
    alarms.extend(&matrix.vacuous);
    let undeclared = undeclared(&suite, &proofs, &matrix);
    let clean =
        survivors.is_empty() && unproven.is_empty() && undeclared.is_empty() && alarms.is_empty();
    if let Some(path) = &command.page {
        std::fs::write(path, kill_matrix::page(&suite, &matrix.kills))
            .map_err(|why| Failure::ours(format!("cannot write {}: {why}", path.display())))?;
    }
    if json {
        output::json(
            &json!({ "attacks": proofs.len(), "controls": suite.controls.len(), "defects": tried.len(), "killed": killed,
            "survivors": survivors, "unproven": unproven, "undeclared": undeclared, "false_alarms": alarms, "kills": matrix.kills,
            "seconds": begun.elapsed().as_secs_f64() }),
        );
    } else {
        print(
            &matrix,
            &survivors,
            &unproven,
            &undeclared,
            &alarms,
            (proofs.len(), tried.len(), killed),
            begun,
        );
    }
    Ok(u8::from(!clean))
}

fn print(
    matrix: &Matrix,
    survivors: &[&str],
    unproven: &[String],
    undeclared: &[String],
    alarms: &[&String],
    counts: (usize, usize, usize),
    begun: Instant,
) {
    for (attack, kills) in &matrix.kills {
        output::print(&format!(
            "{attack:36} kills {}",
            kills.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    for name in survivors {
        output::print(&format!(
            "SURVIVOR     {name}: no attack catches it; name it in the `proof` of one that should"
        ));
    }
    for pair in unproven {
        output::print(&format!(
            "UNPROVEN     {pair}: the attack does not fail by its own oracle; `wicheck run --only ATTACK --defect DEFECT` shows why"
        ));
    }
    for pair in undeclared {
        output::print(&format!(
            "UNDECLARED   {pair}: name the defect in the attack's `proof`, or in `also-kills` with the reason"
        ));
    }
    for case in alarms {
        output::print(&format!(
            "FALSE ALARM  {case}: not pass on the conforming reference"
        ));
    }
    let (attacks, defects, killed) = counts;
    output::print(&format!(
        "{attacks} attacks, {defects} defects, {killed} kills, {} survivors, {} unproven, {} undeclared, {} false alarms, {:.1} s",
        survivors.len(),
        unproven.len(),
        undeclared.len(),
        alarms.len(),
        begun.elapsed().as_secs_f64()
    ));
}

fn play(suite: &Suite, command: &Selftest, trials: &[Trial], scratch: &Path) -> Matrix {
    let matrix = Mutex::new(Matrix::default());
    let next = AtomicUsize::new(0);
    // A trial waits more than it works: for what must not come, and for what may come late.
    let jobs = command
        .jobs
        .unwrap_or_else(|| 2 * std::thread::available_parallelism().map_or(2, NonZero::get));
    std::thread::scope(|scope| {
        for job in 0..jobs.max(1) {
            let (matrix, next) = (&matrix, &next);
            // Each job has a world of its own: two references cannot listen on one address.
            let world = scratch.join(format!("world-{job}"));
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(at) else { break };
                    let out = scratch.join(format!("run-{at}"));
                    let played = one(suite, trial, &world, &out, command.seed);
                    let mut matrix = matrix
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    match played {
                        Ok(records) => matrix.take(trial, &records),
                        Err(failure) => matrix.errors.push(failure.text),
                    }
                    drop(matrix);
                    // Evidence of a trial is of use only while its run can be asked for again.
                    let _ = std::fs::remove_dir_all(&out);
                }
            });
        }
    });
    matrix
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn one(
    suite: &Suite,
    trial: &Trial,
    world: &Path,
    out: &Path,
    seed: u64,
) -> Result<Vec<CaseRecord>, Failure> {
    let subject = Subject::embedded(
        &trial.model,
        trial.defect.map(|defect| defect.name()),
        suite,
    )?;
    let only = if trial.only.is_empty() {
        None
    } else {
        Some(trial.only.join(","))
    };
    let campaign = Campaign {
        suite,
        subject: &subject,
        part: &Part::read(only.as_deref(), None)?,
        roles: vec![trial.role],
        world: Some(world),
        out: Some(out),
        jobs: None,
        repeat: 1,
        seed,
        quiet: true,
        command: Vec::new(),
    };
    campaign.run().map(|(_, records, _)| records)
}

impl Matrix {
    fn take(&mut self, trial: &Trial, records: &[CaseRecord]) {
        let controls: BTreeSet<(&str, u8)> = records
            .iter()
            .filter(|record| record.kind == Kind::Control && record.verdict == Verdict::Pass)
            .map(|record| (record.control.as_str(), record.registration))
            .collect();
        for record in records {
            let id = record.case.split('@').next().unwrap_or_default().to_owned();
            let fine = matches!(record.verdict, Verdict::Pass | Verdict::NotApplicable);
            match trial.defect {
                None if !fine => {
                    let reason = record
                        .reason
                        .as_ref()
                        .map_or("", |reason| reason.code.as_str());
                    let verdict = record.verdict.word();
                    self.false_alarms.insert(format!(
                        "{} ({verdict} {reason}, {}, model {})",
                        record.case, trial.role, trial.model
                    ));
                }
                None => {}
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
fn unproven(proofs: &Kills, matrix: &Matrix, command: &Selftest) -> Vec<String> {
    let mut pairs = Vec::new();
    for (attack, defects) in proofs {
        for defect in defects
            .iter()
            .filter(|name| command.defect.is_empty() || command.defect.contains(name))
        {
            if !matrix
                .kills
                .get(attack)
                .is_some_and(|kills| kills.contains(defect))
            {
                pairs.push(format!("{attack} x {defect}"));
            }
        }
    }
    pairs
}

/// Kills that no scenario declares. Only a run with `--every` plays pairs that are not named.
fn undeclared(suite: &Suite, proofs: &Kills, matrix: &Matrix) -> Vec<String> {
    let mut pairs = Vec::new();
    for (attack, kills) in &matrix.kills {
        let slug = attack.split('[').next().unwrap_or(attack);
        let also = suite.attacks.get(slug).map(|attack| &attack.also_kills);
        let declared = |defect: &&String| {
            proofs
                .get(attack)
                .is_some_and(|named| named.contains(*defect))
                || also.is_some_and(|also| also.contains_key(*defect))
        };
        pairs.extend(
            kills
                .iter()
                .filter(|defect| !declared(defect))
                .map(|defect| format!("{attack} x {defect}")),
        );
    }
    pairs
}

/// A folder for the runs, gone when the selftest is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("wicheck-selftest-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|why| Failure::ours(format!("cannot make {}: {why}", path.display())))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the system's temporary folder, where it is expected.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
