//! A small suite that is right, and ways to make it wrong.

use evidence::Role;
use script::{Answers, Problems, Suite, SutFile, Vocabulary};

const CLAUSES: &str = include_str!("bed/clauses.toml");
const ITEMS: &str = include_str!("bed/ics.toml");
const OUTCOMES: &str = include_str!("bed/outcomes.toml");
const AREA: &str = include_str!("bed/area.toml");
const SUT: &str = include_str!("bed/sut.toml");

/// The files of the suite; texts in them can be replaced.
#[derive(Clone)]
pub(crate) struct Bed(Vec<(String, String)>);

impl Bed {
    pub(crate) fn right() -> Self {
        let files = [
            ("requirements/req-1.toml", CLAUSES),
            ("ics.toml", ITEMS),
            ("outcomes.toml", OUTCOMES),
            ("ep-cscf/area.toml", AREA),
        ];
        Self(
            files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .to_vec(),
        )
    }

    /// Replaces one text, which must stand once in the suite, by another.
    pub(crate) fn with(mut self, right: &str, other: &str) -> Self {
        let found: usize = self
            .0
            .iter()
            .map(|(_, text)| text.matches(right).count())
            .sum();
        assert_eq!(found, 1, "the suite has {right:?} once");
        for (_, text) in &mut self.0 {
            *text = text.replace(right, other);
        }
        self
    }

    /// Adds to the end of the area.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.0.last_mut().unwrap().1.push_str(more);
        self
    }

    /// Adds a file.
    pub(crate) fn beside(mut self, path: &str, text: &str) -> Self {
        self.0.push((path.to_owned(), text.to_owned()));
        self
    }

    pub(crate) fn read(self) -> Result<Suite, Problems> {
        Suite::read(self.0, &vocabulary())
    }

    /// The suite, or its problems as a panic.
    pub(crate) fn suite(self) -> Suite {
        self.read()
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    }

    /// Its problems as they are shown, and how many.
    pub(crate) fn shown(self) -> (usize, String) {
        let problems = self.read().expect_err("something is wrong");
        (problems.len(), problems.render(false))
    }
}

pub(crate) fn vocabulary() -> Vocabulary {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let defects = [
        ("accepts-alg-none", Role::EpCscf),
        ("skips-signature", Role::EpCscf),
        ("skips-redirect-check", Role::Waf),
    ];
    Vocabulary {
        defects: defects.map(|(name, role)| (name.to_owned(), role)).to_vec(),
        certificate_flaws: words(&["expired", "other-name"]),
        token_flaws: words(&["alg-none", "signature-empty"]),
        oracles: words(&["code", "nothing-on-mw"]),
    }
}

/// The SUT file of the bed with one text replaced by another.
pub(crate) fn sut_file(right: &str, other: &str) -> Result<SutFile, Problems> {
    assert_eq!(
        SUT.matches(right).count(),
        1,
        "the SUT file has {right:?} once"
    );
    SutFile::read(
        "sut.toml",
        &SUT.replace(right, other),
        &Bed::right().suite().items,
    )
}

pub(crate) fn answers(given: &[(&str, &str)]) -> Answers {
    given
        .iter()
        .map(|(item, words)| {
            let words = words.split(' ').map(str::to_owned).collect();
            ((*item).to_owned(), words)
        })
        .collect()
}
