//! One lie, checked: what we sent in control and attack, compared layer by layer up to and including the departing step.

use std::collections::BTreeMap;

use evidence::What;
use evidence::event::Layer;
use evidence::record::Difference;
use serde_json::Value;

use crate::context::Context;
use crate::lines::differences;
use crate::mask::{Mask, derived};
use crate::play::{Play, shortened};

/// The most of one line that a difference shows.
const LONGEST_LINE: usize = 400;

/// What was compared, and whether it is just the declared departure.
#[derive(Debug)]
pub(crate) struct OneLie {
    pub(crate) changed: Vec<Difference>,
    /// `no_lie` or `second_difference`, with a sentence.
    pub(crate) wrong: Option<(&'static str, String)>,
}

/// Compares attack and control.
pub(crate) fn one_lie(context: &Context<'_, '_>, control: &Play<'_>) -> OneLie {
    let attack = context.play;
    let Some(departs) = context.lie_step() else {
        return OneLie {
            changed: Vec::new(),
            wrong: Some(("no_lie", "the plan names no departing step".to_owned())),
        };
    };
    let pairs = Pairs::new(control, attack, departs, context.own_steps());
    let compared = Compared {
        control: Said::by(control),
        attack: Said::by(attack),
    };
    let before = pairs.before.iter().find_map(|(ours, theirs)| {
        compared
            .differences(*ours, *theirs, attack)
            .into_iter()
            .next()
            .map(|difference| (*theirs, difference))
    });
    if let Some((step, difference)) = before {
        let verb = attack
            .plan
            .steps
            .get(step)
            .map_or("", |step| step.verb.as_str());
        let text = format!(
            "step {} ({verb}) differs from the control before the departure: {:?} became {:?}",
            step + 1,
            difference.control.as_deref().unwrap_or("nothing"),
            difference.attack.as_deref().unwrap_or("nothing"),
        );
        return OneLie {
            changed: vec![difference],
            wrong: Some(("second_difference", text)),
        };
    }
    let mut changed: Vec<Difference> = declared(context).into_iter().collect();
    changed.extend(compared.differences(pairs.lie, departs, attack));
    let planned = plan_differences(
        pairs.lie.and_then(|step| control.plan.steps.get(step)),
        attack,
        departs,
    );
    if changed.is_empty() && !planned.is_empty() && compared.differs_in_bytes(pairs.lie, departs) {
        changed = planned;
    }
    let wrong = changed
        .is_empty()
        .then(|| ("no_lie", "the attack sent what the control sent".to_owned()));
    OneLie { changed, wrong }
}

/// The declared departure of an attack with steps of its own.
fn declared(context: &Context<'_, '_>) -> Option<Difference> {
    let words = context.case.departure.as_ref()?;
    Some(Difference {
        at: "declared departure".to_owned(),
        control: None,
        attack: Some(words.clone()),
    })
}

/// Which step of the control stands against which of the attack.
struct Pairs {
    before: Vec<(Option<usize>, usize)>,
    lie: Option<usize>,
}

impl Pairs {
    fn new(control: &Play<'_>, attack: &Play<'_>, departs: usize, own_steps: bool) -> Self {
        let (ours, theirs) = (&control.plan.steps, &attack.plan.steps);
        if own_steps {
            return Self::aligned(control, attack, departs);
        }
        // A verb that the control leaves to the autopilot stands before all its steps.
        let inserted = departs == 0 && theirs.len() == ours.len() + 1;
        let shift = usize::from(inserted);
        let against = |step: usize| step.checked_sub(shift).filter(|step| *step < ours.len());
        Self {
            before: (0..departs).map(|step| (against(step), step)).collect(),
            lie: if inserted { None } else { against(departs) },
        }
    }

    /// Steps of its own: those before the lie that the control has too, in the same order: by their name, or with the same fields.
    /// A step that has kept its name and changed its fields is a second lie, and the comparison says so.
    fn aligned(control: &Play<'_>, attack: &Play<'_>, departs: usize) -> Self {
        let mut next = 0;
        let mut before = Vec::new();
        let same = |one: usize, other: usize| {
            let (one, other) = (&control.plan.steps[one], &attack.plan.steps[other]);
            let named = one.name.is_some() && one.name == other.name;
            one.verb == other.verb && (named || one.fields == other.fields)
        };
        for step in 0..departs.min(attack.plan.steps.len()) {
            if let Some(found) = (next..control.plan.steps.len()).find(|found| same(*found, step)) {
                before.push((Some(found), step));
                next = found + 1;
            }
        }
        let verb = attack
            .plan
            .steps
            .get(departs)
            .map(|step| step.verb.as_str());
        let lie = (next..control.plan.steps.len())
            .find(|found| Some(control.plan.steps[*found].verb.as_str()) == verb);
        Self { before, lie }
    }
}

/// What a play's steps said, by step and layer.
struct Said {
    mask: Mask,
    by_step: BTreeMap<usize, BTreeMap<Layer, String>>,
    tokens: BTreeMap<usize, String>,
}

impl Said {
    fn by(play: &Play<'_>) -> Self {
        let mut by_step: BTreeMap<usize, BTreeMap<Layer, String>> = BTreeMap::new();
        for event in play.events {
            if let What::Stimulus { step, layer, text } = &event.what {
                let said = by_step.entry(*step).or_default().entry(*layer).or_default();
                if !said.is_empty() && !said.ends_with('\n') {
                    said.push('\n');
                }
                said.push_str(&text.text());
            }
        }
        let mut tokens: BTreeMap<usize, String> = BTreeMap::new();
        // The restore mints tokens too; they belong to no step.
        let acted = |at: usize| play.ended.is_none_or(|ended| at < ended);
        for token in play.tokens.iter().filter(|token| acted(token.at)) {
            tokens
                .entry(token.step)
                .or_default()
                .push_str(token.compact);
        }
        Self {
            mask: Mask::of(play),
            by_step,
            tokens,
        }
    }

