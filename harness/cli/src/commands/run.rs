//! `wicheck run`: plays the suite against a SUT and records the verdicts.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use campaign::finish::{self, Timing};
use campaign::{Clock, Journal, Phase, PhaseError, Progress, World};
use evidence::record::{INTERRUPTED, PlannedRun};
use evidence::{CaseRecord, Role, RunFolder, RunRecord};
use script::{Case, Suite};
use tokio::sync::{mpsc, watch};

use super::baseline::Baseline;
use super::part::Part;
use super::prepare::{Subject, folder, jobs, now_ms, world, write_plan};
use super::show;
use crate::arguments::Run;
use crate::consulted::Consulted;
use crate::signal::Signals;
use crate::{Done, Failure, output, suite};

/// Plays the suite and prints what came of it.
pub(crate) fn run(command: &Run, json: bool) -> Done {
    let suite = suite::read(command.scenarios.as_deref())?;
    let subject = match &command.sut {
        Some(path) => Subject::of_file(path, &suite)?,
        None => Subject::embedded(&command.model, command.defect.as_deref(), &suite)?,
    };
    let baseline = command
        .baseline
        .as_deref()
        .map(Baseline::read)
        .transpose()?;
    let part = Part::read(command.only.as_deref(), command.shard.as_deref())?;
    for doubt in subject.doubts(command.world.as_deref()) {
        output::note(&doubt);
    }
    let roles = subject.roles(&command.role)?;
    let cases = roles
        .iter()
        .flat_map(|role| suite.cases(*role, &subject.file.answers));
    part.selects_something(&cases.collect::<Vec<_>>(), &suite)?;
    let campaign = Campaign {
        suite: &suite,
        subject: &subject,
        part: &part,
        roles,
        world: command
            .world
            .as_deref()
            .or_else(|| subject.file.world.as_deref().map(Path::new)),
        out: command.out.as_deref(),
        jobs: command.jobs,
        repeat: command.repeat,
        seed: command.seed,
        quiet: json,
        command: words(command),
        consulted: None,
    };
    let (mut record, cases, folder) = campaign.run()?;
    if let Some(baseline) = &baseline {
        baseline.apply(&cases, &mut record);
    }
    write(&folder, &record, &cases)?;
    if json {
        output::json(&finish::summary(&record, folder.root()));
    } else {
        output::print(&reports::terminal::screen(
            &record,
            &cases,
            folder.root(),
            output::style(),
        ));
    }
    Ok(record.exit_code)
}

/// How this run is called again, but for `--only`.
fn words(command: &Run) -> Vec<String> {
    let mut words = vec!["wicheck".to_owned(), "run".to_owned()];
    words.extend(command.sut.as_ref().map(|path| path.display().to_string()));
    if let Some(defect) = &command.defect {
        words.extend(["--defect".to_owned(), defect.clone()]);
    }
    if command.model != "default" {
        words.extend(["--model".to_owned(), command.model.clone()]);
    }
    if let Some(folder) = &command.scenarios {
        words.extend(["--scenarios".to_owned(), folder.display().to_string()]);
    }
    // A SUT that was configured for a world is of no use in another.
    if let Some(folder) = &command.world {
        words.extend(["--world".to_owned(), folder.display().to_string()]);
    }
    words
}

/// A run, ready to be played.
pub(crate) struct Campaign<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) subject: &'a Subject,
    pub(crate) part: &'a Part,
    pub(crate) roles: Vec<Role>,
    pub(crate) world: Option<&'a Path>,
    pub(crate) out: Option<&'a Path>,
    pub(crate) jobs: Option<usize>,
    pub(crate) repeat: usize,
    pub(crate) seed: u64,
    pub(crate) quiet: bool,
    pub(crate) command: Vec<String>,
    /// Where it is noted which mistakes the embedded reference asks for in each play.
    pub(crate) consulted: Option<&'a Arc<Consulted>>,
}

