//! Tokens as bytes: mint, forge, read, verify.
//!
//! A token here is three octet strings, so that it can be wrong on purpose: [`Token`] is what travels, [`Key`] signs,
//! [`AccessToken`] builds the honest one (RFC 9068), [`Flaw`] departs from it in one thing, and [`verify`] says
//! which of its named checks somebody else's token passes. Nothing here opens a socket or reads a clock: times are
//! seconds since 1970 that the caller gives.

mod access_token;
mod algorithm;
mod flaw;
mod forge;
#[doc(hidden)]
pub mod fuzz;
mod json;
mod key;
mod signature;
mod text;
mod token;
mod verify;

pub use access_token::{AccessToken, ClaimNames};
pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use flaw::{Flaw, UnknownFlaw};
pub use forge::{Foreign, Honest};
pub use key::{Key, KeyError, jwks};
pub use token::{Part, ReadError, Token};
pub use verify::{Check, Checked, Expectation, Outcome, verify};
