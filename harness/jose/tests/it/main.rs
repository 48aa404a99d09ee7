//! Tests of the crate `jose`, in one binary.

mod difference;
mod fixture;
mod fuzzing;
mod keys;
mod one_change;
mod second_opinion;
mod tokens;
mod vectors;
mod verifying;
