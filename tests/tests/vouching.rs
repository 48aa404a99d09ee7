//! A SUT that vouches for whatever it forwards serves honest clients as well as any other. The attacks must tell.

mod support;
#[path = "support/suite.rs"]
mod tree;

use std::collections::BTreeMap;

use evidence::Role;
use evidence::record::Kind;
use proof::tree::files;
use script::vocabulary::{Verb, waf};
use script::{Case, SutFile};
use serde_json::Value;

use crate::support::Scratch;
use crate::tree::suite;

/// Cases of the edge whose outcome is that a SIP message or a token is refused, by id.
fn refusals() -> Vec<Case> {
    let suite = suite();
    let path = "reference/models/default.toml";
    let model = files()
        .into_iter()
        .find(|file| file.path == path)
        .expect("the default model");
    let model = SutFile::read(path, &model.text, &suite.items).expect("a SUT file");
    let refused = |case: &Case| {
        case.kind == Kind::Attack
            && case
                .outcome
                .as_ref()
                .is_some_and(|(_, oracles)| oracles.iter().any(|oracle| oracle == "no-2xx"))
    };
    // Refused is what the client sends or the WAF signs; what a WAF serves to the edge never comes before whoever vouches.
    let sent = |case: &Case| {
        let lie = case.departs.and_then(|step| case.steps.get(step));
        lie.is_some_and(|step| matches!(step.verb, Verb::Wic(_) | Verb::Waf(waf::Verb::Issue(_))))
    };
    let mut cases = suite.cases(Role::EpCscf, &model.answers);
    cases.retain(|case| refused(case) && sent(case) && case.applies == script::Applies::Yes);
    cases
}

#[test]
fn nine_of_ten_refusals_are_missed_by_an_edge_that_vouches_for_everybody() {
    let scratch = Scratch::new();
    scratch
        .call(&[
            "run",
            "--role",
            "ep-cscf",
            "--defect",
            "vouches-for-everybody",
            "--out",
            "out",
        ])
        .exits(1)
        .tells(&["NON-CONFORMING"]);
    let record = std::fs::read_to_string(scratch.path("out/cases.ndjson")).expect("the record");
    let verdicts: BTreeMap<String, String> = record
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a record"))
        .map(|case| (text(&case, "case"), text(&case, "verdict")))
        .collect();
    let refusals = refusals();
    assert!(refusals.len() > 90, "{}", refusals.len());
    let believed: Vec<(&str, &str)> = refusals
        .iter()
        .map(|case| (case.id.as_str(), verdicts[&case.id].as_str()))
        .filter(|(_, verdict)| *verdict != "fail")
        .collect();
    assert!(
        believed.len() * 10 <= refusals.len(),
        "{} of {}: {believed:?}",
        believed.len(),
        refusals.len()
    );
    // Whoever asks for nobody without a token is challenged for a password: that refusal is the core's, and a true pass.
    for (case, verdict) in believed {
        assert_ne!(verdict, "error", "{case}");
    }
}

fn text(case: &Value, name: &str) -> String {
    case[name].as_str().expect("a text").to_owned()
}
