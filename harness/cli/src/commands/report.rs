//! `wicheck report DIR`: reports of a run, each a pure function of its record.

use std::path::Path;

use evidence::log::ReadLogError;
use evidence::{CaseRecord, ReadLog, RunFolder, RunRecord};

use crate::arguments::Report;
use crate::{Done, Failure, output};

/// Writes the reports that are asked for.
pub(crate) fn report(command: &Report) -> Done {
    let folder = RunFolder::new(&command.folder);
    let (record, cases) = read(&folder)?;
    for format in &command.format {
        let (name, text) = render(format, &record, &cases, &folder)?;
        match &command.out {
            None => output::print(&text),
            Some(out) => write(&out.join(name), &text)?,
        }
    }
    Ok(0)
}

fn render(
    format: &str,
    record: &RunRecord,
    cases: &[CaseRecord],
    folder: &RunFolder,
) -> Result<(&'static str, String), Failure> {
    let log = |play: &str| ReadLog::read(&folder.play(play));
    Ok(match format {
        "terminal" => (
            "screen.txt",
            reports::terminal::screen(record, cases, folder.root(), output::style()),
        ),
        "junit" => ("junit.xml", reports::junit::document(record, cases)),
        "html" => (
            "report.html",
            reports::html::page(record, cases, log)
                .map_err(|why| Failure::ours(why.to_string()))?,
        ),
        "json" => (
            "run.json",
            serde_json::to_string_pretty(record).map_err(|why| Failure::ours(why.to_string()))?,
        ),
        "ladder" => ("ladders.txt", ladders(cases, log)),
        other => {
            return Err(Failure::usage(format!(
                "no format is called {other}: terminal, junit, html, ladder, json"
            )));
        }
    })
}

/// The ladder of each case that is not pass.
fn ladders(cases: &[CaseRecord], log: impl Fn(&str) -> Result<ReadLog, ReadLogError>) -> String {
    let mut text = String::new();
    for case in cases
        .iter()
        .filter(|case| case.verdict != evidence::Verdict::Pass)
    {
        for play in &case.plays {
            if let Ok(log) = log(&play.play) {
                text.push_str(&reports::ladder::draw(
                    &log,
                    &play.play,
                    &case.findings,
                    output::style().width,
                ));
                text.push('\n');
            }
        }
    }
    text
}

/// The record of a run folder.
fn read(folder: &RunFolder) -> Result<(RunRecord, Vec<CaseRecord>), Failure> {
    let failed = |path: &Path, why: String| {
        Failure::usage(format!(
            "{}: {why}; `wicheck rejudge --write {}` makes it from the evidence",
            path.display(),
            folder.root().display()
        ))
    };
    let text =
        |path: &Path| std::fs::read_to_string(path).map_err(|why| failed(path, why.to_string()));
    let record = serde_json::from_str(&text(&folder.record())?)
        .map_err(|why| failed(&folder.record(), why.to_string()))?;
    let cases = text(&folder.cases())?
        .lines()
        .map(|line| {
            serde_json::from_str(line).map_err(|why| failed(&folder.cases(), why.to_string()))
        })
        .collect::<Result<_, _>>()?;
    Ok((record, cases))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |why: std::io::Error| Failure::ours(format!("cannot write {}: {why}", path.display()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}
