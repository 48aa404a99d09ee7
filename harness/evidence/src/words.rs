//! The few words of the field that every crate shares: roles and interfaces.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in the order of the source document.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as scripts, reports and files write it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.word() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    known: Self::ALL.iter().map(|value| value.word()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

words! {
    /// A node that can be the system under test, or be played.
    Role {
        /// WebRTC IMS Client.
        Wic = "wic",
        /// WebRTC Web Server Function: the portal.
        Wwsf = "wwsf",
        /// WebRTC Authorisation Function: issues tokens.
        Waf = "waf",
        /// The edge of the IMS network for WebRTC clients.
        EpCscf = "ep-cscf",
        /// I-CSCF, S-CSCF and the HSS view in one.
        Core = "core",
        /// A whole chain of nodes.
        Network = "network",
    }
}

words! {
    /// Between which two nodes a message travels.
    Interface {
        /// WIC to WWSF.
        W1 = "W1",
        /// WIC to eP-CSCF.
        W2 = "W2",
        /// WWSF to WAF.
        W4 = "W4",
        /// eP-CSCF to core.
        Mw = "Mw",
        /// eP-CSCF to WAF: a token is asked after.
        Introspection = "introspection",
        /// eP-CSCF to WAF: the keys.
        Jwks = "jwks",
        /// The operator of the SUT, or the driver of a WIC.
        Hook = "hook",
    }
}

/// A word that is none of a kind's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {known}")]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What could have been.
    pub known: String,
}
