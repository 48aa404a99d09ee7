//! The screen at the end of a run.

mod fixture;

use std::path::Path;

use evidence::record::RequirementRecord;
use evidence::{Role, Verdict};
use reports::{Style, hostile, progress, terminal};

fn screen(fixture: &fixture::Fixture, style: Style) -> String {
    terminal::screen(
        &fixture.record,
        &fixture.cases,
        Path::new("wicheck-out/20261125-030000-4711"),
        style,
    )
}

#[test]
fn a_failed_run() {
    insta::assert_snapshot!(screen(&fixture::believable(), Style::PLAIN));
}

#[test]
fn a_failed_run_on_a_narrow_terminal() {
    insta::assert_snapshot!(screen(
        &fixture::believable(),
        Style {
            colour: false,
            width: 60
        }
    ));
}

#[test]
fn a_hostile_run() {
    insta::assert_snapshot!(screen(&fixture::believable().poisoned(), Style::PLAIN));
}

#[test]
fn a_passed_run_fits_one_screen() {
    let text = screen(&fixture::passing(), Style::PLAIN);
    assert!(text.lines().count() <= 40, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_large_run_stays_readable() {
    let text = screen(&fixture::large(1_000), Style::PLAIN);
    assert!(text.lines().count() <= 60, "{text}");
    assert!(
        text.contains("and       49 more cases of the same cause"),
        "{text}"
    );
}

#[test]
fn a_large_run_names_its_slowest_cases_and_what_they_waited_for() {
    let mut fixture = fixture::large(1_000);
    fixture.record.slowest = vec![evidence::record::SlowCase {
        case: "epc-id-to-swap@2".to_owned(),
        duration_us: 512_000,
        waited_for: "500 ms for SIP/2.0 403 on W2".to_owned(),
    }];
    let text = screen(&fixture, Style::PLAIN);
    let named = "slowest  epc-id-to-swap@2 512 ms, waited 500 ms for SIP/2.0 403 on W2";
    assert!(text.contains(named), "{text}");
    let few = screen(&fixture::passing(), Style::PLAIN);
    assert!(!few.contains("slowest"), "{few}");
}

#[test]
fn how_clients_of_other_parties_fared_is_told_for_before_during_and_after() {
    let mut fixture = fixture::passing();
    let of = |served, exchanges| evidence::record::Served { exchanges, served };
    fixture.cases[0].background = Some(evidence::record::Background {
        before: of(24, 24),
        during: of(1999, 2000),
        after: of(18, 18),
    });
    let id = fixture.cases[0].case.clone();
    let text = screen(
        &fixture,
        Style {
            colour: false,
            width: 140,
        },
    );
    let told = format!(
        "others   {id}, exchanges of other parties' clients served: before 24 of 24, during 1999 of 2000, after 18 of 18"
    );
    assert!(text.contains(&told), "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 100, 140] {
        for fixture in [
            fixture::believable(),
            fixture::passing(),
            fixture::believable().poisoned(),
        ] {
            let text = screen(
                &fixture,
                Style {
                    colour: false,
                    width,
                },
            );
            // The command alone is left whole, for copying.
            for line in text.lines().filter(|line| !line.starts_with("   repeat")) {
                assert!(hostile::columns(line) <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn a_failure_that_does_not_count_is_told() {
    let mut fixture = fixture::believable();
    for asked in fixture.record.requirements.values_mut() {
        asked.mandatory = false;
    }
    let text = screen(&fixture, Style::PLAIN);
    assert!(
        text.contains("✗ REQ-4.b@ep-cscf  fail  seed-shall, does not count"),
        "{text}"
    );
}

#[test]
fn what_weakens_a_run_is_told() {
    let mut fixture = fixture::passing();
    let honest = screen(&fixture, Style::PLAIN);
    fixture.record.interrupted = true;
    for role in fixture.record.roles.values_mut() {
        role.advisory_failed = 3;
        role.uncovered = 4;
    }
    let text = screen(&fixture, Style::PLAIN);
    let told = [
        "interrupted: what was not played is counted as not run",
        "and 3 failed that the profile does not count",
        "4 not covered",
    ];
    for words in told {
        assert!(
            text.contains(words) && !honest.contains(words),
            "{words}: {text}"
        );
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let fixture = fixture::believable();
    let coloured = screen(
        &fixture,
        Style {
            colour: true,
            ..Style::PLAIN
        },
    );
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_ne!(coloured, plain);
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(
        trimmed.join("\n"),
        screen(&fixture, Style::PLAIN).trim_end()
    );
}

#[test]
fn a_finished_case_is_one_plain_line() {
    let fixture = fixture::believable();
    let told: Vec<String> = fixture
        .cases
        .iter()
        .map(|case| progress::finished(case, Style::PLAIN))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    for case in fixture.poisoned().cases {
        let line = progress::finished(&case, Style::PLAIN);
        assert!(
            !line.contains(char::is_control) && line.starts_with(case.verdict.word()),
            "{line}"
        );
    }
}

#[test]
fn every_verdict_has_a_diagnosis_that_names_case_and_command() {
    let mut case = fixture::believable().cases.remove(0);
    for verdict in Verdict::ALL {
        case.verdict = *verdict;
        let text = terminal::diagnosis(&case, "wicheck run --only x", Style::PLAIN);
        assert!(
            text.contains(&case.case) && text.contains("repeat    wicheck run --only x"),
            "{text}"
        );
    }
}

#[test]
fn hostile_bytes_neither_steer_nor_command() {
    let text = screen(&fixture::believable().poisoned(), Style::PLAIN);
    for line in text.lines() {
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(!line.trim_start().starts_with("::"), "{line:?}");
        assert!(
            !line.contains("##[") && !line.contains("##vso["),
            "{line:?}"
        );
    }
}

/// Six roles and all families of the suite, as when the whole embedded network is tested.
#[test]
fn a_passed_run_of_every_role_fits_one_screen_too() {
    let mut fixture = fixture::passing();
    let (_, template) = fixture.record.requirements.pop_first().unwrap();
    let said = fixture.record.roles.values().next().unwrap().clone();
    fixture.record.requirements.clear();
    let families = [
        "REQ-x", "REQ-1", "REQ-2", "REQ-3", "REQ-4", "REQ-5", "REQ-6", "REQ-7", "REQ-y", "REQ-z",
    ];
    let protocols =
        ["ALIVE", "DIG", "OA", "PKI", "SIP", "TLS", "WEB", "WS"].map(|name| format!("PRO-{name}"));
    for family in families.map(str::to_owned).into_iter().chain(protocols) {
        for role in Role::ALL {
            for item in 1..15 {
                let passed = RequirementRecord {
                    verdict: Some(Verdict::Pass),
                    ..template.clone()
                };
                fixture
                    .record
                    .requirements
                    .insert(format!("{family}.{item}@{role}"), passed);
                fixture.record.roles.insert(*role, said.clone());
            }
        }
    }
    for width in [80, 100] {
        let text = screen(
            &fixture,
            Style {
                colour: false,
                width,
            },
        );
        assert!(text.lines().count() <= 40, "{text}");
    }
}
