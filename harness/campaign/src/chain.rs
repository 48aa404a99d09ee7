//! The cases of a role, ordered into chains: C a1 C a2 C. Each control is the after-control of one attack and the
//! before-control of the next, so n attacks cost n + 1 controls.

use std::collections::BTreeMap;

use evidence::record::Kind;
use script::{Applies, Case};

/// A longer chain is cut, so that the lanes share the work; a cut costs one more control.
const LONGEST: usize = 12;

/// A control, the attacks that depart from it and the audits that ask it, in one registration.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The honest run.
    pub control: Case,
    /// The attacks, in their order.
    pub attacks: Vec<Case>,
    /// The audits: they cost no play.
    pub audits: Vec<Case>,
    /// Whether it must run alone.
    pub exclusive: bool,
    /// Whether it carries the control's own verdict: the first chain of each control does.
    pub first: bool,
}

/// What a role's cases come to.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// Chains, the exclusive ones last.
    pub chains: Vec<Chain>,
    /// Cases that are not played: not applicable, or an ICS item is not declared.
    pub left_out: Vec<Case>,
}

/// Orders cases into chains. `keep` says which attacks and audits are selected; a control is played when one of its own is.
#[must_use]
pub fn plan(cases: Vec<Case>, keep: impl Fn(&Case) -> bool, seed: u64) -> Planned {
    let (controls, others): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .partition(|case| case.kind == Kind::Control);
    let mut planned = Planned::default();
    let mut groups: BTreeMap<(String, u8), Vec<Case>> = BTreeMap::new();
    for case in others {
        if !keep(&case) {
            continue;
        }
        if case.applies == Applies::Yes {
            groups
                .entry((case.control.clone(), case.registration))
                .or_default()
                .push(case);
        } else {
            planned.left_out.push(case);
        }
    }
    for control in controls {
        let wanted = groups
            .remove(&(control.slug.clone(), control.registration))
            .unwrap_or_default();
        if wanted.is_empty() {
            if keep(&control) && control.applies == Applies::Yes {
                planned
                    .chains
                    .push(chain(&control, Vec::new(), Vec::new(), true));
            } else if keep(&control) {
                planned.left_out.push(control);
            }
            continue;
        }
        planned.chains.extend(chains_of(&control, wanted, seed));
    }
    planned
        .chains
        .sort_by_key(|chain| (chain.exclusive, usize::MAX - chain.attacks.len()));
    planned
}

fn chains_of(control: &Case, cases: Vec<Case>, seed: u64) -> Vec<Chain> {
    let (audits, mut attacks): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|case| case.kind == Kind::Audit);
    if seed != 0 {
        attacks.sort_by_key(|case| shuffled(&case.id, seed));
    }
    let (alone, together): (Vec<_>, Vec<_>) = attacks.into_iter().partition(|case| case.exclusive);
    let mut chains: Vec<Chain> = together
        .chunks(LONGEST)
        .map(|part| chain(control, part.to_vec(), Vec::new(), false))
        .collect();
    chains.extend(
        alone
            .chunks(LONGEST)
            .map(|part| chain(control, part.to_vec(), Vec::new(), false)),
    );
    if chains.is_empty() {
        chains.push(chain(control, Vec::new(), Vec::new(), false));
    }
    chains[0].audits = audits;
    chains[0].first = true;
    chains
}

fn chain(control: &Case, attacks: Vec<Case>, audits: Vec<Case>, first: bool) -> Chain {
    let exclusive = control.exclusive || attacks.iter().any(|case| case.exclusive);
    Chain {
        control: control.clone(),
        attacks,
        audits,
        exclusive,
        first,
    }
}

/// A place in an order that a seed chooses: the same on every machine (FNV-1a).
fn shuffled(id: &str, seed: u64) -> u64 {
    id.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Chain {
    /// Every case that it decides.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.first
            .then_some(&self.control)
            .into_iter()
            .chain(&self.audits)
            .chain(&self.attacks)
    }
}
