//! A plan carries the answers that the judge asks after, and no others.

use std::collections::BTreeSet;
use std::path::Path;

/// Every item that stands as a literal in a call of `answer` or `answer_list` below a folder.
fn asked(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            asked(&path, found);
            continue;
        }
        let text: String = std::fs::read_to_string(&path)
            .expect("a source")
            .split_whitespace()
            .collect();
        for call in [".answer(\"", ".answer_list(\""] {
            found.extend(
                text.split(call)
                    .skip(1)
                    .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
            );
        }
    }
}

#[test]
fn the_items_are_those_that_are_asked_after() {
    let mut found = BTreeSet::new();
    asked(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let listed: BTreeSet<String> = judge::ITEMS.iter().map(|item| (*item).to_owned()).collect();
    assert_eq!(listed, found);
}
