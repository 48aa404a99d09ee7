//! Controls, attacks and audits, as an area's file holds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Role;
use evidence::record::Kind;

use crate::misread::Misread;
use crate::node::{Fields, Key, Node, Value};
use crate::problem::Problems;
use crate::source::{Source, Span};
use crate::step::{Change, Step};
use crate::variants::{proofs, texts, variants};

/// A word and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Conditions on the ICS: every item must have one of the answers.
pub type Conditions = BTreeMap<String, Vec<String>>;

/// The honest run.
#[derive(Clone, Debug)]
pub struct Control {
    /// Slug.
    pub id: String,
    /// Title.
    pub title: String,
    /// The story in a few sentences.
    pub story: String,
    /// The role that is under test.
    pub sut: Role,
    /// Registrations in which it can be played.
    pub registration: Vec<u8>,
    /// When it applies.
    pub applies_if: Conditions,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Fields that are wrong, missing or misspelt, each of which is told.
    pub(crate) misread: Misread,
    /// Where it is written.
    pub span: Span,
    /// Grows with every change of meaning.
    pub revision: u64,
}

/// A control with one departure, or one more question to it.
#[derive(Clone, Debug)]
pub struct Attack {
    /// Slug.
    pub id: String,
    /// Title.
    pub title: String,
    /// Attack or audit.
    pub kind: Kind,
    /// The role that is under test.
    pub sut: Role,
    /// The control's slug.
    pub control: Word,
    /// Registrations; the control's when empty.
    pub registration: Vec<u8>,
    /// Clauses.
    pub checks: Vec<Word>,
    /// Defects that it kills.
    pub proof: Vec<Word>,
    /// Defects that it kills beside those, each with the reason.
    pub also_kills: BTreeMap<String, String>,
    /// The one changed field.
    pub change: Option<Change>,
    /// Steps of its own, when one field is not enough.
    pub steps: Vec<Step>,
    /// Of steps of its own: the name of the step that departs.
    pub lie: Option<Word>,
    /// Of steps of its own: names of the steps whose answers the outcome is asked of; all from the lie on when empty.
    pub judged: Vec<Word>,
    /// The departure in words, where it is state or a sequence.
    pub departure: Option<String>,
    /// What must come of it.
    pub outcome: Option<Outcome>,
    /// When it applies.
    pub applies_if: Conditions,
    /// Variants: name and what proves each; `{variant}` in the change stands for the name, or for its text.
    pub variants: BTreeMap<String, Vec<Word>>,
    /// Texts of the variants whose name is not what is sent.
    pub variant_texts: BTreeMap<String, String>,
    /// Fields that are wrong, missing or misspelt, each of which is told.
    pub(crate) misread: Misread,
    /// Where it is written.
    pub span: Span,
    /// Grows with every change of meaning.
    pub revision: u64,
}

/// The name of an outcome, or a choice of names by one ICS item.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// One outcome.
    Named(Word),
    /// By the answer to an item.
    Chosen {
        /// The item.
        item: Word,
        /// The outcome for each answer.
        by: BTreeMap<String, Word>,
    },
}

impl Attack {
    /// What `{variant}` stands for in a variant: its text, or its name.
    #[must_use]
    pub fn variant_text<'a>(&'a self, name: &'a str) -> &'a str {
        self.variant_texts.get(name).map_or(name, String::as_str)
    }
}

impl Outcome {
    /// Every outcome that it may come to.
    pub fn words(&self) -> Vec<&Word> {
        match self {
            Self::Named(word) => vec![word],
            Self::Chosen { by, .. } => by.values().collect(),
        }
    }
}

/// What one file holds.
#[derive(Clone, Debug, Default)]
pub struct Area {
    /// Honest runs.
    pub controls: Vec<Control>,
    /// Attacks and audits.
    pub attacks: Vec<Attack>,
}

