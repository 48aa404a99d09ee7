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
    /// Set when a word is at fault that the program defines, not the files: a verb, a field, an oracle. Another program may know it.
    pub word: Option<StrangeWord>,
}

/// A word of a script that this program does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrangeWord {
    /// The word.
    pub name: String,
    /// Whether a known word is like it, so that it is a slip rather than a word of another program.
    pub is_like_another: bool,
}

/// Every error found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One more.
    pub fn add(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Problem {
            span: span.clone(),
            message: message.into(),
            help: help.into(),
            word: None,
        });
    }

    fn push(&mut self, problem: Problem) {
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

    /// A name that is none of those that the files define: a control, a clause, an ICS item.
    pub fn unknown<'a>(
        &mut self,
        span: &Span,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let help = suggestion(name, &known.collect::<Vec<_>>());
        self.add(span, format!("no {kind} is named `{name}`"), help);
    }

    /// A word that is none of those that the program defines: a verb, a field, an oracle.
    pub fn unknown_word<'a>(
        &mut self,
        span: &Span,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let known: Vec<&str> = known.collect();
        let message = format!("no {kind} is named `{name}`");
        self.strange(span, message, suggestion(name, &known), name, &known);
    }

    /// A placeholder that stands for nothing, written with its braces.
    pub(crate) fn unknown_placeholder(&mut self, span: &Span, name: &str, known: &[&str]) {
        let message = format!("no placeholder is named `{name}`");
        let help = format!(
            "{} (`wicheck explain placeholders` tells what each means)",
            suggestion(name, known)
        );
        self.strange(span, message, help, name, known);
    }

    fn strange(&mut self, span: &Span, message: String, help: String, name: &str, known: &[&str]) {
        self.push(Problem {
            span: span.clone(),
            message,
            help,
            word: Some(StrangeWord {
                name: name.to_owned(),
                is_like_another: !nearest(name, known).is_empty(),
            }),
        });
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

/// What may be meant by a name that none of the known has: those like it, else all of them, or of many the nearest.
#[must_use]
pub fn suggestion(name: &str, known: &[&str]) -> String {
    const MOST: usize = 12;
    let near = nearest(name, known);
    if let [one] = near.as_slice() {
        return format!("did you mean `{one}`?");
    }
    if !near.is_empty() {
        return format!("did you mean one of {}?", some(&near, MOST));
    }
    if known.len() <= 2 * MOST {
        return format!("known: {}", known.join(", "));
    }
    let mut known = known.to_vec();
    let likeness = |word: &str| strsim::jaro_winkler(&start(name), &start(word));
    known.sort_by(|one, other| likeness(other).total_cmp(&likeness(one)));
    format!("the nearest: {}", some(&known, 5))
}

/// The known words that a name is nearest to, in their order; none where no word is like it.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let name = start(name);
    let letters = name.chars().count();
    let parts: Vec<&str> = name.split('-').collect();
    // How many letters are wrong, and then how many are right before the first wrong one.
    let distance = |word: &str| {
        let word = start(word);
        // A hyphen or a dot that was forgotten is the least of all slips.
        let bare = strsim::osa_distance(&joined(&name), &joined(&word));
        let wrong = strsim::osa_distance(&name, &word).min(bare + 1);
        let same = name.chars().zip(word.chars());
        let right = same.take_while(|(one, other)| one == other).count();
        let is_part = letters > 2 && word.contains(&name);
        let has_all = parts.len() > 2
            && parts
                .iter()
                .all(|part| word.split('-').any(|own| own == *part));
        // Of three letters one wrong is as good as another word, unless two have changed places.
        let is_slip = wrong == 1 && (letters > 3 || sorted(&name) == sorted(&word));
        let is_slip = is_slip || (bare <= 1 && letters > 3);
        let is_like = wrong <= letters / 4 || is_slip || strsim::jaro_winkler(&name, &word) > 0.92;
        // A part that was left out is one slip, however long it is.
        let wrong = if has_all { wrong.min(1) } else { wrong };
        (is_like || is_part || has_all).then_some((wrong, std::cmp::Reverse(right)))
    };
    let least = known.iter().filter_map(|word| distance(word)).min();
    known
        .iter()
        .copied()
        .filter(|word| least.is_some() && distance(word) == least)
        .collect()
}

/// A word without what stands between its parts.
fn joined(word: &str) -> String {
    word.replace(['-', '.', '_', ' '], "")
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// A word as it is compared: case makes no difference, and foreign text may be long.
fn start(word: &str) -> String {
    word.chars().take(100).collect::<String>().to_lowercase()
}

/// The first few of a list, and how many more there are.
fn some(words: &[&str], most: usize) -> String {
    let mut text = words
        .iter()
        .take(most)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if words.len() > most {
        text.push_str(&format!(" and {} more", words.len() - most));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_has_one_nearest_word_and_what_is_nothing_like_any_has_none() {
        let clauses = ["REQ-1.a", "REQ-4.a", "REQ-4.b", "REQ-4.f1", "PRO-SIP.1"];
        for (name, near) in [
            ("REQ-4.bb", vec!["REQ-4.b"]),
            ("req-4.b", vec!["REQ-4.b"]),
            ("4.b", vec!["REQ-4.b"]),
            ("REQ4.b", vec!["REQ-4.b"]),
            // All of the same family are as near.
            ("REQ-4.z", vec!["REQ-4.a", "REQ-4.b"]),
            ("REQ-4", vec!["REQ-4.a", "REQ-4.b"]),
            ("nonsense", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(nearest(name, &clauses), near, "{name}");
        }
        assert_eq!(nearest("pcscf", &["wic", "ep-cscf"]), ["ep-cscf"]);
        assert_eq!(nearest("lei", &["id", "lie", "steps"]), ["lie"]);
        assert!(nearest("wik", &["wic", "wwsf", "waf"]).is_empty());
        let cases = ["epc-id-sips", "epc-id-to-swap", "epc-jwt-none"];
        assert_eq!(nearest("epc-id-swap", &cases), ["epc-id-to-swap"]);
        assert_eq!(nearest("epc-id-spis", &cases), ["epc-id-sips"]);
        assert!(nearest("epc-nope", &cases).is_empty());
        assert_eq!(suggestion("lei", &["id", "lie"]), "did you mean `lie`?");
        assert_eq!(suggestion("xyz", &["id", "lie"]), "known: id, lie");
    }

    #[test]
    fn of_many_words_the_nearest_are_told_first() {
        let words: Vec<String> = (10..90).map(|number| format!("word-{number}")).collect();
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let told = suggestion("a thing that is named 77", &known);
        assert!(
            told.starts_with("the nearest: ") && told.ends_with(" and 75 more"),
            "{told}"
        );
    }
}
