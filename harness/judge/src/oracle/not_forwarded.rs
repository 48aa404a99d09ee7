//! No header line that the departure set or added is on Mw, compared by name and value as parsed.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let Some(lines) = context
        .lie_step()
        .and_then(|step| context.play.plan.steps.get(step))
        .map(|step| edited(&step.fields))
    else {
        return Ruling::undecided("no_lie", "no step departs");
    };
    Ruling::unless(context.on_mw().find_map(|message| {
        let request = message.request()?;
        let (name, value) = lines
            .iter()
            .find(|(name, value)| request.fields(name).any(|found| same_value(&found, value)))?;
        Some(Ruling::broken(
            format!("no {name} of the WIC on Mw"),
            format!("{name}: {value} in {}", message.summary()),
            [message.n],
        ))
    }))
}

/// Name and value of every line that a step sets or adds.
fn edited(fields: &serde_json::Value) -> Vec<(String, String)> {
    let lines = ["set", "add"]
        .iter()
        .filter_map(|edit| fields.get(edit)?.as_array())
        .flatten();
    lines
        .filter_map(|line| line.as_str()?.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// Blanks do not count outside quotes; nor does who joined the lines by a comma.
fn same_value(found: &str, wanted: &str) -> bool {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = bare(wanted);
    bare(found) == wanted || found.split(',').any(|part| bare(part) == wanted)
}
