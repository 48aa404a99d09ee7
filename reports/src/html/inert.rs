//! The only text that the page's templates can show.

use std::fmt;

use crate::hostile;

/// Text that went through [`hostile`]. The template engine escapes it for HTML when it is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inert(String);

impl Inert {
    /// One line, all of it.
    pub(super) fn line(text: impl AsRef<str>) -> Self {
        Self(hostile::line(text.as_ref()))
    }

    /// One line, cut where it gets absurd.
    pub(super) fn sentence(text: &str) -> Self {
        Self(hostile::short_line(text, 4_000))
    }

    /// Lines that stay lines.
    pub(super) fn block(text: &str) -> Self {
        Self(hostile::lines(text).collect::<Vec<_>>().join("\n"))
    }

    /// Lines, or `None` for empty text.
    pub(super) fn given(text: Option<&String>) -> Option<Self> {
        text.filter(|text| !text.is_empty())
            .map(|text| Self::sentence(text))
    }
}

impl fmt::Display for Inert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
