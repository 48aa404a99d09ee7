//! The HTML page as text: small, quick, complete, inert. What a browser makes of it is checked in `chromium.rs`.

mod fixture;

use std::time::Instant;

use evidence::Verdict;

#[test]
fn a_thousand_cases_take_less_than_a_second_and_ten_megabytes() {
    let fixture = fixture::large(1_000);
    let began = Instant::now();
    let page = fixture.page();
    let took = began.elapsed();
    assert!(took.as_millis() < 1_000, "{took:?}");
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    assert_eq!(
        page.matches("<details id=\"case-").count(),
        fixture.cases.len()
    );
}

#[test]
fn everything_that_a_failure_needs_is_on_the_page() {
    let page = fixture::believable().page();
    let needed = [
        "Acme Edge 3.2.1",
        "exit 1",
        "a mandatory requirement failed</strong>",
        "<del>To: &#60;sip:alice@ims.example&#62;</del>",
        "<ins>To: &#60;sip:alice-work@ims.example&#62;</ins>",
        "no REGISTER leaves on Mw",
        "REGISTER left on Mw with",
        "ep-cscf/identity.toml:42:24",
        "wicheck run &#39;acme edge.toml&#39; --only epc-id-to-swap@2",
        "here the attack departs",
        "REQ-4.b",
        "cases/epc-id-to-swap@2/1.ndjson, event 9",
    ];
    for words in needed {
        assert!(page.contains(words), "{words} is missing");
    }
}

#[test]
fn every_link_has_its_target_and_none_leaves_the_page() {
    let page = fixture::believable().page();
    let links: Vec<&str> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(links.len() > 10);
    for link in links {
        let target = link.strip_prefix('#').expect("only links within the page");
        assert!(
            page.contains(&format!("id=\"{target}\"")),
            "{link} leads nowhere"
        );
    }
}

/// From the clause to its cases and back, and from a case to the bytes.
#[test]
fn a_clause_is_found_from_its_case_and_its_case_from_the_clause() {
    let page = fixture::believable().page();
    let row = page
        .split("<tr id=\"clause-")
        .find(|row| row.contains("<th scope=\"row\">REQ-4.b</th>"))
        .expect("the row of the clause");
    let place = row.split('"').next().expect("its number");
    assert!(
        row.split("</tr>")
            .next()
            .unwrap()
            .contains("href=\"#case-6\""),
        "{row}"
    );
    let case = page.split("id=\"case-6\"").nth(1).unwrap();
    let case = case.split("</details>").next().unwrap();
    assert!(
        case.contains(&format!("<a href=\"#clause-{place}\">REQ-4.b</a>")),
        "{case}"
    );
    // The finding names event 9, and so does the ladder.
    assert!(case.contains("event 9"), "{case}");
    let broken = case
        .lines()
        .find(|line| line.contains('✗') && line.contains("REGISTER sip:"));
    assert!(
        broken.is_some_and(|line| line.trim_start().starts_with("9 ")),
        "{case}"
    );
}

/// What a SUT declares decides what is asked of it.
#[test]
fn what_was_declared_is_on_the_page() {
    let mut fixture = fixture::believable();
    assert!(!fixture.page().contains("id=\"declared\""));
    let answers = &mut fixture.record.planned.answers;
    answers.insert("emergency".to_owned(), vec!["no".to_owned()]);
    answers.insert(
        "token-format".to_owned(),
        vec!["jws".to_owned(), "<b>".to_owned()],
    );
    let page = fixture.page();
    assert!(
        page.contains("<dt><code>emergency</code></dt><dd>no</dd>"),
        "{page}"
    );
    assert!(page.contains("<dd>jws, &#60;b&#62;</dd>"), "{page}");
}

#[test]
fn no_verdict_is_told_by_colour_alone() {
    let mut fixture = fixture::believable();
    for verdict in Verdict::ALL {
        fixture.cases[6].verdict = *verdict;
        let page = fixture.page();
        let badge = page
            .split("id=\"case-6\"")
            .nth(1)
            .and_then(|case| case.split("</summary>").next())
            .unwrap();
        assert!(badge.contains(&verdict.word().replace('_', " ")), "{badge}");
    }
}

#[test]
fn a_log_that_is_gone_is_told_and_costs_nothing_else() {
    let mut fixture = fixture::believable();
    fixture.logs.clear();
    assert!(fixture.page().contains("cannot read epc-id-to-swap@2#1"));
}

#[test]
fn hostile_bytes_make_no_tag_and_no_control() {
    let honest = fixture::believable().page();
    let page = fixture::believable().poisoned().page();
    assert!(
        page.contains("\\x1b]0;pwned\\x07"),
        "the payload is shown, escaped"
    );
    for letter in page.chars().filter(|letter| *letter != '\n') {
        assert!(!letter.is_control() && letter != '\u{202e}', "{letter:?}");
    }
    for tag in ["<script", "<img", "<svg", "</title", "</style", "</pre"] {
        let foreign = page.matches(tag).count();
        assert_eq!(foreign, honest.matches(tag).count(), "{tag}");
    }
}

/// A clause in two registrations has a column for each, and each case counts in its own.
#[test]
fn a_case_counts_in_its_own_registration() {
    let mut fixture = fixture::believable();
    fixture.cases[7].registration = 3;
    let page = fixture.page();
    assert!(page.contains("Reg. 2</th>") && page.contains("Reg. 3</th>"));
    let row = page
        .split("<th scope=\"row\">REQ-4.f1</th>")
        .nth(1)
        .and_then(|row| row.split("</tr>").next())
        .unwrap();
    let cells: Vec<&str> = row.split("<td class=\"cell\">").skip(1).collect();
    assert!(cells[0].starts_with("</td>"), "{row}");
    assert!(
        cells[1].starts_with("<span class=\"pass\" title=\"1 pass\">✓1</span></td>"),
        "{row}"
    );
}

/// Ladders are what makes a page large: of the cases that passed, one a control has them.
#[test]
fn one_passed_attack_a_control_is_drawn() {
    let page = fixture::passing().page();
    assert_eq!(page.matches("<pre class=\"ladder\"").count(), 3);
}
