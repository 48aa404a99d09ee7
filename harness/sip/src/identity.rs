//! When two URIs are the same: as public identities, and by the general rules of RFC 3261 19.1.4.

use crate::uri::Uri;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Parameters that must stand in both URIs or in neither (RFC 3261 19.1.4).
const DECISIVE_PARAMETERS: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

/// The form under which a registrar keeps a public identity; equal identities have equal forms.
///
/// For `sip` and `sips`, as RFC 3261 10.3 step 5 asks: no parameters and no headers, escapes of unreserved characters
/// resolved, scheme and host in lower case, user and password in their own case, a port only if it is written. For
/// `tel` (RFC 3966 4): no visual separators, letters in lower case, parameters sorted. `None` if `text` is no URI;
/// brackets and display name are no part of one.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    let uri = Uri::parse(text)?;
    let scheme = uri.scheme.to_ascii_lowercase();
    match (uri.host, uri.user) {
        (Some(host), user) => Some(format!(
            "{scheme}:{}{}",
            user_part(&uri, user),
            host_part(host, uri.port)
        )),
        (None, Some(number)) => Some(format!(
            "{scheme}:{}{}",
            plain_number(number),
            sorted_parameters(&uri)
        )),
        (None, None) => Some(format!("{scheme}:{}", uri.opaque)),
    }
}

/// Whether two URIs are the same public identity. `sip`, `sips` and `tel` are never the same as each other: which
/// number belongs to which SIP URI is the operator's knowledge. What is no URI is the same as nothing.
#[must_use]
pub fn same_identity(one: &str, other: &str) -> bool {
    canonical(one).is_some_and(|form| canonical(other).is_some_and(|other_form| form == other_form))
}

/// Whether two URIs lead to the same by RFC 3261 19.1.4, parameters and headers included.
#[must_use]
pub fn same_uri(one: &str, other: &str) -> bool {
    let (Some(one_uri), Some(other_uri)) = (Uri::parse(one), Uri::parse(other)) else {
        return false;
    };
    if !one_uri.is_sip() || !other_uri.is_sip() {
        return same_identity(one, other);
    }
    same_identity(one, other)
        && same_parameters(&one_uri, &other_uri)
        && headers(&one_uri) == headers(&other_uri)
}

fn user_part(uri: &Uri<'_>, user: Option<&str>) -> String {
    match (user, uri.password) {
        (None, _) => String::new(),
        (Some(user), None) => format!("{}@", unescape_unreserved(user)),
        (Some(user), Some(password)) => format!(
            "{}:{}@",
            unescape_unreserved(user),
            unescape_unreserved(password)
        ),
    }
}

fn host_part(host: &str, port: Option<u16>) -> String {
    let host = host.to_ascii_lowercase();
    port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

fn plain_number(number: &str) -> String {
    let separators = ['-', '.', '(', ')'];
    number.replace(separators, "").to_ascii_lowercase()
}

fn sorted_parameters(uri: &Uri<'_>) -> String {
    let mut parameters: Vec<String> = uri
        .parameters
        .iter()
        .map(|(name, value)| tel_parameter(name, *value))
        .collect();
    parameters.sort();
    parameters.concat()
}

/// Numbers among the parameters have separators too: the extension, and a phone context that is no domain.
fn tel_parameter(name: &str, value: Option<&str>) -> String {
    let name = name.to_ascii_lowercase();
    let Some(value) = value else {
        return format!(";{name}");
    };
    let is_number = name == "ext" || (name == "phone-context" && value.starts_with('+'));
    let value = if is_number {
        plain_number(value)
    } else {
        unescape_unreserved(value).to_ascii_lowercase()
    };
    format!(";{name}={value}")
}

/// Resolves escapes of characters that need none, and writes the others with upper-case digits. Escapes of reserved
/// characters stay: `%3B` is not `;` (RFC 3261 19.1.4).
fn unescape_unreserved(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.get(..2).and_then(escaped_byte) {
            Some(byte) => {
                push_byte(&mut plain, byte);
                rest = &rest[2..];
            }
            None => plain.push('%'),
        }
    }
    plain.push_str(rest);
    plain
}

fn escaped_byte(digits: &str) -> Option<u8> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_digits.then(|| u8::from_str_radix(digits, 16).ok())?
}

fn push_byte(plain: &mut String, byte: u8) {
    let is_unreserved = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    if is_unreserved {
        plain.push(char::from(byte));
    } else {
        // Writing to a String cannot fail.
        let _ = write!(plain, "%{byte:02X}");
    }
}

