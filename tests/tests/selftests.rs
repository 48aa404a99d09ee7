//! A part of a selftest, as a contributor asks for it: what is played, and what is left to look at.

mod support;

use std::path::{Path, PathBuf};

use crate::support::{Scratch, append};

/// A lie that is none: a header that says nothing, of which the honest edge makes a registration.
const NO_LIE: &str = r#"
[[attack]]
id = "epc-no-lie"
title = "nothing is wrong"
control = "ok-epc-sc2"
checks = ["REQ-4.b"]
outcome = "identity-refused"
registration = [2]
proof = ["trusts-to-header"]
change = { wic.send = { set = ["X-Nothing: nothing"] } }
"#;

/// The run may not come out so again; its folder is kept, and reports read it.
#[test]
fn the_evidence_of_a_false_alarm_is_kept() {
    let scratch = Scratch::new();
    scratch.copy_scenarios();
    append(&scratch.path("scenarios/ep-cscf/identity.toml"), NO_LIE);
    let selftest = [
        "selftest",
        "--scenarios",
        "scenarios",
        "--only",
        "epc-no-lie",
    ];
    let ran = scratch
        .call(&selftest)
        .exits(1)
        .tells(&["FALSE ALARM  epc-no-lie@2 (fail"]);
    let folder = ran
        .stdout
        .split("`wicheck report ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("no folder is named: {ran}"));
    let ladder = ["report", &folder.to_string_lossy(), "--format", "ladder"];
    scratch
        .call(&ladder)
        .exits(0)
        .tells(&["✗ fail epc-no-lie@2", "wic.send"]);
    let runs = folder.parent().expect("the folder of the selftest");
    let alarms = ran.stdout.matches("FALSE ALARM").count();
    let kept = names(runs);
    assert_eq!(kept.len(), alarms, "all else is gone: {kept:?}");
    std::fs::remove_dir_all(runs).expect("it goes with the test");
}

/// A mistake is played against what the call selects, whether or not its own proof is among that.
#[test]
fn every_kill_is_looked_for_in_the_part_that_is_asked_for() {
    let selftest = [
        "selftest",
        "--every",
        "--defect",
        "skips-signature",
        "--only",
    ];
    let jwks = [&selftest[..], &["epc-jwks-mitm", "--json"]].concat();
    let kills = &Scratch::new().call(&jwks).exits(0).json()["kills"];
    let kills = kills.as_object().expect("attacks");
    assert_eq!(kills.len(), 4, "one a variant: {kills:?}");
    assert!(
        kills
            .keys()
            .all(|attack| attack.starts_with("epc-jwks-mitm["))
    );
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .flatten()
        .map(|each| each.file_name().to_string_lossy().into_owned())
        .collect()
}
