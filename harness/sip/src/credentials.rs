//! Credentials and challenges: what Authorization and WWW-Authenticate carry.

use crate::lexical::{is_token, split_unquoted};
use crate::parameter::Parameter;
use std::fmt;

/// A scheme with its token or parameters (RFC 7235 2.1; RFC 8898 for Bearer in SIP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The scheme as written.
    pub scheme: String,
    /// What follows the scheme.
    pub payload: Payload,
}

/// What follows the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// One token of the base64 alphabets, as `Bearer` sends it.
    Token(String),
    /// Parameters in their order, duplicates included.
    Parameters(Vec<Parameter>),
}

impl Credentials {
    /// Credentials with parameters.
    pub fn new(scheme: impl Into<String>, parameters: Vec<Parameter>) -> Self {
        Self {
            scheme: scheme.into(),
            payload: Payload::Parameters(parameters),
        }
    }

    /// `Bearer` with a token, whatever its characters.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self {
            scheme: "Bearer".to_owned(),
            payload: Payload::Token(token.into()),
        }
    }

    /// Reads the first credentials or challenge of a header value. `None` if it does not begin with a scheme.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::parse_all(value).into_iter().next()
    }

    /// Reads all challenges of a header value. SIP wants one per field, but HTTP allows several, separated by the same
    /// commas as their parameters: a word and a space before a parameter or token begin the next one. A word alone is
    /// a parameter, as in the `qop=auth,auth-int` of those who forget the quotes.
    #[must_use]
    pub fn parse_all(value: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for part in split_unquoted(value, b',') {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            match (begin(part), all.last_mut()) {
                (None, None) => return Vec::new(),
                (Some(next), Some(_)) if part.contains([' ', '\t']) => all.push(next),
                (_, Some(current)) => current.add(part),
                (Some(first), None) => all.push(first),
            }
        }
        all
    }

    /// Whether the scheme is `scheme`, in any case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The token, if that is what follows the scheme.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match &self.payload {
            Payload::Token(token) => Some(token),
            Payload::Parameters(_) => None,
        }
    }

    /// All parameters in their order; none if a token follows the scheme.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        match &self.payload {
            Payload::Token(_) => &[],
            Payload::Parameters(parameters) => parameters,
        }
    }

    /// The value of the first parameter called `name`, without quotes; `Some("")` if it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        Parameter::find(self.parameters(), name)
    }

    /// A part that continues a token makes it a parameter list that begins with that token. A part without a name is none: behind
    /// a scheme alone it would be taken for the value of a parameter that the scheme names.
    fn add(&mut self, part: &str) {
        if part.starts_with('=') {
            return;
        }
        if let Payload::Token(token) = &self.payload {
            self.payload = Payload::Parameters(vec![Parameter::read(token)]);
        }
        if let Payload::Parameters(parameters) = &mut self.payload {
            parameters.push(Parameter::read(part));
        }
    }
}

/// The credentials that `part` begins: a scheme alone, or a scheme, blanks and a token or a parameter.
fn begin(part: &str) -> Option<Credentials> {
    let (scheme, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
    let rest = rest.trim();
    if !is_token(scheme) || rest.starts_with('=') {
        return None;
    }
    let payload = if is_token68(rest) {
        Payload::Token(rest.to_owned())
    } else {
        Payload::Parameters(Parameter::read_all(rest, b','))
    };
    Some(Credentials {
        scheme: scheme.to_owned(),
        payload,
    })
}

/// Whether `text` is of the base64 alphabets, with padding only at its end.
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(is_allowed)
}

/// Shows the value of a header field.
impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        match &self.payload {
            Payload::Token(token) => write!(f, " {token}"),
            Payload::Parameters(parameters) => {
                for (index, parameter) in parameters.iter().enumerate() {
                    write!(f, "{}{parameter}", if index == 0 { " " } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_without_a_name_is_none() {
        let read = Credentials::parse(r#"Di,="n", uri="u""#).unwrap();
        assert_eq!(read.parameters(), [Parameter::quoted("uri", "u")]);
        assert_eq!(Credentials::parse(&read.to_string()), Some(read));
    }

    #[test]
    fn digest_keeps_order_quotes_and_duplicates() {
        let text = r#"Digest username="a\"b", realm="x, y", nc=00000001, realm="z""#;
        let read = Credentials::parse(text).unwrap();
        assert!(read.is("digest"));
        assert_eq!(
            (
                read.param("Username"),
                read.param("realm"),
                read.param("nc")
            ),
            (Some("a\"b"), Some("x, y"), Some("00000001"))
        );
        let realms: Vec<_> = read
            .parameters()
            .iter()
            .filter(|parameter| parameter.is("realm"))
            .collect();
        assert_eq!(
            realms,
            [
                &Parameter::quoted("realm", "x, y"),
                &Parameter::quoted("realm", "z")
            ]
        );
        assert!(!read.parameters()[2].quoted);
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn bearer_has_a_token() {
        let read = Credentials::parse("Bearer  eyJ.a-b_c/d+e~==").unwrap();
        assert_eq!(
            (read.token(), read.param("realm")),
            (Some("eyJ.a-b_c/d+e~=="), None)
        );
        assert_eq!(Credentials::bearer("x y").to_string(), "Bearer x y");
        assert_eq!(
            Credentials::parse("Bearer a=b").unwrap().param("a"),
            Some("b")
        );
        assert_eq!(Credentials::parse("Bearer").unwrap().parameters(), []);
    }

    #[test]
    fn several_challenges_in_one_value() {
        let read = Credentials::parse_all(
            r#"Digest realm="a, Bearer b", qop="auth,auth-int" , nonce = "n", Bearer realm="c",error=x, Negotiate YWI="#,
        );
        let schemes: Vec<&str> = read.iter().map(|each| each.scheme.as_str()).collect();
        assert_eq!(schemes, ["Digest", "Bearer", "Negotiate"]);
        assert_eq!(
            (read[0].param("qop"), read[0].param("nonce")),
            (Some("auth,auth-int"), Some("n"))
        );
        assert_eq!(read[1].param("error"), Some("x"));
    }

    #[test]
    fn a_forgotten_quote_makes_no_second_challenge() {
        let read = Credentials::parse_all("Digest qop=auth,auth-int, nonce=n");
        assert_eq!(read.len(), 1);
        assert_eq!(
            (
                read[0].param("qop"),
                read[0].param("auth-int"),
                read[0].param("nonce")
            ),
            (Some("auth"), Some(""), Some("n"))
        );
    }

    #[test]
    fn what_has_no_scheme_is_none() {
        for bad in [
            "",
            " , ",
            "realm=\"a\"",
            "=x",
            "Dig\u{e9}st a=b",
            "realm = x",
        ] {
            assert_eq!(Credentials::parse(bad), None, "{bad}");
        }
    }
}
