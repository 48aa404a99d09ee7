//! That the suite proves what it says: nothing on the reference but passes, every attack catches its mistake, and who meets
//! a failure is shown what was changed, what was expected and what came.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::Scratch;

fn words(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn the_reference_passes_everything() {
    let scratch = Scratch::new();
    let ran = scratch.call(&["run", "--json", "--out", "out"]).exits(0);
    let summary = ran.json();
    for bad in ["fail", "inconclusive", "error", "not_run"] {
        assert_eq!(
            summary["verdicts"][bad], 0,
            "{bad}: {}",
            summary["verdicts"]
        );
    }
    let passed = summary["verdicts"]["pass"].as_u64().expect("a count");
    assert!(
        passed > 500,
        "the reference offers nearly everything: {passed}"
    );
    let decided = summary["requirements"]
        .as_object()
        .expect("requirements")
        .values()
        .filter(|requirement| requirement["verdict"] == "pass")
        .count();
    assert!(decided > 100, "{decided} clauses passed");
    for kept in ["plan.json", "run.json", "cases.ndjson", "events.ndjson"] {
        assert!(scratch.path("out").join(kept).is_file(), "{kept}");
    }
}

/// Rows of `list --json`, less what only varies: one a scenario.
fn slugs(rows: &[Value], kind: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut slugs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["kind"] == kind) {
        let id = row["id"].as_str().expect("an id");
        let slug = id.split('[').next().unwrap_or(id);
        slugs
            .entry(format!("{} {slug}", row["sut"].as_str().expect("a role")))
            .or_default()
            .extend(words(&row["checks"]).into_iter().map(str::to_owned));
    }
    slugs
}

#[test]
fn no_role_and_no_requirement_is_left_with_little() {
    let rows = Scratch::new().call(&["list", "--json"]).exits(0).json();
    let rows = rows.as_array().expect("rows");
    let attacks = slugs(rows, "attack");
    assert!(attacks.len() >= 60, "{} attacks", attacks.len());
    for (role, least) in [
        ("ep-cscf", 25),
        ("wic", 8),
        ("wwsf", 8),
        ("waf", 8),
        ("core", 8),
    ] {
        let of_role = attacks
            .keys()
            .filter(|key| key.split(' ').next() == Some(role))
            .count();
        assert!(of_role >= least, "{of_role} attacks on {role}");
    }
    let audits = slugs(rows, "audit").len();
    assert!(audits >= 6, "{audits} audits");
    for requirement in ["x", "1", "2", "3", "4", "5", "6", "7", "y", "z"] {
        let clauses = format!("REQ-{requirement}.");
        let checking = attacks
            .values()
            .filter(|checks| checks.iter().any(|check| check.starts_with(&clauses)))
            .count();
        assert!(checking >= 2, "{checking} attacks check {clauses}*");
    }
}

/// Every mistake is caught by an attack that names it, the honest reference by none, no kill is declared nowhere and none in
/// vain, and no attack passes where everybody is refused. The matrix itself is kept: an attack that loses a kill is seen in review.
#[test]
fn every_attack_catches_its_mistake() {
    let scratch = Scratch::new();
    let words_of_call = ["selftest", "--every", "--json", "--page", "kill-matrix.md"];
    let ran = scratch.call_within(&words_of_call, Duration::from_secs(1800));
    let matrix = ran.json();
    for gap in [
        "survivors",
        "unproven",
        "undeclared",
        "idle",
        "false_alarms",
    ] {
        assert_eq!(words(&matrix[gap]), Vec::<&str>::new(), "{gap}");
    }
    assert_eq!(ran.status, 0, "{ran}");
    insta::assert_json_snapshot!("kill_matrix", matrix["kills"]);
    let page = std::fs::read_to_string(scratch.path("kill-matrix.md")).expect("the page");
    let kept = proof::tree::files()
        .into_iter()
        .find(|file| file.path == "docs/kill-matrix.md")
        .map(|file| file.text);
    assert!(
        kept.as_deref() == Some(page.as_str()),
        "docs/kill-matrix.md is of another suite: wicheck selftest --every --page docs/kill-matrix.md"
    );
}

/// The four missions of an attacker, one for each side that is deceived.
#[rstest]
#[case::identity_of_another(
    "epc-id-to-swap", "trusts-to-header", "REQ-4.b",
    &["- To: <sip:alice", "+ To: <sip:alice"],
    "no 2xx to the attack's REGISTER", "SIP/2.0 200 OK"
)]
#[case::false_portal(
    "wic-w1-expired", "accepts-expired", "REQ-x.a",
    &["+ the portal's certificate: expired"],
    "not one application byte", "GET / HTTP/1.1"
)]
#[case::unknown_third_party(
    "epc-x-unknown@2", "learns-issuers", "REQ-3.c",
    &["- \"iss\": \"https://waf", "+ \"iss\": \"https://127.0.0.23:"],
    "no connection to", "a connection to"
)]
#[case::anonymous_as_identified(
    "epc-p-anon-ident", "anon-to-identified", "REQ-6.b",
    &["- To: <sip:p1-", "+ To: <sip:p1-"],
    "no request of the attack on Mw", "REGISTER sip:op.example"
)]
fn a_mission_that_succeeds_is_told_in_full(
    #[case] attack: &str,
    #[case] defect: &str,
    #[case] clause: &str,
    #[case] changed: &[&str],
    #[case] expected: &str,
    #[case] came: &str,
) {
    let scratch = Scratch::new();
    let ran = scratch
        .call(&["run", "--only", attack, "--defect", defect, "--out", "out"])
        .exits(1);
    let block = ran
        .stdout
        .split("\n✗ fail  ")
        .nth(1)
        .unwrap_or_else(|| panic!("no failure is shown: {ran}"));
    assert!(block.starts_with(attack), "{block}");
    let line = |label: &str| {
        block
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(label))
            .unwrap_or_else(|| panic!("no line {label}: {block}"))
            .trim()
    };
    assert!(line("expected").contains(expected), "{block}");
    assert!(line("came").contains(came), "{block}");
    assert!(line("clauses").contains(clause), "{block}");
    assert!(line("evidence").contains(".ndjson, event "), "{block}");
    let shown = block
        .split("expected")
        .next()
        .and_then(|head| head.split_once("changed"))
        .map(|(_, shown)| shown)
        .unwrap_or_else(|| panic!("the change is not shown: {block}"));
    for text in changed {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    // The honest reference withstands the same.
    scratch
        .call(&["run", "--only", attack, "--out", "honest", "--json"])
        .exits(0);
}
