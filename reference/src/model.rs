//! The answers of a SUT file (ICS and IXIT) that the reference obeys.

use std::collections::BTreeMap;
use std::time::Duration;

/// ICS and IXIT answers by item id, each as a list of words (one for a choice, flag or value).
#[derive(Clone, Debug, Default)]
pub struct Model {
    answers: BTreeMap<String, Vec<String>>,
}

impl Model {
    /// A model with these answers.
    #[must_use]
    pub fn new(answers: BTreeMap<String, Vec<String>>) -> Self {
        Self { answers }
    }

    /// The single answer to an item, or `otherwise` when the file does not answer it.
    pub(crate) fn answer<'a>(&'a self, item: &str, otherwise: &'a str) -> &'a str {
        self.answers
            .get(item)
            .and_then(|words| words.first())
            .map_or(otherwise, String::as_str)
    }

    /// Whether the answer to a list item contains `word` (`otherwise` is the list when it is not answered).
    pub(crate) fn lists(&self, item: &str, word: &str, otherwise: &[&str]) -> bool {
        match self.answers.get(item) {
            Some(words) => words.iter().any(|each| each == word),
            None => otherwise.contains(&word),
        }
    }

    /// A time that is declared in seconds, which may have a fraction.
    pub(crate) fn seconds(&self, item: &str, otherwise: f64) -> Duration {
        let declared = self.answer(item, "").parse().unwrap_or(otherwise);
        Duration::try_from_secs_f64(declared).unwrap_or_default()
    }

    /// A numeric answer.
    pub(crate) fn number(&self, item: &str, otherwise: u64) -> u64 {
        self.answers
            .get(item)
            .and_then(|words| words.first())
            .and_then(|word| word.parse().ok())
            .unwrap_or(otherwise)
    }
}
