//! Expectations files.

use insta::assert_snapshot;
use script::expectations::{self, Expectation};

const RIGHT: &str = r#"
[[expectation]]
case    = "forged*"
verdict = "fail"
reason  = "ticket 1"

[[expectation]]
case    = "other-to@2"
verdict = "not_applicable"
reason  = "not offered"
"#;

#[test]
fn expectations_are_read_in_order() {
    let expect = |case: &str, verdict: &str, reason: &str| Expectation {
        case: case.to_owned(),
        verdict: verdict.to_owned(),
        reason: reason.to_owned(),
    };
    let read = expectations::read("expectations.toml", RIGHT).unwrap();
    assert_eq!(
        read,
        [
            expect("forged*", "fail", "ticket 1"),
            expect("other-to@2", "not_applicable", "not offered")
        ]
    );
    assert_eq!(
        expectations::read("expectations.toml", "# none\n").unwrap(),
        []
    );
}

#[test]
fn what_is_wrong_is_shown_at_once() {
    let wrong = RIGHT
        .replace("\"fail\"", "\"failed\"")
        .replace("reason  = \"not offered\"", "reson   = \"not offered\"");
    let problems = expectations::read("expectations.toml", &wrong).unwrap_err();
    assert_snapshot!(problems.render(false));
    // The misspelt field is not missing as well.
    assert_eq!(problems.len(), 2);
}
