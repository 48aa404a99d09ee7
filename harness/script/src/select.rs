//! `--only`: ids and globs, `clause:REQ-4.b`, `sut:waf`, joined by `,` (or) and `&` (and).

use crate::case::Case;

/// A selection of cases.
#[derive(Clone, Debug)]
pub struct Selection(Vec<Alternative>);

/// A part between two `,`: it selects what passes all of its tests.
#[derive(Clone, Debug)]
struct Alternative {
    text: String,
    tests: Vec<Test>,
}

#[derive(Clone, Debug)]
enum Test {
    Id(String),
    Clause(String),
    Sut(String),
    Registration(String),
}

/// Why a selection cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} selects nothing by itself: write an id, a glob (epc-jwt-*), clause:REQ-4.b, sut:waf or registration:3, joined by `,` (or) and `&` (and)"
)]
pub struct BadSelection(String);

impl Selection {
    /// Reads an expression.
    ///
    /// # Errors
    /// When a part of it is empty or has an unknown prefix.
    pub fn read(text: &str) -> Result<Self, BadSelection> {
        let read = |part: &str| {
            let (prefix, rest) = part.split_once(':').unwrap_or(("", part));
            let rest = rest.trim();
            match prefix.trim() {
                _ if rest.is_empty() => Err(BadSelection(part.to_owned())),
                "" if !part.contains(':') => Ok(Test::Id(rest.to_owned())),
                "clause" => Ok(Test::Clause(rest.to_owned())),
                "sut" => Ok(Test::Sut(rest.to_owned())),
                "registration" => Ok(Test::Registration(rest.to_owned())),
                _ => Err(BadSelection(part.to_owned())),
            }
        };
        text.split(',')
            .map(|all| {
                let tests = all.split('&').map(read).collect::<Result<_, _>>()?;
                let text = all.trim().to_owned();
                Ok(Alternative { text, tests })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a case is selected.
    #[must_use]
    pub fn has(&self, case: &Case) -> bool {
        self.0.iter().any(|alternative| alternative.has(case))
    }

    /// The alternatives that select none of these cases, as they are written.
    #[must_use]
    pub fn without_case(&self, cases: &[Case]) -> Vec<&str> {
        self.0
            .iter()
            .filter(|alternative| !cases.iter().any(|case| alternative.has(case)))
            .map(|alternative| alternative.text.as_str())
            .collect()
    }

    /// How many alternatives there are.
    #[must_use]
    pub fn alternatives(&self) -> usize {
        self.0.len()
    }
}

impl Alternative {
    fn has(&self, case: &Case) -> bool {
        self.tests.iter().all(|test| test.has(case))
    }
}

impl Test {
    fn has(&self, case: &Case) -> bool {
        match self {
            Self::Id(pattern) => {
                glob(pattern, &case.slug)
                    || glob(pattern, &case.id)
                    || glob(pattern, base(&case.id))
            }
            Self::Clause(pattern) => case.checks.iter().any(|check| glob(pattern, check)),
            Self::Sut(pattern) => glob(pattern, case.sut.word()),
            Self::Registration(wanted) => case.registration.to_string() == *wanted,
        }
    }
}

fn base(id: &str) -> &str {
    id.split_once('@').map_or(id, |(base, _)| base)
}

/// Whether a pattern with `*` for any run of characters fits a whole text.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// The id of a case without its registration: `slug` or `slug[variant]`.
#[must_use]
pub fn without_registration(case: &str) -> &str {
    case.split('@').next().unwrap_or(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_fit_whole_texts() {
        assert!(glob("epc-jwt-*", "epc-jwt-none"));
        assert!(glob("*none", "epc-jwt-none"));
        assert!(glob("epc*jwt*none", "epc-jwt-none"));
        assert!(!glob("epc-jwt", "epc-jwt-none"));
        assert!(!glob("a*a", "a"));
    }

    #[test]
    fn what_selects_nothing_is_an_error() {
        assert!(Selection::read("epc-*,").is_err());
        assert!(Selection::read("level:must").is_err());
        assert!(Selection::read("epc-*&clause:REQ-4.b,sut:waf").is_ok());
    }
}
