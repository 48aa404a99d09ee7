//! What is wrong with an address, a Via entry or a URI by the grammar of RFC 3261 25.1. The tolerant readers live with
//! the types; this is the strict view that [`problems`](crate::Message::problems) takes.

use crate::lexical::{find_angle, is_token, is_token_byte, quoted_length, split_unquoted, unquote};
use crate::uri::Uri;
use crate::via::Via;

/// What is wrong with one address; `bracketed` if its header wants `<...>` always.
pub(crate) fn address_flaw(value: &str, bracketed: bool) -> Option<&'static str> {
    let value = value.trim();
    if value.starts_with('"') && quoted_length(value).is_none() {
        return Some("a quoted string does not end");
    }
    let Some(open) = find_angle(value) else {
        return if bracketed {
            Some("the URI is not in brackets")
        } else {
            bare_flaw(value)
        };
    };
    let Some((uri, rest)) = value[open + 1..].split_once('>') else {
        return Some("a bracket is not closed");
    };
    display_flaw(value[..open].trim())
        .or_else(|| uri_flaw(uri))
        .or_else(|| parameters_flaw(rest))
}

/// What is wrong with one entry of a Via header.
pub(crate) fn via_flaw(entry: &str) -> Option<&'static str> {
    let Some(via) = Via::parse(entry) else {
        return Some("it lacks protocol, transport or host");
    };
    let sent_by_end = split_unquoted(entry, b';')[0].len();
    if !via.protocol.split('/').all(is_token) || !is_token(&via.transport) {
        return Some("protocol or transport is no token");
    }
    host_flaw(&via.host).or_else(|| parameters_flaw(&entry[sent_by_end..]))
}

/// What is wrong with a URI.
pub(crate) fn uri_flaw(text: &str) -> Option<&'static str> {
    if text.contains(char::is_whitespace) {
        return Some("the URI has a blank in it");
    }
    let Some(uri) = Uri::parse(text) else {
        return Some("this is no URI");
    };
    match uri.host {
        Some(host) => host_flaw(host).or_else(|| sip_part_flaw(&uri)),
        None => (!consists_of(uri.opaque, b"&=+$,;?/:@[]#"))
            .then_some("the URI has a character that must be escaped"),
    }
}

fn bare_flaw(value: &str) -> Option<&'static str> {
    if value == "*" {
        return None;
    }
    let uri_end = value.find(';').unwrap_or(value.len());
    let uri = value[..uri_end].trim_end();
    if uri.contains([',', '?']) {
        return Some("a URI with a comma or question mark is not in brackets");
    }
    uri_flaw(uri).or_else(|| parameters_flaw(&value[uri_end..]))
}

fn display_flaw(display: &str) -> Option<&'static str> {
    if display.starts_with('"') {
        return unquote(display)
            .is_none()
            .then_some("there is text between the display name and the URI");
    }
    let are_tokens = display
        .split([' ', '\t'])
        .filter(|word| !word.is_empty())
        .all(is_token);
    (!are_tokens).then_some("the display name needs quotes")
}

/// What is wrong with the parameters that `rest` is: nothing, or a list in which each begins with a semicolon.
fn parameters_flaw(rest: &str) -> Option<&'static str> {
    let parts = split_unquoted(rest, b';');
    if !parts[0].trim().is_empty() {
        return Some("there is text behind the address that is no parameter");
    }
    parts[1..]
        .iter()
        .find_map(|part| parameter_flaw(part.trim()))
}

fn parameter_flaw(parameter: &str) -> Option<&'static str> {
    let (name, value) = parameter
        .split_once('=')
        .map_or((parameter, None), |(name, value)| {
            (name, Some(value.trim()))
        });
    if parameter.is_empty() {
        return Some("a parameter is empty");
    }
    if !is_token(name.trim_end()) {
        return Some("the name of a parameter is no token");
    }
    let is_plain = |value: &str| {
        !value.is_empty()
            && value
                .bytes()
                .all(|byte| is_token_byte(byte) || b"[]:".contains(&byte))
    };
    let is_value = value.is_none_or(|value| is_plain(value) || unquote(value).is_some());
    (!is_value).then_some("the value of a parameter is neither token, host nor quoted string")
}

