//! What holds across the crates: who may use whom, what licences we build with, and that the scenarios are about names that exist.
//!
//! The tests are in `tests/`; here is what they share.

pub mod tree;
