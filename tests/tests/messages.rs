//! What is told about bad input: all of it at once, where it stands and what would be right; and nothing is started.

mod support;

use rstest::rstest;

use crate::support::{Scratch, append};

/// What stands in the folder of a test, less what the test itself has put there.
fn nothing_was_started(scratch: &Scratch) {
    let left = scratch.path("wicheck-out");
    assert!(!left.exists(), "{} was made", left.display());
}

#[test]
fn every_error_of_the_scripts_is_told_at_once_and_nothing_starts() {
    let scratch = Scratch::new();
    scratch.copy_scenarios();
    let identity = scratch.path("scenarios/ep-cscf/identity.toml");
    let first = append(
        &identity,
        "\n[[attack]]\nid = \"epc-mine\"\ntitle = \"mine\"\ncontrol = \"ok-epc-sc2\"\nchecks = [\"REQ-99.z\"]\n\
         outcome = \"identity-refusedd\"\nproof = [\"trusts-to-headerr\"]\nchange = { wic.send = { set = [\"X: {alice.impuu}\"] } }\n\
         \n[[attack]]\nid = \"epc-other\"\ntitle = \"other\"\ncontrol = \"ok-epc-sc2x\"\nchecks = [\"REQ-4.b\"]\n\
         outcome = \"identity-refused\"\nproof = [\"trusts-to-header\"]\nchange = { wic.send = { set = [\"X: y\"] } }\n",
    );
    let broken = append(&scratch.path("scenarios/wic/token.toml"), "x = = 3\n");
    let at = |line: usize| format!("ep-cscf/identity.toml:{line}:");
    let told = [
        at(first + 5),
        "the nearest: REQ-".to_owned(),
        at(first + 6),
        "did you mean `identity-refused`?".to_owned(),
        at(first + 7),
        "did you mean `trusts-to-header`?".to_owned(),
        at(first + 8),
        "did you mean `{alice.impu}`? (`wicheck explain placeholders`".to_owned(),
        at(first + 13),
        "did you mean `ok-epc-sc2`?".to_owned(),
        format!("wic/token.toml:{broken}:"),
        "nothing was started".to_owned(),
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    for command in ["check", "run"] {
        let ran = scratch
            .call(&[command, "--scenarios", "scenarios"])
            .exits(2)
            .tells(&told);
        assert_eq!(ran.stdout, "", "errors go to stderr");
        assert!(ran.stderr.matches("= help: ").count() >= 6, "{ran}");
    }
    nothing_was_started(&scratch);
}

/// A tree that speaks of what this program does not know is of another age; one slip in one file is a slip.
#[test]
fn that_program_and_tree_are_of_different_age_is_told_where_it_is_likely() {
    const HINT: &str = "program and tree are of different age";
    let attack = |verb: &str| {
        format!(
            "\n[[attack]]\nid = \"epc-mine\"\ntitle = \"mine\"\ncontrol = \"ok-epc-sc2\"\nchecks = [\"REQ-4.b\"]\n\
             outcome = \"identity-refused\"\nproof = [\"trusts-to-header\"]\nchange = {{ wic.{verb} = {{ set = [\"X: y\"] }} }}\n"
        )
    };
    for (verb, touched, is_told) in [
        ("sned", None, false),
        ("teleport", None, true),
        ("sned", Some("scenarios/waf/token.toml"), true),
    ] {
        let scratch = Scratch::new();
        scratch.copy_scenarios();
        append(
            &scratch.path("scenarios/ep-cscf/identity.toml"),
            &attack(verb),
        );
        if let Some(path) = touched {
            assert!(scratch.path(path).is_file(), "{path}");
            append(&scratch.path(path), "# Written by another.\n");
        }
        let ran = scratch
            .call(&["check", "--scenarios", "scenarios"])
            .exits(2)
            .tells(&[&format!("named `{verb}`")]);
        assert_eq!(
            ran.stderr.contains(HINT),
            is_told,
            "{verb} {touched:?}: {ran}"
        );
    }
}

/// What a part of `--only` lacks is told, and the rest is played.
#[test]
fn a_part_of_only_that_selects_nothing_is_told() {
    let scratch = Scratch::new();
    scratch
        .call(&["list", "--only", "epc-id-to-swap,epc-id-to-swop"])
        .exits(0)
        .tells(&[
            "note: --only epc-id-to-swop",
            "did you mean `epc-id-to-swap`?",
        ]);
}

#[test]
fn every_error_of_a_sut_file_is_told_at_once_and_nothing_starts() {
    let scratch = Scratch::new();
    scratch.write(
        "sut.toml",
        "[sut]\nroles = [\"ep-cscff\"]\nnam = \"x\"\nversion = \"1\"\n\n[ics]\nto-mismatch = \"maybe\"\n\
         registrations = [\"2\", \"9\"]\nno-such-item = \"yes\"\n\n[laun]\n",
    );
    for command in ["check", "run"] {
        let ran = scratch.call(&[command, "sut.toml"]).exits(2).tells(&[
            "sut.toml:2:",
            "did you mean `ep-cscf`?",
            "sut.toml:3:",
            "did you mean `name`?",
            "sut.toml:7:",
            "known: reject, rewrite",
            "sut.toml:8:",
            "sut.toml:9:",
            "sut.toml:11:",
            "nothing was started",
        ]);
        assert_eq!(ran.stdout, "", "errors go to stderr");
    }
    nothing_was_started(&scratch);
}

#[rstest]
#[case::no_file(&["run", "sut.toml"], "wicheck init ROLE > sut.toml")]
#[case::defect(&["run", "--defect", "nonsense"], "wicheck explain defects")]
#[case::model(&["run", "--model", "nonsense"], "there are default, ")]
#[case::role(&["run", "--role", "nonsense"], "none of wic, wwsf, waf, ep-cscf, core, network")]
#[case::role_of_another(&["run", "--model", "ims-only", "--role", "network"], "[sut] roles")]
#[case::shard(&["run", "--shard", "3/2"], "1/4 for the first of four")]
#[case::jobs(&["run", "--jobs", "x"], "--jobs <JOBS>")]
#[case::baseline(&["run", "--baseline", "none.toml"], "none.toml")]
#[case::scenarios(&["run", "--scenarios", "none"], "none")]
#[case::defect_of_a_file(&["run", "sut.toml", "--defect", "trusts-to-header"], "cannot be used with")]
#[case::only(&["run", "--only", "epc-id-to-swop"], "did you mean `epc-id-to-swap`?")]
#[case::only_registration(&["run", "--only", "epc-id-to-swap@1"], "did you mean one of epc-id-to-swap@2, epc-id-to-swap@3?")]
#[case::only_role(&["run", "--role", "waf", "--only", "epc-id-to-swap"], "no such case of waf: epc-id-to-swap is one of ep-cscf")]
#[case::only_clause(&["run", "--only", "clause:REQ4.b"], "did you mean `REQ-4.b`?")]
#[case::only_clause_of_another(&["run", "--role", "waf", "--only", "clause:REQ-4.b"], "none of them checks REQ-4.b")]
#[case::only_glob(&["run", "--only", "zzz-*"], "`wicheck list` names all")]
#[case::list_only(&["list", "--only", "epc-nope"], "no such case")]
#[case::explain(&["explain", "nonsense"], "wicheck list")]
#[case::explain_near(&["explain", "epc-id-swap"], "did you mean one of epc-id-to-swap, epc-id-tofrom-swap?")]
#[case::explain_clause(&["explain", "4.b"], "did you mean `REQ-4.b`?")]
#[case::defect_near(&["run", "--defect", "trust-to-header"], "did you mean `trusts-to-header`?")]
#[case::flaw(&["certs", "--flaw", "nonsense"], "--flaw list")]
#[case::certs(&["certs"], "--out")]
#[case::folder(&["rejudge", "none"], "is this the folder of a run?")]
#[case::report(&["report", "none", "--format", "html"], "wicheck rejudge --write")]
#[case::list(&["list", "--role", "nonsense"], "none of wic")]
#[case::init(&["init", "nonsense"], "nonsense")]
#[case::no_world(&["reference", "ep-cscf"], "--world")]
fn bad_words_are_told_with_what_to_do(#[case] words: &[&str], #[case] told: &str) {
    let scratch = Scratch::new();
    scratch.call(words).exits(2).tells(&[told]);
    nothing_was_started(&scratch);
}
