//! Parameters: `name`, `name=value` or `name="value"`.

use crate::lexical::{quote, split_unquoted, unquote};
use std::fmt;

/// One parameter of a header value or of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name as written.
    pub name: String,
    /// The value, without quotes and escapes; `None` for a parameter that is only a name.
    pub value: Option<String>,
    /// Whether the value is written as a quoted string.
    pub quoted: bool,
}

impl Parameter {
    /// `name="value"`.
    pub fn quoted(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            quoted: true,
        }
    }

    /// `name=value`.
    pub fn plain(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            quoted: false,
        }
    }

    /// Whether the name is `name`, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Reads one parameter. A quoted string that does not end keeps its quote, as an unquoted value.
    pub(crate) fn read(text: &str) -> Self {
        let Some((name, value)) = text.split_once('=') else {
            return Self {
                name: text.trim().to_owned(),
                value: None,
                quoted: false,
            };
        };
        let value = value.trim();
        match unquote(value) {
            Some(content) => Self::quoted(name.trim(), content),
            None => Self::plain(name.trim(), value),
        }
    }

    /// Reads parameters separated by `separator`, in their order, duplicates included; empty ones are passed over.
    pub(crate) fn read_all(text: &str, separator: u8) -> Vec<Self> {
        let parts = split_unquoted(text, separator).into_iter();
        parts
            .filter(|part| !part.trim().is_empty())
            .map(Self::read)
            .collect()
    }

    /// The value of the first parameter called `name`; `Some("")` if it has none.
    pub(crate) fn find<'a>(parameters: &'a [Self], name: &str) -> Option<&'a str> {
        let found = parameters.iter().find(|parameter| parameter.is(name))?;
        Some(found.value.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(&self.name),
            Some(value) if self.quoted => write!(f, "{}={}", self.name, quote(value)),
            Some(value) => write!(f, "{}={value}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_order_duplicates_and_quoting() {
        let read = Parameter::read_all(r#" lr ;a = "x;\"y" ; ;a=2;b="open"#, b';');
        let shown: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["lr", r#"a="x;\"y""#, "a=2", r#"b="open"#]);
        assert_eq!(Parameter::find(&read, "A"), Some("x;\"y"));
        assert_eq!(Parameter::find(&read, "lr"), Some(""));
        assert_eq!(Parameter::find(&read, "c"), None);
    }
}