    fn text(&self, step: Option<usize>, layer: Layer) -> &str {
        let layers = step.and_then(|step| self.by_step.get(&step));
        layers
            .and_then(|layers| layers.get(&layer))
            .map_or("", String::as_str)
    }

    fn masked(&self, step: Option<usize>, layer: Layer) -> String {
        self.mask.fresh(self.text(step, layer))
    }

    fn layers(&self, step: Option<usize>) -> impl Iterator<Item = Layer> + '_ {
        step.and_then(|step| self.by_step.get(&step))
            .into_iter()
            .flat_map(|layers| layers.keys().copied())
    }
}

struct Compared {
    control: Said,
    attack: Said,
}

impl Compared {
    fn layers(&self, ours: Option<usize>, theirs: usize) -> Vec<Layer> {
        let mut layers: Vec<Layer> = self
            .control
            .layers(ours)
            .chain(self.attack.layers(Some(theirs)))
            .collect();
        layers.sort_unstable();
        layers.dedup();
        layers
    }

    fn differences(
        &self,
        ours: Option<usize>,
        theirs: usize,
        attack: &Play<'_>,
    ) -> Vec<Difference> {
        let verb = attack
            .plan
            .steps
            .get(theirs)
            .map_or("", |step| step.verb.as_str());
        let mut changed = Vec::new();
        for layer in self.layers(ours, theirs) {
            let lines = |said: &Said, step| -> Vec<String> {
                said.masked(step, layer).lines().map(derived).collect()
            };
            let (one, other) = (
                lines(&self.control, ours),
                lines(&self.attack, Some(theirs)),
            );
            let one: Vec<&str> = one.iter().map(String::as_str).collect();
            let other: Vec<&str> = other.iter().map(String::as_str).collect();
            changed.extend(
                differences(&one, &other)
                    .into_iter()
                    .map(|line| Difference {
                        at: format!("{verb}, {}", layer_name(layer)),
                        control: line.one.map(|line| shortened(line, LONGEST_LINE)),
                        attack: line.other.map(|line| shortened(line, LONGEST_LINE)),
                    }),
            );
        }
        changed
    }

    /// Whether the bytes differ at all when neither responses nor signatures are masked.
    fn differs_in_bytes(&self, ours: Option<usize>, theirs: usize) -> bool {
        let said = self.layers(ours, theirs).into_iter().any(|layer| {
            let one = self
                .control
                .mask
                .fresh_but_responses(self.control.text(ours, layer));
            let other = self
                .attack
                .mask
                .fresh_but_responses(self.attack.text(Some(theirs), layer));
            one != other
        });
        let token = |said: &Said, step: Option<usize>| {
            step.and_then(|step| said.tokens.get(&step).cloned())
        };
        said || token(&self.control, ours) != token(&self.attack, Some(theirs))
    }
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Tls => "TLS",
        Layer::Http => "HTTP",
        Layer::Websocket => "WebSocket",
        Layer::Sip => "SIP",
        Layer::Token => "token",
        Layer::State => "state",
    }
}

/// The fields of the departing step that the plan has otherwise: what is told where the bytes differ in derived values alone.
fn plan_differences(
    control: Option<&evidence::PlanStep>,
    attack: &Play<'_>,
    departs: usize,
) -> Vec<Difference> {
    let Some(step) = attack.plan.steps.get(departs) else {
        return Vec::new();
    };
    let fields = |value: &Value| -> BTreeMap<String, String> {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect()
    };
    let one = control
        .filter(|control| control.verb == step.verb)
        .map(|control| fields(&control.fields))
        .unwrap_or_default();
    let other = fields(&step.fields);
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    let line = |side: &BTreeMap<String, String>, name: &String| {
        side.get(name)
            .map(|value| format!("{name} = {}", shortened(value, LONGEST_LINE)))
    };
    names
        .into_iter()
        .filter(|name| one.get(*name) != other.get(*name))
        .map(|name| Difference {
            at: format!("{}, plan", step.verb),
            control: line(&one, name),
            attack: line(&other, name),
        })
        .collect()
}
