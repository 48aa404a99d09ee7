//! Fuzz targets: what must hold for any text in place of a script, a SUT file or an expectations file. They panic when it does not.

use std::collections::BTreeSet;

use evidence::Role;

use crate::catalogue::{Answers, Item};
use crate::select::Selection;
use crate::{Problems, Suite, SutFile, Vocabulary, expectations};

/// A clause, ICS items and an outcome, so that scripts about them can be right.
const CLAUSES: &str = r#"
[[requirement]]
id = "REQ-1.a"
text = "t"
source = "s"
registration = [1, 2, 3]
roles = ["ep-cscf"]
level = "seed-shall"
held = "h"
violated = "v"
"#;
const ITEMS: &str = r#"
[[item]]
id = "token-format"
question = "q"
kind = "list"
values = ["jws", "opaque"]
roles = ["ep-cscf"]
[[item]]
id = "skew"
question = "q"
kind = "value"
roles = ["ep-cscf"]
[[item]]
id = "hook-visit"
question = "q"
kind = "hook"
roles = ["wic"]
"#;
const OUTCOMES: &str = r#"
[[outcome]]
id = "refused"
text = "t"
oracles = ["code"]
"#;

/// All targets, one after the other.
pub fn all(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    scripts(&text);
    catalogue(&text);
    sut_file(&text);
    expected(&text);
    selection(&text);
}

/// Scripts beside a right catalogue: read without problem they expand into cases, each with an id of its own.
pub fn scripts(text: &str) {
    match Suite::read(suite("ep-cscf/any.toml", text), &vocabulary()) {
        Ok(suite) => expand(&suite),
        Err(problems) => shown(&problems),
    }
}

/// Clauses, items, outcomes and further kills.
pub fn catalogue(text: &str) {
    for path in [
        "requirements/any.toml",
        "ics.toml",
        "outcomes.toml",
        "also-kills.toml",
    ] {
        let file = [(path.to_owned(), text.to_owned())];
        if let Err(problems) = Suite::read(file, &vocabulary()) {
            shown(&problems);
        }
    }
}

/// A SUT file that is read without problem says which role is under test.
pub fn sut_file(text: &str) {
    match SutFile::read("sut.toml", text, &items()) {
        Ok(file) => assert!(!file.roles.is_empty(), "no role under test, and no problem"),
        Err(problems) => shown(&problems),
    }
}

/// Expectations that are read without problem have a case, a verdict and a reason.
pub fn expected(text: &str) {
    match expectations::read("expectations.toml", text) {
        Ok(expectations) => {
            for expectation in expectations {
                let Ok(verdict) = serde_json::to_value(&expectation.verdict) else {
                    continue;
                };
                let known: Result<evidence::Verdict, _> = serde_json::from_value(verdict);
                assert!(known.is_ok(), "expects what no record can hold");
            }
        }
        Err(problems) => shown(&problems),
    }
}

/// Reading a selection ends.
pub fn selection(text: &str) {
    let _ = Selection::read(text);
}

fn expand(suite: &Suite) {
    let declared = Answers::from([("token-format".to_owned(), vec!["jws".to_owned()])]);
    for answers in [Answers::new(), declared] {
        for role in Role::ALL {
            let mut ids = BTreeSet::new();
            for case in suite.cases(*role, &answers) {
                assert!(
                    (1..=3).contains(&case.registration),
                    "no such registration: {}",
                    case.id
                );
                assert!(
                    case.departs.is_none_or(|at| at < case.steps.len()),
                    "departs behind its end: {}",
                    case.id
                );
                assert!(ids.insert(case.id.clone()), "twice: {}", case.id);
            }
        }
    }
}

/// Problems can be shown: something is wrong, each has a place in its file, and the whole is rendered.
fn shown(problems: &Problems) {
    assert!(!problems.is_empty(), "refused without a reason");
    let text = problems.render(false);
    for problem in problems.iter() {
        assert!(
            !problem.message.is_empty() && !problem.help.is_empty(),
            "a problem without words"
        );
        let place = problem.span.place();
        assert!(
            text.contains(&place.file),
            "a problem that names no file: {text}"
        );
    }
}

fn suite(path: &str, text: &str) -> Vec<(String, String)> {
    [
        ("requirements/any.toml", CLAUSES),
        ("ics.toml", ITEMS),
        ("outcomes.toml", OUTCOMES),
        (path, text),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .to_vec()
}

fn items() -> Vec<Item> {
    let file = [("ics.toml".to_owned(), ITEMS.to_owned())];
    Suite::read(file, &vocabulary()).map_or_else(|_| Vec::new(), |suite| suite.items)
}

fn vocabulary() -> Vocabulary {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Vocabulary {
        defects: vec![("accepts-alg-none".to_owned(), Role::EpCscf)],
        certificate_flaws: words(&["expired"]),
        token_flaws: words(&["alg-none"]),
        oracles: words(&["code"]),
    }
}
