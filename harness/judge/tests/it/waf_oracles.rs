//! Oracles over what a WAF gives, and audits of its tokens.

use evidence::event::{Layer, Side, TlsFacts};
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role};
use jose::{Algorithm, Key};
use serde_json::{Value, json};

use super::build::{Made, case, compact};
use super::scenes::{fails_by, judged, passes, undecided};

const W4: u32 = 1;

fn request(made: &mut Made, verb: &str, fields: Value, body: &str) -> usize {
    let step = made.act(verb, fields);
    made.opened(W4, Interface::W4, Side::Us, "waf")
        .secured(W4, TlsFacts::default());
    let text = format!("POST /token HTTP/1.1\r\nHost: waf\r\n\r\n{body}");
    made.stimulus(step, Layer::Http, &text)
        .sent(W4, Interface::W4, &text);
    step
}

fn ok(body: &Value) -> String {
    format!("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n{body}")
}

fn asked(oracle: &str, answer: &str) -> CaseRecord {
    asked_by("wwsf.request", oracle, answer)
}

fn asked_by(verb: &str, oracle: &str, answer: &str) -> CaseRecord {
    let play = |lie: Option<&str>, answer: &str| {
        let mut made = Made::new(Role::Waf, "ok");
        let fields = lie.map_or_else(
            || json!({ "person": "alice" }),
            |lie| json!({ "person": lie }),
        );
        let step = request(
            &mut made,
            verb,
            fields,
            &format!(
                "grant_type=client_credentials&login_hint={}",
                lie.unwrap_or("alice0")
            ),
        );
        made.came(W4, Interface::W4, answer);
        if lie.is_some() {
            made.plan.departs = Some(step);
        }
        made.end();
        made.log()
    };
    let honest = play(None, &ok(&json!({ "access_token": "something-of-length" })));
    judged(
        &case(Kind::Attack, Role::Waf, &[oracle]),
        &honest,
        &play(Some("bob"), answer),
        &honest,
    )
}

#[test]
fn no_token() {
    let oracle = "no-token";
    passes(&asked(
        oracle,
        "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"access_denied\",\"code\":400}",
    ));
    passes(&asked(
        oracle,
        "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"\"}",
    ));
    fails_by(
        &asked(oracle, &ok(&json!({ "access_token": "abc" }))),
        oracle,
    );
    fails_by(
        &asked(oracle, &ok(&json!({ "result": { "id_token": "abc" } }))),
        oracle,
    );
    let code = "HTTP/1.1 303 See Other\r\nLocation: https://portal/cb?code=17&state=1\r\n\r\n";
    fails_by(&asked_by("wwsf.authorize", oracle, code), oracle);
    // On the way to a token an honest user gets his code, whoever asks for the token then.
    passes(&asked(oracle, code));
    fails_by(
        &asked(
            oracle,
            "HTTP/1.1 303 See Other\r\nLocation: https://portal/cb#access_token=17\r\n\r\n",
        ),
        oracle,
    );
    fails_by(
        &asked(
            oracle,
            "HTTP/1.1 200 OK\r\n\r\naccess_token=abc&token_type=Bearer",
        ),
        oracle,
    );
}

#[test]
fn inactive() {
    passes(&asked("inactive", &ok(&json!({ "active": false }))));
    fails_by(
        &asked("inactive", &ok(&json!({ "active": true }))),
        "inactive",
    );
    fails_by(
        &asked("inactive", &ok(&json!({ "active": "true" }))),
        "inactive",
    );
    passes(&asked("inactive", "HTTP/1.1 403 Forbidden\r\n\r\n"));
    // A server that fails has not called the token inactive.
    undecided(
        &asked("inactive", "HTTP/1.1 500 Internal Server Error\r\n\r\n{}"),
        "introspection_failed",
    );
}

/// The audit of an honest play with this answer, and this key set.
fn audited(
    oracle: &str,
    answer: Option<&str>,
    keys: Option<&Value>,
    token: Option<&str>,
) -> CaseRecord {
    let mut made = Made::new(Role::Waf, "ok");
    made.fact("world.audience", "https://ims.op.example");
    made.fact("party.A.client-id", "wwsf-a");
    made.answer("claim-wwsf", &["wwsf"]);
    if let Some(keys) = keys {
        made.act("wwsf.fetch", json!({ "path": "jwks" }));
        made.opened(9, Interface::W4, Side::Us, "waf")
            .secured(9, TlsFacts::default());
        made.sent(9, Interface::W4, "GET /jwks HTTP/1.1\r\n\r\n")
            .came(9, Interface::W4, &format!("HTTP/1.1 200 OK\r\n\r\n{keys}"));
    }
    let step = request(
        &mut made,
        "wwsf.request",
        json!({ "person": "alice", "party": "A", "token": "hers" }),
        "grant_type=client_credentials",
    );
    if let Some(answer) = answer {
        made.came(W4, Interface::W4, answer);
    }
    if let Some(token) = token {
        made.token(step, "hers", token);
    }
    made.end();
    let log = made.log();
    judge::judge(
        &case(Kind::Audit, Role::Waf, &[oracle]),
        &judge::Logs {
            control_before: Some(&log),
            ..judge::Logs::default()
        },
    )
}

fn told(claims: Value) -> String {
    ok(&json!({ "access_token": compact(claims) }))
}

