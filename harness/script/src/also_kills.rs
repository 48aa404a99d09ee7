//! Kills beside those that an attack names as its proof: one mistake may show itself to attacks of more than one check. Each such
//! kill is declared with its reason, here by the mistake or with the attack, and none may be declared that does not happen.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalogue::each;
use crate::problem::Problems;
use crate::scenario::{Word, word, words};
use crate::select::glob;
use crate::source::{Source, Span};
use crate::suite::Suite;

/// One row of `also-kills.toml`.
#[derive(Clone, Debug)]
pub struct AlsoKills {
    /// The mistake.
    pub defect: Word,
    /// Why it shows itself to these attacks too.
    pub reason: String,
    /// Attacks by id, with `[variant]` or without, or as globs.
    pub attacks: Vec<Word>,
    /// Where it is written.
    pub span: Span,
}

/// Reads the rows.
pub(crate) fn read(source: &Arc<Source>, problems: &mut Problems) -> Vec<AlsoKills> {
    each(source, "also-kills", problems, |fields, span, problems| {
        Some(AlsoKills {
            defect: fields
                .required("defect")
                .and_then(|node| word(node, problems))?,
            reason: fields.required_text("reason", problems),
            attacks: words(fields.required("attacks"), problems),
            span,
        })
    })
}

/// A declared kill: who declares it and of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// The attack as it is named: an id with or without its variant, or a glob.
    pub attack: String,
    /// The mistake.
    pub defect: String,
}

impl Declared {
    /// Whether it is this kill, by `slug` or `slug[variant]`.
    #[must_use]
    pub fn is(&self, attack: &str, defect: &str) -> bool {
        let slug = attack.split('[').next().unwrap_or(attack);
        self.defect == defect && (glob(&self.attack, attack) || glob(&self.attack, slug))
    }
}

impl Suite {
    /// Every kill that is declared beside the proofs.
    #[must_use]
    pub fn declared(&self) -> BTreeSet<Declared> {
        let here = self.also_kills.iter().flat_map(|row| {
            row.attacks.iter().map(|attack| Declared {
                attack: attack.text.clone(),
                defect: row.defect.text.clone(),
            })
        });
        let there = self.attacks.values().flat_map(|attack| {
            attack.also_kills.keys().map(|defect| Declared {
                attack: attack.id.clone(),
                defect: defect.clone(),
            })
        });
        here.chain(there).collect()
    }
}
