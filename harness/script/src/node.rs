//! TOML as a tree of our own with a span on every key and value, and readers that collect every error instead of the first.
//!
//! The only module that knows `toml-spanner`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Problems, nearest};
use crate::source::{Source, Span};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A fraction.
    Fraction(f64),
    /// True or false.
    Flag(bool),
    /// A date or time, which no file of ours has.
    Date,
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<(Key, Node)>),
}

/// A key of a table and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// No file of ours nests deeper. Whatever walks a tree needs a stack frame a level, and dotted keys nest without end.
const DEEPEST: usize = 32;

/// Reads a document; syntax errors go to `problems`, and what could be read comes back.
pub fn read(source: &Arc<Source>, problems: &mut Problems) -> Vec<(Key, Node)> {
    let arena = toml_spanner::Arena::new();
    let document = toml_spanner::parse_recoverable(&source.text, &arena);
    for error in document.errors() {
        let span = at(error.span(), source);
        problems.add(&span, error.message(&source.text), "write valid TOML here");
    }
    Tree { source, problems }.table(document.table().iter(), 0)
}

fn at(span: toml_spanner::Span, source: &Arc<Source>) -> Span {
    Span {
        source: source.clone(),
        start: span.range().start,
        end: span.range().end,
    }
}

/// Makes our tree of the reader's.
struct Tree<'s> {
    source: &'s Arc<Source>,
    problems: &'s mut Problems,
}

impl Tree<'_> {
    fn table<'a, 'de: 'a>(
        &mut self,
        entries: impl Iterator<Item = &'a (toml_spanner::Key<'de>, toml_spanner::Item<'de>)>,
        depth: usize,
    ) -> Vec<(Key, Node)> {
        entries
            .map(|(key, item)| {
                let name = key.as_str().to_owned();
                let span = at(key.span, self.source);
                (Key { name, span }, self.node(item, depth + 1))
            })
            .collect()
    }

    fn node(&mut self, item: &toml_spanner::Item<'_>, depth: usize) -> Node {
        use toml_spanner::Value as Read;
        let span = at(item.span(), self.source);
        let value = match item.value() {
            Read::String(text) => Value::Text((*text).to_owned()),
            Read::Integer(number) => number
                .as_i64()
                .map_or(Value::Fraction(number.as_f64()), Value::Number),
            Read::Float(number) => Value::Fraction(*number),
            Read::Boolean(flag) => Value::Flag(*flag),
            Read::DateTime(_) => Value::Date,
            Read::Array(_) | Read::Table(_) if depth > DEEPEST => {
                self.problems
                    .add(&span, "nested too deep", "no field is nested so deep");
                Value::List(Vec::new())
            }
            Read::Array(list) => {
                Value::List(list.iter().map(|item| self.node(item, depth + 1)).collect())
            }
            Read::Table(entries) => Value::Table(self.table(entries.iter(), depth)),
        };
        Node { span, value }
    }
}

