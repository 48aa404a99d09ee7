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
    if command.only.is_some() && !command.format.iter().any(|format| format == "ladder") {
        return Err(Failure::usage(
            "--only chooses ladders: add --format ladder",
        ));
    }
    for format in &command.format {
        let (name, text) = render(format, &record, &cases, &folder, command.only.as_deref())?;
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
    only: Option<&str>,
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
        "ladder" => ("ladders.txt", ladders(cases, only, log)?),
        other => {
            return Err(Failure::usage(format!(
                "no format is called {other}: terminal, junit, html, ladder, json"
            )));
        }
    })
}

/// The ladders of the cases that are asked for, or of each that is not pass; before each its case, and the log that it is of.
fn ladders(
    cases: &[CaseRecord],
    only: Option<&str>,
    log: impl Fn(&str) -> Result<ReadLog, ReadLogError>,
) -> Result<String, Failure> {
    let wanted = |case: &&CaseRecord| match only {
        Some(only) => [case.case.as_str(), case.slug.as_str()]
            .iter()
            .any(|id| script::select::glob(only, id)),
        None => case.verdict != evidence::Verdict::Pass,
    };
    let mut text = String::new();
    for case in cases.iter().filter(wanted) {
        for play in &case.plays {
            text.push_str(&reports::ladder::heading(case, play));
            match log(&play.play) {
                Ok(log) => text.push_str(&reports::ladder::draw(
                    &log,
                    &play.play,
                    &case.findings,
                    output::style().width,
                )),
                Err(why) => text.push_str(&format!("{why}\n")),
            }
            text.push('\n');
        }
    }
    match only {
        Some(only) if text.is_empty() => {
            let known: Vec<&str> = cases.iter().map(|case| case.case.as_str()).collect();
            Err(Failure::usage(format!(
                "no case of this run that was played is {only}: {}",
                script::problem::suggestion(only, &known)
            )))
        }
        _ => Ok(text),
    }
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
