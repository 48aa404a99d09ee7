//! The data beside the scripts: clauses, ICS items, outcomes.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Role;

use crate::node::{Fields, Node, Value};
use crate::problem::Problems;
use crate::scenario::{Word, registrations};
use crate::source::{Source, Span};

/// An atomic clause of the requirements.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// `REQ-4.b`.
    pub id: String,
    /// In our words.
    pub text: String,
    /// The document and section.
    pub source: String,
    /// Interfaces that show it.
    pub interface: Vec<String>,
    /// Registrations that it holds in.
    pub registration: Vec<u8>,
    /// Roles that it is asked of.
    pub roles: Vec<Role>,
    /// Whose word it is.
    pub level: String,
    /// What is seen when it holds.
    pub held: String,
    /// What is seen when it does not.
    pub violated: String,
    /// How far the source was seen.
    pub evidence: String,
    /// Oracles whose content it is; a clause with `code` here is judged by refusal codes too.
    pub judged_by: Vec<String>,
    /// Mandatory in every profile.
    pub mandatory_always: bool,
    /// Grows with every change of meaning.
    pub revision: u64,
    /// Where it is written.
    pub span: Span,
}

/// The levels of a clause, and whether the default profile makes them mandatory.
pub const LEVELS: &[(&str, bool)] = &[
    ("seed-shall", true),
    ("seed-should", false),
    ("3gpp-normative", true),
    ("3gpp-informative", false),
    ("ietf-must", true),
    ("good-practice", false),
];

impl Requirement {
    /// Whether a profile makes it mandatory: `seed-strict` takes all shalls and musts, `3gpp` leaves out the IETF's, `core-only`
    /// takes what 3GPP itself makes normative.
    #[must_use]
    pub fn mandatory(&self, profile: &str) -> bool {
        self.mandatory_always
            || match profile {
                "core-only" => self.level == "3gpp-normative",
                "3gpp" => matches!(self.level.as_str(), "seed-shall" | "3gpp-normative"),
                _ => LEVELS
                    .iter()
                    .any(|(level, mandatory)| *mandatory && self.level == *level),
            }
    }
}

/// An item of the implementation conformance statement, or an extra value for testing (ISO/IEC 9646).
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// `flag`, `choice`, `list`, `value` or `hook`.
    pub kind: String,
    /// The possible answers; empty for values and hooks.
    pub values: Vec<String>,
    /// The answer that `init` writes.
    pub default: Vec<String>,
    /// What its answer must be, where its default is a number: the harness would take another word for no answer.
    pub number: Option<Number>,
    /// Roles that it is asked of.
    pub roles: Vec<Role>,
    /// Where it is written.
    pub span: Span,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// 0, 1, 2 and so on.
    Whole,
    /// With or without a fraction, not negative.
    Fraction,
}

impl Number {
    /// The kind of the numbers that a value is made of; none where it is of something else.
    fn of(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Number(_) => Some(Self::Whole),
            Value::Fraction(_) => Some(Self::Fraction),
            Value::List(list) => list.first().and_then(Self::of),
            _ => None,
        }
    }

    /// Whether a word is such a number.
    pub(crate) fn fits(self, word: &str) -> bool {
        match self {
            Self::Whole => word.parse::<u64>().is_ok(),
            Self::Fraction => word
                .parse::<f64>()
                .is_ok_and(|number| number.is_finite() && number >= 0.0),
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Whole => "a whole number",
            Self::Fraction => "a number",
        }
    }
}