impl Node {
    /// What it is, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a string",
            Value::Number(_) => "a number",
            Value::Fraction(_) => "a fraction",
            Value::Flag(_) => "true or false",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The string, or an error.
    pub fn text(&self, problems: &mut Problems) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            _ => problems.wrong_kind(self, "a string"),
        }
    }

    /// The number, or an error.
    pub fn number(&self, problems: &mut Problems) -> Option<u64> {
        match &self.value {
            Value::Number(number) => match u64::try_from(*number) {
                Ok(number) => Some(number),
                Err(_) => problems.wrong_kind(self, "a number from 0"),
            },
            _ => problems.wrong_kind(self, "a number"),
        }
    }

    /// The flag, or an error.
    pub fn flag(&self, problems: &mut Problems) -> Option<bool> {
        match &self.value {
            Value::Flag(flag) => Some(*flag),
            _ => problems.wrong_kind(self, "true or false"),
        }
    }

    /// One word or a list of words; numbers are words too.
    pub fn words(&self, problems: &mut Problems) -> Option<Vec<String>> {
        match &self.value {
            Value::Text(text) => Some(vec![text.clone()]),
            Value::Number(number) => Some(vec![number.to_string()]),
            Value::Flag(flag) => Some(vec![if *flag { "yes" } else { "no" }.to_owned()]),
            Value::Fraction(number) => Some(vec![number.to_string()]),
            Value::List(list) => {
                let words: Vec<_> = list
                    .iter()
                    .filter_map(|node| node.words(problems))
                    .flatten()
                    .collect();
                Some(words)
            }
            _ => problems.wrong_kind(self, "a word or a list of words"),
        }
    }

    /// A list of lines, or an error that shows how a single line is written.
    pub fn lines(&self, problems: &mut Problems) -> Option<Vec<String>> {
        match &self.value {
            Value::List(list) => Some(list.iter().filter_map(|node| node.text(problems)).collect()),
            Value::Text(line) => {
                problems.add(
                    &self.span,
                    "this is a string, and a list of lines is wanted",
                    format!("write [{line:?}]"),
                );
                None
            }
            _ => problems.wrong_kind(self, "a list of lines"),
        }
    }

    /// A table whose values are single words.
    pub fn word_table(&self, problems: &mut Problems) -> Option<BTreeMap<String, String>> {
        let entries = self.entries(problems)?;
        let mut table = BTreeMap::new();
        for (key, node) in entries {
            if let Some(words) = node.words(problems) {
                table.insert(key.name.clone(), words.join(", "));
            }
        }
        Some(table)
    }

    /// A table whose values are words or lists of words.
    pub fn words_table(&self, problems: &mut Problems) -> Option<BTreeMap<String, Vec<String>>> {
        let entries = self.entries(problems)?;
        Some(
            entries
                .iter()
                .filter_map(|(key, node)| Some((key.name.clone(), node.words(problems)?)))
                .collect(),
        )
    }

    /// The entries of a table, or an error.
    pub fn entries(&self, problems: &mut Problems) -> Option<&[(Key, Self)]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => problems.wrong_kind(self, "a table"),
        }
    }

    /// The members of a list, or an error.
    pub fn list(&self, problems: &mut Problems) -> Option<&[Self]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => problems.wrong_kind(self, "a list"),
        }
    }
}

/// Reads a table field by field, and complains at its end of fields that are missing and of those that nobody asked for.
pub struct Fields<'a> {
    entries: &'a [(Key, Node)],
    span: Span,
    asked: Vec<&'static str>,
    missing: Vec<(&'static str, String)>,
}

impl<'a> Fields<'a> {
    /// A reader over the entries of a table that stands at `span`.
    #[must_use]
    pub fn new(entries: &'a [(Key, Node)], span: &Span) -> Self {
        Self {
            entries,
            span: span.clone(),
            asked: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// A field that may be absent.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a Node> {
        self.asked.push(name);
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
    }

    /// A field that must be there; that it is not is told at the end, when it is known whether it was misspelt.
    pub fn required(&mut self, name: &'static str) -> Option<&'a Node> {
        let found = self.optional(name);
        if found.is_none() {
            self.missing(name, format!("add `{name} = ...`"));
        }
        found
    }

    /// A field is missing, and what would be right.
    pub fn missing(&mut self, name: &'static str, help: impl Into<String>) {
        self.missing.push((name, help.into()));
    }

    /// An optional string.
    pub fn text(&mut self, name: &'static str, problems: &mut Problems) -> Option<String> {
        self.optional(name)?.text(problems)
    }

    /// A required string; absent or wrong, an empty one, and the problem is told.
    pub fn required_text(&mut self, name: &'static str, problems: &mut Problems) -> String {
        self.required(name)
            .and_then(|node| node.text(problems))
            .unwrap_or_default()
    }

    /// An optional word or list of words.
    pub fn words(&mut self, name: &'static str, problems: &mut Problems) -> Option<Vec<String>> {
        self.optional(name)?.words(problems)
    }

    /// Complains of every field that was not asked for, and of those that are missing, unless another is one of them misspelt.
    ///
    /// Tells the names of the fields that were complained of, as they should be: they are not absent by intent.
    pub fn end(self, problems: &mut Problems) -> Vec<&'static str> {
        let stands = |name: &str| self.entries.iter().any(|(key, _)| key.name == name);
        let absent: Vec<&'static str> = self
            .asked
            .iter()
            .copied()
            .filter(|name| !stands(name))
            .collect();
        let mut told = Vec::new();
        for (key, _) in self.entries {
            if self.asked.contains(&key.name.as_str()) {
                continue;
            }
            let meant = nearest(&key.name, &absent);
            let known = if meant.is_empty() {
                &self.asked
            } else {
                &absent
            };
            problems.unknown_word(&key.span, "field", &key.name, known.iter().copied());
            told.extend(meant);
        }
        for (name, help) in self.missing {
            if !told.contains(&name) {
                problems.add(&self.span, format!("`{name}` is missing"), help);
                told.push(name);
            }
        }
        told
    }
}
