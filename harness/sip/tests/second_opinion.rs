//! What this crate builds and calls well-formed, somebody else's parser reads the same.

use bytesstr::BytesStr;
use ezk_sip_types::header::typed::{
    CSeq, CallID, Contact, ContentLength, FromTo, MaxForwards, Via,
};
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse as _;
use ezk_sip_types::{Headers, Name};
use sip::{Message, Request, response_to};

/// Start line, header and body as the other parser takes them.
fn read(bytes: &[u8]) -> (MessageLine, Headers, Vec<u8>) {
    let mut parser = PullParser::new(bytes, 0);
    let text = |line: &[u8]| BytesStr::from(std::str::from_utf8(line).unwrap());
    let start = text(parser.next().unwrap().unwrap());
    let (_, start) = MessageLine::parse(start.as_ref())(&start).unwrap();
    let mut headers = Headers::new();
    for line in &mut parser {
        let line = text(line.unwrap());
        let (_, line) = Line::parse(line.as_ref(), &line).unwrap();
        headers.insert(line.name, line.value);
    }
    (start, headers, bytes[parser.head_end()..].to_vec())
}

fn invite() -> Message {
    Request::new("INVITE", "sip:bob@home.example")
        .field(
            "Via",
            "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks",
        )
        .field(
            "From",
            "\"Alice, A\" <sip:alice@home.example>;tag=asdyka899",
        )
        .field("To", "<sip:bob@home.example>")
        .field("Call-ID", "asidkj3ss")
        .field("CSeq", "17 INVITE")
        .field("Contact", "<sip:alice@df7jal23ls0d.invalid;transport=ws>")
        .field("Content-Type", "application/sdp")
        .body("v=0\r\n")
        .build()
}

fn agree(message: &Message) {
    assert_eq!(message.problems(), []);
    let (_, headers, body) = read(&message.bytes());
    let (from, to) = (
        headers.get::<FromTo>(Name::FROM).unwrap(),
        headers.get::<FromTo>(Name::TO).unwrap(),
    );
    assert_eq!(from.tag.as_deref(), message.from_tag().as_deref());
    assert_eq!(to.tag.as_deref(), message.to_tag().as_deref());
    let cseq = headers.get_named::<CSeq>().unwrap();
    assert_eq!(
        Some((cseq.cseq, cseq.method.to_string().as_str())),
        message.cseq()
    );
    assert_eq!(
        headers.get_named::<CallID>().unwrap().0.as_ref() as &str,
        message.call_id().unwrap()
    );
    assert_eq!(
        headers.get_named::<ContentLength>().unwrap().0,
        message.body().len()
    );
    let vias = headers.get_named::<Vec<Via>>().unwrap();
    let branches: Vec<String> = vias
        .iter()
        .filter_map(|via| via.params.get_val("branch").map(ToString::to_string))
        .collect();
    assert_eq!(
        branches.first().map(String::as_str),
        message.top_branch().as_deref()
    );
    assert_eq!(vias.len(), message.vias().len());
    assert_eq!(body, message.body());
}

#[test]
fn a_request_is_read_alike() {
    let message = invite();
    agree(&message);
    let (start, headers, _) = read(&message.bytes());
    assert_eq!(
        start.request_method().map(ToString::to_string).as_deref(),
        message.method()
    );
    assert_eq!(headers.get_named::<MaxForwards>().unwrap().0, 70);
    assert_eq!(headers.get_named::<Vec<Contact>>().unwrap().len(), 1);
}

#[test]
fn a_response_is_read_alike() {
    for (status, reason) in [(100, "Trying"), (401, "Unauthorized"), (603, "Decline")] {
        let response = response_to(&invite(), status, reason, Some("314159"));
        agree(&response);
        let (start, ..) = read(&response.bytes());
        let MessageLine::Response(line) = start else {
            panic!("no status line")
        };
        assert_eq!(
            (Some(line.code.into_u16()), line.reason.as_deref()),
            (response.status(), Some(reason))
        );
    }
}
