//! From a case and the logs of its plays to a verdict with its findings, and from all cases to requirements, roles and the exit
//! status. Pure: no socket, no clock, no task, so the same evidence gives the same verdict on any day.
//!
//! - [`judge`] one case: control, preamble, proof that the lie was told, one lie, oracles, absence, codes, alive
//! - [`oracle`] the independent reasons for which a case fails
//! - [`roll_up()`] clauses, roles, causes, counts, exit status

mod absence;
mod background;
mod case;
mod codes;
mod context;
mod control;
mod expect;
mod finding;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod identity;
mod lines;
mod logs;
mod mask;
mod message;
mod one_lie;
pub mod oracle;
mod play;
mod reach;
pub mod roll_up;
mod ruling;
mod waited;

pub use case::{ALIVE_CLAUSE, judge};
pub use logs::Logs;
pub use oracle::Oracle;
pub use play::ITEMS;
pub use roll_up::{RollUp, Rolling, roll_up};
