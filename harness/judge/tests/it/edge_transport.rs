//! Oracles over handshakes, frames and hellos towards an edge.

use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{Edge, MW, answer_to, fails_by, judged, passes, undecided};

/// A play whose departing step is its only one of weight.
fn play(verb: &str, lie: Option<Value>, acts: impl Fn(&mut Made, usize)) -> Made {
    let mut made = Made::new(Role::EpCscf, "ok");
    let lies = lie.is_some();
    let step = made.act(verb, lie.unwrap_or_else(|| json!({})));
    acts(&mut made, step);
    if lies {
        made.plan.departs = Some(step);
    }
    made.end();
    made
}

fn asked(
    oracle: &str,
    verb: &str,
    lie: Value,
    honest: impl Fn(&mut Made, usize),
    acts: impl Fn(&mut Made, usize),
) -> CaseRecord {
    let control = play(verb, None, honest).log();
    judged(
        &case(Kind::Attack, Role::EpCscf, &[oracle]),
        &control,
        &play(verb, Some(lie), acts).log(),
        &control,
    )
}

fn handshake(origin: &str, protocol: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: edge\r\nOrigin: {origin}\r\n{protocol}Upgrade: websocket\r\n\r\n"
    )
}

fn connect(made: &mut Made, step: usize, request: &str, answer: Option<&str>) {
    made.opened(1, Interface::W2, Side::Us, "edge")
        .secured(1, TlsFacts::default());
    made.stimulus(step, Layer::Http, request)
        .sent(1, Interface::W2, request);
    if let Some(answer) = answer {
        made.came(1, Interface::W2, answer);
    }
}

const SIP: &str = "Sec-WebSocket-Protocol: sip\r\n";

fn origin(oracle: &str, answer: Option<&'static str>, then: impl Fn(&mut Made)) -> CaseRecord {
    asked(
        oracle,
        "wic.connect",
        json!({ "set": ["Origin: https://evil.example"] }),
        |made, step| {
            connect(
                made,
                step,
                &handshake("https://portal-a", SIP),
                Some("HTTP/1.1 101 On\r\n\r\n"),
            )
        },
        |made, step| {
            connect(made, step, &handshake("https://evil.example", SIP), answer);
            then(made);
        },
    )
}

#[test]
fn no_101() {
    passes(&origin(
        "no-101",
        Some("HTTP/1.1 403 Forbidden\r\n\r\n"),
        |_| {},
    ));
    fails_by(
        &origin("no-101", Some("HTTP/1.1 101 On\r\n\r\n"), |_| {}),
        "no-101",
    );
    undecided(&origin("no-101", None, |_| {}), "not_reached");
    passes(&origin("no-101", None, |made| {
        made.closed(1, Side::Sut);
    }));
}

/// A handshake of HTTP/1.1 answered by 101 behind what TLS agreed on; an alert in place of it where nothing is said.
fn behind_protocol(agreed: Option<&str>, answer: Option<&str>) -> CaseRecord {
    let request = handshake("https://portal-a", SIP);
    let say = |made: &mut Made, step: usize, offered: &str, agreed: Option<&str>| {
        made.stimulus(step, Layer::Tls, offered);
        made.opened(1, Interface::W2, Side::Us, "edge");
        made.stimulus(step, Layer::Http, request.as_str());
        let tls = TlsFacts {
            alpn: agreed.map(str::to_owned),
            ..TlsFacts::default()
        };
        made.secured(1, tls);
        made.sent(1, Interface::W2, &request);
    };
    asked(
        "websocket-as-agreed",
        "wic.connect",
        json!({ "alpn": ["h2"] }),
        |made, step| {
            say(made, step, "ALPN: http/1.1", Some("http/1.1"));
            made.came(1, Interface::W2, "HTTP/1.1 101 On\r\n\r\n");
        },
        |made, step| {
            say(made, step, "ALPN: h2", agreed);
            match answer {
                Some(answer) => made.came(1, Interface::W2, answer),
                None => made.closed(1, Side::Sut),
            };
        },
    )
}

#[test]
fn websocket_as_agreed() {
    let oracle = "websocket-as-agreed";
    let upgraded = Some("HTTP/1.1 101 On\r\n\r\n");
    fails_by(&behind_protocol(Some("h2"), upgraded), oracle);
    passes(&behind_protocol(Some("h2"), None));
    passes(&behind_protocol(
        Some("h2"),
        Some("HTTP/1.1 400 No\r\n\r\n"),
    ));
    // A server may leave the extension out of account (RFC 7301 section 3.2).
    passes(&behind_protocol(None, upgraded));
    passes(&behind_protocol(Some("http/1.1"), upgraded));
}

