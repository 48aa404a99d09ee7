//! The test PKI: authorities, and certificates that are wrong in exactly one point.
//!
//! An [`Authority`] is a root and an intermediate below it. It issues honest chains
//! ([`Authority::issue`]) and chains with one [`Flaw`] ([`Authority::issue_flawed`]). A flawed chain
//! is the honest chain but for that point: same names, keys of the same kind, same extensions, so
//! that a peer which refuses it can only have refused it for the flaw, and a peer which accepts it
//! did not look there. No clock, no socket, no TLS stack: the time comes in as a parameter, and what
//! goes out is bytes.
//!
//! | module | subject |
//! | --- | --- |
//! | [`authority`] | root and intermediate: making, saving, loading, issuing |
//! | [`request`] | what a leaf is asked for, and the honest certificate that answers it |
//! | [`leaf`] | the issued chain with its key; keys that several leaves share |
//! | [`flaw`] | the list of flaws with their names |
//! | [`flawed`] | how each flaw is made |
//! | [`revocation`] | the lists of what an authority has revoked |
//! | `names` | the flaws of subjectAltName |
//! | `surgery` | edits of finished DER that the certificate writer refuses |
//! | [`weak_rsa`] | the 1024-bit RSA key and its signatures, which TLS stacks refuse to make |
//! | `pem` | PEM text out and in |

pub mod authority;
mod error;
pub mod flaw;
pub mod flawed;
#[doc(hidden)]
pub mod fuzz;
pub mod leaf;
mod names;
mod pem;
pub mod request;
pub mod revocation;
mod surgery;
pub mod weak_rsa;

pub use authority::Authority;
pub use error::Error;
pub use flaw::{Flaw, UnknownFlaw};
pub use flawed::{Flawed, Others};
pub use leaf::{Leaf, LeafKey};
pub use request::{LeafRequest, Usage};
