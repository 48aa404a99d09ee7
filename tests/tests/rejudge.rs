//! Judging is apart from playing: the evidence alone gives the record again, and another record where the evidence differs.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{PATIENCE, Ran, Running, Scratch};

/// Cases of several roles, with a mistake that some of them catch.
const ONLY: &str = "epc-id-*,wic-w1-*,core-allow-*";

fn records(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("cases.ndjson")).expect("the record");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

fn verdict<'a>(records: &'a [Value], case: &str) -> &'a str {
    let record = records.iter().find(|record| record["case"] == case);
    record
        .and_then(|record| record["verdict"].as_str())
        .unwrap_or_else(|| panic!("no {case}"))
}

/// `run.json` less the times, which are no evidence.
fn without_times(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("run.json")).expect("the record");
    let is_time = |line: &&str| {
        let times = [
            "seconds",
            "setup_seconds",
            "report_seconds",
            "plays_per_second",
        ];
        times
            .iter()
            .any(|name| line.trim_start().starts_with(&format!("\"{name}\":")))
    };
    text.lines()
        .filter(|line| !is_time(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_record_comes_back_from_the_evidence() {
    let scratch = Scratch::new();
    let words = [
        "run",
        "--only",
        ONLY,
        "--defect",
        "trusts-to-header",
        "--out",
        "out",
    ];
    scratch.call(&words).exits(1);
    let out = scratch.path("out");
    let cases = std::fs::read(out.join("cases.ndjson")).expect("the record");
    let run = without_times(&out);
    // Every play was watched until the end, and its log says so: an auditor has nothing else to know it from.
    for play in records(&out)
        .iter()
        .filter_map(|record| record["plays"].as_array())
        .flatten()
    {
        let (case, n) = play["play"]
            .as_str()
            .and_then(|play| play.split_once('#'))
            .expect("a play");
        let log = out.join("cases").join(case).join(format!("{n}.ndjson"));
        let text = std::fs::read_to_string(&log).expect("a log");
        assert_eq!(
            text.matches("\"event\":\"watch_ended\"").count(),
            1,
            "{}",
            log.display()
        );
    }
    // Neither the record nor the world is there any more.
    std::fs::remove_file(out.join("cases.ndjson")).expect("a file");
    std::fs::remove_file(out.join("run.json")).expect("a file");
    std::fs::remove_dir_all(out.join("world")).expect("a folder");
    scratch.call(&["rejudge", "out", "--write"]).exits(1);
    let again = std::fs::read(out.join("cases.ndjson")).expect("the record");
    assert!(cases == again, "cases.ndjson differs");
    assert_eq!(run, without_times(&out));
    // Without --write nothing is written.
    std::fs::remove_file(out.join("run.json")).expect("a file");
    scratch.call(&["rejudge", "out"]).exits(1);
    assert!(!out.join("run.json").exists());
}

#[test]
fn a_refusal_that_is_made_an_acceptance_changes_that_verdict_alone() {
    let scratch = Scratch::new();
    scratch
        .call(&["run", "--only", "epc-id-*", "--out", "out"])
        .exits(0);
    let out = scratch.path("out");
    let before = records(&out);
    let log = out.join("cases/epc-id-to-swap@2/1.ndjson");
    let text = std::fs::read_to_string(&log).expect("the attack's log");
    assert_eq!(
        text.matches("SIP/2.0 403 Forbidden").count(),
        1,
        "the refusal"
    );
    std::fs::write(
        &log,
        text.replace("SIP/2.0 403 Forbidden", "SIP/2.0 200 OK"),
    )
    .expect("a log");
    scratch.call(&["rejudge", "out", "--write"]).exits(1);
    let after = records(&out);
    assert_eq!(verdict(&before, "epc-id-to-swap@2"), "pass");
    assert_eq!(verdict(&after, "epc-id-to-swap@2"), "fail");
    let others = |records: Vec<Value>| -> Vec<Value> {
        records
            .into_iter()
            .filter(|record| record["case"] != "epc-id-to-swap@2")
            .collect()
    };
    assert_eq!(others(before), others(after));
}

/// Starts a run that takes long, and waits until this many cases are decided.
fn long_run(scratch: &Scratch, decided: usize) -> (Running, PathBuf) {
    let words = [
        "run", "--only", "epc-id-*", "--repeat", "500", "--out", "out",
    ];
    let running = scratch.begin(&words);
    let out = scratch.path("out");
    let begun = Instant::now();
    loop {
        let lines = std::fs::read_to_string(out.join("events.ndjson"))
            .map_or(0, |text| text.lines().count());
        if lines >= decided {
            return (running, out);
        }
        assert!(begun.elapsed() < PATIENCE, "only {lines} cases are decided");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is asked of a folder whose run ended before its time.
fn is_read(ran: Ran, out: &Path) {
    ran.exits(0);
    let records = records(out);
    assert!(records.len() > 10, "{} cases", records.len());
    assert!(records.iter().all(|record| record["verdict"] == "pass"));
    assert!(out.join("run.json").is_file());
}

#[test]
fn a_run_that_is_killed_leaves_a_folder_that_can_be_judged() {
    let scratch = Scratch::new();
    let (running, out) = long_run(&scratch, 100);
    running.kill();
    assert!(!out.join("run.json").exists() && !out.join("cases.ndjson").exists());
    is_read(scratch.call(&["rejudge", "out", "--write"]), &out);
}

#[test]
fn a_line_that_the_kill_cut_does_not_count() {
    let scratch = Scratch::new();
    let (running, out) = long_run(&scratch, 100);
    running.kill();
    let journal = out.join("events.ndjson");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let cut = text.trim_end().len() - 9;
    std::fs::write(&journal, &text[..cut]).expect("the journal");
    is_read(scratch.call(&["rejudge", "out", "--write"]), &out);
}

#[test]
fn an_interrupted_run_reports_what_it_has() {
    let scratch = Scratch::new();
    let (running, out) = long_run(&scratch, 100);
    running
        .ends_on(Signal::SIGINT)
        .exits(130)
        .tells(&["exit 130", "interrupted"]);
    let text = std::fs::read_to_string(out.join("run.json")).expect("the record");
    let run: Value = serde_json::from_str(&text).expect("the record");
    assert_eq!(run["interrupted"], true);
    assert_eq!(run["exit_code"], 130);
    assert!(!records(&out).is_empty());
}
