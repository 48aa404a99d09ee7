//! SIP messages as bytes, for a harness that sends broken ones on purpose and must keep what it received as it was.
//!
//! [`Message::split`] takes any bytes apart and [`Message::bytes`] gives the same bytes back: every byte stands in
//! exactly one place, so nothing is lost and nothing can fail. All reading happens on views of those bytes. What
//! RFC 3261 says is wrong with a message is a question of its own: [`Message::problems`].
//!
//! The crate has no socket, no clock and no randomness; tags, branches, nonces come from the caller.

mod address_rules;
pub mod aka;
mod build;
mod credentials;
pub mod digest;
mod edit;
mod field;
mod framing;
#[doc(hidden)]
pub mod fuzz;
mod identity;
mod lexical;
mod message;
mod name_addr;
mod parameter;
mod problems;
mod read;
mod uri;
mod via;

pub use build::{Request, response_to};
pub use credentials::{Credentials, Payload};
pub use edit::{Edit, EditError};
pub use field::{Field, long_name, same_name};
pub use framing::{Framing, frame};
pub use identity::{canonical, same_identity, same_uri};
pub use message::Message;
pub use name_addr::NameAddr;
pub use parameter::Parameter;
pub use problems::Problem;
pub use uri::Uri;
pub use via::Via;