impl Area {
    /// Reads a file of an area.
    pub fn read(source: &Arc<Source>, problems: &mut Problems) -> Self {
        let document = crate::node::read(source, problems);
        let whole = Span {
            source: source.clone(),
            start: 0,
            end: source.text.find('\n').unwrap_or(source.text.len()),
        };
        let mut fields = Fields::new(&document, &whole);
        let sut = read_role(fields.required("sut"), problems);
        let common = fields
            .optional("control-of-all")
            .and_then(|node| word(node, problems));
        let mut area = Self::default();
        for (key, node) in tables(&mut fields, &["control", "attack", "audit"], problems) {
            let entries = node.entries(problems).unwrap_or_default();
            match key {
                "control" => area
                    .controls
                    .extend(read_control(entries, sut, &node.span, problems)),
                "audit" => area.attacks.extend(read_attack(
                    Kind::Audit,
                    entries,
                    sut,
                    common.as_ref(),
                    &node.span,
                    problems,
                )),
                _ => area.attacks.extend(read_attack(
                    Kind::Attack,
                    entries,
                    sut,
                    common.as_ref(),
                    &node.span,
                    problems,
                )),
            }
        }
        fields.end(problems);
        area
    }
}

fn tables<'a>(
    fields: &mut Fields<'a>,
    names: &[&'static str],
    problems: &mut Problems,
) -> Vec<(&'static str, &'a Node)> {
    let mut found = Vec::new();
    for name in names {
        if let Some(list) = fields.optional(name).and_then(|node| node.list(problems)) {
            found.extend(list.iter().map(|node| (*name, node)));
        }
    }
    found
}

fn read_role(node: Option<&Node>, problems: &mut Problems) -> Option<Role> {
    let node = node?;
    let name = node.text(problems)?;
    let role = name.parse().ok();
    if role.is_none() {
        problems.unknown_word(
            &node.span,
            "role",
            &name,
            Role::ALL.iter().map(|role| role.word()),
        );
    }
    role
}

fn read_control(
    entries: &[(Key, Node)],
    sut: Option<Role>,
    span: &Span,
    problems: &mut Problems,
) -> Option<Control> {
    let mut fields = Fields::new(entries, span);
    let mut misread = Misread::default();
    let id = fields.required_text("id", problems);
    let title = fields.required_text("title", problems);
    let story = fields.text("story", problems).unwrap_or_default();
    let registration = registrations(fields.required("registration"), problems);
    let applies_if = conditions(fields.optional("applies-if"), problems);
    let steps = steps(fields.required("steps"), &mut misread, problems);
    let revision = revision(&mut fields, problems);
    misread.extend(fields.end(problems));
    Some(Control {
        id,
        title,
        story,
        sut: sut?,
        registration,
        applies_if,
        steps,
        misread,
        span: at_id(entries, span),
        revision,
    })
}

fn read_attack(
    kind: Kind,
    entries: &[(Key, Node)],
    sut: Option<Role>,
    common: Option<&Word>,
    span: &Span,
    problems: &mut Problems,
) -> Option<Attack> {
    let mut fields = Fields::new(entries, span);
    let mut misread = Misread::default();
    let own = fields.optional("control").map(|node| word(node, problems));
    if own.is_none() && common.is_none() {
        fields.missing("control", "name the honest run that this departs from");
    }
    let variants = misread.reading("variants", problems, |problems| {
        variants(fields.optional("variants"), problems)
    });
    let mut attack = Attack {
        id: fields.required_text("id", problems),
        title: fields.required_text("title", problems),
        kind,
        // Without a role or a control there is nothing to hold the rest against; it is read for its own errors.
        sut: sut.unwrap_or(Role::Network),
        control: own
            .flatten()
            .or_else(|| common.cloned())
            .unwrap_or_else(|| Word {
                text: String::new(),
                span: span.clone(),
            }),
        registration: registrations(fields.optional("registration"), problems),
        checks: misread.reading("checks", problems, |problems| {
            words(fields.required("checks"), problems)
        }),
        proof: misread.reading("proof", problems, |problems| {
            words(fields.optional("proof"), problems)
        }),
        also_kills: fields
            .optional("also-kills")
            .and_then(|node| node.word_table(problems))
            .unwrap_or_default(),
        change: misread.reading("change", problems, |problems| {
            Change::read(fields.optional("change")?, problems)
        }),
        steps: steps(fields.optional("steps"), &mut misread, problems),
        lie: misread.reading("lie", problems, |problems| {
            word(fields.optional("lie")?, problems)
        }),
        judged: words(fields.optional("judged"), problems),
        departure: misread.reading("departure", problems, |problems| {
            fields.text("departure", problems)
        }),
        outcome: fields
            .required("outcome")
            .and_then(|node| outcome(node, problems)),
        applies_if: conditions(fields.optional("applies-if"), problems),
        variants: proofs(&variants),
        variant_texts: texts(variants),
        misread,
        span: at_id(entries, span),
        revision: revision(&mut fields, problems),
    };
    attack.misread.extend(fields.end(problems));
    (sut.is_some() && !attack.control.text.is_empty()).then_some(attack)
}

