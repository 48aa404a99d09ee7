//! One lie, checked: what may differ between control and attack, and where.

use evidence::What;
use evidence::event::Layer;
use evidence::record::Kind;
use evidence::{Role, record::CaseRecord};
use serde_json::json;

use super::build::case;
use super::scenes::{Edge, edge, judged, passes, said};

#[test]
fn the_difference_is_told_line_by_line() {
    let record = edge(&["no-2xx"], &Edge::refused());
    passes(&record);
    let [changed] = record.changed.as_slice() else {
        panic!("{:?}", record.changed)
    };
    assert_eq!(changed.at, "wic.send, SIP");
    assert_eq!(
        changed.control.as_deref(),
        Some("To: <sip:alice0@op.example>")
    );
    assert_eq!(changed.attack.as_deref(), Some("To: <sip:bob0@op.example>"));
}

#[test]
fn an_attack_that_says_what_the_control_says_is_an_error() {
    let none = Edge {
        to: "sip:alice0@op.example".to_owned(),
        lie: Some(json!([])),
        ..Edge::refused()
    };
    let record = edge(&["no-2xx"], &none);
    assert_eq!(said(&record), ("error", "no_lie".to_owned()));
}

/// The refused attack with something changed in its events.
fn changed(change: impl Fn(&mut What), departure: Option<&str>) -> CaseRecord {
    let mut log = Edge::refused().log();
    for event in &mut log.events {
        change(&mut event.what);
    }
    let mut case = case(Kind::Attack, Role::EpCscf, &["no-2xx"]);
    case.departure = departure.map(str::to_owned);
    judged(&case, &Edge::honest(1).log(), &log, &Edge::honest(3).log())
}

#[test]
fn a_second_difference_before_the_departure_is_an_error() {
    let other_origin = |what: &mut What| {
        if let What::Stimulus {
            layer: Layer::Http,
            text,
            ..
        } = what
        {
            text.0
                .extend_from_slice(b"Origin: https://evil.example\r\n");
        }
    };
    assert_eq!(
        said(&changed(other_origin, None)),
        ("error", "second_difference".to_owned())
    );
    // Steps of its own are held to the control's where both have the same.
    assert_eq!(
        said(&changed(other_origin, Some("another origin"))),
        ("error", "second_difference".to_owned())
    );
}

#[test]
fn steps_of_its_own_may_differ_where_the_plan_says_so() {
    let other_step = |what: &mut What| match what {
        What::Plan(plan) => plan.steps[1].fields = json!({ "query": "a=b" }),
        What::Stimulus {
            layer: Layer::Http,
            text,
            ..
        } => text.0.extend_from_slice(b"?a=b"),
        _ => {}
    };
    let record = changed(other_step, Some("a query, and To is bob"));
    passes(&record);
    assert_eq!(
        record.changed[0].attack.as_deref(),
        Some("a query, and To is bob")
    );
    assert_eq!(
        said(&changed(other_step, None)),
        ("error", "second_difference".to_owned())
    );
}

#[test]
fn fresh_values_and_what_follows_from_them_are_no_difference() {
    let signed = |what: &mut What| {
        if let What::Stimulus {
            layer: Layer::Http,
            text,
            ..
        } = what
        {
            text.0.extend_from_slice(b"Content-Length: 7\r\n");
        }
    };
    assert_eq!(
        said(&changed(signed, None)),
        ("error", "second_difference".to_owned()),
        "a length that only one has is a difference"
    );
    let other_length = |n: u32| {
        let mut log = if n == 2 {
            Edge::refused()
        } else {
            Edge::honest(n)
        }
        .log();
        for event in &mut log.events {
            if let What::Stimulus {
                layer: Layer::Http,
                text,
                ..
            } = &mut event.what
            {
                text.0
                    .extend_from_slice(format!("Content-Length: {n}\r\n").as_bytes());
            }
        }
        log
    };
    passes(&judged(
        &case(Kind::Attack, Role::EpCscf, &["no-2xx"]),
        &other_length(1),
        &other_length(2),
        &other_length(3),
    ));
}

#[test]
fn a_token_that_differs_in_its_signature_alone_is_told_by_the_plan() {
    let attack = |what: &mut What| match what {
        What::Plan(plan) => {
            plan.steps[0].fields =
                json!({ "token": "hers", "person": "alice", "flaw": "strip-sig" });
            plan.steps[2].fields =
                json!({ "message": "register", "person": "alice", "token": "hers" });
            plan.departs = Some(0);
        }
        What::Token { compact, .. } => compact.push('x'),
        _ => {}
    };
    let record = changed(attack, None);
    assert_eq!(record.changed[0].at, "waf.issue, plan");
    assert_eq!(
        record.changed[0].attack.as_deref(),
        Some("flaw = \"strip-sig\"")
    );
}

#[test]
fn a_wrong_response_is_a_lie_although_responses_are_fresh() {
    let play = |lie: bool, response: &str| {
        let mut made = super::build::Made::new(Role::Core, "ok");
        let fields = if lie {
            json!({ "digest": "wrong" })
        } else {
            json!({ "digest": "right" })
        };
        let step = made.act("ep-cscf.send", fields);
        made.fresh("digest response", response);
        let line = format!("Authorization: Digest username=\"a\", response=\"{response}\"");
        made.stimulus(step, Layer::Sip, &line);
        made.sent(
            1,
            evidence::Interface::Mw,
            "REGISTER sip:op SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        made.came(
            1,
            evidence::Interface::Mw,
            "SIP/2.0 401 No\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        if lie {
            made.plan.departs = Some(step);
        }
        made.end();
        made.log()
    };
    let control = play(false, &"a1".repeat(16));
    let case = case(Kind::Attack, Role::Core, &["no-2xx"]);
    let record = judged(&case, &control, &play(true, &"b2".repeat(16)), &control);
    passes(&record);
    assert_eq!(
        record.changed[0].attack.as_deref(),
        Some("digest = \"wrong\"")
    );
    let same = judged(&case, &control, &play(true, &"a1".repeat(16)), &control);
    assert_eq!(said(&same), ("error", "no_lie".to_owned()));
}
