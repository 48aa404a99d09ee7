//! URIs and addresses of SIP headers, and when two URIs name the same identity.

use ezk_sip_types::uri::SipUri;

/// An address with its display name and header parameters, as in To, From, Contact, Route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// What stands before the URI, quotes included.
    pub(crate) display: String,
    pub(crate) uri: String,
    /// Header parameters, each with its value as written.
    pub(crate) parameters: Vec<(String, Option<String>)>,
}

impl Address {
    /// Reads one address; a list, stray text or an unbalanced quote is none.
    pub(crate) fn read(value: &str) -> Option<Self> {
        let value = value.trim();
        let open = if value.starts_with('"') {
            let close = quoted_end(value)?;
            let gap = value[close..].find(|c: char| !c.is_ascii_whitespace())?;
            if !value[close + gap..].starts_with('<') {
                return None;
            }
            Some(close + gap)
        } else {
            value.find('<')
        };
        let Some(open) = open else {
            return Self::bare(value);
        };
        let display = value[..open].trim();
        let plain =
            |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~ \t".contains(c) || !c.is_ascii();
        if !display.starts_with('"') && !display.chars().all(plain) {
            return None;
        }
        let close = open + value[open..].find('>')?;
        let uri = &value[open + 1..close];
        if uri.is_empty() || uri.contains(['<', '"', ' ', '\t']) {
            return None;
        }
        Some(Self {
            display: display.to_owned(),
            uri: uri.to_owned(),
            parameters: parameters(&value[close + 1..])?,
        })
    }

    /// An address without angle brackets: parameters belong to the header, and the URI has none.
    fn bare(value: &str) -> Option<Self> {
        let end = value.find(';').unwrap_or(value.len());
        let uri = value[..end].trim_end();
        if uri.is_empty() || uri.contains(['>', '"', ' ', '\t', ',', '?']) {
            return None;
        }
        Some(Self {
            display: String::new(),
            uri: uri.to_owned(),
            parameters: parameters(&value[end..])?,
        })
    }

    /// Reads every address of the lines of a header.
    pub(crate) fn read_all<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Self>> {
        lines.flat_map(split_list).map(Self::read).collect()
    }

    /// The value of a header parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(each, _)| each.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    /// The address with another URI, printed.
    pub(crate) fn with_uri(&self, uri: &str) -> String {
        let mut text = if self.display.is_empty() {
            format!("<{uri}>")
        } else {
            format!("{} <{uri}>", self.display)
        };
        for (name, value) in &self.parameters {
            text.push(';');
            text.push_str(name);
            if let Some(value) = value {
                text.push('=');
                text.push_str(value);
            }
        }
        text
    }
}

/// Splits a header line at its commas outside of quotes and angle brackets.
pub(crate) fn split_list(line: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    line.split(move |c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => inside = true,
            '>' if !quoted => inside = false,
            ',' => return !quoted && !inside,
            _ => {}
        }
        false
    })
    .map(str::trim)
}

/// The index behind the closing quote of a text that begins with one.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Reads `;name[=value]...`; an empty parameter, or a value that is neither token nor quoted, is none.
pub(crate) fn parameters(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        rest = rest.strip_prefix(';')?.trim_start();
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let name = rest[..end].trim_end();
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
        {
            return None;
        }
        rest = &rest[end..];
        let mut value = None;
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let end = if after.starts_with('"') {
                quoted_end(after)?
            } else {
                after.find(';').unwrap_or(after.len())
            };
            let text = after[..end].trim_end();
            if text.is_empty()
                || (!text.starts_with('"') && text.contains(['"', '<', '>', ',', ' ', '\t']))
            {
                return None;
            }
            value = Some(text.to_owned());
            rest = &after[end..];
        }
        rest = rest.trim_start();
        found.push((name.to_owned(), value));
    }
    Some(found)
}

/// A SIP URI in parts, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uri<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) user: Option<&'a str>,
    pub(crate) host: &'a str,
    pub(crate) port: Option<&'a str>,
    pub(crate) parameters: Vec<(&'a str, Option<&'a str>)>,
    pub(crate) headers: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Takes a SIP or SIPS URI apart; the ecosystem's parser must agree that it is one.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
            return None;
        }
        if !text.is_ascii()
            || text.bytes().any(|byte| byte <= b' ' || byte == 127)
            || text.parse::<SipUri>().is_err()
        {
            return None;
        }
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let mut parts = rest.split(';');
        let place = parts.next()?;
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (place, None),
        };
        if host.is_empty() || user.is_some_and(|user| user.is_empty() || user.contains('@')) {
            return None;
        }
        let parameters = parts
            .map(|part| {
                part.split_once('=')
                    .map_or((part, None), |(name, value)| (name, Some(value)))
            })
            .collect();
        Some(Self {
            scheme,
            user,
            host,
            port,
            parameters,
            headers,
        })
    }
}

/// How an identity is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Spellings that RFC 3261 holds equivalent are one identity.
    Canonical,
    /// The user part is compared without regard to case, and any escape is undone first.
    Folded,
    /// What stands behind a semicolon in the user part is left out.
    Cut,
}

