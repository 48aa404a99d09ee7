//! Two readers of a request on Mw find the same in it: who is asked for stands once, and lines end in one way (RFC 3261 7.3.1).

use crate::context::Context;
use crate::play::Message;
use crate::ruling::Ruling;

/// Header fields of which a request has one line and one value.
const ONCE: [&str; 5] = ["From", "To", "Call-ID", "CSeq", "Max-Forwards"];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.on_mw().find_map(|message| {
        let request = message.request()?;
        let twice = ONCE
            .iter()
            .find(|name| request.fields(name).nth(1).is_some());
        let (expected, came) = match twice {
            Some(name) => (
                format!("one {name} in a request on Mw"),
                format!("two in {}", message.summary()),
            ),
            None if has_stray_line_end(message) => (
                "no line on Mw that ends otherwise than by CRLF".to_owned(),
                format!("one in {}", message.summary()),
            ),
            None => return None,
        };
        Some(Ruling::broken(expected, came, [message.n]))
    }))
}

/// Whether the header has a CR or LF without the other.
fn has_stray_line_end(message: &Message<'_>) -> bool {
    let end = message
        .bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n");
    let head = end.map_or(message.bytes, |end| &message.bytes[..end + 2]);
    head.iter().enumerate().any(|(at, byte)| match byte {
        b'\n' => at.checked_sub(1).and_then(|before| head.get(before)) != Some(&b'\r'),
        b'\r' => head.get(at + 1) != Some(&b'\n'),
        _ => false,
    })
}
