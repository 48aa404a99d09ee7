//! `--only` and `--shard`: which cases are played, and what is told of a selection that has none.

use evidence::Role;
use script::problem::suggestion;
use script::select::Selection;
use script::{Case, Suite};

use crate::{Failure, output};

/// Which cases a run plays, beside `--only`: one part of several.
pub(crate) struct Part {
    only: Option<Selection>,
    shard: Option<(u64, u64)>,
}

impl Part {
    pub(crate) fn read(only: Option<&str>, shard: Option<&str>) -> Result<Self, Failure> {
        let only = only
            .map(Selection::read)
            .transpose()
            .map_err(|why| Failure::usage(why.to_string()))?;
        let shard = shard.map(|text| {
            let read = text
                .split_once('/')
                .and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
            read.filter(|(part, of)| (1..=*of).contains(part))
                .ok_or_else(|| {
                    Failure::usage(format!(
                        "--shard takes I/N, 1/4 for the first of four, and not {text:?}"
                    ))
                })
        });
        Ok(Self {
            only,
            shard: shard.transpose()?,
        })
    }

    /// Whether a case is selected. A shard is chosen by the id, so that it is the same on every machine.
    pub(crate) fn has(&self, case: &Case) -> bool {
        let in_shard = self.shard.is_none_or(|(part, of)| {
            let sum = case.id.bytes().fold(0_u64, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u64::from(byte))
            });
            sum % of == part - 1
        });
        in_shard && self.only.as_ref().is_none_or(|only| only.has(case))
    }

    /// Complains when `--only` selects none of the cases, and tells of each part of it that does not.
    pub(crate) fn selects_something(&self, cases: &[Case], suite: &Suite) -> Result<(), Failure> {
        let Some(only) = &self.only else {
            return Ok(());
        };
        let nothing = only.without_case(cases);
        let told: Vec<String> = nothing
            .iter()
            .map(|text| {
                format!(
                    "--only {text}: no such case{}",
                    what_is_meant(text, cases, suite)
                )
            })
            .collect();
        if nothing.len() == only.alternatives() {
            return Err(Failure::usage(format!(
                "{}; nothing was started. `wicheck list` names all that can be played",
                told.join("; ")
            )));
        }
        for text in &told {
            output::note(&format!("note: {text}; the rest is played"));
        }
        Ok(())
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.only.is_none() && self.shard.is_none()
    }
}

/// Why a part of a selection has no case, and what may be meant by it.
fn what_is_meant(text: &str, cases: &[Case], suite: &Suite) -> String {
    let mut roles: Vec<&str> = cases.iter().map(|case| case.sut.word()).collect();
    roles.dedup();
    let of = if roles.len() < Role::ALL.len() {
        format!(" of {}", roles.join(", "))
    } else {
        String::new()
    };
    if let Some(clause) = text.strip_prefix("clause:").map(str::trim) {
        let known: Vec<&str> = suite
            .requirements
            .iter()
            .map(|each| each.id.as_str())
            .collect();
        return match suite.requirement(clause) {
            Some(_) => format!("{of}: none of them checks {clause}"),
            None => format!(
                ": no requirement is named {clause}: {}",
                suggestion(clause, &known)
            ),
        };
    }
    if text.contains([':', '&', '*']) {
        return of;
    }
    let slug = text.split(['[', '@']).next().unwrap_or(text);
    let attack = suite.attacks.get(slug).map(|attack| attack.sut);
    match attack.or_else(|| suite.controls.get(slug).map(|control| control.sut)) {
        Some(sut) if !roles.contains(&sut.word()) => format!("{of}: {slug} is one of {sut}"),
        // The script is there, and this variant or registration of it is not.
        Some(_) => {
            let ids = cases.iter().filter(|case| case.slug == slug);
            let ids: Vec<&str> = ids.map(|case| case.id.as_str()).collect();
            format!("{of}: {}", suggestion(text, &ids))
        }
        None => {
            let mut known: Vec<&str> = cases.iter().map(|case| case.slug.as_str()).collect();
            known.dedup();
            format!("{of}: {}", suggestion(slug, &known))
        }
    }
}
