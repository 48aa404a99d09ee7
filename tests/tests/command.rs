//! The command as its users meet it: exit statuses, what is told about bad input, and what does not change a verdict.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::Value;

use crate::support::{Scratch, binary, workspace};

/// The verdicts of a run folder, by case.
fn verdicts(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("cases.ndjson")).expect("the record");
    text.lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).expect("a case");
            let word = |name: &str| case[name].as_str().expect("a word").to_owned();
            (word("case"), word("verdict"))
        })
        .collect()
}

#[test]
fn a_run_folder_that_is_in_use_is_left_alone() {
    let scratch = Scratch::new();
    let mine = scratch.write("out/mine", "mine");
    scratch
        .call(&["run", "--out", "out"])
        .exits(2)
        .tells(&["is not empty", "--out"]);
    let left: Vec<_> = std::fs::read_dir(scratch.path("out"))
        .expect("the folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(left, [mine]);
}

#[rstest]
fn a_sut_file_to_start_from_is_read_back(
    #[values("wic", "wwsf", "waf", "ep-cscf", "core", "network")] role: &str,
) {
    let scratch = Scratch::new();
    let ran = scratch.call(&["init", role]).exits(0);
    scratch.write("sut.toml", &ran.stdout);
    let checked = scratch.call(&["check", "sut.toml"]).exits(0);
    assert!(
        !checked.stderr.contains("not declared"),
        "init asks everything: {checked}"
    );
    // Less one answer, it says which.
    let (head, _) = ran
        .stdout
        .split_once("\nregistrations")
        .expect("every role says what it offers");
    let rest = ran.stdout[head.len() + 1..]
        .split_once('\n')
        .expect("more")
        .1;
    scratch.write("less.toml", &format!("{head}\n{rest}"));
    scratch
        .call(&["check", "less.toml"])
        .exits(0)
        .tells(&["inconclusive: registrations"]);
}

#[test]
fn everything_that_list_and_coverage_name_is_explained() {
    let scratch = Scratch::new();
    let rows = scratch.call(&["list", "--json"]).exits(0).json();
    let mut kinds = BTreeSet::new();
    for row in rows.as_array().expect("rows") {
        for name in ["id", "title", "sut", "file"] {
            assert!(
                row[name].as_str().is_some_and(|word| !word.is_empty()),
                "{row}"
            );
        }
        let kind = row["kind"].as_str().expect("a kind");
        for name in ["registration", "checks", "proof"] {
            let list = row[name].as_array().expect("a list");
            let must = name == "registration" || kind != "control";
            assert!(!must || !list.is_empty(), "{name} of {row}");
        }
        assert!(kind != "attack" || row["control"].is_string(), "{row}");
        kinds.insert(kind.to_owned());
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["attack", "audit", "control"]
    );

    let coverage = scratch.call(&["coverage", "--json"]).exits(0).json();
    let count = |name: &str| coverage[name].as_u64().expect("a count");
    let uncovered = coverage["uncovered"].as_array().expect("a list");
    assert_eq!(
        count("requirements"),
        count("covered") + uncovered.len() as u64
    );
    assert!(count("discriminating") <= count("covered"));

    for (id, told) in [
        ("epc-id-to-swap", "departs from: ok-epc-sc2"),
        ("ok-epc-sc2", "control of ep-cscf"),
        ("REQ-4.b", "violated:"),
        ("to-mismatch", "values: reject, rewrite"),
        ("identity-refused", "oracles:"),
        ("trusts-to-header", "caught by"),
        ("verbs", "wic.send"),
        ("placeholders", "{alice.impu}"),
        ("defects", "accepts-expired"),
    ] {
        scratch.call(&["explain", id]).exits(0).tells(&[told]);
    }
    let one = scratch
        .call(&["list", "--only", "clause:REQ-4.b", "--json"])
        .exits(0)
        .json();
    let ids: BTreeSet<&str> = one
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["id"].as_str())
        .collect();
    assert!(
        ids.contains("epc-id-to-swap") && !ids.contains("epc-clear-ws"),
        "{ids:?}"
    );
}

#[test]
fn small_commands_print_what_other_programs_read() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish"] {
        scratch
            .call(&["completions", shell])
            .exits(0)
            .tells(&["wicheck", "selftest"]);
    }
    let flaws = scratch
        .call(&["certs", "--flaw", "list", "--json"])
        .exits(0)
        .json();
    let flaws: Vec<&str> = flaws
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(flaws.len() > 10, "{flaws:?}");
    for flaw in flaws {
        let chain = scratch
            .call(&["certs", "--flaw", flaw, "--name", "a.b.edge.localhost"])
            .exits(0);
        assert!(
            chain.stdout.matches("-----BEGIN CERTIFICATE-----").count() >= 2,
            "{flaw}: {chain}"
        );
        assert!(chain.stdout.contains("PRIVATE KEY-----"), "{flaw}: {chain}");
    }
}

