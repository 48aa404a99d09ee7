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
    pub fn apply(&self, steps: &[Step]) -> Result<(Vec<Step>, usize), String> {
        let name = self.verb.name();
        let same_verb: Vec<usize> = (0..steps.len())
            .filter(|at| steps[*at].verb.name() == name)
            .collect();
        let meant = match &self.step {
            Some(wanted) => same_verb
                .iter()
                .copied()
                .find(|at| steps[*at].name.as_ref() == Some(wanted)),
            None if same_verb.len() <= 1 => same_verb.first().copied(),
            None => None,
        };
        let mut changed = steps.to_vec();
        match meant {
            Some(at) => {
                changed[at].verb.change(self.verb.clone());
                changed[at].span = self.span.clone();
                Ok((changed, at))
            }
            None if same_verb.is_empty() && self.step.is_none() && !self.verb.observes() => {
                changed.insert(
                    0,
                    Step {
                        verb: self.verb.clone(),
                        name: None,
                        span: self.span.clone(),
                    },
                );
                Ok((changed, 0))
            }
            None => {
                let names: Vec<_> = same_verb
                    .iter()
                    .map(|at| steps[*at].name.as_deref().unwrap_or("(no name)"))
                    .collect();
                Err(format!(
                    "several steps of the control are `{name}`: {}",
                    names.join(", ")
                ))
            }
        }
    }
}
