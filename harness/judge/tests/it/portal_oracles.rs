//! Oracles over what a portal releases, asks for and lets others read.

use evidence::event::{Layer, Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role};
use serde_json::{Value, json};

use super::build::{Made, case};
use super::scenes::{fails_by, judged, passes, token_of, undecided};

const W1: u32 = 1;
const W4: u32 = 2;

fn session(token: &str, user: &str) -> String {
    let body = json!({ "access_token": token, "impi": format!("{user}@op.example"), "impu": format!("sip:{user}@op.example") });
    format!("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n{body}")
}

/// A login and a request for the token, with its answer and what the portal asked of the WAF.
struct Portal {
    login: Option<Value>,
    ask: Value,
    lie: bool,
    answer: String,
    waf: String,
    request_headers: String,
}

fn honest() -> Portal {
    Portal {
        login: Some(json!({ "person": "alice" })),
        ask: json!({ "token": "hers" }),
        lie: false,
        answer: session(&token_of("alice0", 1), "alice0"),
        waf: "grant_type=client_credentials&client_id=wwsf-a&login_hint=alice0".to_owned(),
        request_headers: String::new(),
    }
}

impl Portal {
    fn made(&self) -> Made {
        let mut made = Made::new(Role::Wwsf, "ok");
        made.opened(W1, Interface::W1, Side::Us, "portal")
            .secured(W1, TlsFacts::default());
        if let Some(login) = &self.login {
            let step = made.act("wic.login", login.clone());
            made.stimulus(step, Layer::Http, "login").sent(
                W1,
                Interface::W1,
                "POST /login HTTP/1.1\r\n\r\nusername=alice0&password=x",
            );
            made.came(W1, Interface::W1, "HTTP/1.1 303 See Other\r\nSet-Cookie: session=1; Secure; HttpOnly; SameSite=Lax\r\n\r\n");
        }
        let step = made.act("wic.ask", self.ask.clone());
        let request = format!("GET /session HTTP/1.1\r\n{}\r\n", self.request_headers);
        made.stimulus(step, Layer::Http, &format!("{request}{}", self.ask))
            .sent(W1, Interface::W1, &request);
        made.opened(W4, Interface::W4, Side::Sut, "waf").secured(
            W4,
            TlsFacts {
                peer_chain: vec![evidence::Bytes(vec![1])],
                ..TlsFacts::default()
            },
        );
        made.came(
            W4,
            Interface::W4,
            &format!("POST /token HTTP/1.1\r\n\r\n{}", self.waf),
        );
        let alice = token_of("alice0", 1);
        made.token(step, "hers", &alice)
            .token(step, "his", &token_of("bob0", 1));
        made.sent(W4, Interface::W4, &session(&alice, "alice0"));
        made.came(W1, Interface::W1, &self.answer);
        if self.lie {
            made.plan.departs = Some(step);
        }
        made.end();
        made
    }

    fn asked(self, oracle: &str) -> CaseRecord {
        let control = honest().made().log();
        let attack = Self { lie: true, ..self }.made();
        judged(
            &case(Kind::Attack, Role::Wwsf, &[oracle]),
            &control,
            &attack.log(),
            &control,
        )
    }

    fn audited(&self, oracle: &str, declare: impl Fn(&mut Made)) -> CaseRecord {
        let mut made = self.made();
        declare(&mut made);
        let log = made.log();
        judge::judge(
            &case(Kind::Audit, Role::Wwsf, &[oracle]),
            &judge::Logs {
                control_before: Some(&log),
                ..judge::Logs::default()
            },
        )
    }
}

const REFUSED: &str = "HTTP/1.1 401 No\r\n\r\n{}";

#[test]
fn not_released() {
    let oracle = "not-released";
    let hint = || Portal {
        ask: json!({ "token": "hers", "query": "impu=sip:bob0@op.example" }),
        ..honest()
    };
    passes(&hint().asked(oracle));
    fails_by(
        &Portal {
            answer: session(&token_of("bob0", 1), "bob0"),
            ..hint()
        }
        .asked(oracle),
        oracle,
    );
    fails_by(
        &Portal {
            answer: session(&token_of("alice0", 1), "bob0"),
            ..hint()
        }
        .asked(oracle),
        oracle,
    );
    let forged = || Portal {
        ask: json!({ "token": "hers", "cookie": "session=2" }),
        ..honest()
    };
    passes(
        &Portal {
            answer: REFUSED.to_owned(),
            ..forged()
        }
        .asked(oracle),
    );
    fails_by(&forged().asked(oracle), oracle);
    // A body of which the log has only the beginning may hide anything.
    let mut made = Portal {
        lie: true,
        answer: REFUSED.to_owned(),
        ..forged()
    }
    .made();
    let log = cut_last_answer(&mut made);
    let control = honest().made().log();
    undecided(
        &judged(
            &case(Kind::Attack, Role::Wwsf, &[oracle]),
            &control,
            &log,
            &control,
        ),
        "cut_body",
    );
}

fn cut_last_answer(made: &mut Made) -> evidence::ReadLog {
    let mut log = made.log();
    for event in log.events.iter_mut().rev() {
        if let evidence::What::Message { cut_from, .. } = &mut event.what {
            *cut_from = Some(1 << 30);
            break;
        }
    }
    log
}

#[test]
fn a_portal_without_a_login_releases_to_nobody() {
    let case = case(Kind::Attack, Role::Wwsf, &["not-released"]);
    let without = || Portal {
        login: None,
        lie: true,
        ask: json!({ "token": "hers", "query": "x=y" }),
        ..honest()
    };
    let control = Portal {
        login: None,
        ..honest()
    }
    .made()
    .log();
    fails_by(
        &judged(&case, &control, &without().made().log(), &control),
        "not-released",
    );
    passes(&judged(
        &case,
        &control,
        &Portal {
            answer: REFUSED.to_owned(),
            ..without()
        }
        .made()
        .log(),
        &control,
    ));
}

