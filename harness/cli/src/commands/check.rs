//! `wicheck check`: scripts, requirements and SUT files, without running anything.

use serde_json::json;

use super::prepare::Subject;
use crate::arguments::Check;
use crate::{Done, Failure, output, suite};

/// Checks everything that is named, and tells every error.
pub(crate) fn check(command: &Check, json: bool) -> Done {
    let suite = suite::read(command.scenarios.as_deref())?;
    let mut failures = Vec::new();
    for path in &command.files {
        let read = Subject::of_file(path, &suite);
        match read {
            Ok(subject) => {
                tell_undeclared(&subject, &suite, json);
                for doubt in subject.doubts(None).iter().filter(|_| !json) {
                    output::note(doubt);
                }
            }
            Err(failure) => failures.push(failure.text),
        }
    }
    if !failures.is_empty() {
        return Err(Failure::usage(failures.join("\n")));
    }
    let (controls, attacks) = (suite.controls.len(), suite.attacks.len());
    if json {
        output::json(
            &json!({ "ok": true, "requirements": suite.requirements.len(), "controls": controls,
            "attacks": attacks, "files": command.files.len() }),
        );
    } else {
        output::print(&format!(
            "no errors: {} clauses, {controls} controls, {attacks} attacks and audits, {} SUT file(s)",
            suite.requirements.len(),
            command.files.len()
        ));
    }
    Ok(0)
}

/// An item that is not answered makes what depends on it inconclusive: better known before the run.
fn tell_undeclared(subject: &Subject, suite: &script::Suite, json: bool) {
    let roles = &subject.file.roles;
    let missing: Vec<&str> = suite
        .items
        .iter()
        .filter(|item| item.kind != "hook" && item.roles.iter().any(|role| roles.contains(role)))
        .filter(|item| !subject.file.answers.contains_key(&item.id))
        .map(|item| item.id.as_str())
        .collect();
    if !missing.is_empty() && !json {
        output::note(&format!(
            "not declared, so what depends on it is inconclusive: {}",
            missing.join(", ")
        ));
    }
}
