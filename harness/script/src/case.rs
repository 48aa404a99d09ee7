//! The suite expanded into cases, for one SUT and its answers.

use evidence::Role;
use evidence::record::Kind;

use crate::catalogue::Answers;
use crate::placeholder;
use crate::scenario::{Attack, Conditions, Outcome};
use crate::step::Step;
use crate::suite::Suite;

/// One case: an attack, audit or control, its variant, in one registration.
#[derive(Clone, Debug)]
pub struct Case {
    /// `slug[variant]@registration`.
    pub id: String,
    /// The script's slug.
    pub slug: String,
    /// The variant.
    pub variant: Option<String>,
    /// Its title.
    pub title: String,
    /// Control, attack or audit.
    pub kind: Kind,
    /// The role of the SUT.
    pub sut: Role,
    /// 3GPP's registration scenario.
    pub registration: u8,
    /// The control's slug.
    pub control: String,
    /// Clauses that it checks in this registration.
    pub checks: Vec<String>,
    /// Clauses that refusal codes decide too.
    pub code_checks: Vec<String>,
    /// Defects that prove it.
    pub proof: Vec<String>,
    /// Its steps with the change made; empty for an audit.
    pub steps: Vec<Step>,
    /// The step that departs.
    pub departs: Option<usize>,
    /// The steps whose answers the outcome is asked of.
    pub judged: Vec<usize>,
    /// The departure in words.
    pub departure: Option<String>,
    /// The outcome and its oracles.
    pub outcome: Option<(String, Vec<String>)>,
    /// The class of refusal codes.
    pub codes: Option<String>,
    /// Whether it is played, and if not, why.
    pub applies: Applies,
    /// Whether it must run alone.
    pub exclusive: bool,
    /// Where the script stands.
    pub place: evidence::event::Place,
}

/// Whether a case applies to a SUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// The SUT's answer leaves it out.
    No {
        /// The item whose answer decides.
        item: String,
        /// The answer.
        answer: String,
    },
    /// An item that decides it is not answered.
    Undeclared {
        /// The item.
        item: String,
    },
}

impl Suite {
    /// The cases of a role for a SUT with these answers, controls first, in a stable order.
    #[must_use]
    pub fn cases(&self, sut: Role, answers: &Answers) -> Vec<Case> {
        let controls = self.controls.values().filter(|control| control.sut == sut);
        let mut cases: Vec<Case> = controls
            .flat_map(|control| {
                control
                    .registration
                    .iter()
                    .map(move |registration| (control, *registration))
            })
            .filter(|(control, registration)| self.wanted(&control.id, *registration))
            .map(|(control, registration)| self.control_case(control, registration, answers))
            .collect();
        for attack in self.attacks.values().filter(|attack| attack.sut == sut) {
            for registration in self.registrations(attack) {
                if attack.variants.is_empty() {
                    cases.push(self.attack_case(attack, None, registration, answers));
                }
                for variant in attack.variants.keys() {
                    cases.push(self.attack_case(attack, Some(variant), registration, answers));
                }
            }
        }
        cases
    }

    /// Whether some attack departs from this control in this registration.
    fn wanted(&self, control: &str, registration: u8) -> bool {
        self.attacks.values().any(|attack| {
            attack.control.text == control && self.registrations(attack).contains(&registration)
        })
    }

    fn control_case(
        &self,
        control: &crate::scenario::Control,
        registration: u8,
        answers: &Answers,
    ) -> Case {
        Case {
            id: format!("{}@{registration}", control.id),
            slug: control.id.clone(),
            variant: None,
            title: control.title.clone(),
            kind: Kind::Control,
            sut: control.sut,
            registration,
            control: control.id.clone(),
            checks: Vec::new(),
            code_checks: Vec::new(),
            proof: Vec::new(),
            exclusive: control.steps.iter().any(|step| step.verb.exclusive()),
            steps: control.steps.clone(),
            departs: None,
            judged: Vec::new(),
            departure: None,
            outcome: None,
            codes: None,
            applies: self.applies(&control.applies_if, registration, answers),
            place: control.span.place(),
        }
    }

