//! What the nodes of one process share: the world, the answers of the SUT file, the one mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::defect::Defect;
use crate::model::Model;
use crate::world::World;

/// Everything that the nodes of one process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) model: Model,
    /// Nobody reads it but through [`Shared::has`] and [`Shared::among`], which note what was asked for.
    defect: Option<Defect>,
    asked: Arc<Asked>,
}

impl Shared {
    pub(crate) fn new(world: World, model: Model, defect: Option<Defect>) -> Self {
        Self {
            world,
            model,
            defect,
            asked: Arc::default(),
        }
    }

    /// A world without anybody, for parsers that need the answers of a SUT file only.
    pub(crate) fn bare() -> Self {
        Self::new(World::default(), Model::default(), None)
    }

    /// Whether this process makes that mistake.
    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.asked.note(defect);
        self.defect == Some(defect)
    }

    /// Which of these mistakes this process makes.
    pub(crate) fn among(&self, defects: &[Defect]) -> Option<Defect> {
        defects.iter().copied().find(|defect| self.has(*defect))
    }

    /// The honest reading, or in its place that of a mistake, which is asked for only where the two differ.
    pub(crate) fn misreads<T: PartialEq>(&self, mistake: Defect, honest: T, mistaken: T) -> T {
        match mistaken != honest && self.has(mistake) {
            true => mistaken,
            false => honest,
        }
    }

    pub(crate) fn asked(&self) -> Arc<Asked> {
        Arc::clone(&self.asked)
    }
}

/// The mistakes that a process has asked for at their points of decision. What was not asked for while somebody was served
/// could not have changed how they were served.
#[derive(Debug)]
pub struct Asked(Vec<AtomicU64>);

impl Default for Asked {
    fn default() -> Self {
        let words = Defect::ALL.len().div_ceil(64);
        Self((0..words).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Asked {
    fn note(&self, defect: Defect) {
        let at = defect as usize;
        self.0[at / 64].fetch_or(1 << (at % 64), Ordering::Relaxed);
    }

    /// What was asked for since this was called last.
    pub fn take(&self) -> Vec<Defect> {
        let words: Vec<u64> = self
            .0
            .iter()
            .map(|word| word.swap(0, Ordering::Relaxed))
            .collect();
        let has = |at: usize| words[at / 64] & (1 << (at % 64)) != 0;
        Defect::ALL
            .iter()
            .copied()
            .filter(|defect| has(*defect as usize))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_told_once() {
        let last = *Defect::ALL.last().expect("defects");
        let first = Defect::ALL[0];
        let shared = Shared::new(World::default(), Model::default(), Some(last));
        assert_eq!(shared.asked().take(), []);
        assert_eq!(shared.among(&[first, last]), Some(last));
        assert_eq!(shared.asked().take(), [first, last]);
        assert!(!shared.has(first));
        assert_eq!(shared.asked().take(), [first]);
        assert_eq!(shared.asked().take(), []);
    }

    #[test]
    fn a_misreading_is_asked_for_only_where_it_makes_a_difference() {
        let [made, other] = [Defect::ALL[0], Defect::ALL[1]];
        let shared = Shared::new(World::default(), Model::default(), Some(made));
        assert_eq!(shared.misreads(made, "a", "a"), "a");
        assert_eq!(shared.asked().take(), []);
        assert_eq!(shared.misreads(made, "a", "b"), "b");
        assert_eq!(shared.misreads(other, "a", "b"), "a");
        assert_eq!(shared.asked().take(), [made, other]);
    }
}
