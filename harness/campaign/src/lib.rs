//! Which play when: chains of controls and attacks, lanes, exclusive cases, replays, the late watch.
//!
//! - [`chain`] the cases of a role, ordered into chains C a1 C a2 C
//! - [`link`] one link of a chain played: attack, sentinel, restore, judgement
//! - [`phase`] all chains of a role: lanes, exclusive ones, a SUT that dies or is silent
//! - [`journal`] what is written while the run goes on
//! - [`rejudge`] verdicts again, from the evidence alone

pub mod chain;
mod disturbed;
pub mod finish;
pub mod journal;
mod link;
pub mod names;
pub mod phase;
pub mod rejudge;

pub use chain::{Chain, plan};
pub use journal::{Journal, Progress, Watch};
pub use phase::{Outcome, Phase, PhaseError, run};
pub use stage::launch::{Later, Process, Runs, StartError, Started};
pub use stage::world::WorldError;
pub use stage::{Clock, World};

/// The world of a folder: opened if it is there, else made with `lanes` sets of subscribers.
///
/// # Errors
/// When it cannot be read or made.
pub fn world(folder: &std::path::Path, lanes: usize) -> Result<World, WorldError> {
    if folder.join("world.json").exists() {
        World::open(folder)
    } else {
        World::make(folder, lanes, time::OffsetDateTime::now_utc())
    }
}

/// The time by which certificates are made.
#[must_use]
pub fn now() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc()
}
