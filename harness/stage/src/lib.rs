//! Plays scripts: the world, the nodes that are played around a SUT, and the acts of each.
//!
//! - [`world`] operator, PKI, parties, subscribers: made once, written to a folder
//! - [`bed`] the played nodes around one role; [`board`] whose message is it
//! - [`play`] what one play shares; [`perform`] the steps in their order; [`restore`] what is put back
//! - `roles/` one file for each side that a node shows
//! - [`launch`] and [`hooks`] the SUT's process and its operator
//!
//! Roles act and record; nothing here decides a verdict.

pub mod bed;
mod board;
mod fill;
pub mod hooks;
pub mod launch;
pub mod perform;
pub mod play;
mod restore;
mod roles;
mod serve;
mod target;
pub mod world;

pub use bed::{Bed, BedError, Sut};
pub use perform::{Part, Performed, Script, perform};
pub use play::Play;
pub use wire::Clock;
pub use world::World;

/// The names of the flaws that a forged token can have.
#[must_use]
pub fn token_flaws() -> Vec<String> {
    jose::Flaw::ALL
        .iter()
        .map(|flaw| flaw.name().to_owned())
        .collect()
}
