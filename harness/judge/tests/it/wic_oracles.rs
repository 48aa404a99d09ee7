//! Oracles over what a WIC says, to whom, and with which credentials.

use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role, What};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{answer_to, fails_by, judged, passes, undecided};

pub(crate) const SECRET: &str = "dragon-tree-7";

pub(crate) fn register(more: &str) -> String {
    format!(
        "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:alice0@op.example>\r\nCall-ID: w\r\nCSeq: 1 REGISTER\r\n{more}\r\n"
    )
}

/// A visit: a listener that lies, and what the WIC does then.
pub(crate) fn visit(verb: &str, lie: Option<Value>, acts: impl Fn(&mut Made)) -> Made {
    let mut made = Made::new(Role::Wic, "ok");
    if let Some(lie) = lie {
        let step = made.act(verb, lie.clone());
        made.stimulus(step, Layer::State, &lie.to_string());
        made.plan.departs = Some(step);
    }
    let step = made.act("wic.visit", json!({ "person": "alice" }));
    made.stimulus(step, Layer::State, "visit");
    acts(&mut made);
    // TS 35.208 test set 1.
    let isim = json!({ "k": "465b5ce8b199b49faa5f0a2ee238a6bc", "opc": "cd63cb71954a9f4e48a5994e37a02baf" });
    let request = json!({ "hook": "visit", "domain": "op.example", "ims": { "impi": "alice0@op.example", "secret": SECRET, "isim": isim } });
    made.event(What::Hook {
        name: "visit".to_owned(),
        request,
        answer: json!({ "registered": false }),
    });
    made.end();
    made
}

fn asked(oracle: &str, verb: &str, lie: Value, acts: impl Fn(&mut Made)) -> CaseRecord {
    let control = visit(verb, None, |_| {}).log();
    judged(
        &case(Kind::Attack, Role::Wic, &[oracle]),
        &control,
        &visit(verb, Some(lie), acts).log(),
        &control,
    )
}

pub(crate) fn shown(flaw: &str) -> TlsFacts {
    TlsFacts {
        shown: Some(flaw.to_owned()),
        ..TlsFacts::default()
    }
}

fn alert(made: &mut Made, connection: u32) {
    made.opened(connection, Interface::W1, Side::Sut, "portal");
    made.event(What::NotSecured {
        connection,
        tls: shown("self-signed"),
        by: Side::Sut,
        alert: Some(48),
        why: "unknown ca".to_owned(),
    });
}

fn bad_certificate(acts: impl Fn(&mut Made)) -> CaseRecord {
    asked(
        "ended-no-application-byte",
        "wwsf.serve",
        json!({ "certificate": "self-signed" }),
        acts,
    )
}

#[test]
fn ended_no_application_byte() {
    let oracle = "ended-no-application-byte";
    passes(&bad_certificate(|made| alert(made, 1)));
    // Some stacks finish the handshake first and end then.
    passes(&bad_certificate(|made| {
        made.opened(1, Interface::W1, Side::Sut, "portal")
            .secured(1, shown("self-signed"))
            .closed(1, Side::Sut);
    }));
    fails_by(
        &bad_certificate(|made| {
            alert(made, 1);
            made.opened(2, Interface::W1, Side::Sut, "portal")
                .secured(2, shown("self-signed"));
            made.came(2, Interface::W1, "GET / HTTP/1.1\r\n\r\n")
                .closed(2, Side::Us);
        }),
        oracle,
    );
    undecided(
        &bad_certificate(|made| {
            made.opened(1, Interface::W1, Side::Sut, "portal")
                .secured(1, shown("self-signed"));
        }),
        "still_open",
    );
    undecided(&bad_certificate(|_| {}), "not_reached");
    // The lie is told from the second connection on, and there is none.
    let honest = |made: &mut Made| {
        made.opened(1, Interface::W1, Side::Sut, "portal")
            .secured(1, shown("honest"));
        made.came(1, Interface::W1, "GET / HTTP/1.1\r\n\r\n")
            .closed(1, Side::Sut);
    };
    undecided(&bad_certificate(honest), "not_reached");
    passes(&bad_certificate(|made| {
        honest(made);
        alert(made, 2);
    }));
}

#[test]
fn an_old_version_is_refused_before_the_key_exchange() {
    let old = |second: &'static [u8]| {
        asked(
            "ended-no-application-byte",
            "wwsf.serve",
            json!({ "version": "1.1" }),
            move |made| {
                made.opened(1, Interface::W1, Side::Sut, "portal");
                made.message(
                    1,
                    Interface::W1,
                    Direction::Received,
                    Layer::Tls,
                    &[22, 3, 1, 0, 5, 1, 0, 0, 1, 0],
                );
                made.message(
                    1,
                    Interface::W1,
                    Direction::Sent,
                    Layer::Tls,
                    &[22, 3, 2, 0, 4, 14, 0, 0, 0],
                );
                made.message(1, Interface::W1, Direction::Received, Layer::Tls, second)
                    .closed(1, Side::Sut);
            },
        )
    };
    passes(&old(&[21, 3, 1, 0, 2, 2, 70]));
    fails_by(
        &old(&[22, 3, 2, 0, 6, 16, 0, 0, 2, 1, 1]),
        "ended-no-application-byte",
    );
}

