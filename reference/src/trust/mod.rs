//! Whom a node believes to be who it says: the library's verdict on a certificate chain, and what the library does not look at.

mod chain;
mod faults;
mod names;
#[cfg(test)]
mod tests;
mod verifier;
mod world;

pub(crate) use chain::read_chain;
pub(crate) use faults::Fault;
pub(crate) use verifier::{Tolerance, Trust};
pub(crate) use world::{of_optional_clients, of_servers, reads_lists};
