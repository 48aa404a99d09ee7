//! What is wrong in scripts is shown all at once, each with file, line, caret and what would be right.

use insta::assert_snapshot;

use crate::bed::Bed;

/// Shown exactly so, and as many as counted.
macro_rules! shown {
    ($count:literal, $bed:expr) => {
        let (count, text) = $bed.shown();
        assert_snapshot!(text);
        assert_eq!(count, $count, "{text}");
    };
}

#[test]
fn the_bed_itself_has_no_problem() {
    let suite = Bed::right().suite();
    assert_eq!((suite.controls.len(), suite.attacks.len()), (1, 4));
    assert_eq!(suite.sources.len(), 4);
}

#[test]
fn an_unknown_verb() {
    shown!(1, Bed::right().with("wic.connect =", "wic.conect ="));
}

/// What departs is written, so the attack does not depart in nothing.
#[test]
fn an_unknown_verb_of_a_change() {
    shown!(
        1,
        Bed::right().with(
            "{ waf.issue = { flaw = \"{variant}\" } }",
            "{ waf.isue = { flaw = \"{variant}\" } }"
        )
    );
}

/// The step that lies, and the one that an attack changes, may be the one that could not be read.
#[test]
fn an_unknown_verb_of_a_step_that_others_name() {
    shown!(
        2,
        Bed::right()
            .with(
                "wic.send = { as = \"again\"",
                "wic.sendd = { as = \"again\""
            )
            .with(
                "wic.send = { as = \"register\"",
                "wic.snd = { as = \"register\""
            )
    );
}

/// It is not missing as well, nor is what follows from its absence told.
#[test]
fn required_fields_that_are_misspelt() {
    shown!(
        6,
        Bed::right()
            .with(
                "control = \"ok-register\"\nchecks  = [",
                "contrl = \"ok-register\"\nchecks  = ["
            )
            .with("title   = \"Another's", "titel   = \"Another's")
            .with(
                "steps = [\n  { waf.issue = { token",
                "step = [\n  { waf.issue = { token"
            )
            .with("lie = \"again\"", "lei = \"again\"")
            .with(
                "proof   = \"skips-signature\"\noutcome = \"replaced\"",
                "proofs  = \"skips-signature\"\noutcome = \"replaced\""
            )
            .with(
                "checks  = \"REQ-1.a\"\nproof   = \"skips-signature\"\nchange",
                "check   = \"REQ-1.a\"\nproof   = \"skips-signature\"\nchange"
            )
    );
}

#[test]
fn a_required_field_that_is_missing_is_told_though_another_is_unknown() {
    let (count, text) = Bed::right()
        .with("title   = \"Another's address in To\"", "colour  = \"red\"")
        .shown();
    assert_eq!(count, 2, "{text}");
    assert!(
        text.contains("no field is named `colour`") && text.contains("`title` is missing"),
        "{text}"
    );
}

#[test]
fn a_single_line_where_a_list_is_wanted() {
    shown!(
        1,
        Bed::right().with("set = [\"Expires: 600\"]", "set = \"Expires: 600\"")
    );
}

#[test]
fn an_unknown_role() {
    shown!(1, Bed::right().with("wic.connect =", "wik.connect ="));
}

#[test]
fn an_unknown_field_and_what_may_be_meant() {
    shown!(
        1,
        Bed::right().with("lie = \"again\"", "lie = \"again\"\nlei = \"again\"")
    );
}

#[test]
fn an_unknown_field_of_a_verb() {
    shown!(1, Bed::right().with("{ status = 200 }", "{ statsu = 200 }"));
}

#[test]
fn a_value_of_another_kind() {
    shown!(
        1,
        Bed::right().with(
            "wic.connect = { person = \"alice\" }",
            "wic.connect = { person = 3 }"
        )
    );
}

#[test]
fn an_unknown_requirement() {
    shown!(
        1,
        Bed::right().with("[\"REQ-1.a\", \"REQ-1.b\"]", "[\"REQ-1.a\", \"REQ-1.bb\"]")
    );
}

/// Those that may be meant are asked of the role; the unknown one may hold where the other does not.
#[test]
fn a_requirement_that_only_its_family_tells_of() {
    shown!(
        1,
        Bed::right().with("[\"REQ-1.a\", \"REQ-1.b\"]", "[\"REQ-1.b\", \"REQ-1\"]")
    );
}

#[test]
fn a_clause_that_is_asked_of_another_role() {
    shown!(
        1,
        Bed::right().with("[\"REQ-1.a\", \"REQ-1.b\"]", "[\"REQ-1.a\", \"REQ-2.a\"]")
    );
}

#[test]
fn a_registration_that_does_not_exist() {
    shown!(
        1,
        Bed::right().with(
            "registration = [2, 3]\nsteps",
            "registration = [2, 3, 4]\nsteps"
        )
    );
}

