//! `--only`: which of the cases are selected.

use evidence::Role;
use script::select::Selection;

use crate::bed::{Bed, answers};

/// Ids of the bed's cases that an expression selects.
fn selected(expression: &str) -> Vec<String> {
    let selection = Selection::read(expression).unwrap();
    let cases = Bed::right().suite().cases(Role::EpCscf, &answers(&[]));
    cases
        .into_iter()
        .filter(|case| selection.has(case))
        .map(|case| case.id)
        .collect()
}

#[test]
fn expressions_select_cases() {
    let forged = [
        "forged[alg-none]@2",
        "forged[signature-empty]@2",
        "forged[alg-none]@3",
        "forged[signature-empty]@3",
    ];
    let table: &[(&str, &[&str])] = &[
        ("forged", &forged),
        ("forged[alg-none]", &[forged[0], forged[2]]),
        ("forged[alg-none]@3", &[forged[2]]),
        ("forg*", &forged),
        ("*@2&forged", &[forged[0], forged[1]]),
        ("forged&registration:3", &[forged[2], forged[3]]),
        ("clause:REQ-1.b", &[forged[0], forged[1]]),
        ("clause:REQ-2*", &[]),
        ("sut:ep-cscf&other-to", &["other-to@2"]),
        ("sut:waf", &[]),
        (
            "other-to, twice-at-once",
            &["other-to@2", "twice-at-once@3"],
        ),
        (
            " clause: REQ-1.b & registration: 3 , other-to ",
            &["other-to@2"],
        ),
        ("forge", &[]),
    ];
    for (expression, wanted) in table {
        assert_eq!(selected(expression), *wanted, "{expression}");
    }
}

#[test]
fn alternatives_that_select_nothing_are_told() {
    let cases = Bed::right().suite().cases(Role::EpCscf, &answers(&[]));
    for (expression, nothing) in [
        ("forged, other-to", vec![]),
        ("forged, forge", vec!["forge"]),
        (
            "forged&registration:1 ,other*,sut:waf",
            vec!["forged&registration:1", "sut:waf"],
        ),
    ] {
        let selection = Selection::read(expression).unwrap();
        assert_eq!(selection.without_case(&cases), nothing, "{expression}");
    }
}

#[test]
fn what_cannot_select_is_an_error_that_names_the_part() {
    for (expression, part) in [
        ("", ""),
        ("forged,", ""),
        ("forged& ", " "),
        ("clause:", "clause:"),
        ("level:must", "level:must"),
        (":forged", ":forged"),
        ("sut: ", "sut: "),
    ] {
        let why = Selection::read(expression).unwrap_err().to_string();
        assert!(
            why.starts_with(&format!("{part:?} selects nothing")),
            "{expression}: {why}"
        );
    }
}
