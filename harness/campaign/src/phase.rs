//! All chains of a role: in lanes, the exclusive ones alone behind them, those that were disturbed once more by themselves.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use evidence::record::Reason;
use evidence::{CaseRecord, Interface, Role, RunFolder, Verdict};
use script::sut_file::Hook;
use script::{Answers, Applies, Case};
use stage::launch::{Runs, StartError};
use stage::{Bed, BedError, Clock, Sut, World};
use tokio::sync::watch;

use crate::chain::{Chain, Planned};
use crate::disturbed::disturbed_part;
use crate::journal::{Journal, Progress};
use crate::link::{Ended, Player, not_run, played};

/// First controls in a row without an answer, after which the rest of a role is not played.
const SILENT_AFTER: usize = 3;

/// One role under test.
pub struct Phase<'a> {
    /// The role.
    pub role: Role,
    /// The world.
    pub world: Arc<World>,
    /// Addresses by interface.
    pub addresses: BTreeMap<Interface, String>,
    /// Hooks of the SUT file.
    pub hooks: BTreeMap<String, Hook>,
    /// ICS and IXIT answers.
    pub answers: Answers,
    /// The folder of the SUT file.
    pub sut_folder: Option<PathBuf>,
    /// What is played.
    pub planned: Planned,
    /// The same cases, for what is judged again.
    pub cases: Vec<Case>,
    /// How many lanes play at a time.
    pub jobs: usize,
    /// How often each chain is played.
    pub repeat: usize,
    /// The run's clock.
    pub clock: Clock,
    /// Where everything is written.
    pub folder: &'a RunFolder,
    /// The journal.
    pub journal: &'a Arc<Journal>,
    /// Told when a signal ends the run.
    pub stop: watch::Receiver<bool>,
    /// The numbers of plays, over all phases.
    pub numbers: Arc<AtomicU64>,
}

/// What a phase came to.
#[derive(Default)]
pub struct Outcome {
    /// The cases, in the order of the plan.
    pub records: Vec<CaseRecord>,
    /// Seconds until the first play.
    pub setup_seconds: f64,
    /// Seconds from the first play to the last verdict.
    pub play_seconds: f64,
}

/// Why a phase could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    /// The bed.
    #[error(transparent)]
    Bed(#[from] BedError),
    /// The disk.
    #[error("{0}; make room and run again with another --out")]
    Disk(String),
}

/// Plays a role.
///
/// # Errors
/// [`PhaseError`] for what is ours: a busy port, a full disk. A SUT that does not start is no error: its cases are not run.
pub async fn run(mut phase: Phase<'_>, sut: &mut dyn Runs) -> Result<Outcome, PhaseError> {
    let begun = std::time::Instant::now();
    let cases: usize = phase
        .planned
        .chains
        .iter()
        .map(|chain| chain.cases().count())
        .sum();
    phase.journal.tell(Progress::Phase {
        role: phase.role,
        cases: cases + phase.planned.left_out.len(),
    });
    let mut outcome = Outcome::default();
    phase.left_out(&mut outcome)?;
    if phase.planned.chains.is_empty() {
        return Ok(outcome);
    }
    let declared = Sut {
        role: Some(phase.role),
        addresses: phase.addresses.clone(),
        hooks: phase.hooks.clone(),
        answers: phase.answers.clone(),
        folder: phase.sut_folder.clone(),
    };
    // The played nodes listen before the SUT starts: it may look for them at once.
    let folder = phase.folder.root().to_owned();
    let bed = Bed::open(
        phase.world.clone(),
        declared,
        phase.clock,
        folder,
        phase.numbers.clone(),
    )
    .await?;
    match sut.start(phase.role, &phase.world).await {
        Ok(hooks) => bed.take_hooks(hooks),
        Err(why) => {
            bed.close().await;
            phase.nothing_runs(&mut outcome, &why)?;
            return Ok(outcome);
        }
    }
    outcome.setup_seconds = begun.elapsed().as_secs_f64();
    let playing = std::time::Instant::now();
    let played = phase.play_all(&bed, sut).await;
    // The watch that follows is a wait, not work: it is in the run's seconds and not in its rate.
    outcome.play_seconds = playing.elapsed().as_secs_f64();
    let watched = if *phase.stop.borrow() {
        Ok(())
    } else {
        bed.watch().await
    };
    bed.close().await;
    sut.stop().await;
    outcome.records.extend(played?);
    watched.map_err(|why| PhaseError::Disk(why.to_string()))?;
    phase.late(&bed, &mut outcome)?;
    outcome.records = joined(outcome.records);
    Ok(outcome)
}

