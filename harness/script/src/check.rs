//! What one script says, held against the others, the clauses, the ICS and the names that other crates own.

use std::collections::BTreeSet;

use evidence::Role;
use evidence::record::Kind;

use crate::also_kills::AlsoKills;
use crate::catalogue::Requirement;
use crate::problem::Problems;
use crate::scenario::{Attack, Conditions, Control, Outcome, Word};
use crate::select::glob;
use crate::source::Span;
use crate::step::{Change, Step};
use crate::suite::{Suite, Vocabulary};
use crate::{placeholder, vocabulary};

/// Whether a clause may be checked by an attack on a role.
fn asked(requirement: &Requirement, sut: Role) -> bool {
    sut == Role::Network || requirement.roles.contains(&sut)
}

pub(crate) struct Checker<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) vocabulary: &'a Vocabulary,
}

impl Checker<'_> {
    pub(crate) fn known(&self, kind: &str, word: &Word, known: &[String], problems: &mut Problems) {
        if !known.contains(&word.text) {
            problems.unknown_word(
                &word.span,
                kind,
                &word.text,
                known.iter().map(String::as_str),
            );
        }
    }

    /// What a clause says of its oracles.
    pub(crate) fn judged_by(&self, requirement: &Requirement, problems: &mut Problems) {
        for oracle in &requirement.judged_by {
            let word = Word {
                text: oracle.clone(),
                span: requirement.span.clone(),
            };
            self.known("oracle", &word, &self.vocabulary.oracles, problems);
        }
    }

    /// An id becomes part of case ids, selections and file names.
    pub(crate) fn slug(id: &str, span: &Span, problems: &mut Problems) {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || !id.bytes().all(fits) {
            problems.add(
                span,
                format!("`{id}` is no id"),
                "an id has lowercase letters, digits and hyphens",
            );
        }
    }

    /// A variant's name stands in brackets in case ids, and selections must be able to name it.
    fn variant_names(attack: &Attack, problems: &mut Problems) {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
        for name in attack.variants.keys() {
            if name.is_empty() || !name.bytes().all(fits) {
                problems.add(
                    &attack.span,
                    format!("`{name}` is no name of a variant"),
                    "a variant's name has letters, digits and `-._+`",
                );
            }
        }
    }

    pub(crate) fn attack(&self, attack: &Attack, problems: &mut Problems) {
        Self::slug(&attack.id, &attack.span, problems);
        Self::variant_names(attack, problems);
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
        let mut all_known = true;
        for check in &attack.checks {
            let Some(requirement) = self.suite.requirement(&check.text) else {
                all_known = false;
                let asked = self
                    .suite
                    .requirements
                    .iter()
                    .filter(|requirement| asked(requirement, attack.sut));
                let known = asked.map(|requirement| requirement.id.as_str());
                problems.unknown(&check.span, "requirement", &check.text, known);
                continue;
            };
            if !asked(requirement, attack.sut) {
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
        if attack.misread.has("checks") {
            return;
        }
        // An unknown clause may hold where the others do not.
        let registrations = all_known.then(|| self.suite.registrations(attack));
        for registration in registrations.unwrap_or_default() {
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
        let is_misread = attack.misread.has("proof") || attack.misread.has("variants");
        if !is_misread && attack.proof.is_empty() && attack.variants.values().all(Vec::is_empty) {
            let help = "name the defect that it catches in `proof`; a variant's proof stands in `variants`";
            problems.add(
                &attack.span,
                format!("nothing proves `{}`", attack.id),
                help,
            );
        }
    }

    /// A row of `also-kills.toml`: a mistake that there is, of attacks that there are.
    pub(crate) fn also_kills(&self, row: &AlsoKills, problems: &mut Problems) {
        let names = self.vocabulary.defects.iter();
        let defects: Vec<String> = names.map(|(name, _)| name.clone()).collect();
        self.known("defect", &row.defect, &defects, problems);
        for word in &row.attacks {
            let fits = |attack: &Attack| {
                let variants = attack.variants.keys();
                let mut ids = variants.map(|name| format!("{}[{name}]", attack.id));
                glob(&word.text, &attack.id) || ids.any(|id| glob(&word.text, &id))
            };
            if !self.suite.attacks.values().any(fits) {
                problems.add(
                    &word.span,
                    format!("no attack is named `{}`", word.text),
                    "write the id of one, with its [variant] or without, or a glob",
                );
            }
        }
    }

    fn departure(&self, attack: &Attack, control: &Control, problems: &mut Problems) {
        let variants: Vec<&str> = attack
            .variants
            .keys()
            .map(|name| attack.variant_text(name))
            .collect();
        for text in attack.variant_texts.values() {
            placeholder::check(text, false, &attack.span, problems);
        }
        match (attack.kind, &attack.change, attack.steps.is_empty()) {
            (Kind::Audit, None, true) => {}
            (Kind::Audit, ..) => problems.add(
                &attack.span,
                "an audit sends nothing",
                "remove `change` and `steps`",
            ),
            // What names a variant, or the control's step that is meant, may be among what could not be read.
            _ if attack.misread.has("variants") || control.misread.has("steps") => {}
            (_, Some(change), true) => self.change(attack, change, control, &variants, problems),
            (_, None, false) => self.own_steps(attack, &variants, problems),
            (_, Some(change), false) => {
                problems.add(
                    &change.span,
                    "a change and steps of its own",
                    "keep one of them",
                );
            }
            (_, None, true) if attack.misread.has("change") || attack.misread.has("steps") => {}
            (_, None, true) => {
                problems.add(
                    &attack.span,
                    "an attack that departs in nothing",
                    "add `change = { role.verb = { ... } }`",
                );
            }
        }
    }

    fn change(
        &self,
        attack: &Attack,
        change: &Change,
        control: &Control,
        variants: &[&str],
        problems: &mut Problems,
    ) {
        let (steps, at) = match change.apply(&control.steps) {
            Ok(changed) => changed,
            Err(unclear) => {
                problems.add(&change.span, unclear.why, unclear.help);
                return;
            }
        };
        self.steps(&steps[..=at], variants, problems);
        let varies = change.verb.fields().to_string().contains("{variant}");
        if !variants.is_empty() && !varies && !attack.misread.has("change") {
            problems.add(
                &change.span,
                "the variants change nothing",
                "use `{variant}` in the change",
            );
        }
    }

    fn own_steps(&self, attack: &Attack, variants: &[&str], problems: &mut Problems) {
        self.steps(&attack.steps, variants, problems);
        if attack.misread.has("steps") {
            return;
        }
        let names: Vec<&str> = attack
            .steps
            .iter()
            .filter_map(|step| step.name.as_deref())
            .collect();
        match &attack.lie {
            None if attack.misread.has("lie") => {}
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
        if attack.departure.is_none() && !attack.misread.has("departure") {
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

    pub(crate) fn conditions(&self, conditions: &Conditions, span: &Span, problems: &mut Problems) {
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
    pub(crate) fn steps(&self, steps: &[Step], variants: &[&str], problems: &mut Problems) {
        for step in steps {
            let fields = step.verb.fields();
            for text in placeholder::strings(&fields) {
                placeholder::check(&text, !variants.is_empty(), &step.span, problems);
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
                    let known = known.iter().map(String::as_str);
                    problems.unknown_word(&step.span, kind, name, known);
                }
            }
        }
    }
}