fn bare(acts: impl Fn(&mut Made)) -> CaseRecord {
    let register = "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:alice0@op.example>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n";
    asked(
        "no-2xx",
        "wic.send",
        json!({ "message": "register", "bare": "w2" }),
        |made, step| {
            made.opened(1, Interface::W2, Side::Us, "edge")
                .secured(1, TlsFacts::default());
            made.stimulus(step, Layer::Sip, register);
            made.sent(1, Interface::W2, register);
            made.came(1, Interface::W2, &answer_to(register, 200));
        },
        |made, step| {
            made.stimulus(step, Layer::Tls, "no TLS, no WebSocket");
            made.stimulus(step, Layer::Sip, register);
            acts(made);
            made.wait_ms(400);
        },
    )
}

#[test]
fn bare_sip_is_told_when_it_left_or_nobody_listens() {
    let register = "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:alice0@op.example>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n";
    let sent = |made: &mut Made| {
        made.opened(2, Interface::W2, Side::Us, "edge");
        made.sent(2, Interface::W2, register);
    };
    // The alert of a TLS server, the end, a refusal, and a port that is closed.
    passes(&bare(|made| {
        sent(made);
        made.message(
            2,
            Interface::W2,
            Direction::Received,
            Layer::Tls,
            &[21, 3, 1, 0, 2, 2, 10],
        );
        made.closed(2, Side::Sut);
    }));
    passes(&bare(|made| {
        sent(made);
        made.came(2, Interface::W2, &answer_to(register, 401));
    }));
    passes(&bare(|made| {
        made.event(What::NotOpened {
            interface: Interface::W2,
            to: "edge".to_owned(),
            why: "refused".to_owned(),
        });
    }));
    fails_by(
        &bare(|made| {
            sent(made);
            made.came(2, Interface::W2, &answer_to(register, 200));
        }),
        "no-2xx",
    );
    undecided(&bare(|_| {}), "not_reached");
}

fn without_protocol(answer: &'static str, then: impl Fn(&mut Made)) -> CaseRecord {
    asked(
        "no-101-or-silent",
        "wic.connect",
        json!({ "drop": ["Sec-WebSocket-Protocol"] }),
        |made, step| {
            connect(
                made,
                step,
                &handshake("https://portal-a", SIP),
                Some("HTTP/1.1 101 On\r\n\r\n"),
            )
        },
        |made, step| {
            connect(made, step, &handshake("https://portal-a", ""), Some(answer));
            then(made);
        },
    )
}

#[test]
fn no_101_or_silent() {
    let oracle = "no-101-or-silent";
    passes(&without_protocol("HTTP/1.1 400 No\r\n\r\n", |_| {}));
    passes(&without_protocol("HTTP/1.1 101 On\r\n\r\n", |_| {}));
    fails_by(
        &without_protocol(
            "HTTP/1.1 101 On\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
            |_| {},
        ),
        oracle,
    );
    fails_by(
        &without_protocol("HTTP/1.1 101 On\r\n\r\n", |made| {
            made.came(
                1,
                Interface::W2,
                "SIP/2.0 401 No\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n\r\n",
            );
        }),
        oracle,
    );
}

/// Another registration's SUBSCRIBE comes to our core while the lie is told, and the core answers it: neither is of the lie.
fn meanwhile(made: &mut Made) {
    let head = "To: <sip:bob0@op.example>\r\nCall-ID: other\r\nCSeq: 1 SUBSCRIBE\r\n\r\n";
    let subscribe = format!("SUBSCRIBE sip:bob0@op.example SIP/2.0\r\nEvent: reg\r\n{head}");
    let answer = format!("SIP/2.0 200 OK\r\n{head}");
    made.opened(MW, Interface::Mw, Side::Sut, "core");
    made.came(MW, Interface::Mw, &subscribe)
        .sent(MW, Interface::Mw, &answer)
        .came(MW, Interface::Mw, &subscribe);
}

