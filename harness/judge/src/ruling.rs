//! The answer of one oracle.

/// What the evidence says to an oracle's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// As it must be.
    Holds,
    /// Not as it must be.
    Broken {
        /// What was expected, a sentence.
        expected: String,
        /// What came, with the decisive bytes.
        came: String,
        /// Numbers of the events that show it.
        events: Vec<u32>,
    },
    /// The evidence does not tell.
    Undecided {
        /// One word for programs.
        code: &'static str,
        /// Why, a sentence.
        reason: String,
    },
}

impl Ruling {
    pub(crate) fn broken(
        expected: impl Into<String>,
        came: impl Into<String>,
        events: impl IntoIterator<Item = u32>,
    ) -> Self {
        Self::Broken {
            expected: expected.into(),
            came: came.into(),
            events: events.into_iter().collect(),
        }
    }

    pub(crate) fn undecided(code: &'static str, reason: impl Into<String>) -> Self {
        Self::Undecided {
            code,
            reason: reason.into(),
        }
    }

    /// Broken if something was found, holds otherwise.
    pub(crate) fn unless(found: Option<Self>) -> Self {
        found.unwrap_or(Self::Holds)
    }

    /// The first broken one, else the first undecided one, else holds.
    pub(crate) fn all(rulings: impl IntoIterator<Item = Self>) -> Self {
        let mut worst = Self::Holds;
        for ruling in rulings {
            match (&ruling, &worst) {
                (Self::Broken { .. }, _) => return ruling,
                (Self::Undecided { .. }, Self::Holds) => worst = ruling,
                _ => {}
            }
        }
        worst
    }
}
