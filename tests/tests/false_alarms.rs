//! A selftest in which the conforming reference does not pass: what is left to look at.

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
        .tells(&["FALSE ALARM  epc-no-lie@2 (fail", "1 false alarms"]);
    let folder = ran
        .stdout
        .split("`wicheck report ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("no folder is named: {ran}"));
    let ladder = ["report", &folder.to_string_lossy(), "--format", "ladder"];
    scratch.call(&ladder).exits(0).tells(&["X-Nothing"]);
    let runs = folder.parent().expect("the folder of the selftest");
    assert_eq!(names(runs), [name(&folder)], "all else is gone");
    std::fs::remove_dir_all(runs).expect("it goes with the test");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.flatten().map(|each| name(&each.path())).collect()
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}
