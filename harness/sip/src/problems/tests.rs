//! Each problem, shown by a message that is well-formed but for it. `tests/torture.rs` shows them in the wild.

use super::*;
use crate::{Edit, Field, Request, response_to};

fn register() -> Message {
    Request::new("REGISTER", "sip:home.example")
        .field("Via", "SIP/2.0/WSS a.invalid;branch=z9hG4bK1")
        .field("From", "<sip:a@home.example>;tag=1")
        .field("To", "<sip:a@home.example>")
        .field("Call-ID", "c")
        .field("CSeq", "1 REGISTER")
        .build()
}

fn after(edit: Edit) -> Vec<Problem> {
    let mut message = register();
    message.apply(&edit);
    message.problems()
}

fn with_start(line: &[u8]) -> Vec<Problem> {
    let mut message = register();
    message.set_start_line(line);
    message.problems()
}

#[test]
fn honest_messages_have_none() {
    assert_eq!(register().problems(), []);
    assert_eq!(
        response_to(&register(), 401, "Unauthorized", Some("2")).problems(),
        []
    );
    assert!(register().is_well_formed());
}

#[test]
fn start_lines_of_requests() {
    assert_eq!(Message::split(b"\r\n\r\n").problems(), [Problem::Empty]);
    assert_eq!(with_start(b"REGISTER sip:home.example sip/2.0"), []);
    let spaces = || Problem::StartLine("there is not just one space between its parts");
    assert_eq!(
        with_start(b"REGISTER sip:home.example SIP/2.0 "),
        [spaces()]
    );
    assert_eq!(
        with_start(b"REGISTER\tsip:home.example SIP/2.0")[0],
        Problem::Method("REGISTER\tsip:home.example".to_owned())
    );
    assert_eq!(
        with_start(b"REGISTER sip:home.example SIP/3.0"),
        [Problem::Version("SIP/3.0".to_owned())]
    );
    assert_eq!(
        with_start(b"REGISTER sip:home.example"),
        [Problem::StartLine("no SIP version ends it")]
    );
    assert_eq!(
        with_start(b"REGISTER SIP/2.0"),
        [spaces(), Problem::RequestUri("this is no URI")]
    );
    assert_eq!(
        with_start(b"REGISTER \xff SIP/2.0"),
        [Problem::RequestUri("this is no URI"), Problem::NotUtf8(1)]
    );
}

#[test]
fn start_lines_of_responses() {
    let with_start = |line: &str| {
        let mut message = response_to(&register(), 200, "OK", Some("2"));
        message.set_start_line(line);
        message.problems()
    };
    assert_eq!(with_start("SIP/2.0 200 "), []);
    assert_eq!(
        with_start("SIP/2.0 200"),
        [Problem::StartLine("no space follows the status code")]
    );
    assert_eq!(
        with_start("SIP/2.0  200 OK"),
        [Problem::StatusCode(String::new())]
    );
    assert_eq!(
        with_start("SIP/2.0 700 OK"),
        [Problem::StatusCode("700".to_owned())]
    );
    assert_eq!(
        with_start("SIP/2.1 200 OK"),
        [Problem::Version("SIP/2.1".to_owned())]
    );
}

#[test]
fn lines() {
    assert_eq!(
        after(Edit::Add(Field::raw("X: y\n"))),
        [Problem::LineEnd(9)]
    );
    assert_eq!(
        after(Edit::Add(Field::raw("X: y\rz\r\n"))),
        [Problem::LineEnd(9)]
    );
    assert_eq!(
        after(Edit::Add(Field::raw(b"X: \xff\r\n".as_slice()))),
        [Problem::NotUtf8(9)]
    );
    assert_eq!(
        after(Edit::Add(Field::raw("no colon\r\n"))),
        [Problem::FieldName("no colon".to_owned())]
    );
    assert_eq!(
        after(Edit::Add(Field::raw("X Y: z\r\n"))),
        [Problem::FieldName("X Y: z".to_owned())]
    );
    let bytes = register().bytes();
    assert_eq!(
        Message::split(&bytes[..bytes.len() - 2]).problems(),
        [Problem::HeaderOpen]
    );
}

