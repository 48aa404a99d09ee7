//! Addresses as To, From, Contact, Route, Path and the like carry them: a name, a URI, parameters.

use crate::lexical::{find_angle, quoted_length, split_list, split_unquoted, unquote};
use crate::parameter::Parameter;
use crate::uri::Uri;

/// One address of a header. The reader is tolerant: where a message is malformed it returns what most readers would
/// take it for; [`problems`](crate::Message::problems) tells whether it is well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes and escapes; `None` if there is none or it is empty.
    pub display: Option<String>,
    /// The URI as written, without brackets; `*` in a Contact that stands for all.
    pub uri: String,
    /// The header parameters behind the URI (`tag`, `expires`, ...), in their order.
    pub parameters: Vec<Parameter>,
}

impl NameAddr {
    /// Reads one address; what follows a comma after it is no longer part of it. `None` if there is no URI.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let first = split_list(value, b',')[0];
        if first.len() < value.len() && is_bare_uri(first) {
            return Self::bare(first);
        }
        match find_angle(value) {
            Some(open) => Self::bracketed(&value[..open], &value[open + 1..]),
            None => Self::bare(value),
        }
    }

    /// Reads the addresses of a header value that lists several; those that cannot be read are left out.
    #[must_use]
    pub fn list(value: &str) -> Vec<Self> {
        split_list(value, b',')
            .into_iter()
            .filter_map(Self::parse)
            .collect()
    }

    /// The value of the first parameter called `name`; `Some("")` if it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        Parameter::find(&self.parameters, name)
    }

    /// The tag of a To or From; `None` also for an empty one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").filter(|tag| !tag.is_empty())
    }

    fn bracketed(before: &str, after: &str) -> Option<Self> {
        let (uri, rest) = after.split_once('>').unwrap_or((after, ""));
        let uri = uri.trim();
        let rest = split_unquoted(rest, b',')[0];
        let parameters = rest
            .split_once(';')
            .map_or("", |(_, parameters)| parameters);
        (!uri.is_empty()).then(|| Self {
            display: display_name(before.trim()),
            uri: uri.to_owned(),
            parameters: Parameter::read_all(parameters, b';'),
        })
    }

    /// Without brackets all parameters belong to the header, none to the URI (RFC 3261 20).
    fn bare(value: &str) -> Option<Self> {
        let quoted = quoted_length(value).unwrap_or(0);
        let value = split_unquoted(&value[quoted..], b',')[0];
        let (uri, parameters) = value.split_once(';').unwrap_or((value, ""));
        let uri = uri.trim();
        (!uri.is_empty()).then(|| Self {
            display: None,
            uri: uri.to_owned(),
            parameters: Parameter::read_all(parameters, b';'),
        })
    }
}

/// Whether `entry` is a URI without brackets, perhaps with parameters: then a comma behind it ends the address, and is
/// not part of a display name without quotes.
fn is_bare_uri(entry: &str) -> bool {
    let uri = entry.split_once(';').map_or(entry, |(uri, _)| uri);
    Uri::parse(uri.trim()).is_some()
}

fn display_name(text: &str) -> Option<String> {
    let name = unquote(text).unwrap_or_else(|| text.to_owned());
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> (Option<String>, String, Vec<String>) {
        let address = NameAddr::parse(value).unwrap();
        (
            address.display,
            address.uri,
            address.parameters.iter().map(ToString::to_string).collect(),
        )
    }

    fn expected(
        display: &str,
        uri: &str,
        parameters: &[&str],
    ) -> (Option<String>, String, Vec<String>) {
        let display = (!display.is_empty()).then(|| display.to_owned());
        (
            display,
            uri.to_owned(),
            parameters.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn well_formed_addresses() {
        assert_eq!(
            read(r#""J <\"R\">" <sip:a@b;lr>;tag=9;q="1,0", <sip:c>"#),
            expected(r#"J <"R">"#, "sip:a@b;lr", &["tag=9", r#"q="1,0""#])
        );
        assert_eq!(read("caller<sip:a@b>"), expected("caller", "sip:a@b", &[]));
        assert_eq!(
            read("sip:a@b;user=phone ;  tag   = 19"),
            expected("", "sip:a@b", &["user=phone", "tag=19"])
        );
        assert_eq!(read(r#""" <tel:+1;x=y>"#), expected("", "tel:+1;x=y", &[]));
        assert_eq!(read("*"), expected("", "*", &[]));
        assert_eq!(
            read("sip:a@b;q=1, \"c\" <sip:d>"),
            expected("", "sip:a@b", &["q=1"])
        );
    }

    #[test]
    fn malformed_addresses_give_what_is_there() {
        assert_eq!(
            read(r#""Mr. J. User <sip:j@b>"#),
            expected("\"Mr. J. User", "sip:j@b", &[])
        );
        assert_eq!(
            read("Bell, A <sip:a@b>;tag=1"),
            expected("Bell, A", "sip:a@b", &["tag=1"])
        );
        assert_eq!(read("<sip:a@b"), expected("", "sip:a@b", &[]));
        assert_eq!(
            read("< sip:a@b >junk;tag=1"),
            expected("", "sip:a@b", &["tag=1"])
        );
        assert_eq!(NameAddr::parse("<>"), None);
        assert_eq!(NameAddr::parse(" ;tag=1"), None);
        assert_eq!(NameAddr::parse(r#""only a name""#), None);
    }

    #[test]
    fn lists_split_at_commas_outside_quotes_and_brackets() {
        let uris: Vec<String> = NameAddr::list(r#""a,b" <sip:a,b>, sip:c;x="1,2" ,, <sip:d>"#)
            .into_iter()
            .map(|address| address.uri)
            .collect();
        assert_eq!(uris, ["sip:a,b", "sip:c", "sip:d"]);
    }
}
