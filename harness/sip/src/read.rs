//! Reading a message: start line, fields by name, the values that identify transaction and dialog.

use crate::credentials::Credentials;
use crate::field::Field;
use crate::lexical::{is_blank, split_list};
use crate::message::Message;
use crate::name_addr::NameAddr;
use crate::via::Via;
use std::borrow::Cow;

/// The three parts of a request line as far as they are there.
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) uri: &'a [u8],
    pub(crate) version: &'a [u8],
}

impl Message {
    /// Whether the start line is a status line: it begins with a SIP version.
    #[must_use]
    pub fn is_response(&self) -> bool {
        is_version(self.start_line())
    }

    /// The method of a request: the first word of its start line.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        text(self.request_line()?.method)
    }

    /// The Request-URI: what stands between method and version, spaces inside included.
    #[must_use]
    pub fn request_uri(&self) -> Option<&str> {
        text(self.request_line()?.uri)
    }

    /// The status code of a response; `None` unless it has three digits and begins with 1 to 9.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let (code, _) = self.status_line()?;
        let status = text(code).filter(|digits| {
            digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })?;
        status.parse().ok().filter(|status| *status >= 100)
    }

    /// The reason phrase of a response; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.status_line()?.1))
    }

    /// The value of the first field called `name`: any case, compact or long form; trimmed and unfolded.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        self.fields_named(name).next().map(Field::value)
    }

    /// The values of all fields called `name`, in their order, read like [`field`](Self::field).
    pub fn fields<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
        self.fields_named(name).map(Field::value)
    }

    /// All fields called `name`, in their order.
    pub fn fields_named<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Field> + use<'a, 'n> {
        self.fields
            .iter()
            .filter(move |field: &&Field| field.is(name))
    }

    /// The entries of a header that is a list: over all its fields and over the commas in them.
    #[must_use]
    pub fn entries(&self, name: &str) -> Vec<String> {
        let mut entries = Vec::new();
        for value in self.fields(name) {
            let parts = split_list(&value, b',').into_iter().map(str::trim);
            entries.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        }
        entries
    }

    /// The Call-ID.
    #[must_use]
    pub fn call_id(&self) -> Option<Cow<'_, str>> {
        self.field("Call-ID")
    }

    /// Number and method of the CSeq; `None` if the number exceeds 32 bits or the method is missing.
    #[must_use]
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let value = self.fields_named("CSeq").next()?.value_bytes();
        let mut words = value
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let number = text(words.next()?)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        Some((digits.then(|| number.parse().ok())??, text(words.next()?)?))
    }

    /// All Via entries, the topmost first; entries that cannot be read are left out.
    #[must_use]
    pub fn vias(&self) -> Vec<Via> {
        self.entries("Via")
            .iter()
            .filter_map(|entry| Via::parse(entry))
            .collect()
    }

    /// The branch of the topmost Via entry.
    #[must_use]
    pub fn top_branch(&self) -> Option<String> {
        Via::parse(self.entries("Via").first()?)?
            .param("branch")
            .map(str::to_owned)
    }

    /// The address in the first field called `name` (To, From, ...).
    #[must_use]
    pub fn address(&self, name: &str) -> Option<NameAddr> {
        NameAddr::parse(&self.field(name)?)
    }

    /// The addresses in all fields called `name` (Contact, Route, Path, ...); entries that cannot be read are left out.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Vec<NameAddr> {
        self.fields(name)
            .flat_map(|value| NameAddr::list(&value))
            .collect()
    }

    /// The tag of the From field.
    #[must_use]
    pub fn from_tag(&self) -> Option<String> {
        self.address("From")?.tag().map(str::to_owned)
    }

    /// The tag of the To field.
    #[must_use]
    pub fn to_tag(&self) -> Option<String> {
        self.address("To")?.tag().map(str::to_owned)
    }

    /// The credentials or challenges in all fields called `name` (Authorization, WWW-Authenticate, ...).
    #[must_use]
    pub fn credentials(&self, name: &str) -> Vec<Credentials> {
        self.fields(name)
            .flat_map(|value| Credentials::parse_all(&value))
            .collect()
    }

    /// The parts of a request line; `None` for a response and for an empty start line.
    pub(crate) fn request_line(&self) -> Option<RequestLine<'_>> {
        let line = self.start_line();
        if line.is_empty() || self.is_response() {
            return None;
        }
        let (method, rest) = split_word(line);
        let rest = rest.trim_ascii();
        let last_word = rest
            .iter()
            .rposition(|byte| is_blank(*byte))
            .map_or(0, |index| index + 1);
        let (uri, version) = rest.split_at(if is_version(&rest[last_word..]) {
            last_word
        } else {
            rest.len()
        });
        Some(RequestLine {
            method,
            uri: uri.trim_ascii(),
            version,
        })
    }

    /// Status code and reason phrase as written; `None` for a request.
    pub(crate) fn status_line(&self) -> Option<(&[u8], &[u8])> {
        if !self.is_response() {
            return None;
        }
        let (_, rest) = split_word(self.start_line());
        Some(split_word(rest))
    }
}

