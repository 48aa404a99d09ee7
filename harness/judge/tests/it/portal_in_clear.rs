//! A portal that is asked without TLS.

use evidence::event::{Layer, Side, TlsFacts};
use evidence::record::Kind;
use evidence::{Interface, ReadLog, Role, What};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{fails_by, judged, passes};

const W1: u32 = 1;

/// A fetch of the page, in clear when it lies; `None` is a port at which nobody answers.
fn play(lie: bool, answer: Option<&str>) -> ReadLog {
    let mut made = Made::new(Role::Wwsf, "ok");
    let fields = if lie {
        json!({ "path": "/", "clear": true })
    } else {
        json!({ "path": "/" })
    };
    let step = made.act("wic.fetch", fields);
    made.stimulus(step, Layer::Http, if lie { "clear" } else { "tls" });
    let Some(answer) = answer else {
        made.plan.departs = Some(step);
        made.event(What::NotOpened {
            interface: Interface::W1,
            to: "portal:80".to_owned(),
            why: "refused".to_owned(),
        });
        made.end();
        return made.log();
    };
    made.opened(W1, Interface::W1, Side::Us, "portal");
    if lie {
        made.plan.departs = Some(step);
    } else {
        made.secured(W1, TlsFacts::default());
    }
    made.sent(W1, Interface::W1, "GET / HTTP/1.1\r\n\r\n")
        .came(W1, Interface::W1, answer);
    made.end();
    made.log()
}

#[test]
fn nothing_in_clear_of_a_portal() {
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
    // The token endpoint itself has answered, whatever it says.
    fails_by(
        &asked(Some(
            "HTTP/1.1 401 No\r\n\r\n{\"error\":\"invalid_client\"}",
        )),
        oracle,
    );
}
