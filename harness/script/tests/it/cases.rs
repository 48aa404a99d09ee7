//! The suite expanded into cases for one SUT.

use std::collections::BTreeMap;

use evidence::Role;
use evidence::record::Kind;
use script::{Answers, Applies, Case};

use crate::bed::{Bed, answers};

fn cases(answers: &Answers) -> BTreeMap<String, Case> {
    let cases = Bed::right().suite().cases(Role::EpCscf, answers);
    let count = cases.len();
    let by_id: BTreeMap<_, _> = cases
        .into_iter()
        .map(|case| (case.id.clone(), case))
        .collect();
    assert_eq!(by_id.len(), count, "ids are unique");
    by_id
}

fn declared() -> Answers {
    answers(&[
        ("registrations", "2 3-anonymous"),
        ("token-format", "opaque jws"),
        ("to-mismatch", "reject"),
    ])
}

#[test]
fn a_case_for_each_registration_and_variant_controls_first() {
    let ids: Vec<String> = Bed::right()
        .suite()
        .cases(Role::EpCscf, &declared())
        .into_iter()
        .map(|case| case.id)
        .collect();
    let wanted = [
        "ok-register@2",
        "ok-register@3",
        "forged[alg-none]@2",
        "forged[signature-empty]@2",
        "forged[alg-none]@3",
        "forged[signature-empty]@3",
        "no-token-on-mw@2",
        "no-token-on-mw@3",
        "other-to@2",
        "twice-at-once@3",
    ];
    assert_eq!(ids, wanted);
    assert!(
        Bed::right()
            .suite()
            .cases(Role::Waf, &declared())
            .is_empty()
    );
}

#[test]
fn a_control_is_played_only_in_registrations_that_an_attack_departs_from_it_in() {
    let suite = Bed::right()
        .with(
            "checks  = [\"REQ-1.a\", \"REQ-1.b\"]",
            "registration = 2\nchecks  = [\"REQ-1.a\", \"REQ-1.b\"]",
        )
        .with(
            "title   = \"The token stays at the edge\"",
            "title   = \"The token stays at the edge\"\nregistration = 2",
        )
        .with("registration = 3\n", "registration = 2\n")
        .suite();
    let cases = suite.cases(Role::EpCscf, &declared());
    assert!(
        cases.iter().all(|case| case.registration == 2),
        "{:?}",
        cases.iter().map(|case| &case.id).collect::<Vec<_>>()
    );
}

#[test]
fn a_case_checks_the_clauses_of_its_own_registration() {
    let cases = cases(&declared());
    assert_eq!(cases["forged[alg-none]@2"].checks, ["REQ-1.a", "REQ-1.b"]);
    assert_eq!(cases["forged[alg-none]@2"].code_checks, ["REQ-1.b"]);
    assert_eq!(cases["forged[alg-none]@3"].checks, ["REQ-1.a"]);
    assert!(cases["forged[alg-none]@3"].code_checks.is_empty());
    assert!(cases["ok-register@2"].checks.is_empty());
}

#[test]
fn a_variant_fills_the_change_and_has_its_own_proof_or_the_attacks() {
    let cases = cases(&declared());
    for (id, flaw, proof) in [
        ("forged[alg-none]@2", "alg-none", "accepts-alg-none"),
        (
            "forged[signature-empty]@2",
            "signature-empty",
            "skips-signature",
        ),
    ] {
        let case = &cases[id];
        let departs = case.departs.unwrap();
        assert_eq!(case.steps[departs].verb.fields()["flaw"], flaw);
        assert_eq!(case.proof, [proof]);
        assert!(case.judged.is_empty() && case.kind == Kind::Attack);
    }
    assert!(
        !serde_json::to_string(
            &cases["forged[alg-none]@2"]
                .steps
                .iter()
                .map(|step| step.verb.fields())
                .collect::<Vec<_>>()
        )
        .unwrap()
        .contains("{variant}")
    );
}

#[test]
fn an_audit_sends_nothing() {
    let cases = cases(&declared());
    let audit = &cases["no-token-on-mw@2"];
    assert_eq!(
        (audit.kind, audit.departs, audit.steps.len()),
        (Kind::Audit, None, 0)
    );
    assert!(!audit.exclusive);
}

#[test]
fn own_steps_say_which_lies_and_which_is_judged_and_a_shared_state_makes_exclusive() {
    let cases = cases(&declared());
    let case = &cases["twice-at-once@3"];
    assert_eq!(
        (case.departs, case.judged.as_slice(), case.exclusive),
        (Some(2), &[3][..], true)
    );
    assert_eq!(case.departure.as_deref(), Some("the token is used again"));
    assert!(!cases["other-to@2"].exclusive);
}

