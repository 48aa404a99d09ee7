//! A message as its bytes: taken apart without loss and without failure.

use crate::field::{Field, end_line, without_line_end};
use std::fmt;

/// One SIP message. Every byte that was split stands in exactly one of its parts.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Empty lines before the start line (RFC 3261 7.5).
    lead: Vec<u8>,
    /// The start line with its line end.
    start: Vec<u8>,
    pub(crate) fields: Vec<Field>,
    /// The line end of the empty line after the header; empty if the message breaks off before it.
    blank: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    /// Takes bytes apart; every input is a message, be it a bad one. A line ends at LF, with or without CR before it.
    /// All that follows the first empty line is body: where the message ends is not the split's business
    /// ([`frame`](crate::frame) cuts a stream).
    #[must_use]
    pub fn split(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        while let Some(length) = empty_line(rest) {
            rest = &rest[length..];
        }
        let (lead, mut rest) = bytes.split_at(bytes.len() - rest.len());
        let start = take(&mut rest, physical_line);
        let mut fields = Vec::new();
        while !rest.is_empty() && empty_line(rest).is_none() {
            fields.push(Field::raw(take(&mut rest, logical_line)));
        }
        let (blank, body) = rest.split_at(empty_line(rest).unwrap_or(0));
        Self {
            lead: lead.to_vec(),
            start: start.to_vec(),
            fields,
            blank: blank.to_vec(),
            body: body.to_vec(),
        }
    }

    /// A message of this start line (without line end), these fields, an empty line and no body.
    pub(crate) fn assemble(start_line: &[u8], fields: Vec<Field>) -> Self {
        let start = [start_line, b"\r\n"].concat();
        Self {
            lead: Vec::new(),
            start,
            fields,
            blank: b"\r\n".to_vec(),
            body: Vec::new(),
        }
    }

    /// The message's bytes: what was split, with the edits made since.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// All bytes before the body: empty lines, start line, header, empty line.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = [self.lead.as_slice(), self.start.as_slice()].concat();
        for field in &self.fields {
            head.extend_from_slice(field.bytes());
        }
        head.extend_from_slice(&self.blank);
        head
    }

    /// The start line without its line end.
    #[must_use]
    pub fn start_line(&self) -> &[u8] {
        without_line_end(&self.start)
    }

    /// Replaces the start line; bytes are kept as given and a line end is added.
    pub fn set_start_line(&mut self, line: impl AsRef<[u8]>) {
        self.start = [line.as_ref(), b"\r\n"].concat();
    }

    /// All header fields in their order.
    #[must_use]
    pub fn all_fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether the empty line that ends the header is there.
    #[must_use]
    pub fn header_ends(&self) -> bool {
        !self.blank.is_empty()
    }

    /// The bytes after the empty line, however many Content-Length states.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Replaces the body and states its length in Content-Length, adding that field if there is none.
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        let body = body.into();
        self.set_field(Field::new("Content-Length", body.len().to_string()));
        self.set_body_alone(body);
    }

    /// Replaces the body and leaves Content-Length as it is, right or wrong.
    pub fn set_body_alone(&mut self, body: impl Into<Vec<u8>>) {
        self.body = body.into();
        if !self.body.is_empty() && self.blank.is_empty() {
            self.end_last_line();
            self.blank = b"\r\n".to_vec();
        }
    }

    /// Puts `field` in the place of the first of its name; without one, before Content-Length or else at the end.
    pub(crate) fn set_field(&mut self, field: Field) {
        let is_same = |other: &Field| field.name().is_some_and(|name| other.is(name));
        match self.fields.iter().position(is_same) {
            Some(index) => self.fields[index] = field,
            None => match self
                .fields
                .iter()
                .position(|other| other.is("Content-Length"))
            {
                Some(index) => self.fields.insert(index, field),
                None => self.add_field(field),
            },
        }
    }

    /// Puts `field` behind the last one.
    pub(crate) fn add_field(&mut self, field: Field) {
        self.end_last_line();
        self.fields.push(field);
    }

    /// A message that broke off within a line gets the line's end, or else what is added would continue that line.
    fn end_last_line(&mut self) {
        match self.fields.last_mut() {
            Some(field) => field.end_line(),
            None => end_line(&mut self.start),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message(\"{}\")", self.bytes().escape_ascii())
    }
}

/// Shows the message as text; bytes that are no UTF-8 are replaced.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes()))
    }
}

/// Takes what `measure` measures off the front of `rest`.
fn take<'a>(rest: &mut &'a [u8], measure: fn(&[u8]) -> usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(measure(rest));
    *rest = left;
    taken
}

/// Length of the line end at the start of `bytes`, if there is one.
fn empty_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n', ..] => Some(1),
        _ => None,
    }
}

/// Length up to and with the first LF.
fn physical_line(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |index| index + 1)
}

/// Length of the first line with the lines that continue it: those that begin with a blank.
fn logical_line(bytes: &[u8]) -> usize {
    let mut length = physical_line(bytes);
    while bytes
        .get(length)
        .is_some_and(|byte| crate::lexical::is_blank(*byte))
    {
        length += physical_line(&bytes[length..]);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_part_is_found() {
        let message =
            Message::split(b"\r\n\nINVITE a SIP/2.0\r\nTo: x\r\n y\r\nFoo\n\r\nbody\r\n\r\n");
        assert_eq!(message.lead, b"\r\n\n");
        assert_eq!(message.start_line(), b"INVITE a SIP/2.0");
        assert_eq!(
            message.fields,
            [Field::raw("To: x\r\n y\r\n"), Field::raw("Foo\n")]
        );
        assert_eq!(message.body(), b"body\r\n\r\n");
        assert!(message.header_ends());
    }

    #[test]
    fn a_keep_alive_is_all_lead() {
        let message = Message::split(b"\r\n\r\n");
        assert_eq!(
            (message.start_line(), message.header_ends()),
            (&b""[..], false)
        );
        assert_eq!(message.bytes(), b"\r\n\r\n");
    }

    #[test]
    fn a_body_for_a_message_that_broke_off_completes_its_header() {
        let mut message = Message::split(b"MESSAGE a SIP/2.0\r\nTo: x");
        message.set_body("hi");
        assert_eq!(
            message.bytes(),
            b"MESSAGE a SIP/2.0\r\nTo: x\r\nContent-Length: 2\r\n\r\nhi"
        );
        message.set_body_alone("longer");
        assert_eq!(
            message.bytes(),
            b"MESSAGE a SIP/2.0\r\nTo: x\r\nContent-Length: 2\r\n\r\nlonger"
        );
    }

    proptest! {
        #[test]
        fn bytes_are_the_identity_for_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(Message::split(&bytes).bytes(), bytes);
        }

        #[test]
        fn bytes_are_the_identity_for_what_looks_like_sip(text in "(\r|\n|\r\n| |\t|:|[A-Z]|INVITE |To: |SIP/2.0|\r\n\r\n){0,60}") {
            prop_assert_eq!(Message::split(text.as_bytes()).bytes(), text.as_bytes());
        }
    }
}
