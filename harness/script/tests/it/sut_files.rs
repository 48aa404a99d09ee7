//! SUT files: what they declare, and what is wrong in them.

use evidence::{Interface, Role};
use insta::assert_snapshot;
use script::sut_file::{Hook, Launch};

use crate::bed::sut_file;

/// Shown exactly so, and as many as counted.
macro_rules! shown {
    ($count:literal, $right:expr => $other:expr) => {
        let problems = sut_file($right, $other).expect_err("something is wrong");
        let text = problems.render(false);
        assert_snapshot!(text);
        assert_eq!(problems.len(), $count, "{text}");
    };
}

#[test]
fn all_that_a_file_declares_is_read() {
    let file = sut_file("\"An edge\"", "\"The edge\"")
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(
        (
            file.roles.as_slice(),
            file.name.as_str(),
            file.version.as_str()
        ),
        (&[Role::EpCscf][..], "The edge", "1")
    );
    assert_eq!(file.addresses[&Interface::W2], "wss://127.0.0.1:8443/ws");
    let launch = Launch {
        command: vec!["./edge".to_owned(), "--serve".to_owned()],
        ready: None,
        deadline: 30,
        stop: Some(vec!["./edge".to_owned(), "--stop".to_owned()]),
    };
    assert_eq!(file.launch, Some(launch));
    assert_eq!(
        file.hooks["party-switch"],
        Hook::Http("https://127.0.0.1:9443/switch".to_owned())
    );
    assert_eq!(file.answers["registrations"], ["2", "3-anonymous"]);
    assert_eq!(file.answers["skew"], ["2"]);
    assert_eq!(file.users["alice"]["impi"], "a@op.example");
}

#[test]
fn what_is_left_out_is_undeclared_and_not_answered_by_a_default() {
    let file = sut_file("\n[ixit]\nskew = 2\n", "")
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert!(!file.answers.contains_key("skew"));
}

/// The harness reads such an answer as none, and would go on with a default that nobody declared.
#[test]
fn a_word_where_a_number_is_wanted() {
    shown!(1, "skew = 2" => "skew = \"soon\"");
}

#[test]
fn numbers_fit_their_item() {
    let count = |answer: &str| {
        sut_file("skew = 2", answer)
            .err()
            .map_or(0, |problems| problems.len())
    };
    for (answer, wrong) in [
        ("skew = 0", 0),
        ("skew = \"3\"", 0),
        ("skew = 0.5", 1),
        ("skew = -1", 1),
        ("skew = true", 1),
    ] {
        assert_eq!(count(answer), wrong, "{answer}");
    }
}

#[test]
fn an_unknown_item() {
    shown!(1, "token-format  =" => "token-fromat  =");
}

#[test]
fn an_item_in_the_wrong_section() {
    shown!(1, "to-mismatch   = \"reject\"" => "skew = 3");
}

#[test]
fn an_answer_that_the_item_does_not_have() {
    shown!(1, "token-format  = \"jws\"" => "token-format  = [\"jws\", \"opaqe\"]");
}

#[test]
fn two_answers_where_one_is_wanted() {
    shown!(1, "to-mismatch   = \"reject\"" => "to-mismatch   = [\"reject\", \"rewrite\"]");
}

#[test]
fn no_sut_section() {
    // Its fields stand at the top of the file then, where nobody looks for them.
    shown!(4, "[sut]\n" => "");
}

#[test]
fn an_unknown_hook_and_one_that_asks_nothing() {
    shown!(2, "party-switch = \"https://127.0.0.1:9443/switch\"" => "party-swich = []");
}

#[test]
fn an_unknown_role_and_interface() {
    shown!(1, "roles   = [\"ep-cscf\"]" => "roles   = [\"ep-cscf\", \"pcscf\"]");
    let problems = sut_file("W2 =", "W9 =").unwrap_err();
    assert_eq!(
        problems.iter().next().unwrap().help,
        "known: W1, W2, W4, Mw, introspection, jwks, hook"
    );
}

#[test]
fn nothing_to_launch_and_nothing_to_stop_it_with() {
    shown!(2, "command = [\"./edge\", \"--serve\"]\nstop    = [\"./edge\", \"--stop\"]" => "command = []\nstop    = []");
}

#[test]
fn an_unknown_person() {
    shown!(1, "alice = {" => "alise = {");
}

#[test]
fn all_of_them_at_once() {
    let everything = "token-fromat = \"jws\"\nskew = 3\nto-mismatch = \"rejct\"\n[bogus]\n";
    shown!(4, "token-format  = \"jws\"\nto-mismatch   = \"reject\"\n" => everything);
}
