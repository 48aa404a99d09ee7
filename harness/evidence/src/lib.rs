//! All that a run leaves behind: the log of a play in one order, and the record of the run; their types, reader and writer.
//!
//! Nothing here opens a socket, reads a clock or decides a verdict. Whoever has the folder has the evidence: `judge` decides
//! from it, `reports` shows it.
//!
//! - [`event`] what can happen in a play, and the plan that it followed
//! - [`log`] one file a play, one event a line
//! - [`record`] cases, findings, requirements, roles: what the judge decided
//! - [`folder`] where each file of a run stands

mod bytes;
pub mod event;
pub mod folder;
#[doc(hidden)]
pub mod fuzz;
pub mod log;
pub mod record;
pub mod words;

pub use bytes::Bytes;
pub use event::{Event, Plan, PlanStep, What};
pub use folder::RunFolder;
pub use log::{Log, ReadLog};
pub use record::{CaseRecord, Finding, RunRecord, Verdict};
pub use words::{Interface, Role};
