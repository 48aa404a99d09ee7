//! What is wrong in scripts and SUT files: all at once, each with place, caret and what would be right.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::node::Node;
use crate::source::Span;

/// One error of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// Every error found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One more.
    pub fn add(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem {
            span: span.clone(),
            message: message.into(),
            help: help.into(),
        };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// A value of the wrong kind; returns `None` so that readers can end with it.
    pub fn wrong_kind<T>(&mut self, node: &Node, wanted: &str) -> Option<T> {
        self.add(
            &node.span,
            format!("this is {}, and {wanted} is wanted", node.kind()),
            format!("write {wanted}"),
        );
        None
    }

    /// A name that is none of those known.
    pub fn unknown<'a>(
        &mut self,
        span: &Span,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let known: Vec<&str> = known.collect();
        let near = nearest(name, &known);
        let help = near.map_or_else(|| one_of(&known), |near| format!("did you mean `{near}`?"));
        self.add(span, format!("no {kind} is named `{name}`"), help);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// All of them as a compiler would show them.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut text = String::new();
        for problem in &self.0 {
            text.push_str(&renderer.render(&problem.report()));
            text.push_str("\n\n");
        }
        text
    }
}

impl Problem {
    fn report(&self) -> Vec<Group<'_>> {
        let text = &self.span.source.text;
        let (start, end) = self.span.whole_characters();
        let snippet = Snippet::source(text.as_str())
            .path(self.span.source.path.as_str())
            .annotation(AnnotationKind::Primary.span(start..end));
        vec![
            Level::ERROR
                .primary_title(self.message.as_str())
                .element(snippet)
                .element(Level::HELP.message(self.help.as_str())),
        ]
    }
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(name, word), *word))
        .filter(|(likeness, _)| *likeness > 0.84)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, word)| word)
}

fn one_of(known: &[&str]) -> String {
    const MOST: usize = 12;
    let mut text = format!(
        "known: {}",
        known
            .iter()
            .take(MOST)
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    );
    if known.len() > MOST {
        text.push_str(&format!(" and {} more", known.len() - MOST));
    }
    text
}
