//! Plays trials, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use evidence::{CaseRecord, Verdict};
use reference::Defect;
use script::Suite;

use super::super::part::Part;
use super::super::prepare::Subject;
use super::super::run::{Campaign, write};
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
    /// The run folder of a false alarm; no other is kept.
    pub(super) evidence: Option<PathBuf>,
}

/// Whether the conforming reference got a verdict that is none for it.
fn is_false_alarm(trial: &Trial, records: &[CaseRecord]) -> bool {
    trial.defect.is_none() && !records.iter().all(fits_honest)
}

/// What a case may come to on the conforming reference.
pub(super) fn fits_honest(record: &CaseRecord) -> bool {
    matches!(record.verdict, Verdict::Pass | Verdict::NotApplicable)
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
                    let mut played = one(suite, trial, &world, &out, command.seed);
                    played.evidence = kept(&played, &out, &scratch.join(format!("{KEPT}{at}")));
                    all.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(played);
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
        evidence: None,
    }
}

/// Puts the evidence of a false alarm aside: it may not come again. All other evidence comes again with its trial, and goes.
fn kept(played: &Played<'_>, out: &Path, aside: &Path) -> Option<PathBuf> {
    let records = played.records.as_deref().unwrap_or_default();
    if is_false_alarm(played.trial, records) && std::fs::rename(out, aside).is_ok() {
        return Some(aside.to_owned());
    }
    let _ = std::fs::remove_dir_all(out);
    None
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
    let (record, records, folder) = campaign.run()?;
    if is_false_alarm(trial, &records) {
        // Its folder is kept, for `report` to read.
        write(&folder, &record, &records)?;
    }
    Ok(records)
}

/// How the folder of a false alarm begins.
const KEPT: &str = "false-alarm-";

/// A folder for the runs; when the selftest is over, only the evidence of false alarms is left in it.
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
        for each in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            if !each.file_name().to_string_lossy().starts_with(KEPT) {
                let _ = std::fs::remove_dir_all(each.path());
            }
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}
