//! A real eP-CSCF and a real S-CSCF: Debian's Kamailio (`examples/kamailio`).

mod support;

use std::path::Path;

use serde_json::Value;
use support::{PATIENCE, Scratch};

/// The SUT file of a variant.
fn sut(variant: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/kamailio")
        .join(variant)
        .join("sut.toml");
    assert!(
        Path::new("/usr/sbin/kamailio").exists(),
        "kamailio is not installed: run `sudo sh examples/kamailio/install.sh`"
    );
    path.display().to_string()
}

/// The cases of a run with that verdict.
fn cases(folder: &Path, verdict: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("cases.ndjson")).expect("the record");
    let all = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a case"));
    all.filter(|case| case["verdict"] == verdict).collect()
}

/// Runs a variant that must conform; at least `least` attacks must have been decided by it.
fn conforms(variant: &str, least: usize) {
    let scratch = Scratch::new();
    let out = scratch.path(variant);
    let baseline = sut(variant).replace("sut.toml", "expectations.toml");
    let ran = scratch
        .call_within(
            &[
                "run",
                &sut(variant),
                "--baseline",
                &baseline,
                "--out",
                &out.display().to_string(),
                "--json",
            ],
            PATIENCE,
        )
        .exits(0);
    let verdicts = &ran.json()["verdicts"];
    // What no script of Kamailio's can mend is expected; its page says why.
    for failed in cases(&out, "fail") {
        assert_eq!(failed["slug"], "epc-ws-stray-continuation", "{ran}");
    }
    assert_eq!(verdicts["inconclusive"], 0, "{ran}");
    let passed = cases(&out, "pass");
    let attacks: std::collections::BTreeSet<&str> = passed
        .iter()
        .filter(|case| case["kind"] == "attack")
        .filter_map(|case| case["slug"].as_str())
        .collect();
    assert!(
        attacks.len() >= least,
        "only {} attacks decided",
        attacks.len()
    );
}

#[test]
fn the_careful_edge_conforms() {
    conforms("careful", 60);
}

#[test]
fn the_expectations_of_the_s_cscf_hold() {
    let scratch = Scratch::new();
    let baseline = sut("scscf").replace("sut.toml", "expectations.toml");
    let out = scratch.path("scscf");
    let words = [
        "run",
        &sut("scscf"),
        "--baseline",
        &baseline,
        "--out",
        &out.display().to_string(),
    ];
    scratch.call_within(&words, PATIENCE).exits(0);
    let failed = cases(&out, "fail");
    assert_eq!(
        failed.iter().map(|case| &case["case"]).collect::<Vec<_>>(),
        ["core-canon@2", "core-records@2"]
    );
    assert!(cases(&out, "pass").len() >= 50);
}

#[test]
fn the_edge_and_the_s_cscf_conform_as_a_chain() {
    conforms("chain", 3);
}

#[test]
fn the_introspecting_edge_conforms() {
    conforms("introspecting", 45);
}

#[test]
fn the_careless_edge_fails_where_it_trusts_the_to_header_and_nowhere_else() {
    let scratch = Scratch::new();
    let out = scratch.path("careless");
    let ran = scratch
        .call_within(
            &[
                "run",
                &sut("careless"),
                "--out",
                &out.display().to_string(),
                "--json",
            ],
            PATIENCE,
        )
        .exits(1);
    let failed = cases(&out, "fail");
    let slugs: std::collections::BTreeSet<&str> = failed
        .iter()
        .filter_map(|case| case["slug"].as_str())
        .collect();
    assert_eq!(
        slugs.into_iter().collect::<Vec<_>>(),
        [
            "epc-id-display",
            "epc-id-pct",
            "epc-id-tel-to",
            "epc-id-to-swap",
            "epc-id-wildcard",
            "epc-torture-semiuri",
            "epc-torture-unksm2",
            "epc-torture-wsinv",
            "epc-ws-stray-continuation"
        ],
        "{ran}"
    );
    // The same check counts for REQ-4.b in registration 2 and for REQ-6.b in 3.
    let is_about = |case: &Value, clause: &str| {
        case["checks"]
            .as_array()
            .is_some_and(|checks| checks.iter().any(|check| check == clause))
    };
    assert!(failed.iter().all(|case| {
        // Who is registered, and the frame that no script of Kamailio's sees.
        let checks = case["checks"].as_array().into_iter().flatten();
        let mut clauses = checks.filter_map(Value::as_str);
        clauses.any(|clause| {
            clause.starts_with("REQ-4.") || clause.starts_with("REQ-6.") || clause == "PRO-WS.5"
        })
    }));
    assert!(
        failed
            .iter()
            .any(|case| case["case"] == "epc-id-to-swap@2" && is_about(case, "REQ-4.b"))
    );
    assert!(cases(&out, "pass").len() >= 15);
}

#[test]
fn the_expectations_of_the_careless_edge_hold() {
    let scratch = Scratch::new();
    let baseline = sut("careless").replace("sut.toml", "expectations.toml");
    let out = scratch.path("careless");
    let words = [
        "run",
        &sut("careless"),
        "--baseline",
        &baseline,
        "--out",
        &out.display().to_string(),
    ];
    scratch.call_within(&words, PATIENCE).exits(0);
}