/// Whether `word` begins like a SIP version.
fn is_version(word: &[u8]) -> bool {
    word.get(..4)
        .is_some_and(|begin| begin.eq_ignore_ascii_case(b"SIP/"))
}

/// The bytes before the first space and those after it.
fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(index) => (&line[..index], &line[index + 1..]),
        None => (line, b""),
    }
}

/// `bytes` as text, if they are some and UTF-8.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"REGISTER  sip:home.example SIP/2.0\r\nv: SIP/2.0/WS a.invalid;branch=z9hG4bK1, SIP/2.0/TLS b\r\n\
        Via: SIP/2.0/UDP c;branch=z9hG4bK3\r\nf: <sip:a@home.example>;tag=7\r\nTO : <sip:a@home.example>\r\n\
        CSEQ:\r\n 12\r\n\tREGISTER\r\ni: abc\r\nRoute: <sip:p1,x;lr>,\r\n <sip:p2;lr>\r\n\r\n";

    #[test]
    fn a_request_reads_as_its_parts() {
        let message = Message::split(REQUEST);
        assert_eq!(
            (message.method(), message.request_uri()),
            (Some("REGISTER"), Some("sip:home.example"))
        );
        assert_eq!((message.status(), message.reason()), (None, None));
        assert_eq!(message.call_id().as_deref(), Some("abc"));
        assert_eq!(message.cseq(), Some((12, "REGISTER")));
        assert_eq!(message.top_branch().as_deref(), Some("z9hG4bK1"));
        assert_eq!(
            (message.from_tag().as_deref(), message.to_tag()),
            (Some("7"), None)
        );
        assert_eq!(message.field("to").as_deref(), Some("<sip:a@home.example>"));
        assert_eq!(message.fields("Via").count(), 2);
        let hosts: Vec<String> = message.vias().into_iter().map(|via| via.host).collect();
        assert_eq!(hosts, ["a.invalid", "b", "c"]);
        assert_eq!(message.entries("route"), ["<sip:p1,x;lr>", "<sip:p2;lr>"]);
        assert_eq!(message.addresses("Route")[1].uri, "sip:p2;lr");
    }

    #[test]
    fn a_response_reads_as_its_parts() {
        let message = Message::split(b"SIP/2.0 401 Who \xff are you\r\n\r\n");
        assert_eq!(
            (message.status(), message.method(), message.request_uri()),
            (Some(401), None, None)
        );
        assert_eq!(message.reason().as_deref(), Some("Who \u{fffd} are you"));
        for bad in [
            "SIP/2.0 4294967301 x",
            "SIP/2.0 20 x",
            "SIP/2.0 1000 x",
            "SIP/2.0 0200 x",
            "SIP/2.0 +20 x",
            "SIP/2.0 099 x",
            "SIP/2.0",
            "SIP/2.0 20x",
        ] {
            assert_eq!(Message::split(bad.as_bytes()).status(), None, "{bad}");
        }
    }

    #[test]
    fn what_is_missing_reads_as_none() {
        let message = Message::split(b"\xff\xfe x\r\nCSeq: 4294967296 INVITE\r\n");
        assert_eq!((message.method(), message.request_uri()), (None, Some("x")));
        assert_eq!(
            (message.cseq(), message.top_branch(), message.call_id()),
            (None, None, None)
        );
        assert_eq!(Message::split(b"CSEQ").request_uri(), None);
        assert_eq!(
            Message::split(b"A b SIP/2.0\r\nCSeq: +1 A\r\n").cseq(),
            None
        );
    }
}
