//! What people and CI see of a run: each report is a pure function of the run record, its cases and, where a report shows a
//! play, its log. No socket, no clock, and no decision: a report never changes, adds or leaves out a verdict.
//!
//! - [`terminal`] the one screen at the end of a run, and one case in full
//! - [`progress`] the line that moves while the run goes on
//! - [`junit`] for CI servers
//! - [`html`] one self-contained page
//! - [`ladder`] a play as arrows between nodes
//! - [`hostile`] every foreign byte made inert; all others go through it

mod clause;
mod command;
mod diagnosis;
pub mod hostile;
pub mod html;
pub mod junit;
pub mod ladder;
pub mod progress;
mod requirements;
mod sheet;
mod style;
pub mod terminal;

pub use command::repeat_command;
pub use style::Style;