#[test]
fn not_asked() {
    let oracle = "not-asked";
    let hint = || Portal {
        ask: json!({ "token": "hers", "query": "login_hint=bob0" }),
        ..honest()
    };
    passes(&hint().asked(oracle));
    fails_by(
        &Portal {
            waf: "grant_type=client_credentials&login_hint=bob0".to_owned(),
            ..hint()
        }
        .asked(oracle),
        oracle,
    );
    fails_by(
        &Portal {
            waf: "grant_type=x&impu=sip%3Abob0%40op.example".to_owned(),
            ..hint()
        }
        .asked(oracle),
        oracle,
    );
}

#[test]
fn not_readable_cross_site() {
    let oracle = "not-readable-cross-site";
    let foreign = |answer: &str| {
        let origin = "Origin: https://evil.example\r\n".to_owned();
        let ask = json!({ "token": "hers", "set": ["Origin: https://evil.example"] });
        Portal {
            ask,
            request_headers: origin,
            answer: answer.to_owned(),
            ..honest()
        }
        .asked(oracle)
    };
    let with = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n{{}}");
    passes(&foreign(&with("")));
    passes(&foreign(&with("Access-Control-Allow-Origin: *\r\n")));
    passes(&foreign(&with(
        "Access-Control-Allow-Origin: https://portal-a\r\nAccess-Control-Allow-Credentials: true\r\n",
    )));
    fails_by(
        &foreign(&with(
            "Access-Control-Allow-Origin: https://evil.example\r\nAccess-Control-Allow-Credentials: true\r\n",
        )),
        oracle,
    );
}

#[test]
fn cookie_in_order() {
    let oracle = "cookie-in-order";
    let audit = |cookie: &str| {
        let log = serde_json::to_string(&honest().made().log().events)
            .unwrap()
            .replace("session=1; Secure; HttpOnly; SameSite=Lax", cookie);
        let log = evidence::ReadLog {
            events: serde_json::from_str(&log).unwrap(),
            torn: false,
        };
        judge::judge(
            &case(Kind::Audit, Role::Wwsf, &[oracle]),
            &judge::Logs {
                control_before: Some(&log),
                ..judge::Logs::default()
            },
        )
    };
    passes(&audit("session=1; secure; httponly; samesite=strict"));
    for wrong in [
        "session=1; HttpOnly; SameSite=Lax",
        "session=1; Secure; SameSite=Lax",
        "session=1; Secure; HttpOnly",
        "session=1; Secure; HttpOnly; SameSite=None",
    ] {
        fails_by(&audit(wrong), oracle);
    }
    undecided(&audit("session=; Max-Age=0"), "no_cookie");
}

#[test]
fn client_authentication_in_order() {
    let oracle = "client-authentication-in-order";
    passes(&honest().audited(oracle, |made| made.answer("w4-auth", &["tls_client_auth"])));
    fails_by(
        &honest().audited(oracle, |made| made.answer("w4-auth", &["private_key_jwt"])),
        oracle,
    );
    undecided(&honest().audited(oracle, |_| {}), "ics_undeclared");
    let none = Portal {
        waf: "hello".to_owned(),
        ..honest()
    };
    undecided(&none.audited(oracle, |_| {}), "no_token_request");
}

#[test]
fn delivered_as_given() {
    let oracle = "delivered-as-given";
    passes(&honest().audited(oracle, |_| {}));
    fails_by(
        &Portal {
            answer: session(&token_of("alice0", 1), "bob0"),
            ..honest()
        }
        .audited(oracle, |_| {}),
        oracle,
    );
    fails_by(
        &Portal {
            answer: session(&token_of("alice0", 9), "alice0"),
            ..honest()
        }
        .audited(oracle, |_| {}),
        oracle,
    );
    undecided(
        &Portal {
            answer: REFUSED.to_owned(),
            ..honest()
        }
        .audited(oracle, |_| {}),
        "no_token_seen",
    );
}

#[test]
fn who_logged_out_is_nobody() {
    let play = |lie: bool, answer: &str| {
        let mut made = Portal {
            lie: false,
            ..honest()
        }
        .made();
        let logout = made.act("wic.logout", json!({}));
        made.stimulus(logout, Layer::Http, "logout");
        let ask = made.act(
            "wic.ask",
            if lie {
                json!({ "query": "again" })
            } else {
                json!({})
            },
        );
        made.stimulus(ask, Layer::Http, if lie { "again" } else { "once" });
        made.sent(W1, Interface::W1, "GET /session HTTP/1.1\r\n\r\n")
            .came(W1, Interface::W1, answer);
        if lie {
            made.plan.departs = Some(ask);
        }
        let mut log = made.log();
        // The acts of the scene had ended before; they end here now.
        let end: Vec<_> = log
            .events
            .extract_if(.., |event| {
                matches!(
                    event.what,
                    evidence::What::Ended | evidence::What::Sentinel { .. }
                )
            })
            .collect();
        log.events.extend(end);
        if let evidence::What::Plan(plan) = &mut log.events[0].what {
            plan.departs = made.plan.departs;
        }
        log
    };
    let oracle = "not-released";
    let control = play(false, REFUSED);
    let asked = |answer: &str| {
        judged(
            &case(Kind::Attack, Role::Wwsf, &[oracle]),
            &control,
            &play(true, answer),
            &control,
        )
    };
    passes(&asked(REFUSED));
    fails_by(&asked(&session(&token_of("alice0", 1), "alice0")), oracle);
}