/// `wicheck ... | head` ends without a word.
#[rstest]
fn a_reader_that_goes_away_is_no_error(
    #[values("completions bash", "list", "explain verbs", "init ep-cscf")] words: &str,
) {
    let mut child = Command::new(binary())
        .args(words.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wicheck starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("its end");
    assert_eq!(ended.status.code(), Some(0), "{words}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{words}");
}

#[test]
fn a_baseline_changes_the_exit_status_both_ways_and_no_verdict() {
    let scratch = Scratch::new();
    scratch.write(
        "known.toml",
        "[[expectation]]\ncase = \"epc-id-to-swap@*\"\nverdict = \"fail\"\nreason = \"ticket 4711\"\n",
    );
    scratch.write("none.toml", "");
    let run = |baseline: &str, defect: &[&str], out: &str, status: i32| {
        let words = [
            "run",
            "--only",
            "epc-id-to-swap",
            "--baseline",
            baseline,
            "--out",
            out,
        ];
        scratch.call(&[&words[..], defect].concat()).exits(status);
        verdicts(&scratch.path(out))
    };
    let defect = ["--defect", "trusts-to-header"];
    let expected = run("known.toml", &defect, "expected", 0);
    let mended = run("known.toml", &[], "mended", 4);
    let unknown = run("none.toml", &defect, "unknown", 4);
    let clean = run("none.toml", &[], "clean", 0);
    assert_eq!(expected["epc-id-to-swap@2"], "fail");
    assert_eq!(mended["epc-id-to-swap@2"], "pass");
    assert_eq!((expected, mended), (unknown, clean));
}

const MANY: &str = "epc-id-*,epc-jwt-a*,epc-ws-*";

#[test]
fn shards_are_disjoint_and_whole() {
    let scratch = Scratch::new();
    let run = |shard: &str, out: &str| {
        scratch
            .call(&[
                "run", "--only", MANY, "--shard", shard, "--out", out, "--json",
            ])
            .exits(0);
        let mut cases = verdicts(&scratch.path(out));
        // A control is played wherever one of its attacks is.
        cases.retain(|case, _| !case.starts_with("ok-"));
        cases
    };
    let (whole, one, two) = (run("1/1", "whole"), run("1/2", "one"), run("2/2", "two"));
    assert!(!one.is_empty() && !two.is_empty());
    assert!(
        one.keys().all(|case| !two.contains_key(case)),
        "a case is in both shards"
    );
    let both: BTreeMap<_, _> = one.into_iter().chain(two).collect();
    assert_eq!(both, whole);
}

/// Order and company are no part of a verdict.
#[test]
fn seeds_and_jobs_change_no_verdict() {
    let scratch = Scratch::new();
    // With a mistake, so that not everything is alike.
    let run = |more: &[&str], out: &str| {
        let words = [
            "run",
            "--only",
            MANY,
            "--defect",
            "trusts-to-header",
            "--out",
            out,
            "--json",
        ];
        scratch.call(&[&words[..], more].concat()).exits(1);
        verdicts(&scratch.path(out))
    };
    let usual = run(&[], "usual");
    assert!(usual.values().any(|verdict| verdict == "fail"));
    for (out, more) in [
        ("one", ["--jobs", "1"]),
        ("two", ["--jobs", "2"]),
        ("eight", ["--jobs", "8"]),
        ("seed-7", ["--seed", "7"]),
        ("seed-8", ["--seed", "8"]),
    ] {
        assert_eq!(run(&more, out), usual, "{more:?}");
    }
}

#[test]
fn a_run_is_reported_in_every_format() {
    let scratch = Scratch::new();
    scratch
        .call(&[
            "run",
            "--only",
            "epc-id-to-swap",
            "--defect",
            "trusts-to-header",
            "--out",
            "out",
        ])
        .exits(1);
    for (format, told) in [
        ("terminal", "✗ fail  epc-id-to-swap@2"),
        ("junit", "<failure"),
        ("html", "epc-id-to-swap@2"),
        ("ladder", "REGISTER"),
        ("json", "\"exit_code\": 1"),
    ] {
        scratch
            .call(&["report", "out", "--format", format])
            .exits(0)
            .tells(&[told]);
    }
    scratch
        .call(&[
            "report", "out", "--format", "junit", "--format", "html", "--out", "reports",
        ])
        .exits(0);
    assert!(scratch.path("reports/junit.xml").is_file());
    assert!(scratch.path("reports/report.html").is_file());
    scratch
        .call(&["report", "out", "--format", "nonsense"])
        .exits(2)
        .tells(&["junit"]);
}

/// Of passed cases too, when they are asked for.
#[test]
fn a_ladder_is_drawn_of_the_case_that_is_asked_for() {
    let scratch = Scratch::new();
    scratch
        .call(&["run", "--only", "epc-id-to-swap", "--out", "out"])
        .exits(0);
    let report = |more: &[&str], status: i32, told: &[&str]| {
        let words = [&["report", "out"], more].concat();
        scratch.call(&words).exits(status).tells(told)
    };
    let told = [
        "✓ pass ok-epc-sc2@3: ",
        " in cases/ok-epc-sc2@3/1.ndjson",
        "REGISTER",
    ];
    report(&["--format", "ladder", "--only", "ok-epc-sc2@3"], 0, &told);
    report(
        &["--format", "ladder", "--only", "ok-epc-sc3@3"],
        2,
        &["did you mean"],
    );
    report(&["--only", "ok-epc-sc2@3"], 2, &["--format ladder"]);
}

/// Each with its meaning, from the list that the loader knows them by.
#[test]
fn every_placeholder_is_explained() {
    let scratch = Scratch::new();
    scratch.call(&["explain", "placeholders"]).exits(0).tells(&[
        "{tag} ",
        "{world.audience} ",
        "the second public identity",
        "{token.NAME}",
    ]);
}

/// What README shows of a failure is what is printed, cut where it says so.
#[test]
fn the_failure_that_readme_shows_is_what_a_run_prints() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("README");
    let (_, shown) = readme
        .split_once("```console\n$ wicheck ")
        .expect("a transcript");
    let (command, shown) = shown.split_once('\n').expect("lines");
    let (shown, _) = shown.split_once("```").expect("its end");
    let scratch = Scratch::new();
    let ran = Command::new(binary())
        .args(command.split(' '))
        // So that it is the first lane's alice, as there.
        .args(["--jobs", "1"])
        .current_dir(scratch.path(""))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .output()
        .expect("wicheck starts");
    assert_eq!(ran.status.code(), Some(1));
    // The name of a run's folder is fresh.
    let plain = |text: &str| {
        let word = |word: &str| match word.contains("wicheck-out/") {
            true => "FOLDER".to_owned(),
            false => word.to_owned(),
        };
        // What the SUT does beside may come before or behind the event that is named.
        let lines = text
            .split('\n')
            .map(|line| match line.split_once(", event ") {
                Some((log, _)) => log,
                None => line,
            });
        let lines = lines.map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let printed = plain(&String::from_utf8_lossy(&ran.stdout));
    let mut rest = printed.as_str();
    let parts: Vec<String> = plain(shown)
        .split("[...]\n")
        .map(str::to_owned)
        .filter(|part| !part.is_empty())
        .collect();
    assert_eq!(parts.len(), 2, "{shown}");
    for part in parts {
        let (_, behind) = rest
            .split_once(&part)
            .unwrap_or_else(|| panic!("{part}is not printed:\n{rest}"));
        rest = behind;
    }
    assert_eq!(rest.trim(), "", "README leaves out the end");
}

/// The reference is tested as a vendor's product is: another process, launched by a SUT file.
#[test]
fn the_reference_as_a_program_has_the_verdicts_of_the_embedded_one() {
    let scratch = Scratch::new();
    let model = std::fs::read_to_string(workspace().join("reference/models/default.toml"))
        .expect("the model");
    let mut lines: Vec<String> = model.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if line.starts_with("roles ") {
            *line = "roles = [\"ep-cscf\"]".to_owned();
        }
    }
    let launch = format!(
        "\n[launch]\ncommand = [{:?}, \"reference\", \"ep-cscf\"]\nready = \"reference ready\"\n",
        binary().display().to_string()
    );
    scratch.write("sut.toml", &format!("{}{launch}", lines.join("\n")));
    let only = "epc-id-*";
    scratch
        .call(&["run", "sut.toml", "--only", only, "--out", "program"])
        .exits(0);
    scratch
        .call(&[
            "run", "--role", "ep-cscf", "--only", only, "--out", "embedded",
        ])
        .exits(0);
    let program = verdicts(&scratch.path("program"));
    assert!(program.len() > 10, "{program:?}");
    assert_eq!(program, verdicts(&scratch.path("embedded")));
    let log = std::fs::read_to_string(scratch.path("program/sut.log")).expect("what it printed");
    assert!(log.contains("reference ready"), "{log}");
}

