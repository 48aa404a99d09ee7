//! One step of a script, and the change that an attack makes to one.

use crate::node::{Node, Value};
use crate::problem::Problems;
use crate::source::Span;
use crate::vocabulary::Verb;

/// A step: a verb, perhaps a name, and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done or asked.
    pub verb: Verb,
    /// The name given with `as`.
    pub name: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Step {
    /// Reads `{ role.verb = { ... } }`.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let entries = node.entries(problems)?;
        let [(role, verbs)] = entries else {
            problems.add(
                &node.span,
                "a step is one verb of one role",
                "write `{ role.verb = { ... } }`",
            );
            return None;
        };
        let verbs = verbs.entries(problems)?;
        let [(verb, fields)] = verbs else {
            problems.add(
                &node.span,
                "a step is one verb of one role",
                "write each verb as a step of its own",
            );
            return None;
        };
        let mut entries = fields.entries(problems)?.to_vec();
        let name = take(&mut entries, "as").and_then(|node| node.text(problems));
        let verb = Verb::read(role, verb, &entries, &node.span, problems)?;
        Some(Self {
            verb,
            name,
            span: node.span.clone(),
        })
    }

    /// Reads a list of steps.
    pub fn read_all(node: &Node, problems: &mut Problems) -> Vec<Self> {
        let Some(list) = node.list(problems) else {
            return Vec::new();
        };
        list.iter()
            .filter_map(|node| Self::read(node, problems))
            .collect()
    }
}

fn take(entries: &mut Vec<(crate::node::Key, Node)>, name: &str) -> Option<Node> {
    let at = entries.iter().position(|(key, _)| key.name == name)?;
    Some(entries.remove(at).1)
}

/// The departure of an attack from its control: one verb with the fields that change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The verb, holding only what changes.
    pub verb: Verb,
    /// The name of the step that is meant, where several steps have the verb.
    pub step: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Change {
    /// Reads `{ role.verb = { field = ... } }`, or with `step = "name"` beside the role.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            return problems.wrong_kind(node, "a table");
        };
        let mut entries = entries.clone();
        let step = take(&mut entries, "step").and_then(|node| node.text(problems));
        let rest = Node {
            span: node.span.clone(),
            value: Value::Table(entries),
        };
        let read = Step::read(&rest, problems)?;
        if read.name.is_some() {
            problems.add(
                &node.span,
                "a change names no step anew",
                "write `step = \"name\"` beside the role to say which step is meant",
            );
        }
        Some(Self {
            verb: read.verb,
            step,
            span: node.span.clone(),
        })
    }

    /// The steps with this change made, and the index of the step that departs.
    ///
    /// A verb that the control leaves to the autopilot is put before all steps: it holds from the start of the case.
    ///
    /// # Errors
    /// Which steps could be meant, when that is not clear.
    pub fn apply(&self, steps: &[Step]) -> Result<(Vec<Step>, usize), Unclear> {
        let meant = self.meant(steps)?;
        let mut changed = steps.to_vec();
        let Some(at) = meant else {
            let first = Step {
                verb: self.verb.clone(),
                name: None,
                span: self.span.clone(),
            };
            changed.insert(0, first);
            return Ok((changed, 0));
        };
        changed[at].verb.change(self.verb.clone());
        changed[at].span = self.span.clone();
        Ok((changed, at))
    }

    /// The index of the step that is meant; none where the control leaves the verb to the autopilot.
    fn meant(&self, steps: &[Step]) -> Result<Option<usize>, Unclear> {
        let verb = self.verb.name();
        let same_verb: Vec<usize> = (0..steps.len())
            .filter(|at| steps[*at].verb.name() == verb)
            .collect();
        let named = |at: &usize| steps[*at].name.as_deref().unwrap_or("(no name)");
        let names = || same_verb.iter().map(named).collect::<Vec<_>>().join(", ");
        match (&self.step, same_verb.as_slice()) {
            (Some(wanted), []) => Err(Unclear {
                why: format!("no step of the control is `{verb}`, so none is named `{wanted}`"),
                help: "leave `step` out: the verb then holds from the start of the case".to_owned(),
            }),
            (Some(wanted), several) => several
                .iter()
                .copied()
                .find(|at| steps[*at].name.as_ref() == Some(wanted))
                .map(Some)
                .ok_or_else(|| Unclear {
                    why: format!("no step of the control that is `{verb}` is named `{wanted}`"),
                    help: format!("these are: {}", names()),
                }),
            (None, []) if self.verb.observes() => Err(Unclear {
                why: format!("no step of the control is `{verb}`"),
                help: "what only observes departs in nothing: change what is sent".to_owned(),
            }),
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(*only)),
            (None, _) => Err(Unclear {
                why: format!("several steps of the control are `{verb}`: {}", names()),
                help: "add `step = \"name\"` to the change".to_owned(),
            }),
        }
    }
}

/// Why it is not clear which step a change means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// What is wrong.
    pub why: String,
    /// What would be right.
    pub help: String,
}