impl Phase<'_> {
    fn left_out(&self, outcome: &mut Outcome) -> Result<(), PhaseError> {
        for case in &self.planned.left_out {
            debug_assert_ne!(case.applies, Applies::Yes, "what applies is in a chain");
            let record = judge::judge(case, &judge::Logs::default());
            self.journal
                .decided(&played(case), &record)
                .map_err(|why| PhaseError::Disk(why.to_string()))?;
            outcome.records.push(record);
        }
        Ok(())
    }

    fn nothing_runs(&self, outcome: &mut Outcome, why: &StartError) -> Result<(), PhaseError> {
        let help = "start the SUT by hand with the same environment, and look at its output in sut.log of the run folder";
        for case in self.planned.chains.iter().flat_map(Chain::cases) {
            let (played, record) = not_run(case, "sut_not_started", &why.to_string(), help);
            self.journal
                .decided(&played, &record)
                .map_err(|why| PhaseError::Disk(why.to_string()))?;
            outcome.records.push(record);
        }
        Ok(())
    }

    async fn play_all(
        &mut self,
        bed: &Arc<Bed>,
        sut: &mut dyn Runs,
    ) -> Result<Vec<CaseRecord>, PhaseError> {
        let chains = std::mem::take(&mut self.planned.chains);
        let mut records = Vec::new();
        let silence = Silence::default();
        for _ in 0..self.repeat.max(1) {
            let (alone, together): (Vec<_>, Vec<_>) =
                chains.iter().cloned().partition(|chain| chain.exclusive);
            let mut disturbed = Vec::new();
            self.in_lanes(bed, sut, together, &silence, &mut records, &mut disturbed)
                .await?;
            self.one_by_one(bed, sut, alone, &silence, &mut records)
                .await?;
            let again = disturbed.clone();
            records.retain(|record: &CaseRecord| {
                !again
                    .iter()
                    .any(|chain: &Chain| chain.cases().any(|case| case.id == record.case))
            });
            self.one_by_one(bed, sut, again, &silence, &mut records)
                .await?;
            records = joined(records);
            if *self.stop.borrow() {
                break;
            }
        }
        self.unplayed(&chains, &mut records)?;
        Ok(records)
    }

    /// Chains side by side, one a lane. A SUT that dies is started again; what was under way then is played again alone.
    async fn in_lanes(
        &self,
        bed: &Arc<Bed>,
        sut: &mut dyn Runs,
        chains: Vec<Chain>,
        silence: &Silence,
        records: &mut Vec<CaseRecord>,
        disturbed: &mut Vec<Chain>,
    ) -> Result<(), PhaseError> {
        let queue = Arc::new(Mutex::new(VecDeque::from(chains)));
        let at_work = self.jobs.clamp(1, self.world.public.lanes);
        let side_by_side = at_work > 1;
        loop {
            let mut lanes = tokio::task::JoinSet::new();
            for lane in 0..at_work {
                lanes.spawn(lane_of(
                    bed.clone(),
                    self.journal.clone(),
                    lane,
                    queue.clone(),
                    silence.clone(),
                    self.stop.clone(),
                ));
            }
            let mut broken = None;
            let mut round = Vec::new();
            while let Some(lane) = lanes.join_next().await {
                match lane.map_err(|why| why.to_string()).and_then(|lane| lane) {
                    Ok(done) => round.extend(done),
                    Err(why) => broken = Some(why),
                }
            }
            if let Some(why) = broken {
                return Err(PhaseError::Disk(why));
            }
            let harmed = round.iter().any(|(_, ended)| ended.harmed);
            for (chain, ended) in round {
                disturbed.extend(disturbed_part(
                    &chain,
                    &ended.records,
                    harmed && side_by_side,
                ));
                records.extend(ended.records);
            }
            if !harmed || lock(&queue).is_empty() {
                if harmed {
                    self.revive(bed, sut).await;
                }
                return Ok(());
            }
            self.revive(bed, sut).await;
        }
    }

    async fn one_by_one(
        &self,
        bed: &Arc<Bed>,
        sut: &mut dyn Runs,
        chains: Vec<Chain>,
        silence: &Silence,
        records: &mut Vec<CaseRecord>,
    ) -> Result<(), PhaseError> {
        for chain in chains {
            if *self.stop.borrow() || silence.lasts() {
                return Ok(());
            }
            let player = Player {
                bed,
                journal: self.journal,
                lane: 0,
                stop: &self.stop,
            };
            let ended = player.chain(&chain).await.map_err(PhaseError::Disk)?;
            silence.note(&ended);
            let harmed = ended.harmed;
            records.extend(ended.records);
            if harmed || sut.ended().is_some() {
                self.revive(bed, sut).await;
            }
        }
        Ok(())
    }

    /// Judges again whatever got something after its end: a verdict is final only now.
    fn late(&self, bed: &Bed, outcome: &mut Outcome) -> Result<(), PhaseError> {
        let late = bed.take_late();
        if late.is_empty() {
            return Ok(());
        }
        let cases: BTreeMap<String, Case> = self
            .cases
            .iter()
            .map(|case| (case.id.clone(), case.clone()))
            .collect();
        for played in self.journal.touched(&late).map_err(PhaseError::Disk)? {
            let Some(case) = cases.get(&played.case) else {
                continue;
            };
            // A log that cannot be read again costs its case, not the run.
            let record = crate::rejudge::judge_played(self.folder, case, &played)
                .unwrap_or_else(|why| unreadable(case, why));
            self.journal.tell(Progress::Case(Box::new(record.clone())));
            outcome.records.push(record);
        }
        Ok(())
    }

    /// Starts a SUT again that an attack has harmed.
    async fn revive(&self, bed: &Bed, sut: &mut dyn Runs) {
        let why = sut
            .ended()
            .unwrap_or_else(|| "the SUT does not serve honest clients any more".to_owned());
        self.journal
            .tell(Progress::Note(format!("{why}; it is started again")));
        sut.stop().await;
        match sut.start(self.role, &self.world).await {
            // Started anew, it may be asked at other addresses.
            Ok(hooks) => bed.take_hooks(hooks),
            Err(why) => self.journal.tell(Progress::Note(why.to_string())),
        }
    }

    /// What a signal or a silent SUT has left unplayed.
    fn unplayed(&self, chains: &[Chain], records: &mut Vec<CaseRecord>) -> Result<(), PhaseError> {
        let stopped = *self.stop.borrow();
        for case in chains.iter().flat_map(Chain::cases) {
            if records.iter().any(|record| record.case == case.id) {
                continue;
            }
            let (code, message, help) = if stopped {
                (
                    "interrupted",
                    "a signal ended the run before this case",
                    "run again, with --only for the rest",
                )
            } else {
                (
                    "sut_silent",
                    "the SUT answered none of the first honest runs",
                    "check its addresses and that it runs; the ladder of the first control shows what was tried",
                )
            };
            let (played, record) = not_run(case, code, message, help);
            self.journal
                .decided(&played, &record)
                .map_err(|why| PhaseError::Disk(why.to_string()))?;
            records.push(record);
        }
        Ok(())
    }
}