    fn attack_case(
        &self,
        attack: &Attack,
        variant: Option<&String>,
        registration: u8,
        answers: &Answers,
    ) -> Case {
        let control = &self.controls[&attack.control.text];
        let (steps, departs) = departed(attack, &control.steps, variant);
        let checks: Vec<String> = attack
            .checks
            .iter()
            .filter_map(|check| self.requirement(&check.text))
            .filter(|requirement| requirement.registration.contains(&registration))
            .map(|requirement| requirement.id.clone())
            .collect();
        let code_checks = checks
            .iter()
            .filter(|id| {
                self.requirement(id)
                    .is_some_and(|clause| clause.judged_by.iter().any(|oracle| oracle == "code"))
            })
            .cloned()
            .collect();
        let proof = variant
            .and_then(|variant| attack.variants.get(variant))
            .filter(|own| !own.is_empty())
            .unwrap_or(&attack.proof);
        let mut conditions = control.applies_if.clone();
        conditions.extend(attack.applies_if.clone());
        let mut applies = self.applies(&conditions, registration, answers);
        let outcome = self.outcome(attack, answers, &mut applies);
        let base = variant.map_or_else(
            || attack.id.clone(),
            |variant| format!("{}[{variant}]", attack.id),
        );
        Case {
            id: format!("{base}@{registration}"),
            slug: attack.id.clone(),
            variant: variant.cloned(),
            title: attack.title.clone(),
            kind: attack.kind,
            sut: attack.sut,
            registration,
            control: control.id.clone(),
            checks,
            code_checks,
            proof: proof.iter().map(|word| word.text.clone()).collect(),
            exclusive: steps
                .iter()
                .chain(&control.steps)
                .any(|step| step.verb.exclusive()),
            judged: judged(attack, &steps),
            steps,
            departs,
            departure: attack.departure.clone(),
            codes: outcome
                .as_ref()
                .and_then(|(name, _)| self.outcomes.get(name))
                .and_then(|set| set.codes.clone()),
            outcome,
            applies,
            place: attack.span.place(),
        }
    }

    fn outcome(
        &self,
        attack: &Attack,
        answers: &Answers,
        applies: &mut Applies,
    ) -> Option<(String, Vec<String>)> {
        let name = match attack.outcome.as_ref()? {
            Outcome::Named(word) => &word.text,
            Outcome::Chosen { item, by } => {
                let Some(answer) = answers.get(&item.text).and_then(|answers| answers.first())
                else {
                    *applies = Applies::Undeclared {
                        item: item.text.clone(),
                    };
                    return None;
                };
                let Some(word) = by.get(answer) else {
                    *applies = Applies::No {
                        item: item.text.clone(),
                        answer: answer.clone(),
                    };
                    return None;
                };
                &word.text
            }
        };
        let set = self.outcomes.get(name)?;
        Some((
            name.clone(),
            set.oracles
                .iter()
                .map(|oracle| oracle.text.clone())
                .collect(),
        ))
    }

    fn applies(&self, conditions: &Conditions, registration: u8, answers: &Answers) -> Applies {
        if let Some(offered) = answers.get("registrations") {
            let digit = char::from(b'0' + registration);
            if !offered.iter().any(|offer| offer.starts_with(digit)) {
                return Applies::No {
                    item: "registrations".to_owned(),
                    answer: offered.join(", "),
                };
            }
        }
        for (item, wanted) in conditions {
            match answers.get(item) {
                None => return Applies::Undeclared { item: item.clone() },
                Some(declared) if declared.iter().any(|answer| wanted.contains(answer)) => {}
                Some(declared) => {
                    return Applies::No {
                        item: item.clone(),
                        answer: declared.join(", "),
                    };
                }
            }
        }
        Applies::Yes
    }
}

/// The steps of an attack: the control's with the change made, or its own; and which of them departs.
fn departed(
    attack: &Attack,
    control: &[Step],
    variant: Option<&String>,
) -> (Vec<Step>, Option<usize>) {
    if attack.kind == Kind::Audit {
        return (Vec::new(), None);
    }
    let (mut steps, departs) = match &attack.change {
        Some(change) => change.apply(control).map_or_else(
            |_| (control.to_vec(), None),
            |(steps, at)| (steps, Some(at)),
        ),
        None => {
            let lie = attack.lie.as_ref().map(|word| word.text.as_str());
            let at = attack
                .steps
                .iter()
                .position(|step| step.name.as_deref() == lie);
            (attack.steps.clone(), at)
        }
    };
    if let Some(variant) = variant.map(|name| attack.variant_text(name)) {
        for step in &mut steps {
            let mut put = |text: &str| {
                Ok(placeholder::fill(text, |name| {
                    (name == "variant").then(|| variant.to_owned())
                }))
            };
            if let Ok(filled) = step.verb.filled(&mut put) {
                step.verb = filled;
            }
        }
    }
    (steps, departs)
}

fn judged(attack: &Attack, steps: &[Step]) -> Vec<usize> {
    (0..steps.len())
        .filter(|at| {
            attack
                .judged
                .iter()
                .any(|word| steps[*at].name.as_ref() == Some(&word.text))
        })
        .collect()
}
