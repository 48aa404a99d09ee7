//! One header field, as the bytes of its lines.

use std::borrow::Cow;
use std::fmt;

/// The compact forms of header names and the long ones they stand for (RFC 3261 7.3.3 and the registry it opened).
const COMPACT_NAMES: [(&str, &str); 19] = [
    ("a", "Accept-Contact"),
    ("b", "Referred-By"),
    ("c", "Content-Type"),
    ("d", "Request-Disposition"),
    ("e", "Content-Encoding"),
    ("f", "From"),
    ("i", "Call-ID"),
    ("j", "Reject-Contact"),
    ("k", "Supported"),
    ("l", "Content-Length"),
    ("m", "Contact"),
    ("n", "Identity-Info"),
    ("o", "Event"),
    ("r", "Refer-To"),
    ("s", "Subject"),
    ("t", "To"),
    ("u", "Allow-Events"),
    ("v", "Via"),
    ("x", "Session-Expires"),
];

/// The long form of a header name; `name` itself if it is no compact form.
#[must_use]
pub fn long_name(name: &str) -> &str {
    COMPACT_NAMES
        .iter()
        .find(|(compact, _)| compact.eq_ignore_ascii_case(name))
        .map_or(name, |(_, long)| long)
}

/// Whether two header names mean the same header: case does not count, compact and long forms are one.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    long_name(one).eq_ignore_ascii_case(long_name(other))
}

/// One header field with all its bytes: name, colon, value, folded lines and line end.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    raw: Vec<u8>,
}

impl Field {
    /// `name: value` and a line end. The value's bytes are kept as given, line ends inside included.
    #[must_use]
    pub fn new(name: &str, value: impl AsRef<[u8]>) -> Self {
        let raw = [name.as_bytes(), b": ", value.as_ref(), b"\r\n"].concat();
        Self { raw }
    }

    /// A field that is exactly these bytes; not even a line end is added.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: bytes.into() }
    }

    /// All bytes of the field.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The name as written; `None` if the line has no colon, begins with a space or has no readable name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let name = &self.raw[..self.colon()?];
        if name.first().is_none_or(|byte| byte.is_ascii_whitespace()) {
            return None;
        }
        Some(std::str::from_utf8(name).ok()?.trim_end())
    }

    /// Whether this is the header `name`, in any case, compact or long.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().is_some_and(|own| same_name(own, name))
    }

    /// The bytes after the colon without the last line end, folded as they came; the whole line if it has no colon.
    #[must_use]
    pub fn value_bytes(&self) -> &[u8] {
        let begin = self.colon().map_or(0, |colon| colon + 1);
        without_line_end(&self.raw[begin..])
    }

    /// The value as text: trimmed, unfolded (a fold is one space, RFC 3261 7.3.1); bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        let value = self.value_bytes().trim_ascii();
        match unfold(value) {
            None => String::from_utf8_lossy(value),
            Some(unfolded) => Cow::Owned(String::from_utf8_lossy(&unfolded).into_owned()),
        }
    }

    /// Ends the last line if it has no end, so that what follows begins a line of its own.
    pub(crate) fn end_line(&mut self) {
        end_line(&mut self.raw);
    }

    /// The colon must stand in the first line: a name is never folded.
    fn colon(&self) -> Option<usize> {
        let first_line = self
            .raw
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(self.raw.len());
        self.raw[..first_line].iter().position(|byte| *byte == b':')
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw.escape_ascii())
    }
}

/// `line` without its CRLF or LF.
pub(crate) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Appends a CRLF unless `line` is empty or ends with a line end.
pub(crate) fn end_line(line: &mut Vec<u8>) {
    if line.last().is_some_and(|byte| *byte != b'\n') {
        line.extend_from_slice(b"\r\n");
    }
}

/// Each fold (blanks, line end, blanks) becomes one space; `None` if there is no fold. A line end that no blank
/// follows is no fold and stays.
fn unfold(value: &[u8]) -> Option<Vec<u8>> {
    let is_fold = |pair: &[u8]| pair[0] == b'\n' && crate::lexical::is_blank(pair[1]);
    if !value.windows(2).any(is_fold) {
        return None;
    }
    let mut unfolded: Vec<u8> = Vec::with_capacity(value.len());
    let mut at = 0;
    while at < value.len() {
        if value[at..].get(..2).is_some_and(is_fold) {
            while unfolded
                .last()
                .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
            {
                unfolded.pop();
            }
            unfolded.push(b' ');
            at += 1;
            while value
                .get(at)
                .is_some_and(|byte| crate::lexical::is_blank(*byte))
            {
                at += 1;
            }
        } else {
            unfolded.push(value[at]);
            at += 1;
        }
    }
    Some(unfolded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_and_in_both_forms() {
        assert!(same_name("v", "VIA") && same_name("Call-id", "I") && same_name("t", "T"));
        assert!(!same_name("v", "To"));
        assert!(Field::raw("TO :\r\n sip:x\r\n").is("t"));
        assert_eq!(Field::raw("Foobar roobar\r\n").name(), None);
        assert_eq!(Field::raw(" To: x\r\n").name(), None);
        assert_eq!(Field::raw(": x\r\n").name(), None);
        assert_eq!(Field::raw("To\r\n : x\r\n").name(), None);
    }

    #[test]
    fn values_are_unfolded_and_trimmed() {
        assert_eq!(Field::raw("S: a \t\r\n \t b\n\tc\r\n").value(), "a b c");
        assert_eq!(Field::raw("S:\r\n a\r\n").value(), "a");
        assert_eq!(Field::raw(b"S: \xff\r\n".as_slice()).value(), "\u{fffd}");
    }

    #[test]
    fn an_injected_line_end_is_no_fold() {
        assert_eq!(Field::new("S", "a\r\nTo: x").value(), "a\r\nTo: x");
        assert_eq!(Field::new("S", "a\r\nTo: x").bytes(), b"S: a\r\nTo: x\r\n");
    }
}
