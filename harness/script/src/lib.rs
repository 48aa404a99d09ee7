//! Scenario, requirement and SUT files: typed, with source spans, all errors at once.
//!
//! - [`suite`] every file of `scenarios/` read and checked against the others
//! - [`scenario`] controls, attacks, audits; [`step`] their steps and changes; [`vocabulary`] the verbs
//! - [`catalogue`] clauses, ICS items, outcomes; [`sut_file`] what a vendor declares
//! - [`also_kills`] what mistakes an attack catches beside its own
//! - [`case`] the suite expanded for one SUT; [`select`] which of it is played
//! - [`node`], [`source`], [`problem`] TOML with spans, and errors as a compiler shows them

pub mod also_kills;
pub mod case;
pub mod catalogue;
mod check;
pub mod expectations;
#[doc(hidden)]
pub mod fuzz;
mod misread;
pub mod node;
pub mod placeholder;
pub mod problem;
pub mod scenario;
pub mod select;
pub mod source;
pub mod step;
pub mod suite;
pub mod sut_file;
mod variants;
pub mod vocabulary;

pub use case::{Applies, Case};
pub use catalogue::Answers;
pub use problem::Problems;
pub use suite::{Suite, Vocabulary};
pub use sut_file::SutFile;
