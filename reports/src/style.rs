//! How text looks on a terminal: inks, marks, widths. A mark never depends on its ink.

use evidence::Verdict;
use evidence::record::RoleVerdict;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences of colour are written.
    pub colour: bool,
    /// Columns; text is wrapped to fit, at least 40.
    pub width: usize,
}

impl Style {
    /// No colour, so wide that nothing but long prose wraps: for files.
    pub const PLAIN: Self = Self {
        colour: false,
        width: 100,
    };

    /// The width that is wrapped to.
    pub(crate) fn columns(self) -> usize {
        self.width.max(40)
    }

    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        if self.colour && ink != Ink::Plain {
            format!("\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            text.to_owned()
        }
    }
}

/// The few inks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Magenta,
    Cyan,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "1;31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Magenta => "1;35",
            Self::Cyan => "36",
        }
    }

    pub(crate) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Green,
            Verdict::Fail => Self::Red,
            Verdict::Error => Self::Magenta,
            Verdict::Inconclusive => Self::Yellow,
            Verdict::NotApplicable | Verdict::NotRun => Self::Dim,
        }
    }
}

/// The mark of a verdict, one column wide.
pub(crate) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Inconclusive => "?",
        Verdict::Error => "!",
        Verdict::NotApplicable => "–",
        Verdict::NotRun => "○",
    }
}

/// A verdict in words for people.
pub(crate) fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "not applicable",
        Verdict::NotRun => "not run",
        other => other.word(),
    }
}

/// A role's verdict: its mark, its words, its ink.
pub(crate) fn role_verdict(verdict: RoleVerdict) -> (&'static str, &'static str, Ink) {
    match verdict {
        RoleVerdict::Conforming => ("✓", "conforming", Ink::Green),
        RoleVerdict::NonConforming => ("✗", "NON-CONFORMING", Ink::Red),
        RoleVerdict::Indeterminate => ("?", "indeterminate", Ink::Yellow),
        RoleVerdict::NotTested => ("·", "not tested", Ink::Dim),
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn count(number: u64, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {singular}{plural}")
}
