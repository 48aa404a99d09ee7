//! The mistakes that an implementer could make. Each is described without any scenario; at most one is made at a time, at one
//! point of decision in the role that it belongs to.

#[macro_use]
mod edge;
#[macro_use]
mod edge_transport;
#[macro_use]
mod registrar;
#[macro_use]
mod authorisation;
#[macro_use]
mod portal;
#[macro_use]
mod client;

macro_rules! defects {
    (; $($(#[doc = $doc:literal])+ $variant:ident = $name:literal @ $role:ident,)+) => {
        /// One implementer's mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Defect { $($(#[doc = $doc])+ $variant,)+ }

        impl Defect {
            /// Every mistake, in the order of the source.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in scripts and on the command line, kebab-case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The role that makes it.
            #[must_use]
            pub fn role(self) -> crate::Role {
                match self { $(Self::$variant => crate::Role::$role,)+ }
            }

            /// Whether it refuses honest clients too: then no attack may pass, for nothing is proven.
            #[must_use]
            pub fn refuses_everybody(self) -> bool {
                matches!(self, Self::RefusesEverybody | Self::RefusesEveryClient)
            }

            /// Whether it lets everybody in: no one attack is its proof, for nearly all must fail.
            #[must_use]
            pub fn lets_everybody_in(self) -> bool {
                matches!(self, Self::VouchesForEverybody)
            }

            /// The mistake in words, the first line of its documentation.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim(),)+ }
            }
        }
    };
}

// Each list hands itself on to the next macro; the last one makes the type of all.
edge! { edge_transport registrar authorisation portal client defects; }

impl std::str::FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect(name.to_owned()))
    }
}

/// No mistake has this name.
#[derive(Debug, thiserror::Error)]
#[error("no defect is named {0}")]
pub struct UnknownDefect(String);
