//! `wicheck list`: what is tested.

use evidence::Role;
use evidence::record::Kind;
use script::Case;
use script::select::without_registration;
use serde_json::{Value, json};

use super::part::Part;
use crate::arguments::List;
use crate::{Done, Failure, output, suite};

/// Prints every scenario that is selected; as JSON one row a variant.
pub(crate) fn list(command: &List, json: bool) -> Done {
    let suite = suite::read(command.scenarios.as_deref())?;
    let part = Part::read(command.only.as_deref(), None)?;
    let role = command.role.as_deref().map(str::parse::<Role>).transpose();
    let role = role.map_err(|why| Failure::usage(why.to_string()))?;
    // Every case whatever a SUT declares: nothing is answered, so nothing is left out.
    let cases: Vec<Case> = Role::ALL
        .iter()
        .filter(|each| role.is_none_or(|role| role == **each))
        .flat_map(|role| suite.cases(*role, &script::Answers::new()))
        .collect();
    part.selects_something(&cases, &suite)?;
    let rows = rows(&cases, &part);
    if json {
        output::json(&Value::Array(rows));
        return Ok(0);
    }
    for row in &rows {
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| match row[name].as_array() {
            Some(list) => list
                .iter()
                .map(|each| {
                    each.as_str()
                        .map_or_else(|| each.to_string(), str::to_owned)
                })
                .collect::<Vec<_>>()
                .join(" "),
            None => String::new(),
        };
        output::print(&format!(
            "{:8} {:7} {:36} {:6} {}",
            word("sut"),
            word("kind"),
            word("id"),
            list("registration"),
            list("checks")
        ));
    }
    output::print(&format!("{} scenarios", rows.len()));
    Ok(0)
}

fn rows(cases: &[Case], part: &Part) -> Vec<Value> {
    let mut rows: Vec<(String, Value)> = Vec::new();
    for case in cases.iter().filter(|case| part.has(case)) {
        let id = without_registration(&case.id).to_owned();
        match rows.iter_mut().find(|(known, _)| *known == id) {
            Some((_, row)) => {
                if let Some(list) = row["registration"].as_array_mut() {
                    list.push(json!(case.registration));
                }
                join(row, case);
            }
            None => rows.push((id.clone(), row(case, &id))),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(case: &Case, id: &str) -> Value {
    let kind = match case.kind {
        Kind::Control => "control",
        Kind::Attack => "attack",
        Kind::Audit => "audit",
    };
    json!({ "id": id, "title": case.title, "sut": case.sut.word(), "kind": kind, "control": case.control,
            "registration": [case.registration], "checks": case.checks, "proof": case.proof, "file": case.place.file })
}

/// A case of another registration may check further clauses.
fn join(row: &mut Value, case: &Case) {
    let Some(list) = row["checks"].as_array_mut() else {
        return;
    };
    for check in &case.checks {
        if !list.iter().any(|known| known == check) {
            list.push(json!(check));
        }
    }
}