#[test]
fn conditions_hold_when_an_answer_is_shared() {
    let of = |answers: Answers| cases(&answers)["forged[alg-none]@2"].applies.clone();
    assert_eq!(of(declared()), Applies::Yes);
    let mut opaque = declared();
    opaque.insert("token-format".to_owned(), vec!["opaque".to_owned()]);
    assert_eq!(
        of(opaque),
        Applies::No {
            item: "token-format".to_owned(),
            answer: "opaque".to_owned()
        }
    );
    let mut silent = declared();
    silent.remove("token-format");
    assert_eq!(
        of(silent),
        Applies::Undeclared {
            item: "token-format".to_owned()
        }
    );
}

#[test]
fn the_conditions_of_its_control_are_an_attacks_too() {
    let suite = Bed::right()
        .with(
            "registration = [2, 3]\nsteps",
            "registration = [2, 3]\napplies-if = { to-mismatch = \"rewrite\" }\nsteps",
        )
        .suite();
    let cases = suite.cases(Role::EpCscf, &declared());
    for case in cases.iter().filter(|case| case.slug != "other-to") {
        assert_eq!(
            case.applies,
            Applies::No {
                item: "to-mismatch".to_owned(),
                answer: "reject".to_owned()
            },
            "{}",
            case.id
        );
    }
}

#[test]
fn a_registration_that_the_sut_does_not_offer_is_left_out() {
    let mut only_3 = declared();
    only_3.insert(
        "registrations".to_owned(),
        vec!["1-digest".to_owned(), "3-anonymous".to_owned()],
    );
    let cases = cases(&only_3);
    let no = Applies::No {
        item: "registrations".to_owned(),
        answer: "1-digest, 3-anonymous".to_owned(),
    };
    assert_eq!(cases["ok-register@2"].applies, no);
    assert_eq!(cases["forged[alg-none]@2"].applies, no);
    assert_eq!(cases["forged[alg-none]@3"].applies, Applies::Yes);
}

#[test]
fn an_outcome_is_chosen_by_the_answer() {
    let of = |answer: Option<&str>| {
        let mut answers = declared();
        answers.remove("to-mismatch");
        answers.extend(answer.map(|answer| ("to-mismatch".to_owned(), vec![answer.to_owned()])));
        let case = cases(&answers).remove("other-to@2").unwrap();
        (
            case.outcome.map(|(name, oracles)| (name, oracles.len())),
            case.codes,
            case.applies,
        )
    };
    let refused = (
        Some(("refused".to_owned(), 2)),
        Some("bad-token".to_owned()),
        Applies::Yes,
    );
    assert_eq!(of(Some("reject")), refused);
    assert_eq!(
        of(Some("rewrite")),
        (Some(("replaced".to_owned(), 1)), None, Applies::Yes)
    );
    let item = "to-mismatch".to_owned();
    let answer = "ignore".to_owned();
    assert_eq!(
        of(Some("ignore")),
        (
            None,
            None,
            Applies::No {
                item: item.clone(),
                answer
            }
        )
    );
    assert_eq!(of(None), (None, None, Applies::Undeclared { item }));
}

#[test]
fn a_case_tells_where_it_is_written() {
    let cases = cases(&declared());
    let place = &cases["other-to@2"].place;
    assert_eq!(
        (place.file.as_str(), place.line, place.column),
        ("ep-cscf/area.toml", 27, 11)
    );
    assert_eq!(place.text, "id      = \"other-to\"");
    let step = &cases["other-to@2"].steps[2];
    assert_eq!(
        step.span.place().text,
        "change  = { step = \"register\", wic.send = { set = [\"To: <{bob.impu}>\"] } }"
    );
}

#[test]
fn a_variant_is_sent_as_its_text_where_it_has_one() {
    let bed = Bed::right()
        .with(
            "set = [\"To: <{bob.impu}>\"]",
            "set = [\"To: {variant}\"]",
        )
        .with(
            "outcome = { to-mismatch",
            "variants = { nul = { text = \"<{bob.impu}%00>\", proof = [\"skips-signature\"] }, x = [] }\noutcome = { to-mismatch",
        );
    let cases = bed.suite().cases(Role::EpCscf, &declared());
    let sent = |id: &str| {
        let case = cases.iter().find(|case| case.id == id).expect(id);
        let lie = &case.steps[case.departs.expect("a lie")];
        lie.verb.fields()["set"].to_string()
    };
    assert_eq!(
        sent("other-to[nul]@2"),
        "[\"Expires: 600\",\"To: <{bob.impu}%00>\"]"
    );
    assert_eq!(sent("other-to[x]@2"), "[\"Expires: 600\",\"To: x\"]");
}
