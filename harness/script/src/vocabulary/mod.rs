//! The verbs of a script: one file a role, one type a verb, every field documented where it is declared.
//!
//! A verb either *acts* (something leaves the harness, or a played node is told how to behave) or *observes* (it waits for what it
//! asks about, and the judge reads the answer from the evidence). Every field is optional: what a script leaves out is honest.

#[macro_use]
mod verbs;
pub mod core;
pub mod ep_cscf;
pub mod sut;
pub mod waf;
pub mod wic;
pub mod wwsf;

pub use verbs::{FieldDoc, VerbDoc};

use crate::node::{Key, Node};
use crate::problem::Problems;
use crate::source::Span;

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $word:literal in $module:ident,)+) => {
        /// A verb of any role.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Verb { $($(#[$doc])* $variant($module::Verb),)+ }

        impl Verb {
            /// The roles that have verbs.
            pub const ROLES: &'static [&'static str] = &[$($word,)+];

            /// Every verb of every role, with its documentation.
            #[must_use]
            pub fn docs() -> Vec<(&'static str, &'static [VerbDoc])> {
                vec![$(($word, $module::Verb::DOCS),)+]
            }

            /// Role and verb as scripts write them, `wic.send`.
            #[must_use]
            pub fn name(&self) -> String {
                match self { $(Self::$variant(verb) => format!("{}.{}", $word, verb.name()),)+ }
            }

            /// Whether it observes.
            #[must_use]
            pub fn observes(&self) -> bool {
                match self { $(Self::$variant(verb) => verb.observes(),)+ }
            }

            /// Whether it alters what no lane owns, so that its case must run alone.
            #[must_use]
            pub fn exclusive(&self) -> bool {
                match self { $(Self::$variant(verb) => verb.exclusive(),)+ }
            }

            /// The fields as JSON, those that are set.
            #[must_use]
            pub fn fields(&self) -> serde_json::Value {
                match self { $(Self::$variant(verb) => verb.fields(),)+ }
            }

            /// A verb from its name and its fields as JSON.
            ///
            /// # Errors
            /// When no verb has this name, or a field is not of its kind.
            pub fn from_fields(name: &str, fields: serde_json::Value) -> Result<Self, String> {
                let (role, verb) = name.split_once('.').unwrap_or((name, ""));
                match role {
                    $($word => $module::Verb::from_fields(verb, fields).map(Self::$variant),)+
                    _ => Err(format!("no role is named {role:?}")),
                }
            }

            /// Reads the fields of a verb of a role.
            pub fn read(role: &Key, verb: &Key, fields: &[(Key, Node)], span: &Span, problems: &mut Problems) -> Option<Self> {
                match role.name.as_str() {
                    $($word => $module::Verb::read(verb, fields, span, problems).map(Self::$variant),)+
                    _ => {
                        problems.unknown_word(&role.span, "role", &role.name, Self::ROLES.iter().copied());
                        None
                    }
                }
            }

            /// Applies a change of the same verb: edits are added to the edits there, any other field is replaced.
            pub fn change(&mut self, change: Self) {
                match (self, change) {
                    $((Self::$variant(verb), Self::$variant(change)) => verb.change(change),)+
                    _ => {}
                }
            }
        }
    };
}

roles! {
    /// The WIC.
    Wic = "wic" in wic,
    /// The WWSF.
    Wwsf = "wwsf" in wwsf,
    /// The WAF.
    Waf = "waf" in waf,
    /// The eP-CSCF.
    EpCscf = "ep-cscf" in ep_cscf,
    /// The core.
    Core = "core" in core,
    /// What is asked of the operator of the SUT.
    Sut = "sut" in sut,
}

impl Verb {
    /// The verb with every string of its fields passed through `fill`.
    ///
    /// # Errors
    /// What `fill` says, or that a filled field is not of its kind any more.
    pub fn filled(
        &self,
        fill: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let mut fields = self.fields();
        fill_value(&mut fields, fill)?;
        Self::from_fields(&self.name(), fields)
    }
}

fn fill_value(
    value: &mut serde_json::Value,
    fill: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<(), String> {
    match value {
        serde_json::Value::String(text) if text.contains('{') => *text = fill(text)?,
        serde_json::Value::Array(list) => {
            for value in list {
                fill_value(value, fill)?;
            }
        }
        serde_json::Value::Object(members) => {
            for (_, value) in members {
                fill_value(value, fill)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Words that a `certificate` field takes beside the names of flaws: none at all, the honest ones, and what an expectation asks.
pub const OTHER_CERTIFICATES: &[&str] =
    &["none", "honest", "edge", "yes", "no", "A", "B", "P1", "P2"];
