//! A portal that is asked without TLS.

use evidence::event::{Layer, Side, TlsFacts};
use evidence::record::Kind;
use evidence::{Interface, Role};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{fails_by, judged, passes};

const W1: u32 = 1;

#[test]
fn nothing_in_clear_of_a_portal() {
    let play = |lie: bool, answer: Option<&str>| {
        let mut made = Made::new(Role::Wwsf, "ok");
        let step = made.act(
            "wic.fetch",
            if lie {
                json!({ "path": "/", "clear": true })
            } else {
                json!({ "path": "/" })
            },
        );
        made.stimulus(step, Layer::Http, if lie { "clear" } else { "tls" });
        match answer {
            Some(answer) => {
                made.opened(W1, Interface::W1, Side::Us, "portal");
                if !lie {
                    made.secured(W1, TlsFacts::default());
                }
                made.sent(W1, Interface::W1, "GET / HTTP/1.1\r\n\r\n").came(
                    W1,
                    Interface::W1,
                    answer,
                );
            }
            None => {
                made.event(evidence::What::NotOpened {
                    interface: Interface::W1,
                    to: "portal:80".to_owned(),
                    why: "refused".to_owned(),
                });
            }
        }
        if lie {
            made.plan.departs = Some(step);
        }
        made.end();
        made.log()
    };
    let oracle = "nothing-in-clear";
    let control = play(false, Some("HTTP/1.1 200 OK\r\n\r\npage"));
    let asked = |answer| {
        judged(
            &case(Kind::Attack, Role::Wwsf, &[oracle]),
            &control,
            &play(true, answer),
            &control,
        )
    };
    passes(&asked(None));
    passes(&asked(Some("HTTP/1.1 426 Upgrade\r\n\r\n")));
    passes(&asked(Some(
        "HTTP/1.1 301 Moved\r\nLocation: https://portal/\r\n\r\n",
    )));
    fails_by(
        &asked(Some(
            "HTTP/1.1 301 Moved\r\nLocation: http://portal/x\r\n\r\n",
        )),
        oracle,
    );
    fails_by(&asked(Some("HTTP/1.1 200 OK\r\n\r\npage")), oracle);
    fails_by(
        &asked(Some("HTTP/1.1 401 No\r\nSet-Cookie: session=1\r\n\r\n")),
        oracle,
    );
}