fn host_flaw(host: &str) -> Option<&'static str> {
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    let is_address = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
    };
    let is_host = match host
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
    {
        Some(address) => is_address(address),
        None => is_name(host),
    };
    (!is_host).then_some("the host is neither name nor address")
}

fn sip_part_flaw(uri: &Uri<'_>) -> Option<&'static str> {
    let optional = |part: Option<&str>, allowed| part.is_none_or(|part| consists_of(part, allowed));
    let userinfo = optional(uri.user, b"&=+$,;?/") && optional(uri.password, b"&=+$,");
    let mut parameters = uri.parameters.iter();
    let in_parameter = b"[]/:&+$";
    let mut headers = uri.headers.iter();
    let in_header = b"[]/?:+$";
    let all = userinfo
        && parameters
            .all(|(name, value)| consists_of(name, in_parameter) && optional(*value, in_parameter))
        && headers
            .all(|(name, value)| consists_of(name, in_header) && consists_of(value, in_header));
    (!all).then_some("the URI has a character that must be escaped")
}

/// Whether `text` has only unreserved characters, whole escapes and those of `further`.
fn consists_of(text: &str, further: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_escape = byte == b'%'
            && (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit()));
        if !is_escape
            && !byte.is_ascii_alphanumeric()
            && !b"-_.!~*'()".contains(&byte)
            && !further.contains(&byte)
        {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_addresses_have_no_flaw() {
        let good = [
            r#""BEL:\ NUL" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>;a='~"#,
            "token1~` token2'+_ <sip:mundane@example.com>;p=\"\u{440}\" ; q = 0.33",
            "<sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
            "isbn:2983792873",
            "*",
            "caller<sips:[2001:db8::1]:5061>;maddr=[::1]",
            "<tel:+1-201;phone-context=+44>",
        ];
        for value in good {
            assert_eq!(address_flaw(value, false), None, "{value}");
        }
    }

    #[test]
    fn each_flaw_of_an_address_is_named() {
        let bad = [
            ("\"open <sip:a@b>", "a quoted string does not end"),
            ("<sip:a@b", "a bracket is not closed"),
            ("Bell, A <sip:a@b>", "the display name needs quotes"),
            (
                "\"A\" B <sip:a@b>",
                "there is text between the display name and the URI",
            ),
            ("< sip:a@b>", "the URI has a blank in it"),
            ("alan@jasomi.com", "this is no URI"),
            (
                "sip:a@b?Route=x",
                "a URI with a comma or question mark is not in brackets",
            ),
            ("<sip:a@b>;;", "a parameter is empty"),
            (
                "<sip:a@b> x;y",
                "there is text behind the address that is no parameter",
            ),
            ("<sip:a@b>;t g=1", "the name of a parameter is no token"),
            (
                "<sip:a@b>;tag=\"x",
                "the value of a parameter is neither token, host nor quoted string",
            ),
            (
                "<sip:a@b>;tag=",
                "the value of a parameter is neither token, host nor quoted string",
            ),
            ("<sip:a@b_c>", "the host is neither name nor address"),
            (
                "<sip:a%2@b>",
                "the URI has a character that must be escaped",
            ),
            (
                "<sip:a@b;x=%zz>",
                "the URI has a character that must be escaped",
            ),
            ("<urn:a\"b>", "the URI has a character that must be escaped"),
        ];
        for (value, flaw) in bad {
            assert_eq!(address_flaw(value, false), Some(flaw), "{value}");
        }
        assert_eq!(
            address_flaw("sip:a@b", true),
            Some("the URI is not in brackets")
        );
    }

    #[test]
    fn each_flaw_of_a_via_entry_is_named() {
        assert_eq!(via_flaw("SIP / 2.0/ UDP  a:5060 ;branch = x;rport"), None);
        assert_eq!(
            via_flaw("SIP/2.0/UDP 192.0.2.15;;"),
            Some("a parameter is empty")
        );
        assert_eq!(
            via_flaw("SIP/2.0/UDP"),
            Some("it lacks protocol, transport or host")
        );
        assert_eq!(
            via_flaw("SIP/2.0/U<P a"),
            Some("protocol or transport is no token")
        );
        assert_eq!(
            via_flaw("SIP/2.0/UDP a b"),
            Some("the host is neither name nor address")
        );
    }
}
