//! A change made to the steps of a control: one field of one step, and nothing else.

use script::scenario::Attack;
use script::step::{Change, Step};
use serde_json::{Value, json};

use crate::bed::Bed;

/// The steps of the bed's control, and the change that an attack with this text makes.
fn change(text: &str) -> (Vec<Step>, Change) {
    let attack = format!(
        "\n[[attack]]\nid = \"changed\"\ntitle = \"t\"\ncontrol = \"ok-register\"\nchecks = \"REQ-1.a\"\nproof = \"skips-signature\"\noutcome = \"refused\"\nchange = {text}\n"
    );
    let suite = Bed::right().and(&attack).suite();
    let Attack { change, .. } = suite.attacks["changed"].clone();
    (suite.controls["ok-register"].steps.clone(), change.unwrap())
}

fn fields(steps: &[Step]) -> Vec<(String, Value)> {
    steps
        .iter()
        .map(|step| (step.verb.name(), step.verb.fields()))
        .collect()
}

#[test]
fn one_field_of_one_step_changes() {
    let register = json!({"message": "register", "person": "alice", "token": "first", "set": ["Expires: 600"]});
    let table = [
        // A field is replaced.
        (
            "{ waf.issue = { person = \"bob\" } }",
            0,
            json!({"token": "first", "person": "bob"}),
        ),
        // One that the control leaves to honesty is set.
        (
            "{ waf.issue = { flaw = \"alg-none\" } }",
            0,
            json!({"token": "first", "person": "alice", "flaw": "alg-none"}),
        ),
        (
            "{ wic.expect = { status = [200, 202] } }",
            3,
            json!({"status": ["200", "202"]}),
        ),
        // Edits come behind the control's own.
        (
            "{ step = \"register\", wic.send = { set = [\"Expires: 0\"] } }",
            2,
            {
                let mut changed = register;
                changed["set"] = json!(["Expires: 600", "Expires: 0"]);
                changed
            },
        ),
        // Of several steps the named one is meant, the first or a later.
        (
            "{ step = \"refresh\", wic.send = { person = \"bob\" } }",
            4,
            json!({"message": "refresh", "person": "bob", "token": "first"}),
        ),
    ];
    for (text, departs, wanted) in table {
        let (control, change) = change(text);
        let (changed, at) = change.apply(&control).unwrap();
        assert_eq!(at, departs, "{text}");
        assert_eq!(changed[at].verb.fields(), wanted, "{text}");
        assert_eq!(changed[at].name, control[at].name, "{text}: the name stays");
        assert_eq!(
            changed[at].span, change.span,
            "{text}: its place is that of the change"
        );
        let (mut before, mut after) = (fields(&control), fields(&changed));
        before.remove(at);
        after.remove(at);
        assert_eq!(before, after, "{text}: nothing else differs");
    }
}

#[test]
fn tables_are_joined_key_by_key() {
    let with_claims =
        "{ waf.issue = { as = \"issue\", claims = { impi = \"a\", aud = \"b\" }, token = \"first\"";
    let attack = "\n[[attack]]\nid = \"changed\"\ntitle = \"t\"\ncontrol = \"ok-register\"\nchecks = \"REQ-1.a\"\nproof = \"skips-signature\"\noutcome = \"refused\"\nchange = { waf.issue = { claims = { aud = \"c\" } } }\n";
    let suite = Bed::right()
        .with(
            "{ waf.issue = { as = \"issue\", token = \"first\"",
            with_claims,
        )
        .and(attack)
        .suite();
    let change = suite.attacks["changed"].change.clone().unwrap();
    let (changed, _) = change.apply(&suite.controls["ok-register"].steps).unwrap();
    assert_eq!(
        changed[0].verb.fields()["claims"],
        json!({"impi": "a", "aud": "c"})
    );
}

#[test]
fn what_the_control_leaves_to_the_autopilot_holds_from_the_start() {
    let (control, change) = change("{ wwsf.serve = { certificate = \"expired\" } }");
    let (changed, at) = change.apply(&control).unwrap();
    assert_eq!((at, changed.len()), (0, control.len() + 1));
    assert_eq!(
        fields(&changed)[0],
        ("wwsf.serve".to_owned(), json!({"certificate": "expired"}))
    );
    assert_eq!(changed[1..], control[..]);
}

#[test]
fn a_change_that_is_not_clear_says_between_what() {
    let (control, change) = change("{ step = \"register\", wic.send = { person = \"bob\" } }");
    let of = |step: Option<&str>| Change {
        step: step.map(str::to_owned),
        ..change.clone()
    };
    let why = of(None).apply(&control).unwrap_err();
    assert!(
        why.why.contains("several") && why.why.contains("register, refresh"),
        "{why:?}"
    );
    let why = of(Some("registre")).apply(&control).unwrap_err();
    assert!(
        why.why.contains("registre") && why.help.contains("register, refresh"),
        "{why:?}"
    );
    let why = of(Some("register")).apply(&control[..2]).unwrap_err();
    assert!(
        why.why.contains("no step") && why.help.contains("start of the case"),
        "{why:?}"
    );
}
