//! The table holds.

use certs_gen::{Flaw, Flawed};

use crate::judges::{Findings, Judge, openssl, webpki};
use crate::structure::{differences, is_linked};
use crate::table::{Answer, Heal, ROWS, Row};
use crate::world::{NOW, TRUSTED, others, request};

fn flawed(row: &Row) -> Flawed {
    TRUSTED
        .issue_flawed(&request(row.usage, row.host), row.flaw, &others())
        .unwrap()
}

/// Collects the rows for which `wrong` has something to say.
fn check(wrong: impl Fn(&Row) -> Option<String>) {
    let found: Vec<_> = ROWS
        .iter()
        .filter_map(|row| wrong(row).map(|reason| format!("{}: {reason}", row.flaw)))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn against(answer: &Answer, found: &Findings) -> Option<String> {
    let expected: Findings = match answer {
        Answer::Refuses(errors) => {
            assert!(!errors.is_empty(), "a refusal names its errors");
            errors.iter().map(ToString::to_string).collect()
        }
        Answer::DoesNotLook(reason) => {
            assert!(
                !reason.is_empty(),
                "a judge that does not look has a reason"
            );
            Findings::new()
        }
    };
    (expected != *found).then(|| format!("expected {expected:?}, found {found:?}"))
}

#[test]
fn the_table_has_every_flaw_in_order() {
    assert!(ROWS.iter().map(|row| row.flaw).eq(Flaw::ALL));
}

#[test]
fn webpki_finds_the_flaw_and_no_other() {
    check(|row| against(&row.webpki, &webpki(&row.asked(&flawed(row), &TRUSTED))));
}

#[test]
fn openssl_finds_the_flaw_and_no_other() {
    check(|row| against(&row.openssl, &openssl(&row.asked(&flawed(row), &TRUSTED))));
}

#[test]
fn a_judge_finds_each_flaw_but_the_one_of_the_handshake() {
    check(|row| {
        let looks = [&row.webpki, &row.openssl]
            .iter()
            .any(|answer| matches!(answer, Answer::Refuses(_)));
        (looks == (row.flaw == Flaw::WrongKey)).then(|| format!("a judge looks: {looks}"))
    });
}

#[test]
fn healed_of_its_flaw_the_chain_passes() {
    check(|row| {
        let flawed = flawed(row);
        let mut question = row.asked(&flawed, &TRUSTED);
        let (heal, judges): (_, &[Judge]) = match row.heal {
            Heal::Both(heal) => (heal, &[webpki, openssl]),
            Heal::Webpki(heal) => (heal, &[webpki]),
            Heal::Openssl(heal) => (heal, &[openssl]),
            Heal::Not => return None,
        };
        heal(&mut question, &flawed);
        let left: Vec<_> = judges.iter().flat_map(|judge| judge(&question)).collect();
        (!left.is_empty()).then(|| format!("still {left:?}"))
    });
}

#[test]
fn the_chain_differs_from_the_honest_one_only_in_the_flaw() {
    check(|row| {
        let honest = TRUSTED.issue(&request(row.usage, row.host)).unwrap();
        let found = differences(&honest.chain, &flawed(row).chain, NOW);
        let expected = row.differs.iter().map(ToString::to_string).collect();
        (found != expected).then(|| format!("expected {expected:?}, found {found:?}"))
    });
}

#[test]
fn each_certificate_names_the_next_as_its_issuer() {
    check(|row| {
        let flawed = flawed(row);
        let chain: Vec<_> = flawed.chain.into_iter().chain(flawed.withheld).collect();
        (!is_linked(&chain)).then(|| "the chain is not linked".to_owned())
    });
}

#[test]
fn the_handshake_is_signed_with_the_leafs_key_but_for_the_wrong_key() {
    check(|row| {
        let flawed = flawed(row);
        let same = flawed.key == flawed.sign_key;
        (same == (row.flaw == Flaw::WrongKey)).then(|| format!("same key: {same}"))
    });
}

#[test]
fn names_are_read_back() {
    for flaw in Flaw::ALL {
        assert_eq!(flaw.name().parse(), Ok(flaw));
        assert!(
            flaw.name()
                .chars()
                .all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit())
        );
    }
    let unknown = "Expired".parse::<Flaw>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "no certificate flaw is named \"Expired\""
    );
}
