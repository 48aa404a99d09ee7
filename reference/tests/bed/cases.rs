//! A mistake of the edge as a test case: what shows it, and what honest and mistaken edge answer.

use serde_json::{Value, json};

use super::Bed;
use super::client::{Client, Register};
use super::world::World;

pub(crate) const ALICE: &str = "sip:alice0@op.example";
pub(crate) const BOB: &str = "sip:bob0@op.example";

/// A mistake, the SUT file it is made under, the REGISTERs that show it (on one connection), and the last answer of the honest edge
/// and of the mistaken one. Without a mistake, only the honest edge is asked, and `name` says about what.
pub(crate) struct Case {
    name: &'static str,
    answers: &'static [(&'static str, &'static str)],
    registers: fn(&World) -> Vec<Register>,
    honest: u16,
    mistaken: Option<u16>,
}

pub(crate) const fn case(
    defect: &'static str,
    registers: fn(&World) -> Vec<Register>,
    honest: u16,
    mistaken: u16,
) -> Case {
    Case {
        name: defect,
        answers: &[],
        registers,
        honest,
        mistaken: Some(mistaken),
    }
}

/// What the honest edge answers, where no mistake answers otherwise.
pub(crate) const fn refused(
    name: &'static str,
    registers: fn(&World) -> Vec<Register>,
    honest: u16,
) -> Case {
    Case {
        name,
        answers: &[],
        registers,
        honest,
        mistaken: None,
    }
}

pub(crate) const fn declared(answers: &'static [(&'static str, &'static str)], case: Case) -> Case {
    Case { answers, ..case }
}

pub(crate) fn alice(token: &str) -> Vec<Register> {
    vec![Register::of(ALICE).token(token)]
}

pub(crate) fn shown(lines: &[&str], impu: &str) -> Vec<Register> {
    let mut register = Register::of(impu);
    register.authorization = lines.iter().map(|line| (*line).to_owned()).collect();
    vec![register]
}

pub(crate) fn claims(world: &World) -> Value {
    world.claims("A", "alice0@op.example", &[ALICE])
}

pub(crate) fn now(world: &World) -> u64 {
    claims(world)["iat"].as_u64().expect("a number")
}

/// Alice's registration, then another REGISTER on her connection.
pub(crate) fn after_alice(world: &World, next: Register) -> Vec<Register> {
    vec![Register::of(ALICE).token(&world.alice()), next]
}

/// The last answer, and whether the last REGISTER reached the core.
async fn last_answer(bed: &Bed, registers: &[Register]) -> (u16, bool) {
    let mut client = Client::connect(&bed.world).await;
    let mut last = 0;
    let mut reached = false;
    for register in registers {
        last = client.register(register).await;
        let asked = json!({ "hook": "evidence", "mark": register.call_id });
        let records = bed.hook(asked).await["records"].clone();
        let here = |record: &&Value| record["code"].is_number();
        reached = records
            .as_array()
            .expect("records")
            .iter()
            .filter(here)
            .count()
            > 0;
    }
    (last, reached)
}

pub(crate) async fn check(cases: &[Case]) {
    for case in cases {
        let honest = Bed::start(None, case.answers).await;
        let (answer, before) = last_answer(&honest, &(case.registers)(&honest.world)).await;
        assert_eq!(answer, case.honest, "the honest edge, {}", case.name);
        let Some(expected) = case.mistaken else {
            continue;
        };
        let mistaken = Bed::start(Some(case.name), case.answers).await;
        let (answer, after) = last_answer(&mistaken, &(case.registers)(&mistaken.world)).await;
        assert_eq!(answer, expected, "the mistaken edge, {}", case.name);
        if case.honest == expected {
            assert!(
                !before && after,
                "only the mistaken edge forwards, {}",
                case.name
            );
        }
        if case.name != "refuses-everybody" {
            let token = mistaken
                .world
                .alice_with(&json!({ "scope": "ims", "jti": "9" }));
            assert_eq!(
                last_answer(&mistaken, &alice(&token)).await,
                (200, true),
                "an honest client, {}",
                case.name
            );
        }
    }
}