/// Parameters that change where a request goes or what the URI means: an address-of-record has none of them.
const NOT_OF_AN_IDENTITY: [&str; 5] = ["transport", "maddr", "method", "ttl", "lr"];

/// The one spelling of an address-of-record: lower-case scheme and host, escapes of unreserved characters undone, no unknown
/// parameters. `None`: a URI that is no plain SIP address-of-record.
pub(crate) fn identity(text: &str, spelling: Spelling) -> Option<String> {
    let uri = Uri::read(text)?;
    let scheme = uri.scheme.to_ascii_lowercase();
    if scheme != "sip" || uri.port.is_some() || uri.headers.is_some() {
        return None;
    }
    if uri.parameters.iter().any(|(name, _)| {
        NOT_OF_AN_IDENTITY
            .iter()
            .any(|bad| name.eq_ignore_ascii_case(bad))
    }) {
        return None;
    }
    let user = match spelling {
        Spelling::Cut => uri.user?.split(';').next()?,
        Spelling::Canonical | Spelling::Folded => uri.user?,
    };
    let mut user = unescape(user, spelling)?;
    let mut host = uri.host.to_ascii_lowercase();
    if spelling == Spelling::Folded {
        user = user.to_ascii_lowercase();
        // Escaped separators have become real ones: what stands behind the first of them is taken for the host.
        if let Some((left, right)) = user.clone().split_once('@') {
            user = left.to_owned();
            host = right.to_owned();
        }
    }
    let phone = uri.parameters.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("user")
            && value.is_some_and(|value| value.eq_ignore_ascii_case("phone"))
    });
    Some(format!(
        "sip:{user}@{host}{}",
        if phone { ";user=phone" } else { "" }
    ))
}

fn unescape(user: &str, spelling: Spelling) -> Option<String> {
    let mut plain = String::with_capacity(user.len());
    let mut rest = user;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 3)?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        let unreserved = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        if unreserved || (spelling == Spelling::Folded && byte.is_ascii_graphic()) {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.push_str(&digits.to_ascii_uppercase());
        }
        rest = &rest[at + 3..];
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_identity_and_no_other() {
        let alice = "sip:alice@op.example";
        for same in [
            "sip:alice@op.example",
            "SIP:alice@OP.Example",
            "sip:%61lice@op.example",
            "sip:alice@op.example;x=1",
        ] {
            assert_eq!(
                identity(same, Spelling::Canonical).as_deref(),
                Some(alice),
                "{same}"
            );
        }
        let others = [
            "sip:ALICE@op.example",
            "sip:%62ob@op.example",
            "sip:alice%40op.example@op.example",
            "sip:alice%00@op.example",
            "sip:%2561lice@op.example",
            "sip:alice@op.example:5060",
            "sip:alice@op.example;transport=udp",
            "sip:alice@op.example;maddr=127.0.0.1",
            "sip:alice@op.example;user=phone",
            "sip:alice@op.example?Route=x",
            "sip:alice@op.example.",
            "sip:alice@evil.op.example",
            "sip:alice:secret@op.example",
            "sips:alice@op.example",
            "tel:+15550100",
            "sip:op.example",
        ];
        for other in others {
            assert_ne!(
                identity(other, Spelling::Canonical).as_deref(),
                Some(alice),
                "{other}"
            );
        }
        let phone = "sip:+15550100@op.example;user=phone";
        assert_eq!(identity(phone, Spelling::Canonical).as_deref(), Some(phone));
        assert_eq!(
            identity("sip:ALICE%40x@op.example", Spelling::Folded).as_deref(),
            Some("sip:alice@x")
        );
    }

    #[test]
    fn addresses_are_read_in_one_way_or_not_at_all() {
        let uri = |value| Address::read(value).map(|address| address.uri);
        let good = [
            ("<sip:a@b>", "sip:a@b"),
            ("sip:a@b;tag=1", "sip:a@b"),
            ("\"sip:bob@b\" <sip:a@b>;tag=1", "sip:a@b"),
            (r#""a\"> <sip:bob@b" <sip:a@b>"#, "sip:a@b"),
            ("A B <sip:a@b;user=phone>", "sip:a@b;user=phone"),
        ];
        for (value, expected) in good {
            assert_eq!(uri(value).as_deref(), Some(expected), "{value}");
        }
        for bad in [
            "",
            "<>",
            "<sip:a@b",
            "\"a <sip:a@b>",
            "sip:bob@b <sip:a@b>",
            "<sip:a@b> <sip:c@d>",
            "<sip:a@b>, <sip:c@d>",
            "<sip:a b>",
            "<sip:a@b>;tag=\"1",
        ] {
            assert_eq!(uri(bad), None, "{bad}");
        }
    }

    #[test]
    fn lists_are_split_outside_of_quotes_and_brackets() {
        let parts: Vec<&str> = split_list(r#""a,b" <sip:c,d@e>, <sip:f@g>;x="1,2""#).collect();
        assert_eq!(parts, [r#""a,b" <sip:c,d@e>"#, r#"<sip:f@g>;x="1,2""#]);
    }
}
