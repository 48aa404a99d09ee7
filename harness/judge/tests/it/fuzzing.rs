//! The judge panics on no evidence: arbitrary events in arbitrary order, and logs of arbitrary lines.

use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::record::Kind;
use evidence::{Bytes, Event, Interface, ReadLog, Role, What};
use judge::{Logs, Oracle, judge};
use proptest::prelude::*;
use serde_json::json;

use super::build::{Made, case};
use super::scenes::Edge;

fn pick<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

fn bytes() -> impl Strategy<Value = Bytes> {
    let known = [
        "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:bob0@op.example>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest username=\"x\", integrity-protected=auth-done\r\n\r\n",
        "SIP/2.0 200 OK\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@b>\r\n\r\n",
        "GET /?code=1 HTTP/1.1\r\nUpgrade: websocket\r\nOrigin: https://evil.example\r\n\r\n",
        "HTTP/1.1 101 On\r\nSec-WebSocket-Protocol: sip\r\nSet-Cookie: a=b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"0123456789abcdef.x.y\",\"keys\":[{\"kty\":\"EC\"}],\"active\":true}",
    ];
    prop_oneof![
        pick(&known).prop_map(|text| Bytes(text.as_bytes().to_vec())),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Bytes),
    ]
}

fn tls() -> impl Strategy<Value = TlsFacts> {
    (
        any::<bool>(),
        prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..20).prop_map(Bytes),
            0..2,
        ),
    )
        .prop_map(|(flawed, peer_chain)| TlsFacts {
            shown: flawed.then(|| "self-signed".to_owned()),
            offered: vec!["0005".to_owned(), "é".to_owned()],
            server_name: Some("edge.localhost".to_owned()),
            peer_chain,
            ..TlsFacts::default()
        })
}

fn what() -> impl Strategy<Value = What> {
    let side = || pick(&[Side::Us, Side::Sut, Side::System]);
    let layer = || {
        pick(&[
            Layer::Tls,
            Layer::Http,
            Layer::Websocket,
            Layer::Sip,
            Layer::Token,
            Layer::State,
        ])
    };
    let message = (
        0..3_u32,
        pick(Interface::ALL),
        any::<bool>(),
        layer(),
        bytes(),
        any::<bool>(),
        any::<bool>(),
    );
    let message =
        message.prop_map(
            |(connection, interface, sent, layer, bytes, cut, late)| What::Message {
                connection,
                interface,
                direction: if sent {
                    Direction::Sent
                } else {
                    Direction::Received
                },
                layer,
                bytes,
                cut_from: cut.then_some(9),
                late,
            },
        );
    prop_oneof![
        6 => message,
        3 => (0..6_usize).prop_map(|step| What::StepBegan { step }),
        1 => (0..6_usize, side()).prop_map(|(step, by)| What::StepFailed { step, by, why: "w".to_owned() }),
        1 => (0..6_usize).prop_map(|step| What::TimedOut { step, awaited: "a".to_owned(), after_ms: 1 }),
        2 => (0..3_u32, pick(Interface::ALL), side()).prop_map(|(connection, interface, by)| What::Opened {
            connection, interface, transport: "tcp".to_owned(), from: String::new(), to: "waf-x.localhost".to_owned(), by,
        }),
        1 => (0..3_u32, tls()).prop_map(|(connection, tls)| What::Secured { connection, tls }),
        1 => (0..3_u32, tls(), side()).prop_map(|(connection, tls, by)| What::NotSecured { connection, tls, by, alert: Some(48), why: String::new() }),
        1 => (0..6_usize, layer(), bytes()).prop_map(|(step, layer, text)| What::Stimulus { step, layer, text }),
        1 => (0..3_u32, side()).prop_map(|(connection, by)| What::Closed { connection, by, why: String::new() }),
        1 => "[a-z<>é]{0,6}".prop_map(|value| What::Fresh { name: "n".to_owned(), value }),
        1 => (0..6_usize).prop_map(|step| What::Token { name: "hers".to_owned(), compact: "0123456789abcdef.x.y".to_owned(), text: String::new(), step }),
        1 => Just(What::Hook { name: "bindings".to_owned(), request: json!({ "ims": { "secret": "dragon" } }), answer: json!({ "bindings": ["x", 1] }) }),
        1 => Just(What::Ended),
        1 => Just(What::Sentinel { play: "p".to_owned(), path: "q".to_owned() }),
    ]
}

