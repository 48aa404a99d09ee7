//! The kill matrix as a page: every mistake of the reference, and the attacks that catch it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use evidence::Role;
use reference::Defect;
use script::Suite;

use crate::suite;

/// Attack to the defects that it has killed, `slug[variant]` where the variants have proofs of their own.
pub(crate) type Kills = BTreeMap<String, BTreeSet<String>>;

/// The page in Markdown, by role and defect.
pub(crate) fn page(suite: &Suite, kills: &Kills) -> String {
    let mut page = String::from(
        "# The kill matrix\n\nEvery mistake that the reference can make on purpose, and the attacks that fail on it by an oracle of their own outcome, on a\n\
         requirement that they check, while the honest runs around them pass. Written by `wicheck selftest --every --page docs/kill-matrix.md`\n\
         and held by a test: edit scenarios and defects, not this page.\n",
    );
    for role in Role::ALL {
        let of_role: Vec<&Defect> = Defect::ALL
            .iter()
            .filter(|defect| suite::role(defect.role()) == *role)
            .collect();
        if of_role.is_empty() {
            continue;
        }
        let attacks = suite
            .attacks
            .values()
            .filter(|attack| attack.sut == *role)
            .count();
        let _ = write!(
            page,
            "\n## {role}\n\n{attacks} attacks and audits, {} mistakes.\n\n| mistake | what it does | caught by |\n| --- | --- | --- |\n",
            of_role.len()
        );
        for defect in of_role {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                defect.name(),
                defect.describe().replace('|', "\\|"),
                caught(*defect, kills)
            );
        }
    }
    page
}

fn caught(defect: Defect, kills: &Kills) -> String {
    if defect.refuses_everybody() {
        return "no attack passes".to_owned();
    }
    if defect.lets_everybody_in() {
        return "nearly all that ask for a refusal".to_owned();
    }
    kills
        .iter()
        .filter(|(_, killed)| killed.contains(defect.name()))
        .map(|(attack, _)| format!("`{attack}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