#[test]
fn missing_and_repeated_headers() {
    for name in ["Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards"] {
        assert_eq!(after(Edit::drop(name).unwrap()), [Problem::Missing(name)]);
    }
    assert_eq!(after(Edit::drop("Content-Length").unwrap()), []);
    assert_eq!(
        after(Edit::add("t: <sip:b@home.example>").unwrap()),
        [Problem::Repeated("To")]
    );
    assert_eq!(after(Edit::add("Via: SIP/2.0/TLS b").unwrap()), []);
}

#[test]
fn an_invite_and_its_success_need_a_contact() {
    let mut invite = register();
    invite.set_start_line("INVITE sip:b@home.example SIP/2.0");
    invite.apply(&Edit::set("CSeq: 1 INVITE").unwrap());
    assert_eq!(invite.problems(), [Problem::Missing("Contact")]);
    assert_eq!(
        response_to(&invite, 200, "OK", Some("2")).problems(),
        [Problem::Missing("Contact")]
    );
    assert_eq!(
        response_to(&invite, 486, "Busy Here", Some("2")).problems(),
        []
    );
}

#[test]
fn bodies() {
    let mut message = register();
    message.set_body("hello");
    assert_eq!(message.problems(), [Problem::Missing("Content-Type")]);
    message.apply(&Edit::set("Content-Type: text/plain").unwrap());
    assert_eq!(message.problems(), []);
    message.set_body_alone("hell");
    assert_eq!(
        message.problems(),
        [Problem::ContentLength {
            stated: 5,
            actual: 4
        }]
    );
    message.apply(&Edit::set("l: 99999999999999999999").unwrap());
    assert_eq!(
        message.problems(),
        [Problem::ContentLength {
            stated: u64::MAX,
            actual: 4
        }]
    );
    message.apply(&Edit::set("l: +4").unwrap());
    assert_eq!(
        message.problems(),
        [Problem::Malformed {
            field: "Content-Length",
            why: "it is no number"
        }]
    );
}

#[test]
fn numbers() {
    let malformed = |field, why| vec![Problem::Malformed { field, why }];
    assert_eq!(after(Edit::set("Max-Forwards: 255").unwrap()), []);
    assert_eq!(
        after(Edit::set("Max-Forwards: 256").unwrap()),
        malformed("Max-Forwards", "it is above 255")
    );
    assert_eq!(
        after(Edit::set("Max-Forwards:").unwrap()),
        malformed("Max-Forwards", "it is no number")
    );
    assert_eq!(after(Edit::set("CSeq: 2147483647 REGISTER").unwrap()), []);
    assert_eq!(
        after(Edit::set("CSeq: 2147483648 REGISTER").unwrap()),
        malformed("CSeq", "the number is not below 2^31")
    );
    for value in ["1", "x REGISTER", "1 REGISTER x"] {
        assert_eq!(
            after(Edit::set(format!("CSeq: {value}")).unwrap()),
            malformed("CSeq", "it is not a number and a method"),
            "{value}"
        );
    }
    assert_eq!(
        after(Edit::set("CSeq: 1 INVITE").unwrap()),
        [Problem::MethodMismatch("INVITE".to_owned())]
    );
}

#[test]
fn addresses_and_via() {
    let malformed = |field, why| vec![Problem::Malformed { field, why }];
    assert_eq!(
        after(Edit::set("To: <sip:a@home.example>;;").unwrap()),
        malformed("To", "a parameter is empty")
    );
    assert_eq!(
        after(Edit::add("Route: <sip:p;lr>, sip:q").unwrap()),
        malformed("Route", "the URI is not in brackets")
    );
    assert_eq!(after(Edit::add("m: *").unwrap()), []);
    assert_eq!(
        after(Edit::set("From: <sip:a@home.example>").unwrap()),
        [Problem::NoTag("From")]
    );
    assert_eq!(
        response_to(&register(), 403, "Forbidden", None).problems(),
        [Problem::NoTag("To")]
    );
    assert_eq!(response_to(&register(), 100, "Trying", None).problems(), []);
    assert_eq!(
        after(Edit::set("Via: SIP/2.0/WSS a.invalid").unwrap()),
        [Problem::NoBranch]
    );
    assert_eq!(
        after(Edit::add("Via: SIP/2.0/WSS , SIP/2.0/WSS").unwrap()),
        malformed("Via", "it lacks protocol, transport or host")
    );
}
