//! The whole suite: every file read, every reference between them checked, all errors at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evidence::Role;
use evidence::record::Kind;

use crate::catalogue::{
    Item, OutcomeSet, Requirement, read_items, read_outcomes, read_requirements,
};
use crate::problem::Problems;
use crate::scenario::{Area, Attack, Conditions, Control, Outcome, Word};
use crate::source::{Source, Span};
use crate::step::Step;
use crate::{placeholder, vocabulary};

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
        files.sort_by(|one, other| in_seed_order(&one.0).cmp(&in_seed_order(&other.0)));
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
            let found = read_outcomes(&source, problems);
            self.outcomes.extend(
                found
                    .into_iter()
                    .map(|outcome| (outcome.id.clone(), outcome)),
            );
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
        for requirement in &self.requirements {
            if self
                .requirements
                .iter()
                .filter(|other| other.id == requirement.id)
                .count()
                > 1
            {
                problems.add(
                    &requirement.span,
                    format!("`{}` stands twice", requirement.id),
                    "remove one of them",
                );
            }
        }
        for outcome in self.outcomes.values() {
            for oracle in &outcome.oracles {
                checker.known("oracle", oracle, &vocabulary.oracles, problems);
            }
        }
        for control in self.controls.values() {
            checker.steps(&control.steps, &[], problems);
            checker.conditions(&control.applies_if, &control.span, problems);
            if control.steps.is_empty() {
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
    }
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

struct Checker<'a> {
    suite: &'a Suite,
    vocabulary: &'a Vocabulary,
}

