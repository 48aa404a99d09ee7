//! What is written while the run goes on, and who is told.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evidence::record::Played;
use evidence::{CaseRecord, RunFolder};
use tokio::sync::mpsc::UnboundedSender;

/// News of a run, for whoever shows it.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A role's phase begins, with so many cases.
    Phase {
        /// The role.
        role: evidence::Role,
        /// Its cases.
        cases: usize,
    },
    /// A case is decided, provisionally until the end of the run.
    Case(Box<CaseRecord>),
    /// Something to know.
    Note(String),
}

/// Who is told of each play before its first step.
pub type Watch = Box<dyn Fn(&str) + Send + Sync>;

/// The journal of a run: `events.ndjson`, the plays' numbers, the news.
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    /// How often each script was played.
    numbers: Mutex<HashMap<String, u32>>,
    news: UnboundedSender<Progress>,
    /// Told of each play before its first step, where somebody looks at the SUT from inside.
    watch: Option<Watch>,
    plays: std::sync::atomic::AtomicU64,
}

impl Journal {
    /// Begins the journal of a run.
    ///
    /// # Errors
    /// The system's.
    pub fn create(folder: &RunFolder, news: UnboundedSender<Progress>) -> std::io::Result<Self> {
        Ok(Self {
            path: folder.events(),
            file: Mutex::new(File::create(folder.events())?),
            numbers: Mutex::default(),
            news,
            watch: None,
            plays: std::sync::atomic::AtomicU64::new(0),
        })
    }

    /// Tells `watch` of each play before its first step.
    #[must_use]
    pub fn watched(mut self, watch: Option<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// The id of the next play of a case.
    pub fn next_play(&self, case: &str) -> String {
        self.plays
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut numbers = lock(&self.numbers);
        let number = numbers.entry(case.to_owned()).or_default();
        *number += 1;
        let play = format!("{case}#{number}");
        drop(numbers);
        if let Some(watch) = &self.watch {
            watch(&play);
        }
        play
    }

    /// How many plays there were.
    pub fn plays(&self) -> u64 {
        self.plays.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Writes down which plays decide a case, and tells the verdict.
    ///
    /// # Errors
    /// The system's: a full disk.
    pub fn decided(&self, played: &Played, record: &CaseRecord) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(played)?;
        line.push(b'\n');
        lock(&self.file).write_all(&line)?;
        self.tell(Progress::Case(Box::new(record.clone())));
        Ok(())
    }

    /// Tells news; nobody may be listening.
    pub fn tell(&self, news: Progress) {
        let _ = self.news.send(news);
    }

    /// Which plays decided the cases that one of these plays belongs to, read back from the journal: nothing of it is kept in memory.
    ///
    /// # Errors
    /// In words, when it cannot be read back.
    pub fn touched(&self, plays: &BTreeSet<String>) -> Result<Vec<Played>, String> {
        let has = |play: &Option<String>| play.as_ref().is_some_and(|play| plays.contains(play));
        let mut touched = read(&self.path)?;
        touched.retain(|played| {
            [&played.before, &played.attack, &played.after, &played.again]
                .into_iter()
                .any(has)
        });
        Ok(touched)
    }
}

/// The lines of a journal; a last line that was cut off is left out.
///
/// # Errors
/// In words, with the line.
pub fn read(path: &Path) -> Result<Vec<Played>, String> {
    let text = std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let mut lines = Vec::new();
    for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(played) => lines.push(played),
            Err(_) if line.last() != Some(&b'\n') => {}
            Err(why) => return Err(format!("{}:{}: {why}", path.display(), at + 1)),
        }
    }
    Ok(lines)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
