//! A play as arrows.

mod fixture;

use evidence::event::{Direction, Layer};
use evidence::{Event, Interface, ReadLog, What};
use reports::ladder;

const PLAY: &str = "epc-id-to-swap@2#1";

#[test]
fn an_attack_that_went_through() {
    let fixture = fixture::believable();
    let findings = &fixture.cases[6].findings;
    let log = fixture.log(PLAY).unwrap();
    insta::assert_snapshot!(ladder::draw(&log, PLAY, findings, 110));
    insta::assert_snapshot!(ladder::draw(&log, PLAY, findings, 60));
}

/// Several ladders stand one below the other.
#[test]
fn a_ladder_tells_what_it_is_of() {
    let fixture = fixture::believable();
    let case = &fixture.cases[6];
    let play = case.plays.iter().find(|play| play.play == PLAY).unwrap();
    assert_eq!(
        ladder::heading(case, play),
        "✗ fail epc-id-to-swap@2: attack in cases/epc-id-to-swap@2/1.ndjson\n"
    );
}

#[test]
fn hostile_messages() {
    let fixture = fixture::believable().poisoned();
    let (play, log) = fixture
        .logs
        .iter()
        .find(|(play, _)| play.ends_with(PLAY))
        .unwrap();
    let text = ladder::draw(log, play, &fixture.cases[6].findings, 110);
    assert!(
        text.lines().all(|line| !line.contains(char::is_control)),
        "{text}"
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_flood_is_counted_and_the_broken_event_still_shown() {
    let mut log = fixture::believable().log(PLAY).unwrap();
    for n in 16..5_000 {
        let what = What::Message {
            connection: 1,
            interface: Interface::W2,
            direction: Direction::Received,
            layer: Layer::Sip,
            bytes: format!("OPTIONS sip:{n} SIP/2.0\r\n").into_bytes().into(),
            cut_from: None,
            late: true,
        };
        log.events.push(Event {
            n,
            at_us: 2_000_000,
            what,
        });
    }
    let mut findings = fixture::believable().cases[6].findings.clone();
    findings[0].events[0].n = 4_000;
    let text = ladder::draw(&log, PLAY, &findings, 110);
    assert!(text.lines().count() < 210, "{}", text.lines().count());
    assert!(
        text.lines()
            .any(|line| line.contains("✗ ") && line.contains("OPTIONS sip:4000")),
        "{text}"
    );
    assert!(text.contains("more events stand in the log"), "{text}");
}

#[test]
fn a_log_without_messages_has_no_ladder() {
    assert_eq!(
        ladder::draw(&ReadLog::default(), PLAY, &[], 80),
        "nothing was sent and nothing came\n"
    );
}
