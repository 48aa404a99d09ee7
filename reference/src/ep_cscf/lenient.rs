//! How an edge reads that takes what is malformed. Each way is one mistake; the honest edge reads strictly.

use super::Edge;
use crate::Defect;
use crate::sip::read::{Framing, Malformed};
use crate::sip::uri::Address;
use crate::sip::{Message, Start};

/// Octets of a header value that an edge with a fixed buffer forwards.
const BUFFER: usize = 1024;
/// Stands for a bare line feed while a message is read.
const STAND_IN: char = '\u{e000}';

/// Reads one message of a WebSocket.
pub(super) fn read(edge: &Edge, bytes: &[u8]) -> Result<Message, Malformed> {
    let mut read = match whole(bytes) {
        Err(Malformed {
            why,
            message: Some(message),
        }) if overlooks(edge, why) => Ok(message),
        read => read,
    };
    for (mistake, other) in LENIENT {
        read = edge.shared.misreads(*mistake, read, other(bytes));
    }
    read
}

/// A way to read, and the mistake that it is.
type Lenient = (Defect, fn(&[u8]) -> Result<Message, Malformed>);

const LENIENT: &[Lenient] = &[
    (Defect::ForwardsLineAsItCame, line_as_it_came),
    (Defect::ForwardsLengthAsItCame, length_as_it_came),
    (Defect::KnowsLongToOnly, short_to_as_it_came),
    (Defect::UnescapesMethod, method_unescaped),
    (Defect::ReadsFirstLineOfFold, first_line_of_fold),
    (Defect::PassesBareLineFeed, with_line_feeds),
];

fn method_unescaped(bytes: &[u8]) -> Result<Message, Malformed> {
    whole(&unescaped_method(bytes))
}

fn first_line_of_fold(bytes: &[u8]) -> Result<Message, Malformed> {
    let mut message = whole(bytes)?;
    message.as_it_came.first_line = first_line_of_to(bytes);
    Ok(message)
}

fn with_line_feeds(bytes: &[u8]) -> Result<Message, Malformed> {
    let text = with_stand_in(bytes);
    let mut message = whole(&text)?;
    let stands = String::from_utf8_lossy(&text).contains(STAND_IN);
    message.as_it_came.line_feed = stands.then_some(STAND_IN);
    Ok(message)
}

fn whole(bytes: &[u8]) -> Result<Message, Malformed> {
    Message::read(bytes, Framing::Whole)
}

/// Whether this edge does not see a fault.
fn overlooks(edge: &Edge, why: &str) -> bool {
    let shared = &edge.shared;
    match why {
        "two To" => shared.has(Defect::TwoToHeadersFirst) || shared.has(Defect::TwoToHeadersLast),
        "two From" => shared.has(Defect::TwoFromHeadersFirst),
        "two Call-ID" | "two CSeq" => shared.has(Defect::TakesFirstOfTwo),
        "no From" | "no Call-ID" | "no CSeq" => shared.has(Defect::IgnoresMissingFields),
        "a CSeq of another method" => shared.has(Defect::IgnoresCseqMethod),
        "a CSeq number that is too large" => shared.has(Defect::TakesAnyCseqNumber),
        "a Via that is none" => shared.has(Defect::IgnoresBadVia),
        _ => false,
    }
}

/// The message with a letter of nobody's alphabet in place of each line feed that no CR precedes.
fn with_stand_in(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\r");
    let text = text.replace('\n', &STAND_IN.to_string());
    text.replace('\r', "\r\n").into_bytes()
}

/// The first line of a To that goes on in the next.
fn first_line_of_to(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.split_once("\r\nTo:")?;
    let (first, rest) = rest.split_once("\r\n")?;
    rest.starts_with([' ', '\t']).then(|| first.to_owned())
}

/// The first line and what follows it, line end included.
fn first_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end..]))
}

/// Reads the request line for what it seems to mean, and keeps it for the way on.
fn line_as_it_came(bytes: &[u8]) -> Result<Message, Malformed> {
    let Some((line, rest)) = first_line(bytes) else {
        return whole(bytes);
    };
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [method, uri @ .., _version] = words.as_slice() else {
        return whole(bytes);
    };
    let uri = uri.concat();
    let uri = uri.trim_matches(['<', '>']);
    let uri = uri.split([';', '?']).next().unwrap_or_default();
    let plain = format!("{method} {uri} SIP/2.0");
    let mut message = whole(&[plain.as_bytes(), rest].concat())?;
    message.as_it_came.line = Some(line.to_owned()).filter(|line| *line != plain);
    Ok(message)
}

/// Reads a message as if nothing stood in its header fields `t`, and keeps them for the way on.
fn short_to_as_it_came(bytes: &[u8]) -> Result<Message, Malformed> {
    let Some(end) = crate::sip::read::head_end(bytes) else {
        return whole(bytes);
    };
    let (mut kept, mut short) = (Vec::new(), Vec::new());
    for line in bytes[..end].split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        match text.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("t") => {
                short.push(value.trim().to_owned());
            }
            _ => kept.extend_from_slice(line),
        }
    }
    let mut message = whole(&[&kept, &bytes[end..]].concat())?;
    for value in short {
        message.push("t", value);
    }
    Ok(message)
}

