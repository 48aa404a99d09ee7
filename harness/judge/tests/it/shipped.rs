//! The outcomes that are shipped name oracles that exist, and every oracle is asked by one of them.

use std::collections::BTreeSet;

use judge::Oracle;

fn shipped() -> Vec<script::catalogue::OutcomeSet> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/outcomes.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let vocabulary = script::Vocabulary {
        oracles: Oracle::ALL
            .iter()
            .map(|oracle| oracle.name().to_owned())
            .collect(),
        ..script::Vocabulary::default()
    };
    let suite = script::Suite::read([("outcomes.toml".to_owned(), text)], &vocabulary)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    suite.outcomes.into_values().collect()
}

#[test]
fn every_oracle_is_asked_by_an_outcome() {
    let asked: BTreeSet<String> = shipped()
        .iter()
        .flat_map(|outcome| outcome.oracles.iter().map(|word| word.text.clone()))
        .collect();
    let never: Vec<&str> = Oracle::ALL
        .iter()
        .filter(|oracle| **oracle != Oracle::Alive && !asked.contains(oracle.name()))
        .map(|oracle| oracle.name())
        .collect();
    assert!(never.is_empty(), "no outcome asks {never:?}");
}

#[test]
fn classes_of_codes_are_those_that_a_sut_declares() {
    const CLASSES: &[&str] = &[
        "no-credential",
        "bad-token",
        "malformed",
        "not-entitled",
        "identity-mismatch",
        "unavailable",
        "origin",
    ];
    for outcome in shipped() {
        assert!(
            outcome
                .codes
                .as_deref()
                .is_none_or(|class| CLASSES.contains(&class)),
            "{}",
            outcome.id
        );
        assert!(
            !outcome.oracles.is_empty() && !outcome.text.is_empty(),
            "{}",
            outcome.id
        );
    }
}

#[test]
fn names_are_read_back() {
    for oracle in Oracle::ALL {
        assert_eq!(oracle.name().parse(), Ok(*oracle));
        assert!(oracle.question().ends_with('.'));
    }
    assert!("no-such".parse::<Oracle>().is_err());
}
