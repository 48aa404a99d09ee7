//! The mistakes that an implementer could make. Each is described without any scenario; at most one is made at a time, at one
//! point of decision in the role that it belongs to.

macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal @ $role:ident,)+) => {
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

            /// The mistake in words, the first line of its documentation.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim(),)+ }
            }
        }
    };
}

defects! {
    // The edge.
    /// Registers the public identity of the To header instead of checking it against the token.
    TrustsToHeader = "trusts-to-header" @ EpCscf,
    /// Refuses every request, good or bad.
    RefusesEverybody = "refuses-everybody" @ EpCscf,

    // The registrar and HSS view.

    // The authorisation function.

    // The web server function.

    // The client.
}

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