fn frame(oracle: &str, answer: Option<u16>, end: Option<Side>) -> CaseRecord {
    let register = "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:alice0@op.example>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n";
    let send = |made: &mut Made, frame: &str| {
        made.opened(1, Interface::W2, Side::Us, "edge")
            .secured(1, TlsFacts::default());
        made.sent(1, Interface::W2, &handshake("o", SIP)).came(
            1,
            Interface::W2,
            "HTTP/1.1 101 On\r\n\r\n",
        );
        made.stimulus(0, Layer::Websocket, frame).message(
            1,
            Interface::W2,
            Direction::Sent,
            Layer::Websocket,
            register.as_bytes(),
        );
    };
    asked(
        oracle,
        "wic.send",
        json!({ "message": "register", "frame": "unmasked" }),
        |made, _| send(made, "masked"),
        |made, _| {
            send(made, "unmasked");
            meanwhile(made);
            if let Some(status) = answer {
                made.came(1, Interface::W2, &answer_to(register, status));
            }
            if let Some(side) = end {
                made.closed(1, side);
            }
            made.wait_ms(400);
        },
    )
}

#[test]
fn no_sip_answer() {
    passes(&frame("no-sip-answer", None, Some(Side::Sut)));
    fails_by(
        &frame("no-sip-answer", Some(400), Some(Side::Sut)),
        "no-sip-answer",
    );
    passes(&frame("refused-at-most", None, Some(Side::Sut)));
    passes(&frame("refused-at-most", Some(400), None));
    fails_by(
        &frame("refused-at-most", Some(200), None),
        "refused-at-most",
    );
}

#[test]
fn connection_ended() {
    passes(&frame("connection-ended", None, Some(Side::Sut)));
    fails_by(
        &frame("connection-ended", None, Some(Side::Us)),
        "connection-ended",
    );
    fails_by(&frame("connection-ended", None, None), "connection-ended");
}

fn hello(answer: Option<&[u8]>, end: bool) -> CaseRecord {
    let say = |made: &mut Made, step: usize, version: &str| {
        made.opened(1, Interface::W2, Side::Us, "edge");
        made.stimulus(step, Layer::Tls, version).message(
            1,
            Interface::W2,
            Direction::Sent,
            Layer::Tls,
            &[22, 3, 1, 0, 0],
        );
    };
    asked(
        "tls-refused",
        "wic.hello",
        json!({ "version": "1.1" }),
        |made, step| say(made, step, "version 1.2"),
        |made, step| {
            say(made, step, "version 1.1");
            if let Some(answer) = answer {
                made.message(1, Interface::W2, Direction::Received, Layer::Tls, answer);
            }
            if end {
                made.closed(1, Side::Sut);
            }
        },
    )
}

fn server_hello(version: [u8; 2], suite: [u8; 2]) -> Vec<u8> {
    let mut message = vec![2, 0, 0, 38, version[0], version[1]];
    message.extend([9; 32]);
    message.extend([0, suite[0], suite[1], 0]);
    let mut record = vec![
        22,
        version[0],
        version[1],
        0,
        u8::try_from(message.len()).unwrap(),
    ];
    record.extend(message);
    record
}

#[test]
fn tls_refused() {
    passes(&hello(Some(&[21, 3, 1, 0, 2, 2, 70]), true));
    passes(&hello(None, true));
    fails_by(
        &hello(Some(&server_hello([3, 2], [0xc0, 0x2f])), false),
        "tls-refused",
    );
    fails_by(
        &hello(Some(&server_hello([3, 3], [0x00, 0x05])), false),
        "tls-refused",
    );
    passes(&hello(Some(&server_hello([3, 3], [0xc0, 0x2f])), false));
    undecided(&hello(None, false), "not_reached");
}

#[test]
fn a_refused_tcp_connection_is_no_proof() {
    let record = asked(
        "tls-refused",
        "wic.hello",
        json!({ "version": "1.1" }),
        |made, step| {
            made.stimulus(step, Layer::Tls, "version 1.2");
        },
        |made, step| {
            made.stimulus(step, Layer::Tls, "version 1.1");
            made.event(What::NotOpened {
                interface: Interface::W2,
                to: "edge".to_owned(),
                why: "refused".to_owned(),
            });
        },
    );
    undecided(&record, "not_reached");
}

fn fetch(to: Option<&str>) -> CaseRecord {
    let mut made = Edge::refused().made();
    made.fact("foe.host", "waf-x.localhost");
    if let Some(to) = to {
        made.opened(9, Interface::Jwks, Side::Sut, to);
    }
    judged(
        &case(Kind::Attack, Role::EpCscf, &["no-fetch"]),
        &Edge::honest(1).log(),
        &made.log(),
        &Edge::honest(3).log(),
    )
}

#[test]
fn no_fetch() {
    passes(&fetch(None));
    passes(&fetch(Some("waf-a.localhost:40011")));
    fails_by(&fetch(Some("waf-x.localhost:40023")), "no-fetch");
}
