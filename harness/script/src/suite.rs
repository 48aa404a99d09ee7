//! The whole suite: every file read, every reference between them checked, all errors at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Role;

use crate::also_kills::{self, AlsoKills};
use crate::catalogue::{
    Item, OutcomeSet, Requirement, read_items, read_outcomes, read_requirements,
};
use crate::check::Checker;
use crate::problem::Problems;
use crate::scenario::{Area, Attack, Control};
use crate::source::{Source, Span};

/// Names that scripts use and other crates own.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Defects of the reference, with the role that makes each.
    pub defects: Vec<(String, Role)>,
    /// Flaws of certificates.
    pub certificate_flaws: Vec<String>,
    /// Flaws of tokens.
    pub token_flaws: Vec<String>,
    /// Oracles of the judge.
    pub oracles: Vec<String>,
}

/// Everything that can be played, and what it is played for.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// Clauses, in the order of the files.
    pub requirements: Vec<Requirement>,
    /// ICS items.
    pub items: Vec<Item>,
    /// Outcomes by name.
    pub outcomes: BTreeMap<String, OutcomeSet>,
    /// Honest runs by slug.
    pub controls: BTreeMap<String, Control>,
    /// Attacks and audits by slug.
    pub attacks: BTreeMap<String, Attack>,
    /// Kills beside the proofs, by mistake.
    pub also_kills: Vec<AlsoKills>,
    /// Every file, for the run folder.
    pub sources: Vec<Arc<Source>>,
}

impl Suite {
    /// Reads a suite from its files: path below the scenarios folder, and text.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn read(
        files: impl IntoIterator<Item = (String, String)>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut suite = Self::default();
        let mut files: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| path.ends_with(".toml"))
            .collect();
        files.sort_by_key(|(path, _)| in_seed_order(path));
        for (path, text) in files {
            suite.read_file(Arc::new(Source { path, text }), &mut problems);
        }
        suite.check(vocabulary, &mut problems);
        if problems.is_empty() {
            Ok(suite)
        } else {
            Err(problems)
        }
    }

    fn read_file(&mut self, source: Arc<Source>, problems: &mut Problems) {
        self.sources.push(source.clone());
        let path = source.path.as_str();
        if path.starts_with("requirements/") {
            self.requirements
                .extend(read_requirements(&source, problems));
        } else if path == "ics.toml" {
            self.items.extend(read_items(&source, problems));
        } else if path == "outcomes.toml" {
            for outcome in read_outcomes(&source, problems) {
                if self.outcomes.contains_key(&outcome.id) {
                    twice(&outcome.id, &outcome.span, problems);
                }
                self.outcomes.insert(outcome.id.clone(), outcome);
            }
        } else if path == "also-kills.toml" {
            self.also_kills.extend(also_kills::read(&source, problems));
        } else {
            let area = Area::read(&source, problems);
            for control in area.controls {
                self.unique(&control.id, &control.span, problems);
                self.controls.insert(control.id.clone(), control);
            }
            for attack in area.attacks {
                self.unique(&attack.id, &attack.span, problems);
                self.attacks.insert(attack.id.clone(), attack);
            }
        }
    }

    fn unique(&self, id: &str, span: &Span, problems: &mut Problems) {
        if self.controls.contains_key(id) || self.attacks.contains_key(id) {
            problems.add(
                span,
                format!("`{id}` is there already"),
                "ids are unique in the tree: choose another",
            );
        }
    }

    /// The clause of an id.
    #[must_use]
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements
            .iter()
            .find(|requirement| requirement.id == id)
    }

    /// The ICS item of an id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// The registrations in which an attack is played.
    #[must_use]
    pub fn registrations(&self, attack: &Attack) -> Vec<u8> {
        if attack.registration.is_empty() {
            self.controls
                .get(&attack.control.text)
                .map(|control| control.registration.clone())
                .unwrap_or_default()
        } else {
            attack.registration.clone()
        }
    }

    fn check(&self, vocabulary: &Vocabulary, problems: &mut Problems) {
        let checker = Checker {
            suite: self,
            vocabulary,
        };
        for (at, requirement) in self.requirements.iter().enumerate() {
            if self.requirements[..at]
                .iter()
                .any(|other| other.id == requirement.id)
            {
                twice(&requirement.id, &requirement.span, problems);
            }
            checker.judged_by(requirement, problems);
        }
        for (at, item) in self.items.iter().enumerate() {
            if self.items[..at].iter().any(|other| other.id == item.id) {
                twice(&item.id, &item.span, problems);
            }
        }
        for outcome in self.outcomes.values() {
            for oracle in &outcome.oracles {
                checker.known("oracle", oracle, &vocabulary.oracles, problems);
            }
        }
        for control in self.controls.values() {
            Checker::slug(&control.id, &control.span, problems);
            checker.steps(&control.steps, &[], problems);
            checker.conditions(&control.applies_if, &control.span, problems);
            if control.steps.is_empty() && !control.misread.has("steps") {
                problems.add(
                    &control.span,
                    "a control without steps proves nothing",
                    "add `steps = [ ... ]`",
                );
            }
        }
        for attack in self.attacks.values() {
            checker.attack(attack, problems);
        }
        for row in &self.also_kills {
            checker.also_kills(row, problems);
        }
    }
}

fn twice(id: &str, span: &Span, problems: &mut Problems) {
    problems.add(
        span,
        format!("`{id}` stands twice"),
        "remove one of them, or name it otherwise",
    );
}

/// REQ x stands first in the seed and REQ y between 5 and 6; the clauses of other documents follow.
fn in_seed_order(path: &str) -> (usize, String) {
    const ORDER: &[&str] = &[
        "req-x", "req-1", "req-2", "req-3", "req-4", "req-5", "req-y", "req-6", "req-7", "req-z",
    ];
    let at = ORDER
        .iter()
        .position(|name| path == format!("requirements/{name}.toml"))
        .unwrap_or(ORDER.len());
    (at, path.to_owned())
}