impl Checker<'_> {
    fn known(&self, kind: &str, word: &Word, known: &[String], problems: &mut Problems) {
        if !known.contains(&word.text) {
            problems.unknown(
                &word.span,
                kind,
                &word.text,
                known.iter().map(String::as_str),
            );
        }
    }

    fn attack(&self, attack: &Attack, problems: &mut Problems) {
        let Some(control) = self.suite.controls.get(&attack.control.text) else {
            let known = self.suite.controls.keys().map(String::as_str);
            problems.unknown(&attack.control.span, "control", &attack.control.text, known);
            return;
        };
        if control.sut != attack.sut {
            problems.add(
                &attack.control.span,
                "this control is of another role",
                "an attack departs from a control of its own role",
            );
        }
        self.registrations(attack, control, problems);
        self.checks(attack, problems);
        self.proof(attack, problems);
        self.departure(attack, control, problems);
        self.outcome(attack, problems);
        self.conditions(&attack.applies_if, &attack.span, problems);
    }

    fn registrations(&self, attack: &Attack, control: &Control, problems: &mut Problems) {
        for registration in &attack.registration {
            if !control.registration.contains(registration) {
                let help = format!("{} is played in {:?}", control.id, control.registration);
                problems.add(
                    &attack.span,
                    format!("the control is not played in registration {registration}"),
                    help,
                );
            }
        }
    }

    fn checks(&self, attack: &Attack, problems: &mut Problems) {
        let mut claimed = BTreeSet::new();
        for check in &attack.checks {
            let Some(requirement) = self.suite.requirement(&check.text) else {
                let known = self
                    .suite
                    .requirements
                    .iter()
                    .map(|requirement| requirement.id.as_str());
                problems.unknown(&check.span, "requirement", &check.text, known);
                continue;
            };
            if attack.sut != Role::Network && !requirement.roles.contains(&attack.sut) {
                let roles: Vec<_> = requirement.roles.iter().map(|role| role.word()).collect();
                let help = format!("{} is asked of {}", requirement.id, roles.join(", "));
                problems.add(
                    &check.span,
                    format!("this clause is not asked of {}", attack.sut),
                    help,
                );
            }
            claimed.extend(requirement.registration.iter().copied());
        }
        for registration in self.suite.registrations(attack) {
            if !claimed.contains(&registration) && !attack.checks.is_empty() {
                let help = "leave the registration out, or check a clause that holds in it";
                problems.add(
                    &attack.span,
                    format!("no clause of this attack holds in registration {registration}"),
                    help,
                );
            }
        }
        if attack.checks.is_empty() {
            problems.add(
                &attack.span,
                "an attack that checks nothing",
                "name the clauses in `checks`",
            );
        }
    }

    fn proof(&self, attack: &Attack, problems: &mut Problems) {
        let defects: Vec<String> = self
            .vocabulary
            .defects
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        for word in attack
            .proof
            .iter()
            .chain(attack.variants.values().flatten())
        {
            self.known("defect", word, &defects, problems);
            let role = self
                .vocabulary
                .defects
                .iter()
                .find(|(name, _)| *name == word.text)
                .map(|(_, role)| *role);
            if role.is_some_and(|role| role != attack.sut) && attack.sut != Role::Network {
                let help = "prove it by a mistake of the role under test";
                problems.add(
                    &word.span,
                    format!("`{}` is a mistake of another role", word.text),
                    help,
                );
            }
        }
        for name in attack.also_kills.keys() {
            self.known(
                "defect",
                &Word {
                    text: name.clone(),
                    span: attack.span.clone(),
                },
                &defects,
                problems,
            );
        }
        if attack.proof.is_empty() && attack.variants.values().all(Vec::is_empty) {
            let help = "name the defect that it catches in `proof`; a variant's proof stands in `variants`";
            problems.add(
                &attack.span,
                format!("nothing proves `{}`", attack.id),
                help,
            );
        }
    }

    fn departure(&self, attack: &Attack, control: &Control, problems: &mut Problems) {
        let variants: Vec<&str> = attack.variants.keys().map(String::as_str).collect();
        match (attack.kind, &attack.change, attack.steps.is_empty()) {
            (Kind::Audit, None, true) => {}
            (Kind::Audit, ..) => problems.add(
                &attack.span,
                "an audit sends nothing",
                "remove `change` and `steps`",
            ),
            (_, Some(change), true) => match change.apply(&control.steps) {
                Ok((steps, at)) => {
                    self.steps(&steps[..=at], &variants, problems);
                    if !variants.is_empty()
                        && !change.verb.fields().to_string().contains("{variant}")
                    {
                        problems.add(
                            &change.span,
                            "the variants change nothing",
                            "use `{variant}` in the change",
                        );
                    }
                }
                Err(why) => problems.add(&change.span, why, "add `step = \"name\"` to the change"),
            },
            (_, None, false) => self.own_steps(attack, &variants, problems),
            (_, Some(change), false) => {
                problems.add(
                    &change.span,
                    "a change and steps of its own",
                    "keep one of them",
                );
            }
            (_, None, true) => {
                problems.add(
                    &attack.span,
                    "an attack that departs in nothing",
                    "add `change = { role.verb = { ... } }`",
                );
            }
        }
    }

    fn own_steps(&self, attack: &Attack, variants: &[&str], problems: &mut Problems) {
        self.steps(&attack.steps, variants, problems);
        let names: Vec<&str> = attack
            .steps
            .iter()
            .filter_map(|step| step.name.as_deref())
            .collect();
        match &attack.lie {
            None => problems.add(
                &attack.span,
                "which step departs?",
                "name it with `as` and say `lie = \"name\"`",
            ),
            Some(lie) if !names.contains(&lie.text.as_str()) => {
                problems.unknown(&lie.span, "step", &lie.text, names.iter().copied());
            }
            Some(_) => {}
        }
        for judged in &attack.judged {
            if !names.contains(&judged.text.as_str()) {
                problems.unknown(&judged.span, "step", &judged.text, names.iter().copied());
            }
        }
        if attack.departure.is_none() {
            problems.add(
                &attack.span,
                "the departure is not told",
                "say in `departure` what differs from the control",
            );
        }
    }

    fn outcome(&self, attack: &Attack, problems: &mut Problems) {
        let Some(outcome) = &attack.outcome else {
            return;
        };
        for word in outcome.words() {
            if !self.suite.outcomes.contains_key(&word.text) {
                let known = self.suite.outcomes.keys().map(String::as_str);
                problems.unknown(&word.span, "outcome", &word.text, known);
            }
        }
        if let Outcome::Chosen { item, by } = outcome {
            match self.suite.item(&item.text) {
                None => self.unknown_item(item, problems),
                Some(known) => {
                    for answer in by.keys().filter(|answer| !known.values.contains(answer)) {
                        problems.unknown(
                            &item.span,
                            "answer of this item",
                            answer,
                            known.values.iter().map(String::as_str),
                        );
                    }
                }
            }
        }
    }

    fn unknown_item(&self, word: &Word, problems: &mut Problems) {
        problems.unknown(
            &word.span,
            "ICS item",
            &word.text,
            self.suite.items.iter().map(|item| item.id.as_str()),
        );
    }

    fn conditions(&self, conditions: &Conditions, span: &Span, problems: &mut Problems) {
        for (name, answers) in conditions {
            let word = Word {
                text: name.clone(),
                span: span.clone(),
            };
            let Some(item) = self.suite.item(name) else {
                self.unknown_item(&word, problems);
                continue;
            };
            for answer in answers
                .iter()
                .filter(|answer| !item.values.is_empty() && !item.values.contains(answer))
            {
                problems.unknown(
                    span,
                    &format!("answer of `{name}`"),
                    answer,
                    item.values.iter().map(String::as_str),
                );
            }
        }
    }

    /// Placeholders, and the names that other crates own.
    fn steps(&self, steps: &[Step], variants: &[&str], problems: &mut Problems) {
        for step in steps {
            let fields = step.verb.fields();
            for text in placeholder::strings(&fields) {
                if let Err(why) = placeholder::check(&text, !variants.is_empty()) {
                    problems.add(&step.span, why, placeholder::KNOWN);
                }
            }
            for (field, known, kind) in [
                ("flaw", &self.vocabulary.token_flaws, "token flaw"),
                (
                    "certificate",
                    &self.vocabulary.certificate_flaws,
                    "certificate flaw",
                ),
            ] {
                let Some(name) = fields.get(field).and_then(serde_json::Value::as_str) else {
                    continue;
                };
                let names = if name == "{variant}" {
                    variants.to_vec()
                } else {
                    vec![name]
                };
                for name in names
                    .into_iter()
                    .filter(|name| !known.iter().any(|known| known == name))
                {
                    if kind == "certificate flaw" && vocabulary::OTHER_CERTIFICATES.contains(&name)
                    {
                        continue;
                    }
                    problems.unknown(&step.span, kind, name, known.iter().map(String::as_str));
                }
            }
        }
    }
}
