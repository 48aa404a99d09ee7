//! Verdicts again, from the evidence alone: neither the SUT nor the world is needed.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::record::{PlannedRun, Played};
use evidence::{CaseRecord, ReadLog, RunFolder};
use judge::Logs;
use script::{Case, Suite, Vocabulary};

use crate::journal;
use crate::phase::joined;

/// Why a folder cannot be judged again.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeError {
    /// A file of it is missing or broken.
    #[error("{0}; is this the folder of a run?")]
    Folder(String),
    /// Its scripts are not valid for this version.
    #[error("the scripts in this folder have errors:\n{0}")]
    Suite(String),
}

/// What is judged again.
pub struct Rejudged {
    /// What was planned.
    pub planned: PlannedRun,
    /// The suite that was played.
    pub suite: Suite,
    /// The cases that have evidence, or were decided without any.
    pub records: Vec<CaseRecord>,
}

/// Judges every case of a run folder by its own scripts.
///
/// # Errors
/// [`RejudgeError`] when the folder is no run's.
pub fn rejudge(folder: &RunFolder, vocabulary: &Vocabulary) -> Result<Rejudged, RejudgeError> {
    let planned: PlannedRun = read_json(&folder.plan())?;
    let suite = Suite::read(suite_files(&folder.suite())?, vocabulary)
        .map_err(|problems| RejudgeError::Suite(problems.render(false)))?;
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for role in &planned.sut.roles {
        cases.extend(
            suite
                .cases(*role, &planned.answers)
                .into_iter()
                .map(|case| (case.id.clone(), case)),
        );
    }
    let mut records = Vec::new();
    for played in journal::read(&folder.events()).map_err(RejudgeError::Folder)? {
        let Some(case) = cases.get(&played.case) else {
            continue;
        };
        records.push(judge_played(folder, case, &played).map_err(RejudgeError::Folder)?);
    }
    Ok(Rejudged {
        planned,
        suite,
        records: joined(records),
    })
}

/// Judges one case by the logs of its plays.
pub(crate) fn judge_played(
    folder: &RunFolder,
    case: &Case,
    played: &Played,
) -> Result<CaseRecord, String> {
    if let Some(reason) = &played.not_run {
        return Ok(crate::link::not_run(
            case,
            &reason.code,
            &reason.message,
            reason.help.as_deref().unwrap_or_default(),
        )
        .1);
    }
    let read = |play: &Option<String>| -> Result<Option<ReadLog>, String> {
        let Some(play) = play else { return Ok(None) };
        ReadLog::read(&folder.play(play))
            .map(Some)
            .map_err(|why| why.to_string())
    };
    let (before, attack) = (read(&played.before)?, read(&played.attack)?);
    let (after, again) = (read(&played.after)?, read(&played.again)?);
    let logs = Logs {
        control_before: before.as_ref(),
        attack: attack.as_ref(),
        control_after: after.as_ref(),
        after_again: again.as_ref(),
    };
    Ok(judge::judge(case, &logs))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RejudgeError> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| RejudgeError::Folder(format!("{}: {why}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|why| RejudgeError::Folder(format!("{}: {why}", path.display())))
}

/// Every TOML file below a folder, by its path there.
///
/// # Errors
/// When it cannot be read.
pub fn suite_files(root: &Path) -> Result<Vec<(String, String)>, RejudgeError> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed =
            |why: std::io::Error| RejudgeError::Folder(format!("{}: {why}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                let name = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .replace('\\', "/");
                files.push((name, std::fs::read_to_string(&path).map_err(failed)?));
            }
        }
    }
    Ok(files)
}
