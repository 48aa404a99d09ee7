//! Which mistakes the embedded reference asks for while a case is played. A mistake that it does not ask for in an honest run of
//! a case cannot change that case: up to the first question its course is the same with and without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reference::{Asked, Defect};

/// The notes of one run in one lane: plays side by side could not be told apart.
#[derive(Default)]
pub(crate) struct Consulted(Mutex<Notes>);

#[derive(Default)]
struct Notes {
    /// Where the running reference notes what it asks for.
    asked: Option<Arc<Asked>>,
    /// At its start: it holds for every case.
    start: BTreeSet<Defect>,
    /// Plays in their order, each with the case that is played.
    plays: Vec<(String, BTreeSet<Defect>)>,
}

impl Consulted {
    /// A reference has started.
    pub(crate) fn started(&self, asked: &Arc<Asked>) {
        let mut notes = self.lock();
        notes.collect();
        notes.start.extend(asked.take());
        notes.asked = Some(Arc::clone(asked));
    }

    /// Who is told of each play before its first step.
    pub(crate) fn watch(self: &Arc<Self>) -> campaign::Watch {
        let this = Arc::clone(self);
        Box::new(move |play| {
            let mut notes = this.lock();
            notes.collect();
            let case = play.rsplit_once('#').map_or(play, |(case, _)| case);
            notes.plays.push((case.to_owned(), BTreeSet::new()));
        })
    }

    /// By case, what could change it: what was asked for at the start, while it was played, and in the honest plays before and
    /// behind it, whose restores end in the play that follows.
    pub(crate) fn by_case(&self) -> BTreeMap<String, BTreeSet<Defect>> {
        let mut notes = self.lock();
        notes.collect();
        let mut found: BTreeMap<String, BTreeSet<Defect>> = BTreeMap::new();
        for (at, (case, _)) in notes.plays.iter().enumerate() {
            let around = at.saturating_sub(1)..(at + 2).min(notes.plays.len());
            let of_case = found.entry(case.clone()).or_default();
            of_case.extend(&notes.start);
            for (_, asked) in &notes.plays[around] {
                of_case.extend(asked);
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    /// What was asked for until now belongs to the play that is under way, and before the first to the start.
    fn collect(&mut self) {
        let Some(asked) = &self.asked else { return };
        let asked = asked.take();
        match self.plays.last_mut() {
            Some((_, of_play)) => of_play.extend(asked),
            None => self.start.extend(asked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes of a course: each play, and what was asked for while it went on; before the first play it is the start.
    fn noted(course: &[(&str, &[Defect])]) -> BTreeMap<String, BTreeSet<Defect>> {
        let (start, plays) = course.split_first().expect("a start");
        let plays = plays
            .iter()
            .map(|(case, asked)| ((*case).to_owned(), asked.iter().copied().collect()));
        let notes = Notes {
            asked: None,
            start: start.1.iter().copied().collect(),
            plays: plays.collect(),
        };
        Consulted(Mutex::new(notes)).by_case()
    }

    #[test]
    fn what_the_honest_plays_around_a_case_ask_for_counts_and_no_other() {
        let all = Defect::ALL;
        let of = noted(&[
            ("", &all[..1]),
            ("control", &all[1..2]),
            ("one", &all[2..3]),
            ("control", &all[3..4]),
            ("two", &all[4..5]),
            ("control", &all[5..6]),
            ("three", &all[6..7]),
            ("control", &all[7..8]),
        ]);
        let asked = |case: &str| of[case].iter().copied().collect::<Vec<_>>();
        assert_eq!(asked("one"), [all[0], all[1], all[2], all[3]]);
        assert_eq!(asked("two"), [all[0], all[3], all[4], all[5]]);
        assert_eq!(asked("three"), [all[0], all[5], all[6], all[7]]);
        assert_eq!(of["control"].len(), 8);
    }

    #[test]
    fn plays_are_known_by_their_case() {
        let consulted = Arc::new(Consulted::default());
        let watch = consulted.watch();
        watch("control#1");
        watch("one#1");
        let of = consulted.by_case();
        assert_eq!(of.keys().collect::<Vec<_>>(), ["control", "one"]);
    }
}