#[test]
fn a_registration_that_stands_twice() {
    shown!(
        1,
        Bed::right().with("registration = 3\n", "registration = [3, 3]\n")
    );
}

/// The steps of a control are looked at with each attack that departs from it.
#[test]
fn a_problem_of_a_control_is_told_once() {
    shown!(
        1,
        Bed::right().with(
            "{ wic.connect = { person = \"alice\" } }",
            "{ wic.connect = { person = \"alice\", query = \"{alise.impu}\" } }"
        )
    );
}

#[test]
fn a_registration_that_its_control_is_not_played_in() {
    // And no clause of the attack holds in it.
    shown!(
        2,
        Bed::right().with("registration = 3\n", "registration = 1\n")
    );
}

#[test]
fn a_registration_in_which_no_clause_holds() {
    shown!(
        1,
        Bed::right().with("[\"REQ-1.a\", \"REQ-1.b\"]", "\"REQ-1.b\"")
    );
}

#[test]
fn a_missing_proof() {
    shown!(
        1,
        Bed::right().with(
            "proof   = \"skips-signature\"\noutcome = \"replaced\"",
            "outcome = \"replaced\""
        )
    );
}

#[test]
fn a_proof_by_a_mistake_of_another_role() {
    shown!(
        1,
        Bed::right().with("[\"skips-signature\"]", "[\"skips-redirect-check\"]")
    );
}

#[test]
fn an_unknown_outcome() {
    shown!(
        1,
        Bed::right().with("rewrite = \"replaced\"", "rewrite = \"replacd\"")
    );
}

#[test]
fn an_unknown_oracle() {
    shown!(
        2,
        Bed::right()
            .with(
                "[\"code\", \"nothing-on-mw\"]",
                "[\"code\", \"nothing-on-cx\"]"
            )
            .with("judged-by    = [\"code\"]", "judged-by    = [\"cod\"]")
    );
}

#[test]
fn a_change_that_may_mean_several_steps() {
    shown!(1, Bed::right().with("{ step = \"register\", ", "{ "));
}

#[test]
fn a_change_that_names_no_step_that_is_there() {
    shown!(
        1,
        Bed::right().with("{ step = \"register\", ", "{ step = \"registre\", ")
    );
}

#[test]
fn a_change_of_what_only_observes() {
    shown!(
        1,
        Bed::right()
            .with("  { wic.expect = { status = 200 } },\n", "")
            .with(
                "{ step = \"register\", wic.send = { set = [\"To: <{bob.impu}>\"] } }",
                "{ wic.expect = { status = 403 } }"
            )
    );
}

#[test]
fn a_change_that_gives_a_name() {
    shown!(
        1,
        Bed::right().with(
            "{ step = \"register\", wic.send = { ",
            "{ step = \"register\", wic.send = { as = \"x\", "
        )
    );
}

#[test]
fn ids_that_stand_twice() {
    let bed = Bed::right()
        .with("id      = \"no-token-on-mw\"", "id      = \"forged\"")
        .with("id           = \"REQ-2.a\"", "id           = \"REQ-1.b\"")
        .with("id       = \"skew\"", "id       = \"to-mismatch\"")
        .with("id      = \"replaced\"", "id      = \"refused\"");
    // The outcome `replaced` is gone with its name, and two scripts want it.
    shown!(6, bed);
}

#[test]
fn ids_that_could_not_be_selected() {
    shown!(
        4,
        Bed::right()
            .with("id      = \"other-to\"", "id      = \"Other to\"")
            .with("id      = \"no-token-on-mw\"", "id      = \"../../etc\"")
            .with("signature-empty = []", "\"signature/empty\" = []")
    );
}

#[test]
fn a_placeholder_that_stands_for_nothing() {
    shown!(1, Bed::right().with("<{bob.impu}>", "<{bob.impuu}>"));
}

#[test]
fn a_flaw_that_nobody_makes() {
    shown!(
        1,
        Bed::right().with("variants = { alg-none", "variants = { alg-nonne")
    );
}

#[test]
fn variants_that_change_nothing() {
    shown!(
        1,
        Bed::right().with("flaw = \"{variant}\"", "flaw = \"alg-none\"")
    );
}

#[test]
fn an_answer_that_an_item_does_not_have() {
    shown!(
        2,
        Bed::right()
            .with(
                "applies-if = { token-format = \"jws\" }",
                "applies-if = { token-format = \"jwt\" }"
            )
            .with("{ reject = \"refused\"", "{ rejects = \"refused\"")
    );
}

#[test]
fn an_unknown_ics_item() {
    shown!(
        1,
        Bed::right().with(
            "applies-if = { token-format = \"jws\" }",
            "applies-if = { token-fromat = \"jws\" }"
        )
    );
}