/// A named set of oracles.
#[derive(Clone, Debug)]
pub struct OutcomeSet {
    /// Its name.
    pub id: String,
    /// What it means, in words.
    pub text: String,
    /// The oracles.
    pub oracles: Vec<Word>,
    /// The class of refusal codes, judged as an advisory.
    pub codes: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// Reads a file of clauses.
pub fn read_requirements(source: &Arc<Source>, problems: &mut Problems) -> Vec<Requirement> {
    each(source, "requirement", problems, |fields, span, problems| {
        Some(Requirement {
            id: fields.required_text("id", problems),
            text: fields.required_text("text", problems),
            source: fields.required_text("source", problems),
            interface: fields.words("interface", problems).unwrap_or_default(),
            registration: registrations(fields.required("registration"), problems),
            roles: roles(fields.required("roles"), problems),
            level: level(fields.required("level"), problems),
            held: fields.required_text("held", problems),
            violated: fields.required_text("violated", problems),
            evidence: fields.text("evidence", problems).unwrap_or_default(),
            judged_by: fields.words("judged-by", problems).unwrap_or_default(),
            mandatory_always: fields
                .optional("mandatory-always")
                .and_then(|node| node.flag(problems))
                .unwrap_or(false),
            revision: fields
                .optional("revision")
                .and_then(|node| node.number(problems))
                .unwrap_or(1),
            span,
        })
    })
}

/// Reads the ICS items.
pub fn read_items(source: &Arc<Source>, problems: &mut Problems) -> Vec<Item> {
    each(source, "item", problems, |fields, span, problems| {
        Some(Item {
            id: fields.required_text("id", problems),
            question: fields.required_text("question", problems),
            kind: kind(fields.required("kind"), problems),
            values: fields.words("values", problems).unwrap_or_default(),
            number: fields.optional("default").and_then(Number::of),
            default: fields.words("default", problems).unwrap_or_default(),
            roles: roles(fields.required("roles"), problems),
            span,
        })
    })
}

/// Reads the outcomes.
pub fn read_outcomes(source: &Arc<Source>, problems: &mut Problems) -> Vec<OutcomeSet> {
    each(source, "outcome", problems, |fields, span, problems| {
        Some(OutcomeSet {
            id: fields.required_text("id", problems),
            text: fields.required_text("text", problems),
            oracles: fields
                .required("oracles")
                .and_then(|node| node.list(problems).map(<[Node]>::to_vec))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| {
                    Some(Word {
                        text: node.text(problems)?,
                        span: node.span.clone(),
                    })
                })
                .collect(),
            codes: fields.text("codes", problems),
            span,
        })
    })
}

/// The rows of a file that holds one kind of them.
pub(crate) fn each<T>(
    source: &Arc<Source>,
    name: &'static str,
    problems: &mut Problems,
    read: impl Fn(&mut Fields<'_>, Span, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let document = crate::node::read(source, problems);
    let whole = Span {
        source: source.clone(),
        start: 0,
        end: 0,
    };
    let mut top = Fields::new(&document, &whole);
    let mut found = Vec::new();
    for node in top
        .optional(name)
        .and_then(|node| node.list(problems))
        .unwrap_or_default()
    {
        let Some(entries) = node.entries(problems) else {
            continue;
        };
        let span = entries
            .iter()
            .find(|(key, _)| key.name == "id")
            .map_or(&node.span, |(_, node)| &node.span)
            .clone();
        let mut fields = Fields::new(entries, &node.span);
        found.extend(read(&mut fields, span, problems));
        fields.end(problems);
    }
    top.end(problems);
    found
}

/// The kinds of item.
const KINDS: &[&str] = &["flag", "choice", "list", "value", "hook"];

fn kind(node: Option<&Node>, problems: &mut Problems) -> String {
    let Some(node) = node else {
        return String::new();
    };
    let kind = node.text(problems).unwrap_or_default();
    if !KINDS.contains(&kind.as_str()) {
        problems.unknown_word(&node.span, "kind of item", &kind, KINDS.iter().copied());
    }
    kind
}

fn roles(node: Option<&Node>, problems: &mut Problems) -> Vec<Role> {
    let Some(node) = node else { return Vec::new() };
    let mut found = Vec::new();
    for word in node.words(problems).unwrap_or_default() {
        match word.parse() {
            Ok(role) => found.push(role),
            Err(_) => problems.unknown_word(
                &node.span,
                "role",
                &word,
                Role::ALL.iter().map(|role| role.word()),
            ),
        }
    }
    found
}

fn level(node: Option<&Node>, problems: &mut Problems) -> String {
    let Some(node) = node else {
        return String::new();
    };
    let level = node.text(problems).unwrap_or_default();
    if !LEVELS.iter().any(|(known, _)| *known == level) {
        problems.unknown_word(
            &node.span,
            "level",
            &level,
            LEVELS.iter().map(|(level, _)| *level),
        );
    }
    level
}

/// Answers of a SUT file by item.
pub type Answers = BTreeMap<String, Vec<String>>;