#[test]
fn one_impi_of_user() {
    let oracle = "one-impi-of-user";
    let audit = |claims| audited(oracle, Some(&told(claims)), None, None);
    passes(&audit(
        json!({ "impi": "alice0@op.example", "impu": ["sip:alice0@op.example"] }),
    ));
    fails_by(&audit(json!({ "impi": "alice0@op.example" })), oracle);
    fails_by(&audit(json!({ "impu": ["sip:alice0@op.example"] })), oracle);
    fails_by(
        &audit(json!({ "impi": "bob0@op.example", "impu": ["sip:bob0@op.example"] })),
        oracle,
    );
    fails_by(
        &audit(
            json!({ "impi": ["alice0@op.example", "bob0@op.example"], "impu": ["sip:alice0@op.example"] }),
        ),
        oracle,
    );
    fails_by(
        &audit(
            json!({ "impi": "alice0@op.example", "impu": ["sip:alice0@op.example", "sip:bob0@op.example"] }),
        ),
        oracle,
    );
    undecided(
        &audited(oracle, Some("HTTP/1.1 500 No\r\n\r\n"), None, None),
        "no_token_seen",
    );
    // An opaque token says nothing by itself, and nobody has to say it beside the token.
    let opaque = |beside: Value| {
        let mut answer = json!({ "access_token": "an-opaque-reference", "token_type": "Bearer" });
        let members = beside.as_object().unwrap().clone();
        answer.as_object_mut().unwrap().extend(members);
        audited(oracle, Some(&ok(&answer)), None, None)
    };
    undecided(&opaque(json!({})), "opaque_token");
    passes(&opaque(
        json!({ "impi": "alice0@op.example", "impu": ["sip:alice0@op.example"] }),
    ));
    fails_by(
        &opaque(json!({ "impi": "bob0@op.example", "impu": ["sip:bob0@op.example"] })),
        oracle,
    );
}

#[test]
fn right_party_in_the_token() {
    let oracle = "right-party";
    let audit = |claims: Value| audited(oracle, None, None, Some(&compact(claims)));
    let good = json!({ "iss": "https://waf.localhost", "wwsf": "portal-a.localhost", "client_id": "wwsf-a" });
    let without = |claim: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(claim);
        claims
    };
    passes(&audit(good.clone()));
    passes(&audit(without("client_id")));
    fails_by(&audit(without("iss")), oracle);
    fails_by(&audit(without("wwsf")), oracle);
    let mut other = good.clone();
    other["client_id"] = json!("wwsf-b");
    fails_by(&audit(other), oracle);
    undecided(
        &audited(oracle, None, None, Some("an-opaque-reference")),
        "unreadable_token",
    );
}

/// When the plays of these tests begin, in seconds.
const BEGUN: u64 = 1_800_000_000;

fn signed(key: &Key, header: &Value, jti: bool) -> String {
    signed_at(BEGUN, key, header, jti)
}

fn signed_at(at: u64, key: &Key, header: &Value, jti: bool) -> String {
    let mut claims = json!({ "iss": "https://waf.localhost", "aud": "https://ims.op.example", "sub": "alice0", "client_id": "wwsf-a", "iat": at, "exp": at + 300 });
    if jti {
        claims["jti"] = json!("one");
    }
    jose::Token::mint(key, header, &claims).compact()
}

/// The clock is read before the play's first event, and a token says whole seconds: one of the second in which its answer came is none
/// from the future.
#[test]
fn a_token_of_this_second_is_not_from_the_future() {
    const SKEW: u64 = 60;
    let key = Key::generate(Algorithm::ES256).unwrap();
    let keys = jose::jwks(&[&key]);
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid() });
    let oracle = "token-in-order";
    let issued = |at: u64| {
        let token = signed_at(at, &key, &header, true);
        let answer = ok(&json!({ "access_token": token }));
        audited(oracle, Some(&answer), Some(&keys), None)
    };
    passes(&issued(BEGUN + SKEW + 1));
    fails_by(&issued(BEGUN + SKEW + 2), oracle);
}

#[test]
fn token_in_order() {
    let oracle = "token-in-order";
    let key = Key::generate(Algorithm::ES256).unwrap();
    let keys = jose::jwks(&[&key]);
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid() });
    let answer = |token: &str| ok(&json!({ "access_token": token }));
    let good = signed(&key, &header, true);
    passes(&audited(oracle, Some(&answer(&good)), Some(&keys), None));
    fails_by(
        &audited(
            oracle,
            Some(&answer(&signed(&key, &header, false))),
            Some(&keys),
            None,
        ),
        oracle,
    );
    let idtoken = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid() });
    fails_by(
        &audited(
            oracle,
            Some(&answer(&signed(&key, &idtoken, true))),
            Some(&keys),
            None,
        ),
        oracle,
    );
    let other = Key::generate(Algorithm::ES256).unwrap();
    fails_by(
        &audited(
            oracle,
            Some(&answer(&good)),
            Some(&jose::jwks(&[&other])),
            None,
        ),
        oracle,
    );
    undecided(
        &audited(oracle, Some(&answer(&good)), None, None),
        "no_keys_seen",
    );
}

#[test]
fn not_stored() {
    let oracle = "not-stored";
    let answer = |cache: &str| {
        format!(
            "HTTP/1.1 200 OK\r\n{cache}\r\n{}",
            json!({ "access_token": "abc" })
        )
    };
    passes(&audited(
        oracle,
        Some(&answer("Cache-Control: private, No-Store\r\n")),
        None,
        None,
    ));
    fails_by(
        &audited(
            oracle,
            Some(&answer("Cache-Control: no-cache\r\n")),
            None,
            None,
        ),
        oracle,
    );
    fails_by(&audited(oracle, Some(&answer("")), None, None), oracle);
    undecided(
        &audited(oracle, Some("HTTP/1.1 400 No\r\n\r\n"), None, None),
        "no_token_seen",
    );
}
