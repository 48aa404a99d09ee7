//! Reading a SIP message from foreign bytes.

use bytes::Bytes;
use ezk_sip_types::Name;
use ezk_sip_types::msg::{Line, PullParser};
use ezk_sip_types::uri::SipUri;

use super::{Header, Message, Start, uri};

/// How the end of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The transport carries one message whole (WebSocket): what Content-Length says must be all there is.
    Whole,
    /// A datagram: bytes beyond Content-Length do not count.
    Datagram,
}

/// Why bytes are no message that we act upon; `message` is what could be read of it, enough for a 400.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) why: &'static str,
    pub(crate) message: Option<Message>,
}

const MAX_HEAD: usize = 48 * 1024;
const MAX_LINE: usize = 24 * 1024;
const MAX_HEADERS: usize = 128;

impl Message {
    /// Reads one message and checks what every message needs.
    pub(crate) fn read(bytes: &[u8], framing: Framing) -> Result<Self, Malformed> {
        let bare = |why| Malformed { why, message: None };
        let end = head_end(bytes).ok_or_else(|| bare("no end of the head"))?;
        if end > MAX_HEAD {
            return Err(bare("head too large"));
        }
        let mut fault = unclean(&bytes[..end]);
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let source = Bytes::from(head.into_bytes());
        let mut lines = PullParser::new(&source, 0);
        let start = lines
            .next()
            .and_then(Result::ok)
            .and_then(|line| std::str::from_utf8(line).ok());
        let start = start
            .and_then(start_line)
            .ok_or_else(|| bare("no start line of SIP/2.0"))?;
        let mut message = Self {
            start,
            headers: Vec::new(),
            body: bytes[end..].to_vec(),
            as_it_came: Box::default(),
        };
        for line in lines {
            // A line that does not end is told again and again by the library: nothing more is to be had.
            let Ok(line) = line else {
                fault = fault.or(Some("a line without end"));
                break;
            };
            let read = std::str::from_utf8(line)
                .ok()
                .and_then(|line| header(&source, line));
            match read {
                Some(_) if message.headers.len() >= MAX_HEADERS => {
                    fault = fault.or(Some("too many headers"));
                    break;
                }
                Some(header) => message.headers.push(header),
                None => fault = fault.or(Some("a line that is no header")),
            }
        }
        let fault = fault
            .or_else(|| missing(&message))
            .or_else(|| cut_body(&mut message, framing));
        match fault {
            None => Ok(message),
            Some(why) => Err(Malformed {
                why,
                message: Some(message),
            }),
        }
    }
}

/// Where the body begins.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// Bytes that no honest head has and that parsers read differently.
fn unclean(head: &[u8]) -> Option<&'static str> {
    if std::str::from_utf8(head).is_err() {
        return Some("head is not UTF-8");
    }
    for (at, byte) in head.iter().enumerate() {
        match byte {
            b'\n' if at == 0 || head[at - 1] != b'\r' => return Some("bare line feed"),
            b'\r' if head.get(at + 1) != Some(&b'\n') => return Some("bare carriage return"),
            b'\r' | b'\n' | b'\t' => {}
            0..=31 | 127 => return Some("control character"),
            _ => {}
        }
    }
    None
}

