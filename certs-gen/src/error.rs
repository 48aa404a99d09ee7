//! Why a certificate was not made, or a saved authority not loaded.

use time::OffsetDateTime;

use crate::{Flaw, Usage};

/// Why a certificate was not made, or a saved authority not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A requested name holds a character that an IA5String cannot hold.
    #[error("name {0:?} is not ASCII")]
    NameNotAscii(String),
    /// The flaw is one of names, and the request holds neither a name nor an address.
    #[error("flaw {0} needs a requested name or address")]
    NeedsName(Flaw),
    /// The flaw is one of addresses, and the request holds none.
    #[error("flaw {0} needs a requested address")]
    NeedsAddress(Flaw),
    /// Without its two left-most labels the name leaves no domain of two labels. A wildcard right
    /// below a top-level domain is refused for that reason too, which would be a second flaw.
    #[error("name {name:?} has fewer than the four labels that flaw {flaw} needs")]
    TooFewLabels {
        /// The flaw that was asked for.
        flaw: Flaw,
        /// The requested name.
        name: String,
    },
    /// For this usage the flaw is none: a certificate for servers alone is right on a server.
    #[error("flaw {flaw} is no flaw of a certificate for usage {usage}")]
    NoFlawForUsage {
        /// The flaw that was asked for.
        flaw: Flaw,
        /// The requested usage.
        usage: Usage,
    },
    /// The given time lies outside of the years 1970 to 9000.
    #[error("time {0} lies outside of what certificates are made for")]
    Time(OffsetDateTime),
    /// The certificate writer refused.
    #[error("certificate not written: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A private key was not made, not read, or did not sign.
    #[error("private key not usable: {0}")]
    Key(String),
    /// The system gave no random bytes.
    #[error("no random bytes")]
    NoRandom,
    /// Bytes that should be a certificate are none.
    #[error("not a certificate: {0}")]
    NotACertificate(yasna::ASN1Error),
    /// A saved authority is not what [`Authority::to_pem`](crate::Authority::to_pem) writes.
    #[error("saved authority: {0}")]
    Saved(String),
}

impl From<aws_lc_rs::error::Unspecified> for Error {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::NoRandom
    }
}