/// The record of a case that got something late, and whose log cannot be read again.
fn unreadable(case: &Case, why: String) -> CaseRecord {
    let mut record = judge::judge(case, &judge::Logs::default());
    record.verdict = Verdict::Error;
    record.reason = Some(Reason {
        code: "unreadable_log".to_owned(),
        message: why,
        help: Some("something came after the end of this case; play it by itself".to_owned()),
    });
    record
}

type Done = Vec<(Chain, Ended)>;

/// Plays chains of the queue in one lane until there is none, the run is stopped, or the SUT was harmed.
async fn lane_of(
    bed: Arc<Bed>,
    journal: Arc<Journal>,
    lane: usize,
    queue: Arc<Mutex<VecDeque<Chain>>>,
    silence: Silence,
    stop: watch::Receiver<bool>,
) -> Result<Done, String> {
    let mut done = Vec::new();
    let player = Player {
        bed: &bed,
        journal: &journal,
        lane,
        stop: &stop,
    };
    while !*stop.borrow() && !silence.lasts() {
        let Some(chain) = lock(&queue).pop_front() else {
            break;
        };
        let ended = player.chain(&chain).await?;
        silence.note(&ended);
        let harmed = ended.harmed;
        done.push((chain, ended));
        if harmed {
            break;
        }
    }
    Ok(done)
}

/// How many first controls in a row, over all lanes and chains, the SUT has left without an answer.
#[derive(Clone, Default)]
struct Silence(Arc<Mutex<usize>>);

impl Silence {
    fn note(&self, ended: &Ended) {
        let mut count = lock(&self.0);
        if ended.answered {
            *count = 0;
        } else if ended.records.iter().any(is_silent) {
            *count += 1;
        }
    }

    fn lasts(&self) -> bool {
        *lock(&self.0) >= SILENT_AFTER
    }
}

fn is_silent(record: &CaseRecord) -> bool {
    record
        .reason
        .as_ref()
        .is_some_and(|reason| reason.code == "sut_silent")
}

/// One record a case: of several plays of a case the worst verdict holds.
pub(crate) fn joined(records: Vec<CaseRecord>) -> Vec<CaseRecord> {
    let mut by_case: BTreeMap<String, CaseRecord> = BTreeMap::new();
    for record in records {
        match by_case.get(&record.case) {
            Some(known) if known.verdict >= record.verdict && known.verdict != Verdict::NotRun => {}
            _ => {
                by_case.insert(record.case.clone(), record);
            }
        }
    }
    by_case.into_values().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
