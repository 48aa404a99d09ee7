//! Whatever a SUT writes, wherever it can write it: no format passes it on as anything but text.

mod fixture;

use std::path::Path;

use proptest::prelude::*;
use reports::{Style, junit, ladder, progress, terminal};

/// Arbitrary text with the beginnings of what each reader would obey strewn in.
fn payload() -> impl Strategy<Value = String> {
    let pieces = [
        "::error::",
        "\n::add-mask::",
        "##[error]",
        "##vso[",
        "\x1b[31m",
        "\x1b]0;",
        "\x07",
        "\r\n",
        "\0",
        "\u{9b}",
        "\u{202e}",
        "\u{fffe}",
        "<script>",
        "</pre>",
        "<img src=x>",
        "\" onload=\"",
        "'",
        "]]>",
        "&lt;",
        "&#60;",
        "{{ 1 }}",
        "@",
        ".",
        "#",
        "日本",
    ];
    let piece = prop_oneof![
        prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        any::<String>()
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What no terminal and no CI log may get.
fn printed(text: &str) -> Result<(), TestCaseError> {
    for line in text.lines() {
        prop_assert!(!line.contains(char::is_control), "{:?}", line);
        prop_assert!(
            !line.contains(|letter| ('\u{202a}'..='\u{202e}').contains(&letter)),
            "{:?}",
            line
        );
        prop_assert!(!line.trim_start().starts_with("::"), "{:?}", line);
        prop_assert!(
            !line.contains("##[") && !line.contains("##vso["),
            "{:?}",
            line
        );
    }
    Ok(())
}

/// Tags and comments of a document; text and attributes cannot make one, so their number is ours alone.
fn tags(markup: &str) -> usize {
    markup.matches('<').count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_format_is_inert(payload in payload(), width in 1_usize..160) {
        let honest = fixture::believable();
        let fixture = honest.poisoned_with(&payload);
        let style = Style { colour: false, width };
        printed(&terminal::screen(&fixture.record, &fixture.cases, Path::new(&payload), style))?;
        for case in &fixture.cases {
            printed(&progress::finished(case, style))?;
            printed(&progress::line(1, 2, 3, &case.case, style))?;
            printed(&terminal::diagnosis(case, &payload, style))?;
        }
        for (play, log) in &fixture.logs {
            printed(&ladder::draw(log, play, &fixture.cases[6].findings, width))?;
        }

        let xml = junit::document(&fixture.record, &fixture.cases);
        printed(&xml)?;
        prop_assert_eq!(tags(&xml), tags(&junit::document(&honest.record, &honest.cases)));

        let page = fixture.page();
        printed(&page)?;
        // Every family of clauses, repeated heading and given help is there in both, so the tags are the same.
        prop_assert_eq!(page.matches("<script").count() + page.matches("<img").count(), 0);
        prop_assert_eq!(page.matches("<pre").count(), honest.page().matches("<pre").count());
        prop_assert_eq!(page.matches("onload=\"").count(), 0);
    }
}
