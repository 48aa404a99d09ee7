//! What a selftest has to play.

use std::collections::{BTreeMap, BTreeSet};

use evidence::record::Kind;
use evidence::{CaseRecord, Role};
use reference::Defect;
use script::select::without_registration;
use script::{Case, Suite};

use super::super::kill_matrix::Kills;
use super::super::part::Part;
use super::play::Played;
use crate::arguments::Selftest;
use crate::{Failure, suite};

/// At most so many cases in one watched trial, so that the jobs share the work.
const WATCHED_CASES: usize = 24;

/// What one run of the reference is for.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) model: String,
    pub(super) defect: Option<Defect>,
    pub(super) role: Role,
    /// Cases to play.
    pub(super) only: Vec<String>,
    /// Whether it is noted which mistakes the reference asks for in each case.
    pub(super) watched: bool,
}

/// The mistakes that can change a case: by model, role and case.
#[derive(Default)]
pub(super) struct Reachable(BTreeMap<(String, Role), BTreeMap<String, BTreeSet<Defect>>>);

impl Reachable {
    pub(super) fn of(played: &[Played<'_>]) -> Self {
        let mut reachable = Self::default();
        for each in played {
            let at = (each.trial.model.clone(), each.trial.role);
            let cases = reachable.0.entry(at).or_default();
            for (case, defects) in &each.consulted {
                cases.entry(case.clone()).or_default().extend(defects);
            }
        }
        reachable
    }

    /// Whether a defect was asked for in a case that was played.
    pub(super) fn has(
        &self,
        (model, role): (&str, Role),
        case: &CaseRecord,
        defect: Defect,
    ) -> bool {
        let control = format!("{}@{}", case.control, case.registration);
        self.asked((model, role), case.kind, &case.case, control, defect)
    }

    fn reaches(&self, place: &Place, case: &Case, defect: Defect) -> bool {
        let control = format!("{}@{}", case.control, case.registration);
        let place = (place.model.as_str(), place.role);
        self.asked(place, case.kind, &case.id, control, defect)
    }

    fn asked(
        &self,
        (model, role): (&str, Role),
        kind: Kind,
        case: &str,
        control: String,
        defect: Defect,
    ) -> bool {
        // An audit is asked of its control's own play.
        let id = match kind {
            Kind::Audit => control,
            _ => case.to_owned(),
        };
        self.0
            .get(&(model.to_owned(), role))
            .and_then(|cases| cases.get(&id))
            .is_some_and(|defects| defects.contains(&defect))
    }
}

/// The defects that each attack names, by slug; of a variant's own proof under `slug[variant]`.
pub(super) fn proofs(suite: &Suite, part: &Part) -> Kills {
    let mut proofs: Kills = BTreeMap::new();
    for role in Role::ALL {
        for case in suite.cases(*role, &script::Answers::new()) {
            if case.kind != Kind::Control && part.has(&case) {
                proofs
                    .entry(base(&case))
                    .or_default()
                    .extend(case.proof.iter().cloned());
            }
        }
    }
    proofs
}

/// A role in a model of the reference, and what can be played there.
struct Place {
    model: String,
    role: Role,
    applying: Vec<Case>,
}

impl Place {
    /// What the call asks for: `proofs` has the attacks that it selects.
    fn selected(&self, proofs: &Kills) -> impl Iterator<Item = &Case> {
        let asked = |case: &&Case| proofs.contains_key(&base(case));
        self.applying.iter().filter(asked)
    }

    fn trial(&self, defect: Defect, only: Vec<String>) -> Trial {
        Trial {
            model: self.model.clone(),
            defect: Some(defect),
            role: self.role,
            only,
            watched: false,
        }
    }
}

fn places(suite: &Suite) -> Result<Vec<Place>, Failure> {
    let mut places = Vec::new();
    for model in suite::models() {
        let (file, _) = suite::model(&model, suite)?;
        for role in &file.roles {
            let mut applying = suite.cases(*role, &file.answers);
            applying
                .retain(|case| case.kind != Kind::Control && case.applies == script::Applies::Yes);
            places.push(Place {
                model: model.clone(),
                role: *role,
                applying,
            });
        }
    }
    Ok(places)
}

/// The conforming reference in every model. Watched, a role is played in parts, each in one lane.
pub(super) fn honest(suite: &Suite, proofs: &Kills, watched: bool) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    for place in places(suite)? {
        let mut cases: Vec<&Case> = place.selected(proofs).collect();
        cases.sort_by_key(|case| (case.control.clone(), case.registration));
        let most = if watched { WATCHED_CASES } else { usize::MAX };
        for part in cases.chunks(most) {
            trials.push(Trial {
                model: place.model.clone(),
                defect: None,
                role: place.role,
                only: part.iter().map(|case| case.id.clone()).collect(),
                watched,
            });
        }
    }
    longest_first(&mut trials);
    Ok(trials)
}

/// Each defect with the attacks that name it, in the first model in which they apply; there also with every other attack
/// that it can change, if those are given.
pub(super) fn mistaken(
    suite: &Suite,
    command: &Selftest,
    proofs: &Kills,
    reachable: Option<&Reachable>,
) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    let mut placed: BTreeSet<(String, Defect)> = BTreeSet::new();
    for place in places(suite)? {
        for defect in tried(command) {
            let named: BTreeSet<String> = place
                .applying
                .iter()
                .filter(|case| case.proof.iter().any(|name| name == defect.name()))
                .map(base)
                .filter(|id| !placed.contains(&(id.clone(), *defect)))
                .collect();
            placed.extend(named.iter().map(|id| (id.clone(), *defect)));
            let refuses = defect.refuses_everybody()
                && suite::role(defect.role()) == place.role
                && place.model == "default";
            let reached = |case: &Case| {
                reachable.is_none_or(|reachable| reachable.reaches(&place, case, *defect))
            };
            let own = |case: &Case| refuses || named.contains(&base(case));
            let further =
                |case: &Case| command.every && !named.is_empty() && !own(case) && reached(case);
            // Apart, so that a mistake that remembers is not provoked by other attacks before its own.
            let parts: [&dyn Fn(&Case) -> bool; 2] = [&own, &further];
            for part in parts {
                let cases = place.selected(proofs).filter(|case| part(case));
                let only: Vec<String> = cases.map(|case| case.id.clone()).collect();
                if !only.is_empty() {
                    trials.push(place.trial(*defect, only));
                }
            }
        }
    }
    longest_first(&mut trials);
    Ok(trials)
}

/// Pairs of attack and defect, each by itself and in every model: what came of them beside others may have come of the others.
pub(super) fn alone(
    suite: &Suite,
    proofs: &Kills,
    pairs: &BTreeSet<(String, Defect)>,
) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    for place in places(suite)? {
        for (attack, defect) in pairs {
            let cases = place.selected(proofs).filter(|case| base(case) == *attack);
            trials.extend(cases.map(|case| place.trial(*defect, vec![case.id.clone()])));
        }
    }
    Ok(trials)
}

/// The defects that a call asks for.
pub(super) fn tried(command: &Selftest) -> impl Iterator<Item = &'static Defect> {
    Defect::ALL.iter().filter(|each| {
        command.defect.is_empty() || command.defect.iter().any(|name| name == each.name())
    })
}

/// None of the longest is left to be waited for alone.
fn longest_first(trials: &mut [Trial]) {
    trials.sort_by_key(|trial| std::cmp::Reverse(trial.only.len()));
}

/// The attack as the matrix knows it.
fn base(case: &Case) -> String {
    without_registration(&case.id).to_owned()
}
