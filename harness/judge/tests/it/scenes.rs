//! Whole plays of one role under test, honest or with one thing otherwise.

use evidence::event::{Layer, Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, ReadLog, Role, What};
use judge::Logs;
use script::Case;
use serde_json::json;

use super::build::{Made, case, compact};

pub(crate) const W2: u32 = 1;
pub(crate) const MW: u32 = 2;
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: edge.localhost\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

/// What alice's token looks like in every edge play.
pub(crate) fn token_of(user: &str, n: u32) -> String {
    compact(
        json!({ "iss": "https://waf-a.localhost:1", "impi": format!("{user}@op.example"), "impu": [format!("sip:{user}@op.example")], "jti": n }),
    )
}

/// A play of an edge: how it departs from the honest one.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) n: u32,
    /// The URI in To.
    pub(crate) to: String,
    /// Header lines that the WIC adds.
    pub(crate) added: String,
    /// Status of the edge's answer; none for silence.
    pub(crate) status: Option<u16>,
    /// REGISTERs that come out on Mw: To, and the whole Authorization lines with whatever else.
    pub(crate) on_mw: Vec<(String, String)>,
    /// A REGISTER that comes out after the end.
    pub(crate) late: Option<(String, String)>,
    pub(crate) upgraded: bool,
    pub(crate) ended_by_edge: bool,
    pub(crate) sentinel: bool,
    /// The departing step's field, if it departs.
    pub(crate) lie: Option<serde_json::Value>,
}

pub(crate) const VOUCHED: &str = "Authorization: Digest username=\"alice0@op.example\", realm=\"op.example\", integrity-protected=\"auth-done\", \
authorization-entity=\"https://waf-a.localhost:1\"\r\n";

impl Edge {
    pub(crate) fn honest(n: u32) -> Self {
        Self {
            n,
            to: "sip:alice0@op.example".to_owned(),
            added: String::new(),
            status: Some(200),
            on_mw: vec![("sip:alice0@op.example".to_owned(), VOUCHED.to_owned())],
            late: None,
            upgraded: true,
            ended_by_edge: false,
            sentinel: true,
            lie: None,
        }
    }

    /// alice's REGISTER with To = bob, refused with 403 and nothing on Mw.
    pub(crate) fn refused() -> Self {
        Self {
            to: "sip:bob0@op.example".to_owned(),
            status: Some(403),
            on_mw: Vec::new(),
            lie: Some(json!(["To: <sip:bob0@op.example>"])),
            ..Self::honest(2)
        }
    }

    pub(crate) fn call_id(&self) -> String {
        format!("call-wx{}q", self.n)
    }

    fn register(&self, to: &str, credentials: &str) -> String {
        format!(
            "REGISTER sip:op.example SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKwx{n}q\r\nFrom: <sip:alice0@op.example>;tag=t{n}\r\n\
To: <{to}>\r\nCall-ID: {call}\r\nCSeq: 1 REGISTER\r\n{credentials}{added}Contact: <sip:a{n}@x.invalid>\r\nContent-Length: 0\r\n\r\n",
            n = self.n,
            call = self.call_id(),
            added = self.added,
        )
    }

    pub(crate) fn made(&self) -> Made {
        let mut made = Made::new(
            Role::EpCscf,
            if self.lie.is_some() {
                "an-attack"
            } else {
                "ok"
            },
        );
        let issue = made.act("waf.issue", json!({ "token": "hers", "person": "alice" }));
        let token = token_of("alice0", self.n);
        made.stimulus(issue, Layer::Token, "impi alice0@op.example")
            .token(issue, "hers", &token);
        let connect = made.act("wic.connect", json!({}));
        made.opened(W2, Interface::W2, Side::Us, "127.0.0.31:5")
            .secured(W2, TlsFacts::default());
        made.stimulus(connect, Layer::Http, UPGRADE)
            .sent(W2, Interface::W2, UPGRADE);
        made.came(
            W2,
            Interface::W2,
            if self.upgraded {
                SWITCHING
            } else {
                "HTTP/1.1 403 Forbidden\r\n\r\n"
            },
        );
        self.send(&mut made, &token);
        made.event(What::Ended);
        if self.sentinel {
            made.sentinel();
        }
        if let Some((to, credentials)) = &self.late {
            made.late(Interface::Mw, &self.register(to, credentials));
        }
        made.event(What::WatchEnded);
        made
    }