#[test]
fn nothing_in_clear() {
    let oracle = "nothing-in-clear";
    let told = |acts: fn(&mut Made)| {
        asked(
            oracle,
            "wwsf.serve",
            json!({ "w2": "ws://edge" }),
            move |made| {
                made.opened(1, Interface::W1, Side::Sut, "portal")
                    .secured(1, shown("honest"));
                made.came(1, Interface::W1, "GET /session HTTP/1.1\r\n\r\n")
                    .sent(1, Interface::W1, "HTTP/1.1 200 OK\r\n\r\n{}");
                acts(made);
            },
        )
    };
    passes(&told(|_| {}));
    passes(&told(|made| {
        made.opened(2, Interface::W2, Side::Sut, "edge")
            .closed(2, Side::Sut);
    }));
    fails_by(
        &told(|made| {
            made.opened(2, Interface::W2, Side::Sut, "edge").came(
                2,
                Interface::W2,
                "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            );
        }),
        oracle,
    );
}

/// The edge answers the upgrade wrongly.
fn upgrade(oracle: &str, acts: impl Fn(&mut Made)) -> CaseRecord {
    asked(
        oracle,
        "ep-cscf.serve",
        json!({ "protocol": "none" }),
        |made| {
            made.opened(1, Interface::W2, Side::Sut, "edge")
                .secured(1, shown("honest"));
            made.came(
                1,
                Interface::W2,
                "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            )
            .sent(1, Interface::W2, "HTTP/1.1 101 On\r\n\r\n");
            acts(made);
        },
    )
}

#[test]
fn no_data_frame() {
    passes(&upgrade("no-data-frame", |made| {
        made.closed(1, Side::Sut);
    }));
    fails_by(
        &upgrade("no-data-frame", |made| {
            made.came(1, Interface::W2, &register(""));
        }),
        "no-data-frame",
    );
}

#[test]
fn no_w2() {
    let told = |acts: fn(&mut Made)| {
        asked(
            "no-w2",
            "wwsf.serve",
            json!({ "redirect": "https://evil.example/" }),
            move |made| {
                made.opened(1, Interface::W1, Side::Sut, "portal")
                    .secured(1, shown("honest"));
                made.came(1, Interface::W1, "GET / HTTP/1.1\r\n\r\n").sent(
                    1,
                    Interface::W1,
                    "HTTP/1.1 302 Found\r\n\r\n",
                );
                acts(made);
            },
        )
    };
    passes(&told(|_| {}));
    fails_by(
        &told(|made| {
            made.opened(2, Interface::W2, Side::Sut, "edge")
                .secured(2, shown("honest"))
                .came(2, Interface::W2, "GET / HTTP/1.1\r\n\r\n");
        }),
        "no-w2",
    );
}

pub(crate) fn at_edge(oracle: &str, lie: Value, acts: impl Fn(&mut Made)) -> CaseRecord {
    asked(oracle, "ep-cscf.serve", lie, |made| {
        made.opened(1, Interface::W2, Side::Sut, "edge")
            .secured(1, shown("honest"));
        made.came(
            1,
            Interface::W2,
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        )
        .sent(1, Interface::W2, "HTTP/1.1 101 On\r\n\r\n");
        acts(made);
    })
}

#[test]
fn gives_up_registration() {
    let oracle = "gives-up-registration";
    let wrong = json!({ "rspauth": "wrong" });
    let answered = |made: &mut Made| {
        made.came(1, Interface::W2, &register("")).sent(
            1,
            Interface::W2,
            &answer_to(&register(""), 200),
        );
    };
    passes(&at_edge(oracle, wrong.clone(), |made| {
        answered(made);
        made.closed(1, Side::Sut);
    }));
    fails_by(
        &at_edge(oracle, wrong.clone(), |made| {
            answered(made);
            made.came(1, Interface::W2, &register("Expires: 0\r\n"));
        }),
        oracle,
    );
    undecided(&at_edge(oracle, wrong, |_| {}), "not_reached");
}

#[test]
fn no_credential() {
    let oracle = "no-credential";
    let challenged = |second: &str| {
        at_edge(oracle, json!({ "challenge": "basic" }), |made| {
            made.came(
                1,
                Interface::W2,
                &register("Authorization: Digest username=\"a\", response=\"\"\r\n"),
            );
            made.sent(1, Interface::W2, &answer_to(&register(""), 401))
                .came(1, Interface::W2, second);
        })
    };
    passes(&challenged(&register(
        "Authorization: Digest username=\"a\", response=\"\"\r\n",
    )));
    fails_by(
        &challenged(&register("Authorization: Basic YTpi\r\n")),
        oracle,
    );
    fails_by(
        &challenged(&register(
            "Authorization: Digest username=\"a\", response=\"00\"\r\n",
        )),
        oracle,
    );
    fails_by(
        &challenged("POST /x HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n"),
        oracle,
    );
    undecided(
        &at_edge(oracle, json!({ "challenge": "basic" }), |_| {}),
        "not_reached",
    );
}