fn log() -> impl Strategy<Value = ReadLog> {
    let verbs = [
        ("waf.issue", json!({ "token": "hers" })),
        ("wic.connect", json!({})),
        (
            "wic.send",
            json!({ "token": "hers", "set": ["To: <x>", "no colon"] }),
        ),
        (
            "wic.expect",
            json!({ "status": ["200"], "header": { "To": "x" }, "impi": "x" }),
        ),
        (
            "core.expect",
            json!({ "method": "REGISTER", "party": "A", "impu": "sip:x@y" }),
        ),
        (
            "ep-cscf.serve",
            json!({ "certificate": "expired", "challenge": "basic" }),
        ),
        ("wwsf.request", json!({ "party": "A" })),
        ("wic.ask", json!({ "cookie": "none" })),
        (
            "waf.expect",
            json!({ "request": "token", "certificate": "yes" }),
        ),
        ("no.verb", json!(7)),
    ];
    let steps = prop::collection::vec(pick(&verbs), 0..6);
    (
        pick(Role::ALL),
        steps,
        prop::option::of(0..8_usize),
        prop::collection::vec((0..5_000_u64, what()), 0..40),
    )
        .prop_map(|(sut, steps, departs, events)| {
            let mut made = Made::new(sut, "ok");
            for (verb, fields) in steps {
                made.step(verb, fields);
            }
            made.plan.departs = departs;
            let mut log = made.log();
            let more = events
                .into_iter()
                .map(|(at_us, what)| Event { n: 0, at_us, what });
            log.events.extend(more);
            log
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_events_make_the_judge_panic(before in log(), attack in log(), after in log(), own_steps in any::<bool>()) {
        let names: Vec<&str> = Oracle::ALL.iter().map(|oracle| oracle.name()).collect();
        for kind in [Kind::Control, Kind::Attack, Kind::Audit] {
            let mut case = case(kind, Role::EpCscf, &names);
            case.departure = own_steps.then(|| "d".to_owned());
            case.codes = Some("bad-token".to_owned());
            case.code_checks = vec!["PRO-SIP.1".to_owned()];
            // The honest control lets the oracles be asked at all.
            let honest = Edge::honest(1).log();
            for control in [&before, &honest] {
                let logs = Logs { control_before: Some(control), attack: Some(&attack), control_after: Some(&after), after_again: Some(&after) };
                let record = judge(&case, &logs);
                prop_assert_eq!(&record, &judge(&case, &logs), "the same evidence, the same verdict");
            }
        }
    }
}

/// A word of random numbers, the same in every run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn mutated_logs_make_nothing_panic() {
    let text = |edge: &Edge| {
        edge.log()
            .events
            .iter()
            .map(|event| serde_json::to_string(event).unwrap() + "\n")
            .collect::<String>()
    };
    let corpus = [
        text(&Edge::refused()),
        text(&Edge::honest(2)),
        "{}\n".to_owned(),
        String::new(),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for bytes in &corpus {
        judge::fuzz::fuzz(bytes.as_bytes());
    }
    for round in 0..20_000 {
        let mut bytes = corpus[round % 2].clone().into_bytes();
        for _ in 0..=next(&mut state) % 4 {
            let at = usize::try_from(next(&mut state)).unwrap_or(0) % bytes.len();
            match next(&mut state) % 3 {
                0 => bytes[at] = next(&mut state).to_le_bytes()[0],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\"{}:,0\\n"[at % 8]),
            }
        }
        judge::fuzz::fuzz(&bytes);
    }
}
