//! Expectations files: `[[expectation]] case, verdict, reason`.

use std::sync::Arc;

use crate::node::Fields;
use crate::problem::Problems;
use crate::source::{Source, Span};

/// What is expected of a case, or of all that a glob fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The case's id, or a glob.
    pub case: String,
    /// `fail`, `inconclusive`, `not_applicable`, ...
    pub verdict: String,
    /// Why, for whoever reads it a year later.
    pub reason: String,
}

/// The verdicts that can be expected.
const VERDICTS: &[&str] = &[
    "pass",
    "fail",
    "inconclusive",
    "error",
    "not_applicable",
    "not_run",
];

/// Reads an expectations file.
///
/// # Errors
/// Every problem of it.
pub fn read(path: &str, text: &str) -> Result<Vec<Expectation>, Problems> {
    let source = Arc::new(Source {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    let mut problems = Problems::default();
    let document = crate::node::read(&source, &mut problems);
    let mut top = Fields::new(
        &document,
        &Span {
            source: source.clone(),
            start: 0,
            end: 0,
        },
    );
    let mut found = Vec::new();
    for node in top
        .optional("expectation")
        .and_then(|node| node.list(&mut problems))
        .unwrap_or_default()
    {
        let Some(entries) = node.entries(&mut problems) else {
            continue;
        };
        let mut fields = Fields::new(entries, &node.span);
        let expectation = Expectation {
            case: fields.required_text("case", &mut problems),
            verdict: fields.required_text("verdict", &mut problems),
            reason: fields.required_text("reason", &mut problems),
        };
        let verdict = entries.iter().find(|(key, _)| key.name == "verdict");
        // One that is missing is told by the reader.
        if let Some((_, node)) = verdict
            && !VERDICTS.contains(&expectation.verdict.as_str())
        {
            problems.unknown(
                &node.span,
                "verdict",
                &expectation.verdict,
                VERDICTS.iter().copied(),
            );
        }
        fields.end(&mut problems);
        found.push(expectation);
    }
    top.end(&mut problems);
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}