impl Campaign<'_> {
    /// Plays it in a runtime of its own.
    pub(crate) fn run(&self) -> Result<(RunRecord, Vec<CaseRecord>, RunFolder), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|why| Failure::ours(format!("cannot start: {why}")))?;
        runtime.block_on(self.play())
    }

    async fn play(&self) -> Result<(RunRecord, Vec<CaseRecord>, RunFolder), Failure> {
        let begun = Instant::now();
        let started_ms = now_ms();
        let run_id = run_id(started_ms);
        let folder = folder(self.out, &run_id)?;
        let mut world = world(self.world, folder.root())?;
        self.subject.fix_users(&mut world)?;
        let world = Arc::new(world);
        let cases: Vec<(Role, Vec<Case>)> = self
            .roles
            .iter()
            .map(|role| (*role, self.suite.cases(*role, &self.subject.file.answers)))
            .collect();
        let planned = self.planned(&run_id, started_ms, &cases);
        write_plan(&folder, &planned, self.suite, self.subject)?;
        let (news, shown) = mpsc::unbounded_channel();
        let total = u64::try_from(planned.cases.len()).unwrap_or(u64::MAX);
        let shown = tokio::spawn(show::show(shown, total, self.quiet));
        let journal =
            Journal::create(&folder, news).map_err(|why| Failure::ours(why.to_string()))?;
        let watch = self.consulted.map(Consulted::watch);
        let journal = Arc::new(journal.watched(watch));
        let (stop, interrupted) = signal()?;
        let mut timing = Timing {
            setup_seconds: begun.elapsed().as_secs_f64(),
            ..Timing::default()
        };
        let mut records = Vec::new();
        let played = self
            .phases(
                &folder,
                &world,
                &journal,
                cases,
                &stop,
                &mut timing,
                &mut records,
            )
            .await;
        timing.plays = journal.plays();
        drop(journal);
        // The news end with the journal.
        let _ = shown.await;
        if let Err(why) = played {
            // What was decided before the disk was full or a port busy is in the journal: `rejudge` reads it.
            return Err(Failure::ours(why.to_string()));
        }
        // One order for everybody who makes the record from the same evidence.
        records.sort_by(|one, other| one.case.cmp(&other.case));
        timing.seconds = begun.elapsed().as_secs_f64();
        timing.interrupted = *interrupted.borrow();
        let record = finish::record(self.suite, planned, &records, &timing);
        Ok((record, records, folder))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what all phases share, called once"
    )]
    async fn phases(
        &self,
        folder: &RunFolder,
        world: &Arc<World>,
        journal: &Arc<Journal>,
        cases: Vec<(Role, Vec<Case>)>,
        stop: &watch::Receiver<bool>,
        timing: &mut Timing,
        records: &mut Vec<CaseRecord>,
    ) -> Result<(), PhaseError> {
        let mut sut = self.subject.runs(folder.root(), world, self.consulted);
        let clock = Clock::begin();
        let numbers = Arc::new(AtomicU64::new(0));
        for (role, cases) in cases {
            let phase = Phase {
                role,
                world: world.clone(),
                addresses: self.subject.file.addresses.clone(),
                hooks: self.subject.file.hooks.clone(),
                answers: self.subject.file.answers.clone(),
                sut_folder: self.subject.folder.clone(),
                planned: campaign::plan(cases.clone(), |case| self.part.has(case), self.seed),
                cases,
                jobs: jobs(role, self.jobs, self.subject),
                repeat: self.repeat,
                clock,
                folder,
                journal,
                stop: stop.clone(),
                numbers: numbers.clone(),
            };
            let outcome = campaign::run(phase, sut.as_mut()).await?;
            timing.setup_seconds += outcome.setup_seconds;
            timing.play_seconds += outcome.play_seconds;
            records.extend(outcome.records);
            if *stop.borrow() {
                journal.tell(Progress::Note(
                    "interrupted; what was finished is reported".to_owned(),
                ));
                break;
            }
        }
        Ok(())
    }

    fn planned(&self, run_id: &str, started_ms: u64, cases: &[(Role, Vec<Case>)]) -> PlannedRun {
        let all = cases.iter().flat_map(|(_, cases)| cases);
        let (selected, left): (Vec<_>, Vec<_>) = all.partition(|case| self.part.has(case));
        PlannedRun {
            run_id: run_id.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            sut: self.subject.record(&self.roles),
            profile: self
                .subject
                .file
                .answers
                .get("profile")
                .and_then(|words| words.first())
                .cloned()
                .unwrap_or_else(|| "seed-strict".to_owned()),
            answers: self.subject.file.answers.clone(),
            seed: self.seed,
            deselected: if self.part.is_everything() {
                Vec::new()
            } else {
                left.iter().map(|case| case.id.clone()).collect()
            },
            cases: selected.iter().map(|case| case.id.clone()).collect(),
            started_ms,
            command: self.command.clone(),
        }
    }
}

/// A word that sorts by time and is no other run's.
fn run_id(started_ms: u64) -> String {
    format!("{started_ms}-{}", std::process::id())
}

/// Told when SIGINT or SIGTERM came; a second one ends the process at once.
fn signal() -> Result<(watch::Receiver<bool>, watch::Receiver<bool>), Failure> {
    let (tell, told) = watch::channel(false);
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        loop {
            signals.next().await;
            if tell.send_replace(true) {
                std::process::exit(i32::from(INTERRUPTED));
            }
        }
    });
    Ok((told.clone(), told))
}

/// Writes the record.
pub(crate) fn write(
    folder: &RunFolder,
    record: &RunRecord,
    cases: &[CaseRecord],
) -> Result<(), Failure> {
    let failed = |why: std::io::Error| {
        Failure::ours(format!(
            "cannot write into {}: {why}",
            folder.root().display()
        ))
    };
    let mut lines = String::new();
    for case in cases {
        lines.push_str(&serde_json::to_string(case).map_err(|why| Failure::ours(why.to_string()))?);
        lines.push('\n');
    }
    std::fs::write(folder.cases(), lines).map_err(failed)?;
    let record =
        serde_json::to_string_pretty(record).map_err(|why| Failure::ours(why.to_string()))?;
    std::fs::write(folder.record(), record).map_err(failed)
}
