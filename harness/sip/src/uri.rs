//! URIs as SIP carries them: `sip`, `sips` and `tel` in their parts, all others as one piece.

use crate::via::split_host;

/// A view of a URI's text. Nothing is unescaped and nothing changes case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The scheme as written.
    pub scheme: &'a str,
    /// The user part of a SIP URI with its parameters (`user;par=x`); the number of a `tel` URI.
    pub user: Option<&'a str>,
    /// What follows the first colon of the userinfo.
    pub password: Option<&'a str>,
    /// The host of a SIP URI, an IPv6 address in its brackets; `None` for other schemes.
    pub host: Option<&'a str>,
    /// The port, if it is written.
    pub port: Option<u16>,
    /// URI parameters in their order.
    pub parameters: Vec<(&'a str, Option<&'a str>)>,
    /// URI headers (`?name=value&...`) in their order.
    pub headers: Vec<(&'a str, &'a str)>,
    /// All that follows the scheme's colon.
    pub opaque: &'a str,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart. `None` if it has no scheme, nothing behind the scheme or a blank in it; for `sip` and `sips`
    /// also without a host, with a port that is no number, or with a second `@`, which readers understand differently.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (scheme, opaque) = text.split_once(':')?;
        let blank = |character: char| character.is_whitespace() || character.is_control();
        if !is_scheme(scheme) || opaque.is_empty() || opaque.contains(blank) {
            return None;
        }
        let bare = Self {
            scheme,
            user: None,
            password: None,
            host: None,
            port: None,
            parameters: Vec::new(),
            headers: Vec::new(),
            opaque,
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sip" | "sips" => bare.with_sip_parts(),
            "tel" => bare.with_tel_parts(),
            _ => Some(bare),
        }
    }

    /// Whether the scheme is `sip` or `sips`.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        self.host.is_some()
    }

    /// The value of the first URI parameter called `name`, in any case; `Some("")` if it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'a str> {
        let found = self
            .parameters
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(found.1.unwrap_or_default())
    }

    /// The userinfo ends before anything else may begin: it may itself hold `;` and `?`.
    fn with_sip_parts(mut self) -> Option<Self> {
        let mut rest = self.opaque;
        if let Some((userinfo, after)) = rest.split_once('@') {
            if after.contains('@') || userinfo.is_empty() {
                return None;
            }
            let (user, password) = split_optional(userinfo, ':');
            (self.user, self.password, rest) = (Some(user), password, after);
        }
        let (rest, headers) = split_optional(rest, '?');
        let (host_and_port, parameters) = split_optional(rest, ';');
        let (host, port) = split_host(host_and_port)?;
        (self.host, self.port) = (Some(host), port);
        self.parameters = read_parameters(parameters);
        let pairs = headers
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        self.headers = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        Some(self)
    }

    fn with_tel_parts(mut self) -> Option<Self> {
        let (number, parameters) = split_optional(self.opaque, ';');
        self.user = Some(number).filter(|number| !number.is_empty());
        self.parameters = read_parameters(parameters);
        self.user.is_some().then_some(self)
    }
}

/// Whether `text` is a URI scheme: a letter, then letters, digits, `+`, `-`, `.` (RFC 3986 3.1).
fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest)
}

fn split_optional(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn read_parameters(text: Option<&str>) -> Vec<(&str, Option<&str>)> {
    let parts = text
        .unwrap_or_default()
        .split(';')
        .filter(|part| !part.is_empty());
    parts.map(|part| split_optional(part, '=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sip_uri_in_all_its_parts() {
        let uri =
            Uri::parse("SIPS:a;x=1?y:pw@[2001:db8::1]:5061;transport=WS;lr?subject=x%20y&to=sip:b")
                .unwrap();
        assert_eq!(
            (uri.scheme, uri.user, uri.password),
            ("SIPS", Some("a;x=1?y"), Some("pw"))
        );
        assert_eq!(
            (uri.host, uri.port, uri.is_sip()),
            (Some("[2001:db8::1]"), Some(5061), true)
        );
        assert_eq!(
            (uri.param("Transport"), uri.param("lr"), uri.param("ttl")),
            (Some("WS"), Some(""), None)
        );
        assert_eq!(uri.headers, [("subject", "x%20y"), ("to", "sip:b")]);
    }

    #[test]
    fn other_schemes() {
        let tel = Uri::parse("tel:+1-201-555-0123;phone-context=example.com").unwrap();
        assert_eq!(
            (tel.user, tel.host, tel.param("phone-context")),
            (Some("+1-201-555-0123"), None, Some("example.com"))
        );
        let other = Uri::parse("soap.beep://192.0.2.103:3002").unwrap();
        assert_eq!(
            (other.scheme, other.opaque, other.user),
            ("soap.beep", "//192.0.2.103:3002", None)
        );
    }

    #[test]
    fn what_is_no_uri() {
        let bad = [
            "",
            "alice@example.com",
            ":x",
            "sip:",
            "sip:@a",
            "sip:a@",
            "sip:a@b@c",
            "sip:a@b:x",
            "sip:a@b c",
            "sip:a@b\0",
            "1a:x",
            "tel:;a",
            "sip:a@[::1",
        ];
        for text in bad {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
    }
}
