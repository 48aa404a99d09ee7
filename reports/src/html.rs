//! One self-contained page: no script, no request, readable on paper. What is shown is made inert here, and escaped by the
//! template engine.

mod case;
mod inert;
mod matrix;
mod view;

use askama::Template;
use evidence::log::ReadLogError;
use evidence::{CaseRecord, ReadLog, RunRecord};

/// Why the page could not be written: the template engine's own reason.
pub type HtmlError = askama::Error;

/// The whole page. `log` gives the log of a play, `<case id>#n`; it is asked for every case that did not pass, and for one
/// passed attack of each control. A log that cannot be read is told in its place.
///
/// # Errors
/// [`HtmlError`] when the template cannot be filled, which only lack of memory makes happen.
pub fn page(
    record: &RunRecord,
    cases: &[CaseRecord],
    log: impl Fn(&str) -> Result<ReadLog, ReadLogError>,
) -> Result<String, HtmlError> {
    view::Page::new(record, cases, &log).render()
}
