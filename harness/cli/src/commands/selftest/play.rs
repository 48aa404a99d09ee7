//! Plays trials, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use evidence::CaseRecord;
use reference::Defect;
use script::Suite;

use super::super::part::Part;
use super::super::prepare::Subject;
use super::super::run::Campaign;
use super::trials::Trial;
use crate::Failure;
use crate::arguments::Selftest;
use crate::consulted::Consulted;

/// What one trial came to.
pub(super) struct Played<'a> {
    pub(super) trial: &'a Trial,
    pub(super) records: Result<Vec<CaseRecord>, Failure>,
    /// The mistakes that were asked for in each case, where the trial is watched.
    pub(super) consulted: BTreeMap<String, BTreeSet<Defect>>,
}

/// Plays all of them, the first ones first.
///
/// # Errors
/// A signal that `interrupted` tells of: it ends the run that it meets, and none follows.
pub(super) fn play<'a>(
    suite: &Suite,
    command: &Selftest,
    trials: &'a [Trial],
    scratch: &Path,
    interrupted: &AtomicBool,
) -> Result<Vec<Played<'a>>, Failure> {
    let all = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    // A trial waits more than it works: for what must not come, and for what may come late.
    let jobs = command
        .jobs
        .unwrap_or_else(|| 4 * std::thread::available_parallelism().map_or(2, NonZero::get));
    std::thread::scope(|scope| {
        for job in 0..jobs.max(1) {
            let (all, next) = (&all, &next);
            // Each job has a world of its own: two references cannot listen on one address.
            let world = scratch.join(format!("world-{job}"));
            scope.spawn(move || {
                while !interrupted.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(at) else { break };
                    let out = scratch.join(format!("run-{job}"));
                    let played = one(suite, trial, &world, &out, command.seed);
                    all.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(played);
                    // Evidence of a trial is of use only while its run can be asked for again.
                    let _ = std::fs::remove_dir_all(&out);
                }
            });
        }
    });
    if interrupted.load(Ordering::Relaxed) {
        return Err(Failure::interrupted());
    }
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn one<'a>(suite: &Suite, trial: &'a Trial, world: &Path, out: &Path, seed: u64) -> Played<'a> {
    let consulted = trial.watched.then(Arc::<Consulted>::default);
    let records = run(suite, trial, world, out, seed, consulted.as_ref());
    Played {
        trial,
        records,
        consulted: consulted.map(|notes| notes.by_case()).unwrap_or_default(),
    }
}

fn run(
    suite: &Suite,
    trial: &Trial,
    world: &Path,
    out: &Path,
    seed: u64,
    consulted: Option<&Arc<Consulted>>,
) -> Result<Vec<CaseRecord>, Failure> {
    let subject = Subject::embedded(
        &trial.model,
        trial.defect.map(|defect| defect.name()),
        suite,
    )?;
    let campaign = Campaign {
        suite,
        subject: &subject,
        part: &Part::read(Some(&trial.only.join(",")), None)?,
        roles: vec![trial.role],
        world: Some(world),
        out: Some(out),
        // Plays side by side could not be told apart by who watches them.
        jobs: trial.watched.then_some(1),
        repeat: 1,
        seed,
        quiet: true,
        command: Vec::new(),
        consulted,
    };
    campaign.run().map(|(_, records, _)| records)
}

/// A folder for the runs, gone when the selftest is over.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("wicheck-selftest-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|why| Failure::ours(format!("cannot make {}: {why}", path.display())))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the system's temporary folder, where it is expected.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
