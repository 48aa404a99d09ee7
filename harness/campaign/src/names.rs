//! The names that scripts use and that crates below own.

/// Flaws of tokens.
#[must_use]
pub fn token_flaws() -> Vec<String> {
    stage::token_flaws()
}

/// Oracles of the judge.
#[must_use]
pub fn oracles() -> Vec<String> {
    judge::Oracle::ALL
        .iter()
        .map(|oracle| oracle.name().to_owned())
        .collect()
}