fn start_line(line: &str) -> Option<Start> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let number: u16 = code.parse().ok()?;
        let well = code.len() == 3 && (100..700).contains(&number);
        return well.then(|| Start::Response {
            code: number,
            reason: reason.to_owned(),
        });
    }
    let mut words = line.split(' ');
    let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
    let of_method = |byte: u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-.!%*_+`'~".contains(&byte)
    };
    let good_method = !method.is_empty() && method.bytes().all(of_method);
    let lower = uri.to_ascii_lowercase();
    let good_uri = if lower.starts_with("sip:") || lower.starts_with("sips:") {
        uri.parse::<SipUri>().is_ok()
    } else {
        lower.starts_with("tel:") || lower.starts_with("urn:")
    };
    let well = words.next().is_none() && version == "SIP/2.0" && good_method && good_uri;
    well.then(|| Start::Request {
        method: method.to_owned(),
        uri: uri.to_owned(),
    })
}

fn header(source: &Bytes, line: &str) -> Option<Header> {
    if line.len() > MAX_LINE {
        return None;
    }
    let (name, _) = line.split_once(':')?;
    let name = name.trim_end_matches([' ', '\t']);
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
    {
        return None;
    }
    let (rest, parsed) = Line::parse(source, line).ok()?;
    let name: &Name = &parsed.name;
    let name = written_out(name.as_print_str());
    let value = format!("{}{rest}", parsed.value);
    let value = if value.contains("\r\n") {
        unfold(&value)
    } else {
        value
    };
    Some(Header {
        name,
        value: value.trim().to_owned(),
    })
}

/// Names whose short form or case the library leaves as it came.
fn written_out(name: &str) -> String {
    const KNOWN: [&str; 6] = ["Via", "From", "To", "Call-ID", "CSeq", "Contact"];
    KNOWN
        .iter()
        .find(|known| name.eq_ignore_ascii_case(known))
        .map_or_else(|| name.to_owned(), |&known| known.to_owned())
}

fn unfold(value: &str) -> String {
    value
        .split("\r\n")
        .map(|part| part.trim_matches([' ', '\t']))
        .collect::<Vec<_>>()
        .join(" ")
}

/// What every message has exactly once, or at least once.
fn missing(message: &Message) -> Option<&'static str> {
    const ONCE: [(&str, &str, &str); 4] = [
        ("From", "no From", "two From"),
        ("To", "no To", "two To"),
        ("Call-ID", "no Call-ID", "two Call-ID"),
        ("CSeq", "no CSeq", "two CSeq"),
    ];
    for (name, absent, again) in ONCE {
        match message.values(name).count() {
            0 => return Some(absent),
            1 => {}
            _ => return Some(again),
        }
    }
    for (name, why) in [
        ("Expires", "two Expires"),
        ("Content-Length", "two Content-Length"),
        ("Max-Forwards", "two Max-Forwards"),
    ] {
        if message.values(name).count() > 1 {
            return Some(why);
        }
    }
    if let Some(why) = cseq(message) {
        return Some(why);
    }
    if message
        .value("Call-ID")
        .is_some_and(|id| id.is_empty() || id.contains([' ', '\t', ',']))
    {
        return Some("bad Call-ID");
    }
    if message.branch().is_none_or(str::is_empty) {
        return Some("no Via with a branch");
    }
    if message
        .values("Via")
        .flat_map(uri::split_list)
        .any(|entry| !well_formed_via(entry))
    {
        return Some("a Via that is none");
    }
    let digits = |value: &str| {
        !value.is_empty() && value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit())
    };
    if ["Expires", "Max-Forwards"]
        .iter()
        .any(|name| message.value(name).is_some_and(|value| !digits(value)))
    {
        return Some("a number that is none");
    }
    None
}

/// What is wrong with the one CSeq of a message.
fn cseq(message: &Message) -> Option<&'static str> {
    let cseq = message.value("CSeq").unwrap_or_default();
    let mut words = cseq.split_ascii_whitespace();
    let (Some(number), Some(method), None) = (words.next(), words.next(), words.next()) else {
        return Some("a CSeq that is none");
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("a CSeq that is none");
    }
    if number
        .parse::<u32>()
        .map_or(true, |number| number >= 1 << 31)
    {
        return Some("a CSeq number that is too large");
    }
    match &message.start {
        Start::Request { method: wanted, .. } if method != wanted => {
            Some("a CSeq of another method")
        }
        _ => None,
    }
}

/// One entry of Via: `SIP/2.0/transport host[:port]` and parameters, blanks where the grammar has them.
fn well_formed_via(entry: &str) -> bool {
    let end = entry.find(';').unwrap_or(entry.len());
    let mut parts = entry[..end].splitn(3, '/');
    let (Some(name), Some(version), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let mut words = rest.split_ascii_whitespace();
    let (transport, host) = (words.next(), words.next());
    name.trim() == "SIP"
        && version.trim() == "2.0"
        && transport.is_some()
        && host.is_some()
        && uri::parameters(&entry[end..]).is_some()
}

/// Compares the body with Content-Length.
fn cut_body(message: &mut Message, framing: Framing) -> Option<&'static str> {
    let declared = message.value("Content-Length")?;
    let digits = !declared.is_empty() && declared.bytes().all(|byte| byte.is_ascii_digit());
    let Some(length) = digits.then(|| declared.parse::<usize>().ok()).flatten() else {
        return Some("bad Content-Length");
    };
    if length > message.body.len() || (framing == Framing::Whole && length != message.body.len()) {
        return Some("Content-Length does not fit");
    }
    message.body.truncate(length);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "MESSAGE sip:a@b SIP/2.0\r\nv: SIP/2.0/WSS x;branch=z9\r\nf: <sip:c@d>;tag=1\r\nt: <sip:a@b>\r\ni: 1\r\n\
        CSeq: 1 MESSAGE\r\nX-Own:  kept\r\n as one \r\nContent-Length: 2\r\n\r\nhi";

    fn read(text: &str) -> Result<Message, Malformed> {
        Message::read(text.as_bytes(), Framing::Whole)
    }

    #[test]
    fn short_names_are_written_out_and_folds_undone() {
        let message = read(GOOD).expect("a message");
        assert_eq!(
            (
                message.method(),
                message.request_uri(),
                message.body.as_slice()
            ),
            ("MESSAGE", "sip:a@b", &b"hi"[..])
        );
        assert_eq!(
            (message.value("To"), message.value("x-own")),
            (Some("<sip:a@b>"), Some("kept as one"))
        );
        let again = Message::read(&message.print(), Framing::Whole).expect("what is printed");
        assert_eq!(again.value("X-Own"), Some("kept as one"));
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_refused() {
        let changes = [
            ("t: <sip:a@b>", "t: <sip:a@b>\r\nTo: <sip:e@f>"),
            ("f: <sip:c@d>;tag=1\r\n", ""),
            ("i: 1", "i: 1\r\nCall-ID: 2"),
            ("CSeq: 1 MESSAGE", "CSeq: 1 INVITE"),
            ("CSeq: 1 MESSAGE", "CSeq: -1 MESSAGE"),
            ("CSeq: 1 MESSAGE", "CSeq: 4294967295 MESSAGE"),
            ("branch=z9", "x=y"),
            ("branch=z9", "branch=z9;;"),
            ("branch=z9", "branch=z9, ,"),
            ("X-Own:", "X Own:"),
            ("X-Own:", ": x\r\nX-Own:"),
            ("kept\r\n", "kept\n"),
            ("kept", "ke\0pt"),
            ("kept", "ke\rpt"),
            ("Content-Length: 2", "Content-Length: 1"),
            ("Content-Length: 2", "Content-Length: 3"),
            ("Content-Length: 2", "Content-Length: +2"),
            ("Content-Length: 2", "l: 2\r\nContent-Length: 2"),
            ("X-Own:", "Expires: x\r\nX-Own:"),
        ];
        for (from, to) in changes {
            let malformed = read(&GOOD.replace(from, to)).expect_err("a refusal");
            assert!(malformed.message.is_some(), "enough for an answer: {to}");
        }
        for none in [
            "",
            "GET / HTTP/1.1\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\n",
            "MESSAGE  sip:a@b SIP/2.0\r\n\r\n",
            "message sip:a@b SIP/2.0\r\n\r\n",
        ] {
            assert!(
                read(none).expect_err("a refusal").message.is_none(),
                "{none}"
            );
        }
        let many = GOOD.replace("X-Own:", &format!("{}X-Own:", "Y: z\r\n".repeat(200)));
        assert!(read(&many).is_err());
    }

    #[test]
    fn a_datagram_ends_where_its_length_says() {
        let longer = format!("{GOOD} and more");
        assert_eq!(
            Message::read(longer.as_bytes(), Framing::Datagram)
                .expect("a message")
                .body,
            b"hi"
        );
        assert!(read(&longer).is_err());
    }
}
