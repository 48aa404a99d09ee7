//! A vendor's slips in a SUT file: each is told with what to do next, and none becomes a verdict against or for the product.
//!
//! The product is the reference as a program of its own, which is in order.

mod support;

use std::path::Path;

use rstest::rstest;

use crate::support::{Ran, Scratch, binary, workspace};

/// The SUT file of a product that is in order, with some lines replaced. A line is found by what stands before its `=`.
fn sut_file(lines: &[&str], sections: &str) -> String {
    let model = std::fs::read_to_string(workspace().join("reference/models/default.toml"))
        .expect("the model");
    let name = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let mut lines: Vec<&str> = lines.to_vec();
    lines.push("roles = [\"ep-cscf\"]");
    let mut text = String::new();
    for line in model.lines() {
        let at = lines.iter().position(|other| name(other) == name(line));
        text.push_str(at.map_or(line, |at| lines.remove(at)));
        text.push('\n');
    }
    assert_eq!(lines, Vec::<&str>::new(), "the model has these lines");
    format!("{text}\n{sections}\n")
}

fn launch(command: &str, ready: &str) -> String {
    format!("[launch]\ncommand = {command}\nready = \"{ready}\"\ndeadline = 10\n")
}

fn honest() -> String {
    let program = binary().display().to_string();
    launch(
        &format!("[{program:?}, \"reference\", \"ep-cscf\"]"),
        "reference ready",
    )
}

/// What a run of one attack comes to, and that nothing of it was decided about the product.
#[track_caller]
fn undecided(file: &str, only: &str, told: &[&str]) -> Ran {
    let scratch = Scratch::new();
    scratch.write("sut.toml", file);
    let ran = scratch.call(&["run", "sut.toml", "--only", only, "--out", "out"]);
    let record = std::fs::read_to_string(scratch.path("out/cases.ndjson")).expect("the record");
    for line in record
        .lines()
        .filter(|line| line.contains("\"kind\":\"attack\""))
    {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        assert!(
            matches!(case["verdict"].as_str(), Some("inconclusive" | "not_run")),
            "{case}"
        );
    }
    assert!(record.contains("\"kind\":\"attack\""), "{record}");
    assert!(matches!(ran.status, 3 | 6), "{ran}");
    ran.tells(told)
}

#[test]
fn the_product_itself_is_in_order() {
    let scratch = Scratch::new();
    scratch.write("sut.toml", &sut_file(&[], &honest()));
    let only = "epc-id-to-swap,epc-x-deauth";
    scratch
        .call(&["run", "sut.toml", "--only", only, "--out", "out"])
        .tells(&["pass epc-id-to-swap@2"]);
    // It has no hook yet, and the help names the section.
    undecided(&sut_file(&[], &honest()), "epc-x-deauth", &["[hooks]"]);
}

#[rstest]
#[case::wrong_port(
    &[], "[addresses]\nW2 = \"wss://edge.localhost:9/\"\n",
    &["refused the connection", "are its addresses right?", "report --format ladder"]
)]
#[case::wrong_audience(
    &["audience = \"https://other.example\""], "",
    &["401 Unauthorized", "error=\"invalid_token\"", "compare its SUT file and"]
)]
#[case::opaque_tokens(
    &["token-format = [\"opaque\"]", "token-validation = [\"introspection\"]"], "",
    &["401 Unauthorized", "compare its SUT file and"]
)]
#[case::wrong_path(&["w2-path = \"/other\""], "", &["404 Not Found", "compare its SUT file and"])]
#[case::wrong_impu(
    &[], "[users]\nalice = { impi = \"al@op.example\", impu = \"sip:al@op.example\" }\n",
    &["403 Forbidden", "its provisioning"]
)]
fn a_product_that_is_described_wrongly_is_not_judged(
    #[case] lines: &[&str],
    #[case] sections: &str,
    #[case] told: &[&str],
) {
    let file = sut_file(lines, &format!("{}{sections}", honest()));
    undecided(&file, "epc-id-to-swap@2", told);
}

