//! Where a message ends in a stream (RFC 3261 18.3). A WebSocket or a datagram needs none of this.

use crate::message::Message;

/// What the bytes received so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Not yet a whole message.
    Partial,
    /// So many bytes of empty lines come first: keep-alives (RFC 5626 3.5.1), to be taken off and perhaps answered.
    EmptyLines(usize),
    /// The first so many bytes are a message.
    Whole(usize),
    /// The header is whole, and so many bytes, but has no Content-Length that is a number: nobody knows where it ends.
    Endless(usize),
}

/// Looks for the first message in the bytes of a stream.
#[must_use]
pub fn frame(received: &[u8]) -> Framing {
    let empty_lines = received
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    if empty_lines > 0 {
        return Framing::EmptyLines(empty_lines);
    }
    let message = Message::split(received);
    if !message.header_ends() {
        return Framing::Partial;
    }
    let head = message.head().len();
    let digits = message
        .field("Content-Length")
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(length) = digits.and_then(|value| value.parse::<usize>().ok()) else {
        return Framing::Endless(head);
    };
    match head.checked_add(length) {
        Some(whole) if whole <= received.len() => Framing::Whole(whole),
        _ => Framing::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_where_content_length_says() {
        let stream = b"MESSAGE a SIP/2.0\r\nl: 2\r\n\r\nhiINVITE";
        for received in 1..stream.len() - 6 {
            assert_eq!(frame(&stream[..received]), Framing::Partial, "{received}");
        }
        assert_eq!(frame(stream), Framing::Whole(29));
        assert_eq!(frame(&stream[29..]), Framing::Partial);
    }

    #[test]
    fn keep_alives_and_endless_messages_are_told_apart() {
        assert_eq!(frame(b"\r\n\r\nINV"), Framing::EmptyLines(4));
        assert_eq!(frame(b""), Framing::Partial);
        assert_eq!(frame(b"OPTIONS a SIP/2.0\r\n\r\nxx"), Framing::Endless(21));
        assert_eq!(
            frame(b"OPTIONS a SIP/2.0\r\nl: -1\r\n\r\nxx"),
            Framing::Endless(28)
        );
        assert_eq!(
            frame(b"OPTIONS a SIP/2.0\r\nl: 18446744073709551615\r\n\r\nxx"),
            Framing::Partial
        );
    }
}
