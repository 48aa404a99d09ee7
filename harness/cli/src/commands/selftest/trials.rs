//! What a selftest has to play.

use std::collections::{BTreeMap, BTreeSet};

use evidence::Role;
use evidence::record::Kind;
use script::Suite;

use super::super::kill_matrix::Kills;
use super::super::part::Part;
use crate::arguments::Selftest;
use crate::{Failure, suite};

/// What one run of the reference is for.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) model: String,
    pub(super) defect: Option<reference::Defect>,
    pub(super) role: Role,
    /// Cases to play; empty for all.
    pub(super) only: Vec<String>,
}

/// The defects that each attack names, by slug; of a variant's own proof under `slug[variant]`.
pub(super) fn proofs(suite: &Suite, part: &Part) -> Kills {
    let mut proofs: Kills = BTreeMap::new();
    for role in Role::ALL {
        for case in suite.cases(*role, &script::Answers::new()) {
            if case.kind != Kind::Control && part.has(&case) {
                let id = case.id.split('@').next().unwrap_or_default().to_owned();
                proofs
                    .entry(id)
                    .or_default()
                    .extend(case.proof.iter().cloned());
            }
        }
    }
    proofs
}

/// The conforming reference in every model, and each defect with the attacks that name it, in the first model in which
/// they apply.
pub(super) fn trials(
    suite: &Suite,
    command: &Selftest,
    proofs: &Kills,
) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    let mut placed: BTreeSet<(String, String)> = BTreeSet::new();
    for model in suite::models() {
        let (file, _) = suite::model(&model, suite)?;
        for role in &file.roles {
            let cases = suite.cases(*role, &file.answers);
            let applying: Vec<_> = cases
                .iter()
                .filter(|case| case.kind != Kind::Control && case.applies == script::Applies::Yes)
                .collect();
            if command.defect.is_empty() {
                trials.push(Trial {
                    model: model.clone(),
                    defect: None,
                    role: *role,
                    only: ids(proofs, &applying),
                });
            }
            for defect in reference::Defect::ALL.iter().filter(|each| {
                command.defect.is_empty() || command.defect.iter().any(|name| name == each.name())
            }) {
                let mut only = Vec::new();
                for case in &applying {
                    let id = case.id.split('@').next().unwrap_or_default().to_owned();
                    if proofs.contains_key(&id)
                        && case.proof.iter().any(|name| name == defect.name())
                    {
                        let first = !placed
                            .iter()
                            .any(|(attack, name)| *attack == id && name == defect.name());
                        if first || only.contains(&id) {
                            only.push(id);
                        }
                    }
                }
                placed.extend(only.iter().map(|id| (id.clone(), defect.name().to_owned())));
                let refuses = defect.refuses_everybody()
                    && suite::role(defect.role()) == *role
                    && model == "default";
                if refuses || (command.every && !only.is_empty()) {
                    only = ids(proofs, &applying);
                }
                if !only.is_empty() {
                    only.dedup();
                    trials.push(Trial {
                        model: model.clone(),
                        defect: Some(*defect),
                        role: *role,
                        only,
                    });
                }
            }
        }
    }
    // The longest first: none of them is left to be waited for alone.
    trials.sort_by_key(|trial| std::cmp::Reverse(trial.only.len()));
    Ok(trials)
}

fn ids(proofs: &Kills, applying: &[&script::Case]) -> Vec<String> {
    let mut ids: Vec<String> = applying
        .iter()
        .map(|case| case.id.split('@').next().unwrap_or_default().to_owned())
        .collect();
    ids.retain(|id| proofs.contains_key(id));
    ids.dedup();
    ids
}
