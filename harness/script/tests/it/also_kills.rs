//! Kills beside the proofs: what a row may name, and what it declares.

use crate::bed::Bed;

fn row(defect: &str, attacks: &str) -> String {
    format!("[[also-kills]]\ndefect = \"{defect}\"\nreason = \"it is so\"\nattacks = [{attacks}]\n")
}

fn with(text: &str) -> Bed {
    Bed::right().beside("also-kills.toml", text)
}

#[test]
fn a_row_names_what_there_is() {
    let first = Bed::right()
        .suite()
        .attacks
        .keys()
        .next()
        .expect("an attack")
        .clone();
    let named = format!("\"{first}\"");
    assert_eq!(
        with(&row("skips-signature", &named))
            .suite()
            .also_kills
            .len(),
        1
    );
    let shown = |text: &str| with(text).shown();
    let (count, text) = shown(&row("skips-signature", "\"no-such-attack\""));
    assert_eq!(count, 1, "{text}");
    assert!(
        text.contains("no attack is named `no-such-attack`"),
        "{text}"
    );
    let (count, text) = shown(&row("skips-everything", &named));
    assert_eq!(count, 1, "{text}");
    assert!(text.contains("skips-everything"), "{text}");
    let (count, text) = shown("[[also-kills]]\ndefect = \"skips-signature\"\nattacks = []\n");
    assert_eq!(count, 1, "a kill without reason: {text}");
}

#[test]
fn a_declaration_is_of_its_own_attacks_and_mistake_only() {
    let suite = with(&row("skips-signature", "\"*\"")).suite();
    let declared = suite.declared();
    let is = |attack: &str, defect: &str| declared.iter().any(|each| each.is(attack, defect));
    assert!(is("any[variant]", "skips-signature"));
    assert!(!is("any[variant]", "accepts-alg-none"));
    let of = |attack: &str| script::also_kills::Declared {
        attack: attack.to_owned(),
        defect: "skips-signature".to_owned(),
    };
    assert!(of("slug").is("slug[one]", "skips-signature"));
    assert!(of("slug[one]").is("slug[one]", "skips-signature"));
    assert!(!of("slug[one]").is("slug[two]", "skips-signature"));
    assert!(!of("slug").is("slug-more", "skips-signature"));
}
