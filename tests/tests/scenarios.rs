//! The scenarios of the tree, read with the names that the other crates really own.

use std::collections::BTreeSet;

use script::{Suite, SutFile, Vocabulary};

#[path = "support/suite.rs"]
mod tree;

use proof::tree::files;

use crate::tree::{scenario_files, suite, vocabulary};

#[test]
fn the_whole_tree_has_no_problem() {
    let suite = suite();
    assert!(
        !suite.attacks.is_empty() && !suite.controls.is_empty() && !suite.requirements.is_empty()
    );
}

#[test]
fn a_name_that_its_crate_drops_is_found_here() {
    let without = |change: fn(&mut Vocabulary)| {
        let mut vocabulary = vocabulary();
        change(&mut vocabulary);
        Suite::read(scenario_files(), &vocabulary)
            .expect_err("names are missing")
            .len()
    };
    assert!(without(|vocabulary| vocabulary.defects.clear()) > 10);
    assert!(without(|vocabulary| vocabulary.oracles.clear()) > 3);
    assert!(without(|vocabulary| vocabulary.token_flaws.clear()) > 3);
}

#[test]
fn every_control_is_departed_from_and_every_outcome_asked_for() {
    let suite = suite();
    let departed: BTreeSet<&str> = suite
        .attacks
        .values()
        .map(|attack| attack.control.text.as_str())
        .collect();
    let idle: Vec<_> = suite
        .controls
        .keys()
        .filter(|control| !departed.contains(control.as_str()))
        .collect();
    assert!(
        idle.is_empty(),
        "controls that no attack departs from: {idle:?}"
    );
    let asked: BTreeSet<&str> = suite
        .attacks
        .values()
        .filter_map(|attack| attack.outcome.as_ref())
        .flat_map(|outcome| outcome.words())
        .map(|word| word.text.as_str())
        .collect();
    let unasked: Vec<_> = suite
        .outcomes
        .keys()
        .filter(|outcome| !asked.contains(outcome.as_str()))
        .collect();
    assert!(
        unasked.is_empty(),
        "outcomes that no attack comes to: {unasked:?}"
    );
}

#[test]
fn the_sut_files_of_the_tree_fit_the_items() {
    let suite = suite();
    let mut read = 0;
    for file in files() {
        let sut = file.path.ends_with("/sut.toml") && file.path.starts_with("examples/");
        if sut || file.path.starts_with("reference/models/") {
            read += 1;
            if let Err(problems) = SutFile::read(&file.path, &file.text, &suite.items) {
                panic!("{}", problems.render(false));
            }
        } else if file.path.starts_with("examples/") && file.path.ends_with("/expectations.toml") {
            read += 1;
            if let Err(problems) = script::expectations::read(&file.path, &file.text) {
                panic!("{}", problems.render(false));
            }
        }
    }
    assert!(read >= 4, "only {read} files were read");
}