    fn send(&self, made: &mut Made, token: &str) {
        let mut fields = json!({ "message": "register", "person": "alice", "token": "hers" });
        if let Some(lie) = &self.lie {
            fields["set"] = lie.clone();
        }
        let send = made.act("wic.send", fields);
        for (name, value) in [
            ("call-id", self.call_id()),
            ("branch", format!("z9hG4bKwx{}q", self.n)),
            ("tag", format!("t{}", self.n)),
            ("contact", format!("a{}", self.n)),
        ] {
            made.fresh(name, &value);
        }
        let message = self.register(&self.to, &format!("Authorization: Bearer {token}\r\n"));
        made.stimulus(send, Layer::Sip, &message)
            .sent(W2, Interface::W2, &message);
        for (to, credentials) in &self.on_mw {
            made.came(MW, Interface::Mw, &self.register(to, credentials));
        }
        if let Some(status) = self.status {
            made.came(W2, Interface::W2, &answer_to(&message, status));
        }
        if self.status.is_none() {
            made.wait_ms(400);
        }
        if self.ended_by_edge {
            made.closed(W2, Side::Sut);
        }
        if self.lie.is_some() {
            made.plan.departs = Some(send);
        }
        made.act("wic.expect", json!({ "status": ["200"] }));
        made.act("core.expect", json!({ "method": "REGISTER", "impi": "alice0@op.example", "impu": "sip:alice0@op.example", "party": "A" }));
    }

    pub(crate) fn log(&self) -> ReadLog {
        self.made().log()
    }
}

/// The answer of a status to a request.
pub(crate) fn answer_to(request: &str, status: u16) -> String {
    let copied: String = request
        .split("\r\n")
        .filter(|line| {
            ["Via", "From", "To", "Call-ID", "CSeq"]
                .iter()
                .any(|name| line.starts_with(&format!("{name}:")))
        })
        .map(|line| format!("{line}\r\n"))
        .collect();
    format!("SIP/2.0 {status} Said\r\n{copied}Content-Length: 0\r\n\r\n")
}

/// Judges an attack between two honest runs.
pub(crate) fn judged(
    case: &Case,
    before: &ReadLog,
    attack: &ReadLog,
    after: &ReadLog,
) -> CaseRecord {
    judge::judge(
        case,
        &Logs {
            control_before: Some(before),
            attack: Some(attack),
            control_after: Some(after),
            after_again: None,
        },
    )
}

/// An edge's attack under these oracles, controls honest.
pub(crate) fn edge(oracles: &[&str], attack: &Edge) -> CaseRecord {
    judged(
        &case(Kind::Attack, Role::EpCscf, oracles),
        &Edge::honest(1).log(),
        &attack.log(),
        &Edge::honest(3).log(),
    )
}

/// Verdict and the word of its reason.
pub(crate) fn said(record: &CaseRecord) -> (&'static str, String) {
    (
        record.verdict.word(),
        record
            .reason
            .as_ref()
            .map(|reason| reason.code.clone())
            .unwrap_or_default(),
    )
}

/// Asserts that a case failed by just this oracle, and that the finding points at events.
#[track_caller]
pub(crate) fn fails_by(record: &CaseRecord, oracle: &str) {
    assert_eq!(said(record), ("fail", oracle.to_owned()), "{record:#?}");
    assert!(
        record
            .findings
            .iter()
            .any(|finding| finding.oracle == oracle && !finding.came.is_empty())
    );
}

#[track_caller]
pub(crate) fn passes(record: &CaseRecord) {
    assert_eq!(said(record), ("pass", String::new()), "{record:#?}");
}

#[track_caller]
pub(crate) fn undecided(record: &CaseRecord, code: &str) {
    assert_eq!(
        said(record),
        ("inconclusive", code.to_owned()),
        "{record:#?}"
    );
}