#[rstest]
#[case::dies(
    "[\"sh\", \"-c\", \"echo no config; exit 4\"]", "x",
    &["ended before it was ready (exit status: 4)", "no config", "start the SUT by hand", "sut.log"]
)]
#[case::is_not_there(
    "[\"./nostart.sh\"]", "x",
    &["cannot run ./nostart.sh", "No such file", "/nostart.sh, from the folder of the SUT file"]
)]
#[case::is_not_in_path("[\"nostart.sh\"]", "x", &["cannot run nostart.sh", "looked for in PATH; write ./ before"])]
#[case::is_never_ready(
    "[\"sh\", \"-c\", \"echo listening; sleep 60\"]", "ready to serve",
    &["did not print \"ready to serve\"", "the last of what it printed: listening"]
)]
fn a_product_that_does_not_start_is_one_cause(
    #[case] command: &str,
    #[case] ready: &str,
    #[case] told: &[&str],
) {
    let file = sut_file(
        &[],
        &launch(command, ready).replace("deadline = 10", "deadline = 2"),
    );
    undecided(&file, "epc-id-to-swap,epc-tls-old", told).tells(&["○ 1 of 1"]);
}

#[rstest]
#[case::fails(
    "[\"false\"]",
    "the command printed no JSON object and ended with exit status: 1"
)]
#[case::is_not_there("[\"./operator.sh\"]", "/operator.sh, from the folder of the SUT file")]
#[case::hangs(
    "[\"sleep\", \"60\"]",
    "the hook party-switch did not answer within 1600 ms"
)]
#[case::refuses(
    "[\"echo\", \"{\\\"ok\\\": false, \\\"error\\\": \\\"no such party\\\"}\"]",
    "no such party"
)]
fn a_hook_that_does_not_do_its_work_is_told_as_such(#[case] command: &str, #[case] told: &str) {
    let hooks = format!("{}[hooks]\nparty-switch = {command}\n", honest());
    // A hook has four fifths of the case's time at most, so that its own fault is told.
    let file = sut_file(&["case-time = 2000", "driver-time = 30000"], &hooks);
    undecided(&file, "epc-x-deauth", &[told]);
}

/// A word where a number is wanted would be read as no answer, and a default be played.
#[rstest]
#[case::unknown_item("[ics]\nto-mismach = \"reject\"\n", "did you mean `to-mismatch`?")]
#[case::no_number(
    "[ixit]\nskew = \"soon\"\n",
    "`skew` is a whole number, and `soon` is none"
)]
#[case::wrong_kind(
    "[launch]\ncommand = [\"x\"]\ndeadline = \"ten\"\n",
    "a number is wanted"
)]
fn a_value_that_cannot_be_meant_starts_nothing(#[case] sections: &str, #[case] told: &str) {
    let scratch = Scratch::new();
    let sut = "[sut]\nroles = [\"ep-cscf\"]\nname = \"x\"\nversion = \"1\"\n";
    scratch.write("sut.toml", &format!("{sut}{sections}"));
    for command in ["check", "run"] {
        scratch
            .call(&[command, "sut.toml"])
            .exits(2)
            .tells(&[told, "nothing was started"]);
    }
    assert!(!Path::new(&scratch.path("wicheck-out")).exists());
}

#[test]
fn what_is_hardly_meant_is_told_before_the_run() {
    let scratch = Scratch::new();
    let file = sut_file(&["case-time = 10000", "t-disable = 60"], "");
    scratch.write("sut.toml", &file);
    scratch.call(&["check", "sut.toml"]).exits(0).tells(&[
        "neither [launch] nor a world",
        "t-disable is 60 s and a case may take 10 s",
    ]);
    let meant = sut_file(&[], "").replace("[sut]\n", "[sut]\nworld = \"world\"\n");
    scratch.write("meant.toml", &meant);
    let ran = scratch.call(&["check", "meant.toml"]).exits(0);
    assert!(!ran.stderr.contains("note:"), "{ran}");
    // The file to start from has no contradiction in itself.
    let init = scratch.call(&["init", "ep-cscf"]).exits(0).stdout;
    scratch.write("init.toml", &init);
    let ran = scratch.call(&["check", "init.toml"]).exits(0);
    assert!(!ran.stderr.contains("a case may take"), "{ran}");
}
