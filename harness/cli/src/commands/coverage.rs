//! `wicheck coverage`: which clause is covered for which role.

use std::collections::BTreeMap;

use evidence::Role;
use evidence::record::Kind;
use script::Suite;
use serde_json::json;

use crate::arguments::Coverage;
use crate::{Done, Failure, output, suite};

/// What covers a clause of a role.
#[derive(Default)]
struct Cover {
    scenarios: Vec<String>,
    /// Whether an attack among them has a defect that proves it.
    discriminating: bool,
}

/// Prints the table, and what is not covered yet.
pub(crate) fn coverage(command: &Coverage, json: bool) -> Done {
    let suite = suite::read(command.scenarios.as_deref())?;
    let only = command
        .role
        .as_deref()
        .map(str::parse::<Role>)
        .transpose()
        .map_err(|why| Failure::usage(why.to_string()))?;
    let covers = covers(&suite, only);
    let uncovered: Vec<&str> = covers
        .iter()
        .filter(|(_, cover)| cover.scenarios.is_empty())
        .map(|(id, _)| id.as_str())
        .collect();
    let discriminating = covers.values().filter(|cover| cover.discriminating).count();
    if json {
        output::json(
            &json!({ "requirements": covers.len(), "covered": covers.len() - uncovered.len(),
            "discriminating": discriminating, "uncovered": uncovered }),
        );
        return Ok(0);
    }
    for (id, cover) in &covers {
        let mark = match (cover.scenarios.is_empty(), cover.discriminating) {
            (true, _) => "not covered",
            (false, false) => "covered, unproven",
            (false, true) => "covered",
        };
        output::print(&format!("{id:20} {mark:18} {}", cover.scenarios.join(" ")));
    }
    output::print(&format!(
        "{} clause@role pairs, {} covered, {discriminating} by an attack with a proven defect, {} not yet",
        covers.len(),
        covers.len() - uncovered.len(),
        uncovered.len()
    ));
    Ok(0)
}

fn covers(suite: &Suite, only: Option<Role>) -> BTreeMap<String, Cover> {
    let mut covers: BTreeMap<String, Cover> = BTreeMap::new();
    let asked = suite
        .requirements
        .iter()
        .flat_map(|clause| clause.roles.iter().map(move |role| (clause, *role)));
    for (clause, role) in asked.filter(|(_, role)| only.is_none_or(|only| only == *role)) {
        covers.entry(format!("{}@{role}", clause.id)).or_default();
    }
    for attack in suite.attacks.values() {
        for check in &attack.checks {
            let key = format!("{}@{}", check.text, attack.sut);
            // A network's clauses are its own: no clause is asked of it by the catalogue.
            let Some(cover) = covers.get_mut(&key) else {
                continue;
            };
            if !cover.scenarios.contains(&attack.id) {
                cover.scenarios.push(attack.id.clone());
            }
            let proven =
                !attack.proof.is_empty() || attack.variants.values().any(|proof| !proof.is_empty());
            cover.discriminating |= proven && matches!(attack.kind, Kind::Attack | Kind::Audit);
        }
    }
    covers
}
