//! The value of an Authorization header.

/// A scheme with either a bare token or parameters. Names are lower-case; quoted values are without their quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) scheme: String,
    pub(crate) bare: Option<String>,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Credentials {
    /// Reads a header value; a parameter twice, an open quote or stray text is none.
    pub(crate) fn read(value: &str) -> Option<Self> {
        let value = value.trim();
        let (scheme, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        if scheme.is_empty() || !scheme.bytes().all(token) {
            return None;
        }
        let rest = rest.trim();
        let scheme = scheme.to_owned();
        if !rest.is_empty() && is_bare(rest) {
            return Some(Self {
                scheme,
                bare: Some(rest.to_owned()),
                parameters: Vec::new(),
            });
        }
        Some(Self {
            scheme,
            bare: None,
            parameters: read_parameters(rest)?,
        })
    }

    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.as_str())
    }

    /// The header value again: `unquoted` parameters are tokens, all others quoted.
    pub(crate) fn print(&self, unquoted: &[&str]) -> String {
        let parameters = self.parameters.iter().map(|(name, value)| {
            if unquoted.contains(&name.as_str()) && !value.is_empty() && value.bytes().all(token) {
                format!("{name}={value}")
            } else {
                format!("{name}={}", quote(value))
            }
        });
        format!(
            "{} {}",
            self.scheme,
            parameters.collect::<Vec<_>>().join(", ")
        )
    }
}

/// A quoted string; quotes and backslashes inside are escaped.
pub(crate) fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Whether a text is one bare credential (RFC 7235 token68), not a list of parameters.
fn is_bare(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn read_parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty()
            || !name.bytes().all(token)
            || found.iter().any(|(each, _)| *each == name)
        {
            return None;
        }
        let after = after.trim_start();
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            read_quoted(quoted)?
        } else {
            read_plain(after)?
        };
        found.push((name, value));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) if !more.trim().is_empty() => more.trim_start(),
            None if after.is_empty() => "",
            _ => return None,
        };
    }
    Some(found)
}

fn read_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

fn read_plain(text: &str) -> Option<(String, &str)> {
    let end = text.find(',').unwrap_or(text.len());
    let value = text[..end].trim_end();
    (!value.is_empty() && !value.contains(['"', ' ', '\t', ';']))
        .then(|| (value.to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_tokens_and_parameters_are_told_apart() {
        let bare = Credentials::read("Bearer a.b-c_~+/==").expect("credentials");
        assert_eq!(
            (bare.bare.as_deref(), bare.parameters.len()),
            (Some("a.b-c_~+/=="), 0)
        );
        let named = Credentials::read(r#"bearer access_token="a.b", x = y"#).expect("credentials");
        assert_eq!(
            (
                named.bare.as_deref(),
                named.get("access_token"),
                named.get("x")
            ),
            (None, Some("a.b"), Some("y"))
        );
        let label =
            Credentials::read(r#"Digest username="a\"b", Integrity-Protected = "auth-done""#)
                .expect("credentials");
        assert_eq!(
            (label.get("username"), label.get("integrity-protected")),
            (Some("a\"b"), Some("auth-done"))
        );
        assert_eq!(Credentials::read(&label.print(&[])), Some(label));
    }

    #[test]
    fn credentials_of_two_readings_are_none() {
        for bad in [
            "",
            r#"Digest a="b", A=c"#,
            r#"Digest a="b"#,
            "Digest a=b c=d",
            "Digest a=b,",
            "Bearer tok, x=y",
            r#"Digest a="b"c"#,
        ] {
            assert_eq!(Credentials::read(bad), None, "{bad}");
        }
    }
}