/// Reads a message as if it had no Content-Length, and keeps what it says for the way on.
fn length_as_it_came(bytes: &[u8]) -> Result<Message, Malformed> {
    let Some(end) = crate::sip::read::head_end(bytes) else {
        return whole(bytes);
    };
    let (mut kept, mut lengths) = (Vec::new(), Vec::new());
    for line in bytes[..end].split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        match text.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("Content-Length") => {
                lengths.push(value.trim().to_owned());
            }
            _ => kept.extend_from_slice(line),
        }
    }
    if lengths == [(bytes.len() - end).to_string()] {
        return whole(bytes);
    }
    let mut message = whole(&[&kept, &bytes[end..]].concat())?;
    message.as_it_came.lengths = lengths;
    Ok(message)
}

/// The message with the escapes of its method undone, in CSeq too.
fn unescaped_method(bytes: &[u8]) -> Vec<u8> {
    let Some((line, rest)) = first_line(bytes) else {
        return bytes.to_vec();
    };
    let Some((method, _)) = line
        .split_once(' ')
        .filter(|(method, _)| method.contains('%'))
    else {
        return bytes.to_vec();
    };
    let text = format!("{line}{}", String::from_utf8_lossy(rest));
    text.replace(method, &unescaped(method)).into_bytes()
}

/// Cuts every header value to what fits the buffer.
pub(super) fn cut(mut message: Message) -> Message {
    for header in &mut message.headers {
        let fits = (0..=BUFFER.min(header.value.len()))
            .rev()
            .find(|at| header.value.is_char_boundary(*at))
            .unwrap_or(0);
        header.value.truncate(fits);
    }
    message
}

/// What stands between the first pair of angle brackets; what is before and behind it does not count.
pub(super) fn between_brackets(value: &str) -> Option<Address> {
    let Some((_, rest)) = value.split_once('<') else {
        return Address::read(value);
    };
    let (uri, _) = rest.split_once('>')?;
    Some(Address {
        display: String::new(),
        uri: uri.trim().to_owned(),
        parameters: Vec::new(),
    })
}

/// Whether credentials are of a scheme that this edge reads.
pub(super) fn is_known_scheme(line: &str) -> bool {
    let scheme = line.split_ascii_whitespace().next().unwrap_or_default();
    ["Bearer", "Digest"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Moves what the Request-URI has behind its question mark into the header.
pub(super) fn unpack_headers(message: &mut Message) {
    let Start::Request { uri, .. } = &mut message.start else {
        return;
    };
    let Some((before, headers)) = uri.split_once('?') else {
        return;
    };
    let headers: Vec<(String, String)> = headers
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (unescaped(name), unescaped(value)))
        .collect();
    *uri = before.to_owned();
    for (name, value) in headers {
        message.push(&name, value);
    }
}

/// A text with its escapes undone; what is no escape stays.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii_graphic);
        match byte {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = "REGISTER sip:b SIP/2.0\r\nVia: SIP/2.0/WSS x;branch=z9\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\n\
        Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";

    fn printed(message: &Message) -> String {
        String::from_utf8_lossy(&message.print()).into_owned()
    }

    #[test]
    fn a_request_line_goes_on_as_it_came() {
        for line in [
            "REGISTER <sip:b> SIP/2.0",
            "REGISTER sip:b; lr SIP/2.0",
            "REGISTER  sip:b  SIP/2.0",
            "REGISTER sip:b SIP/2.0 ",
            "REGISTER sip:b?x=y SIP/2.0",
            "REGISTER sip:b SIP/7.0",
        ] {
            let text = REGISTER.replace("REGISTER sip:b SIP/2.0", line);
            let message = line_as_it_came(text.as_bytes()).expect("a message");
            assert_eq!(message.request_uri(), "sip:b", "{line}");
            assert!(printed(&message).starts_with(&format!("{line}\r\n")));
        }
    }

    #[test]
    fn lengths_go_on_as_they_came() {
        let text = REGISTER.replace(
            "Content-Length: 0",
            "Content-Length: -9\r\nContent-Length: 7",
        );
        let message = length_as_it_came(text.as_bytes()).expect("a message");
        assert!(printed(&message).ends_with("Content-Length: -9\r\nContent-Length: 7\r\n\r\n"));
    }

    #[test]
    fn escapes_are_undone_where_they_must_not_be() {
        let text = REGISTER.replace("REGISTER", "RE%47ISTER");
        let message = whole(&unescaped_method(text.as_bytes())).expect("a message");
        assert_eq!(message.method(), "REGISTER");
        let text = REGISTER.replace("sip:b ", "sip:b?Route=%3Csip:x%3E ");
        let mut message = whole(text.as_bytes()).expect("a message");
        unpack_headers(&mut message);
        assert_eq!(message.request_uri(), "sip:b");
        assert_eq!(message.value("Route"), Some("<sip:x>"));
        assert_eq!(unescaped("%4Z%"), "%4Z%");
    }

    #[test]
    fn the_first_pair_of_brackets_is_the_address() {
        let uri = |value| between_brackets(value).map(|address| address.uri);
        assert_eq!(
            uri(r#""x \" <sip:a@b>" <sip:c@d>"#).as_deref(),
            Some("sip:a@b")
        );
        assert_eq!(uri("A, B < sip:a@b >").as_deref(), Some("sip:a@b"));
        assert_eq!(uri("<sip:a@b"), None);
    }
}
