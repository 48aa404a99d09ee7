//! Honest messages: requests from their parts, responses from the request they answer.

use crate::field::Field;
use crate::message::Message;

/// A request in the making. Fields stand in the order in which they are given.
#[derive(Debug, Clone)]
pub struct Request {
    start_line: String,
    fields: Vec<Field>,
    body: Vec<u8>,
}

impl Request {
    /// A request with this method and Request-URI, and nothing else yet.
    #[must_use]
    pub fn new(method: &str, uri: &str) -> Self {
        Self {
            start_line: format!("{method} {uri} SIP/2.0"),
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header field behind those already given.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push(Field::new(name, value));
        self
    }

    /// Sets the body; its Content-Type is a field like any other.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The message. What every request must have and no one cares to say is added where it was not given:
    /// `Max-Forwards: 70` (RFC 3261 8.1.1.6) and, last, Content-Length.
    #[must_use]
    pub fn build(mut self) -> Message {
        self.default_field("Max-Forwards", "70");
        self.default_field("Content-Length", &self.body.len().to_string());
        let mut message = Message::assemble(self.start_line.as_bytes(), self.fields);
        message.set_body_alone(self.body);
        message
    }

    fn default_field(&mut self, name: &str, value: &str) {
        if !self.fields.iter().any(|field| field.is(name)) {
            self.fields.push(Field::new(name, value));
        }
    }
}

/// The response to `request` (RFC 3261 8.2.6): all Via fields, From, To, Call-ID and CSeq as they came, Record-Route in
/// a response that may make a dialog (12.1.1), Timestamp in a 100; no body. `to_tag` is added to a To that has no tag,
/// but in a 100. The transport's own additions to Via (`received`, `rport`) are left to the caller, who knows the peer.
#[must_use]
pub fn response_to(request: &Message, status: u16, reason: &str, to_tag: Option<&str>) -> Message {
    let mut fields: Vec<Field> = request.fields_named("Via").map(complete).collect();
    fields.extend(request.fields_named("From").take(1).map(complete));
    fields.extend(
        request
            .fields_named("To")
            .take(1)
            .map(|to| tagged(to, to_tag.filter(|_| status != 100))),
    );
    for name in ["Call-ID", "CSeq"] {
        fields.extend(request.fields_named(name).take(1).map(complete));
    }
    if makes_dialog(request, status) {
        fields.extend(request.fields_named("Record-Route").map(complete));
    }
    if status == 100 {
        fields.extend(request.fields_named("Timestamp").take(1).map(complete));
    }
    fields.push(Field::new("Content-Length", "0"));
    Message::assemble(format!("SIP/2.0 {status} {reason}").as_bytes(), fields)
}

fn makes_dialog(request: &Message, status: u16) -> bool {
    let methods = ["INVITE", "SUBSCRIBE", "REFER", "NOTIFY"];
    (101..300).contains(&status)
        && request
            .method()
            .is_some_and(|method| methods.contains(&method))
}

/// The last field of a request that broke off has no line end.
fn complete(field: &Field) -> Field {
    let mut field = field.clone();
    field.end_line();
    field
}

/// A To field with `tag`, unless it has one: its own bytes, and the parameter before its line end.
fn tagged(to: &Field, tag: Option<&str>) -> Field {
    let has_tag =
        crate::NameAddr::parse(&to.value()).is_some_and(|address| address.tag().is_some());
    let Some(tag) = tag.filter(|_| !has_tag) else {
        return complete(to);
    };
    let line = crate::field::without_line_end(to.bytes()).trim_ascii_end();
    Field::raw([line, b";tag=", tag.as_bytes(), b"\r\n"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Message {
        Request::new("INVITE", "sip:b@x.example")
            .field("Via", "SIP/2.0/WSS a.invalid;branch=z9hG4bK1")
            .field("v", "SIP/2.0/WSS b.invalid;branch=z9hG4bK2")
            .field("From", "<sip:a@x.example>;tag=1")
            .field("To", "<sip:b@x.example>")
            .field("Call-ID", "c")
            .field("CSeq", "1 INVITE")
            .field("Contact", "<sip:a@a.invalid;transport=ws>")
            .field("Record-Route", "<sip:p.example;lr>")
            .field("Timestamp", "54")
            .build()
    }

    #[test]
    fn a_request_gets_what_was_not_given() {
        let message = Request::new("MESSAGE", "sip:b")
            .field("max-forwards", "9")
            .body("hi")
            .build();
        assert_eq!(
            message.bytes(),
            b"MESSAGE sip:b SIP/2.0\r\nmax-forwards: 9\r\nContent-Length: 2\r\n\r\nhi"
        );
        assert!(
            invite()
                .to_string()
                .ends_with("Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        );
        assert_eq!(invite().problems(), []);
    }

    #[test]
    fn a_response_copies_what_it_must() {
        let ringing = response_to(&invite(), 180, "Ringing", Some("9"));
        assert_eq!(
            ringing.to_string(),
            "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\nv: SIP/2.0/WSS b.invalid;branch=z9hG4bK2\r\n\
             From: <sip:a@x.example>;tag=1\r\nTo: <sip:b@x.example>;tag=9\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
             Record-Route: <sip:p.example;lr>\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(ringing.problems(), []);
        let refused = response_to(&invite(), 403, "Forbidden", Some("9"));
        assert_eq!(
            (refused.field("Record-Route"), refused.to_tag().as_deref()),
            (None, Some("9"))
        );
    }

    #[test]
    fn a_trying_has_no_tag_but_the_timestamp() {
        let trying = response_to(&invite(), 100, "Trying", Some("9"));
        assert_eq!(
            (trying.to_tag(), trying.field("Timestamp").as_deref()),
            (None, Some("54"))
        );
        assert_eq!(trying.problems(), []);
    }

    #[test]
    fn a_tag_that_is_there_stays() {
        let request = Message::split(b"BYE sip:b SIP/2.0\r\nTo: <sip:b>\r\n ;tag=5");
        let response = response_to(&request, 200, "OK", Some("9"));
        assert_eq!(
            response.bytes(),
            b"SIP/2.0 200 OK\r\nTo: <sip:b>\r\n ;tag=5\r\nContent-Length: 0\r\n\r\n"
        );
    }
}
