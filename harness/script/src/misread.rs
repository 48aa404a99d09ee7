//! Which fields of a script could not be read, so that one mistake is told once.

use std::collections::BTreeSet;

use crate::problem::Problems;

/// Fields that could not be read. What follows from their absence is no error of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misread(BTreeSet<&'static str>);

impl Misread {
    /// Whether this field is one of them.
    pub(crate) fn has(&self, field: &'static str) -> bool {
        self.0.contains(field)
    }

    /// Reads a field, and takes it for misread when that finds a problem.
    pub(crate) fn reading<T>(
        &mut self,
        field: &'static str,
        problems: &mut Problems,
        read: impl FnOnce(&mut Problems) -> T,
    ) -> T {
        let before = problems.len();
        let value = read(problems);
        if problems.len() > before {
            self.0.insert(field);
        }
        value
    }

    /// Takes these fields for misread too.
    pub(crate) fn extend(&mut self, fields: Vec<&'static str>) {
        self.0.extend(fields);
    }
}