#[test]
fn fixed_users_are_played_and_their_secrets_stay_out_of_the_folder() {
    let scratch = Scratch::new();
    let init = scratch.call(&["init", "ep-cscf"]).exits(0).stdout;
    let users = "[users]\nalice = { user = \"al\", impi = \"al@op.example\", impu = \"sip:al@op.example\", password = \"pa55word\", \
                 secret = \"5ecret\" }\n";
    let launch = "[launch]\ncommand = [\"false\"]\n";
    scratch.write("sut.toml", &format!("{init}\n{launch}\n{users}"));
    scratch
        .call(&[
            "run",
            "sut.toml",
            "--only",
            "epc-id-to-swap",
            "--out",
            "out",
        ])
        .tells(&["ended before it was ready"]);
    let kept = std::fs::read_to_string(scratch.path("out/sut.toml")).expect("the SUT file");
    assert!(kept.contains("impi = \"al@op.example\""), "{kept}");
    assert!(
        !kept.contains("pa55word") && !kept.contains("5ecret"),
        "{kept}"
    );
    let wrong = users.replace("secret", "secrat");
    scratch.write("wrong.toml", &format!("{init}\n{launch}\n{wrong}"));
    scratch
        .call(&["run", "wrong.toml", "--out", "other"])
        .exits(2)
        .tells(&["secrat"]);
}
