//! Words that must not stand in some places: a product that is tested, fixtures in the reference, marks of unfinished work.

use std::collections::BTreeSet;

use proof::tree::{SourceFile, files, rust};

/// Lines of these files that hold one of the words.
fn lines_with<'f>(
    files: impl Iterator<Item = &'f SourceFile>,
    holds: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    files
        .flat_map(|file| {
            file.text
                .lines()
                .enumerate()
                .map(move |(at, line)| (file, at + 1, line))
        })
        .filter_map(|(file, at, line)| {
            holds(line).map(|word| format!("{}:{at}: {word}", file.path))
        })
        .collect()
}

fn any_of<'w>(words: &'w [&'w str]) -> impl Fn(&str) -> Option<String> + 'w {
    |line| {
        words
            .iter()
            .find(|word| line.contains(**word))
            .map(|word| (*word).to_owned())
    }
}

/// Whether a word stands in a text by itself: neither letter, digit nor hyphen beside it.
fn has_word(text: &str, word: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !behind.is_some_and(part)
    })
}

#[test]
fn words_stand_alone_or_not_at_all() {
    assert!(has_word("a \"bob\"", "bob") && has_word("bob", "bob") && has_word("sip:bob@x", "bob"));
    assert!(!has_word("bobby", "bob") && !has_word("kabob", "bob") && !has_word("epc-bob", "bob"));
}

#[test]
fn the_harness_knows_no_product() {
    let files = files();
    let harness = files
        .iter()
        .filter(|file| file.path.starts_with("harness/") || file.path.starts_with("scenarios/"));
    let found = lines_with(harness, |line| {
        line.to_lowercase()
            .contains("kamailio")
            .then(|| line.trim().to_owned())
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// The slugs of controls, attacks and audits.
fn slugs() -> BTreeSet<String> {
    let catalogue = [
        "scenarios/requirements/",
        "scenarios/ics.toml",
        "scenarios/outcomes.toml",
    ];
    let slugs: BTreeSet<String> = files()
        .iter()
        .filter(|file| file.path.starts_with("scenarios/") && file.path.ends_with(".toml"))
        .filter(|file| !catalogue.iter().any(|other| file.path.starts_with(other)))
        .flat_map(|file| file.text.lines())
        .filter_map(|line| {
            line.strip_prefix("id")?
                .trim_start()
                .strip_prefix('=')?
                .trim()
                .strip_prefix('"')?
                .split('"')
                .next()
        })
        .map(str::to_owned)
        .collect();
    assert!(
        slugs.len() > 50,
        "the scenarios have more slugs than {}",
        slugs.len()
    );
    slugs
}

/// People of the world who are no ordinary words.
fn people() -> Vec<String> {
    let ordinary = ["anonymous", "individual", "pooled"];
    let mut people: Vec<String> = script::placeholder::people()
        .filter(|name| !ordinary.contains(name))
        .map(str::to_owned)
        .collect();
    // Of pools: what the world calls their members.
    people.extend(["pat", "quinn", "pat0", "quinn0"].map(str::to_owned));
    people
}

/// A defect is a mistake of an implementer; whoever knew the scenario could make it fail without making the mistake.
#[test]
fn the_reference_knows_neither_scenarios_nor_people() {
    let (slugs, people) = (slugs(), people());
    let rust: Vec<SourceFile> = rust().into_iter().map(without_its_tests).collect();
    let reference = rust.iter().filter(|file| {
        file.path.starts_with("reference/src/") && file.path != "reference/src/defect.rs"
    });
    let found = lines_with(reference, |line| {
        let slug = slugs.iter().find(|slug| has_word(line, slug));
        let person = || {
            people.iter().find(|person| {
                literals(line).any(|literal| has_word(&literal.to_lowercase(), person))
            })
        };
        slug.or_else(person).cloned()
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// A source without the module of tests at its end.
fn without_its_tests(mut file: SourceFile) -> SourceFile {
    if let Some(at) = file.text.find("#[cfg(test)]\nmod tests {") {
        file.text.truncate(at);
    }
    file
}

/// The string literals of a line.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

#[test]
fn nothing_names_the_place_where_it_was_written() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("sha", "red/"),
        concat!(".lib", "rary/"),
        concat!("/.lib", "rary"),
        concat!("farm", "-studio"),
        concat!("dupli", "cates --"),
    ];
    let found = lines_with(files().iter(), any_of(&places));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_is_left_to_be_done_or_left_out() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
    ];
    let found = lines_with(rust().iter(), any_of(&marks));
    assert!(found.is_empty(), "{found:#?}");
}