#[test]
fn an_attack_of_its_own_steps_that_does_not_say_which_of_them_lies() {
    shown!(
        3,
        Bed::right()
            .with("lie = \"again\"\n", "")
            .with("judged = \"answer\"", "judged = \"answr\"")
            .with("departure = \"the token is used again\"\n", "")
    );
}

#[test]
fn attacks_that_depart_in_nothing_and_in_two_ways() {
    shown!(
        3,
        Bed::right()
            .with(
                "change  = { step = \"register\", wic.send = { set = [\"To: <{bob.impu}>\"] } }\n",
                ""
            )
            .with(
                "lie = \"again\"",
                "lie = \"again\"\nchange = { waf.issue = { life = 1 } }"
            )
            .with(
                "outcome = \"replaced\"",
                "outcome = \"replaced\"\nchange = { waf.issue = { life = 1 } }"
            )
    );
}

#[test]
fn a_control_that_is_not_there() {
    shown!(
        1,
        Bed::right().with(
            "control = \"ok-register\"\nchecks  = [",
            "control = \"ok-registr\"\nchecks  = ["
        )
    );
}

#[test]
fn a_control_without_steps() {
    let nothing =
        "\n[[control]]\nid = \"ok-nothing\"\ntitle = \"t\"\nregistration = 2\nsteps = []\n";
    shown!(1, Bed::right().and(nothing));
}

#[test]
fn what_is_no_toml() {
    shown!(1, Bed::right().and("\n[[attack]\n"));
}

#[test]
fn catalogue_entries_of_unknown_words() {
    shown!(
        3,
        Bed::right()
            .with(
                "level        = \"seed-should\"",
                "level        = \"seed-sould\""
            )
            .with("kind     = \"choice\"", "kind     = \"choise\"")
            .with("roles        = [\"waf\"]", "roles        = [\"wef\"]")
    );
}

#[test]
fn all_of_them_at_once_in_the_order_of_the_files() {
    let (count, text) = Bed::right()
        .with(
            "level        = \"seed-should\"",
            "level        = \"seed-sould\"",
        )
        .with("wic.connect =", "wic.conect =")
        .with("[\"REQ-1.a\", \"REQ-1.b\"]", "[\"REQ-1.a\", \"REQ-1.bb\"]")
        .with("rewrite = \"replaced\"", "rewrite = \"replacd\"")
        .shown();
    assert_eq!(count, 4, "{text}");
    let at = |what: &str| {
        text.find(what)
            .unwrap_or_else(|| panic!("{what} in {text}"))
    };
    assert!(at("seed-sould") < at("wic.conect") && at("wic.conect") < at("REQ-1.bb"));
    for (line, help) in [
        ("requirements/req-1.toml:18:", "did you mean `seed-should`?"),
        ("ep-cscf/area.toml:9:", "did you mean `connect`?"),
        ("ep-cscf/area.toml:19:", "did you mean `REQ-1.b`?"),
        ("ep-cscf/area.toml:34:", "did you mean `replaced`?"),
    ] {
        assert!(
            text.contains(line) && text.contains(help),
            "{line} {help} in {text}"
        );
    }
}

/// Only what the program defines may be known to another program, and what is like a known word is a slip.
#[test]
fn words_that_another_program_may_know_are_told_apart() {
    let strange = |right: &str, other: &str| {
        let problems = Bed::right().with(right, other).read().unwrap_err();
        let words = problems.iter().filter_map(|problem| problem.word.clone());
        words
            .map(|word| (word.name, word.is_like_another))
            .collect::<Vec<_>>()
    };
    let to = "{ set = [\"To: <{bob.impu}>\"] }";
    for (right, other, name, is_like) in [
        ("wic.connect =", "wic.teleport =", "teleport", false),
        ("wic.connect =", "wic.conect =", "conect", true),
        (to, "{ quantum = true }", "quantum", false),
        (
            "[\"code\", \"nothing-on-mw\"]",
            "[\"code\", \"zzz\"]",
            "zzz",
            false,
        ),
        ("<{bob.impu}>", "<{bob.xyzzyx}>", "{bob.xyzzyx}", false),
    ] {
        assert_eq!(
            strange(right, other),
            [(name.to_owned(), is_like)],
            "{other}"
        );
    }
    assert_eq!(strange("{ to-mismatch = {", "{ zzz = {"), []);
    assert_eq!(strange("rewrite = \"replaced\"", "rewrite = \"zzz\""), []);
}

#[test]
fn colours_are_shown_only_where_they_are_asked_for() {
    let problems = Bed::right()
        .with("wic.connect =", "wic.conect =")
        .read()
        .unwrap_err();
    assert!(problems.render(true).contains("\u{1b}["));
    assert!(!problems.render(false).contains("\u{1b}["));
}
