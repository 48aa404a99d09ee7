//! What holds across the crates: who may use whom, what licences we build with, and that the scenarios are about names that exist.
//!
//! There is nothing here but tests.