fn same_parameters(one: &Uri<'_>, other: &Uri<'_>) -> bool {
    let (one, other) = (parameters(one), parameters(other));
    let agree = one.iter().all(|(name, value)| {
        other
            .get(name)
            .is_none_or(|other_value| value == other_value)
    });
    agree
        && DECISIVE_PARAMETERS
            .iter()
            .all(|name| one.contains_key(*name) == other.contains_key(*name))
}

fn parameters(uri: &Uri<'_>) -> BTreeMap<String, String> {
    let comparable = |text: &str| unescape_unreserved(text).to_ascii_lowercase();
    uri.parameters
        .iter()
        .map(|(name, value)| (comparable(name), comparable(value.unwrap_or_default())))
        .collect()
}

fn headers(uri: &Uri<'_>) -> Vec<(String, String)> {
    let comparable = |(name, value): &(&str, &str)| {
        (
            unescape_unreserved(name).to_ascii_lowercase(),
            unescape_unreserved(value),
        )
    };
    let mut headers: Vec<_> = uri.headers.iter().map(comparable).collect();
    headers.sort();
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The equivalent pairs that RFC 3261 19.1.4 lists.
    #[test]
    fn rfc_3261_equivalent_uris() {
        let pairs = [
            (
                "sip:%61lice@atlanta.com;transport=TCP",
                "sip:alice@AtLanTa.CoM;Transport=tcp",
            ),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
        ];
        for (one, other) in pairs {
            assert!(same_uri(one, other), "{one} {other}");
        }
    }

    /// The pairs that RFC 3261 19.1.4 lists as not equivalent.
    #[test]
    fn rfc_3261_different_uris() {
        let pairs = [
            (
                "SIP:ALICE@AtLanTa.CoM;Transport=udp",
                "sip:alice@AtLanTa.CoM;Transport=UDP",
            ),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            (
                "sip:bob@biloxi.com",
                "sip:bob@biloxi.com:6000;transport=tcp",
            ),
            (
                "sip:carol@chicago.com",
                "sip:carol@chicago.com?Subject=next%20meeting",
            ),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            (
                "sip:carol@chicago.com;security=on",
                "sip:carol@chicago.com;security=off",
            ),
        ];
        for (one, other) in pairs {
            assert!(!same_uri(one, other), "{one} {other}");
        }
    }

    #[test]
    fn one_identity_in_many_spellings() {
        let identity = "sip:alice-1@ims.example";
        let spellings = [
            "SIP:%61lice%2d1@IMS.example",
            "sip:alice-1@ims.example;user=phone?subject=x",
            "sip:alice-1@ims.example;transport=ws",
        ];
        for spelling in spellings {
            assert!(same_identity(identity, spelling), "{spelling}");
            assert_eq!(canonical(spelling).as_deref(), Some(identity));
        }
    }

    #[test]
    fn different_identities() {
        let identity = "sip:alice@ims.example";
        let others = [
            "sips:alice@ims.example",
            "sip:Alice@ims.example",
            "sip:alice@ims.example:5060",
            "sip:alice:@ims.example",
            "sip:ims.example",
            "sip:alice@ims.example.",
            "sip:alice%00@ims.example",
            "<sip:alice@ims.example>",
            "alice@ims.example",
            "tel:alice",
        ];
        for other in others {
            assert!(!same_identity(identity, other), "{other}");
        }
        assert!(!same_identity("sip:a%3bb@x", "sip:a;b@x"));
        assert!(same_identity("sip:a%3bb@x", "sip:a%3Bb@x"));
        assert!(!same_identity("no uri", "no uri"));
    }

    #[test]
    fn telephone_numbers() {
        assert!(same_identity(
            "tel:+1-(201) 555".replace(' ', "-").as_str(),
            "TEL:+1.201.555"
        ));
        assert!(same_identity(
            "tel:7042;phone-context=Example.com;ext=1-2",
            "tel:70-42;ext=12;phone-context=example.com"
        ));
        assert!(!same_identity(
            "tel:7042;phone-context=a.example",
            "tel:7042;phone-context=b.example"
        ));
        assert!(!same_identity("tel:+1201555", "tel:1201555"));
        assert!(!same_identity(
            "tel:+1201555",
            "sip:+1201555@ims.example;user=phone"
        ));
    }
}