fn steps(node: Option<&Node>, misread: &mut Misread, problems: &mut Problems) -> Vec<Step> {
    misread.reading("steps", problems, |problems| {
        node.map(|node| Step::read_all(node, problems))
            .unwrap_or_default()
    })
}

fn revision(fields: &mut Fields<'_>, problems: &mut Problems) -> u64 {
    fields
        .optional("revision")
        .and_then(|node| node.number(problems))
        .unwrap_or(1)
}

/// The place of a script is that of its id, not of its whole table.
fn at_id(entries: &[(Key, Node)], span: &Span) -> Span {
    entries
        .iter()
        .find(|(key, _)| key.name == "id")
        .map_or_else(|| span.clone(), |(_, node)| node.span.clone())
}

pub(crate) fn word(node: &Node, problems: &mut Problems) -> Option<Word> {
    Some(Word {
        text: node.text(problems)?,
        span: node.span.clone(),
    })
}

/// A word or a list of words, each with its place.
pub(crate) fn words(node: Option<&Node>, problems: &mut Problems) -> Vec<Word> {
    let Some(node) = node else { return Vec::new() };
    match &node.value {
        Value::List(list) => list
            .iter()
            .filter_map(|node| word(node, problems))
            .collect(),
        _ => word(node, problems).into_iter().collect(),
    }
}

/// The registration scenarios of a field, each once.
pub(crate) fn registrations(node: Option<&Node>, problems: &mut Problems) -> Vec<u8> {
    let Some(node) = node else { return Vec::new() };
    let mut found = Vec::new();
    for word in node.words(problems).unwrap_or_default() {
        match word.parse() {
            Ok(registration) if found.contains(&registration) => problems.add(
                &node.span,
                format!("registration {registration} stands twice"),
                "name each registration once",
            ),
            Ok(registration @ 1..=3) => found.push(registration),
            _ => problems.add(
                &node.span,
                "no such registration",
                "1, 2 and 3 are 3GPP's registration scenarios",
            ),
        }
    }
    found
}

fn conditions(node: Option<&Node>, problems: &mut Problems) -> Conditions {
    node.and_then(|node| node.words_table(problems))
        .unwrap_or_default()
}

fn outcome(node: &Node, problems: &mut Problems) -> Option<Outcome> {
    if let Value::Text(_) = node.value {
        return word(node, problems).map(Outcome::Named);
    }
    let entries = node.entries(problems)?;
    let [(item, choices)] = entries else {
        problems.add(
            &node.span,
            "an outcome is a name, or a table over one ICS item",
            "write `{ item = { answer = \"outcome\" } }`",
        );
        return None;
    };
    let item = Word {
        text: item.name.clone(),
        span: item.span.clone(),
    };
    let by = choices
        .entries(problems)?
        .iter()
        .filter_map(|(key, node)| Some((key.name.clone(), word(node, problems)?)))
        .collect();
    Some(Outcome::Chosen { item, by })
}
