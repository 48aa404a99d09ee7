//! `wicheck selftest`: plays attacks against the defects that they name, and the conforming reference against everything.
//!
//! It is `run` once per model and defect and a comparison; there is no second engine.

mod matrix;
mod play;
mod trials;

use std::collections::BTreeSet;
use std::time::Instant;

use script::Suite;
use serde_json::json;

use self::matrix::Matrix;
use self::play::{Scratch, play};
use self::trials::{Reachable, alone, honest, mistaken, proofs, tried};
use super::kill_matrix::{self, Kills};
use super::part::Part;
use crate::arguments::Selftest;
use crate::{Done, Failure, output, signal, suite};

/// Plays the trials and prints the kill matrix.
pub(crate) fn selftest(command: &Selftest, json: bool) -> Done {
    let begun = Instant::now();
    let suite = suite::read(command.scenarios.as_deref())?;
    let proofs = proofs(&suite, &Part::read(command.only.as_deref(), None)?);
    let matrix = played(&suite, command, &proofs)?;
    let gaps = Gaps::of(&suite, command, &proofs, &matrix);
    let killed: usize = matrix.kills.values().map(BTreeSet::len).sum();
    if let Some(path) = &command.page {
        std::fs::write(path, kill_matrix::page(&suite, &matrix.kills))
            .map_err(|why| Failure::ours(format!("cannot write {}: {why}", path.display())))?;
    }
    if json {
        let mut told = json!({ "attacks": proofs.len(), "controls": suite.controls.len(), "defects": tried(command).count(),
            "killed": killed, "kills": matrix.kills, "seconds": begun.elapsed().as_secs_f64() });
        for gap in &gaps.0 {
            told[gap.name] = json!(gap.found);
        }
        output::json(&told);
    } else {
        gaps.print(&matrix);
        output::print(&format!(
            "{} attacks, {} defects, {killed} kills, {}, {:.1} s",
            proofs.len(),
            tried(command).count(),
            gaps.counts(),
            begun.elapsed().as_secs_f64()
        ));
    }
    Ok(u8::from(gaps.0.iter().any(Gap::fails)))
}

/// The honest reference against everything, then each defect; what is missing or too much then, once more by itself.
fn played(suite: &Suite, command: &Selftest, proofs: &Kills) -> Result<Matrix, Failure> {
    let scratch = Scratch::new()?;
    let interrupted = signal::flag()?;
    let mut matrix = Matrix::default();
    let mut reachable = None;
    if command.defect.is_empty() {
        let trials = honest(suite, proofs, command.every)?;
        let honest = play(suite, command, &trials, scratch.path(), &interrupted)?;
        reachable = command.every.then(|| Reachable::of(&honest));
        matrix.take_all(honest, None);
    }
    let trials = mistaken(suite, command, proofs, reachable.as_ref())?;
    let played = play(suite, command, &trials, scratch.path(), &interrupted)?;
    matrix.take_all(played, reachable.as_ref());
    let doubted = matrix::doubted(suite, command, proofs, &matrix);
    let trials = alone(suite, proofs, &doubted)?;
    for (attack, defect) in &doubted {
        matrix.forget(attack, *defect);
    }
    let played = play(suite, command, &trials, scratch.path(), &interrupted)?;
    matrix.take_all(played, reachable.as_ref());
    if matrix.errors.is_empty() {
        Ok(matrix)
    } else {
        Err(Failure::ours(matrix.errors.join("\n")))
    }
}

/// Something that should not be found.
struct Gap {
    /// Its name in JSON and in the last line.
    name: &'static str,
    label: &'static str,
    found: Vec<String>,
    help: &'static str,
}

impl Gap {
    /// On a machine with too much to do an honest play may end before the reference was asked: that is told and fails nothing.
    fn fails(&self) -> bool {
        self.name != "unasked" && !self.found.is_empty()
    }
}

struct Gaps(Vec<Gap>);

impl Gaps {
    fn of(suite: &Suite, command: &Selftest, proofs: &Kills, matrix: &Matrix) -> Self {
        let named: BTreeSet<&String> = proofs.values().flatten().collect();
        let survivors = tried(command)
            .filter(|each| !each.refuses_everybody() && !each.lets_everybody_in())
            .map(|each| each.name().to_owned())
            .filter(|name| !matrix.kills.values().any(|kills| kills.contains(name)))
            .filter(|name| command.only.is_none() || named.contains(name));
        let alarms = matrix.false_alarms.iter().chain(&matrix.vacuous);
        let gap = |name, label, found, help| Gap {
            name,
            label,
            found,
            help,
        };
        Self(vec![
            gap(
                "survivors",
                "SURVIVOR    ",
                survivors.collect(),
                "no attack catches it; name it in the `proof` of one that should",
            ),
            gap(
                "unproven",
                "UNPROVEN    ",
                matrix::unproven(proofs, matrix, command),
                "the attack does not fail by its own oracle; `wicheck run --only ATTACK --defect DEFECT` shows why",
            ),
            gap(
                "undeclared",
                "UNDECLARED  ",
                matrix::undeclared(suite, proofs, matrix),
                "name the defect in the attack's `proof`, or in `also-kills` with the reason",
            ),
            gap(
                "idle",
                "IDLE        ",
                matrix::idle(suite, command, proofs, matrix),
                "`also-kills` declares it and it does not happen: take it out there",
            ),
            gap(
                "unasked",
                "UNASKED     ",
                matrix.unasked.iter().cloned().collect(),
                "the honest reference does not ask for this defect in this case: let it decide by `shared.has` there",
            ),
            gap(
                "false_alarms",
                "FALSE ALARM ",
                alarms.cloned().collect(),
                "not pass on the conforming reference",
            ),
        ])
    }

    fn print(&self, matrix: &Matrix) {
        for (attack, kills) in &matrix.kills {
            output::print(&format!(
                "{attack:36} kills {}",
                kills.iter().cloned().collect::<Vec<_>>().join(", ")
            ));
        }
        for gap in &self.0 {
            for found in &gap.found {
                output::print(&format!("{} {found}: {}", gap.label, gap.help));
            }
        }
    }

    fn counts(&self) -> String {
        let counts = self.0.iter().map(|gap| {
            let name = gap.name.replace('_', " ");
            format!("{} {name}", gap.found.len())
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}
