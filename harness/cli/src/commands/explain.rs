//! `wicheck explain ID`: a scenario, a requirement, an ICS item, an outcome or a defect in full.

use std::fmt::Write;

use script::Suite;
use script::problem::suggestion;
use script::scenario::{Attack, Outcome};
use script::step::Step;
use script::vocabulary::Verb;

use crate::arguments::Explain;
use crate::{Done, Failure, output, suite};

/// Prints what is known of an id.
pub(crate) fn explain(command: &Explain, json: bool) -> Done {
    let suite = suite::read(command.scenarios.as_deref())?;
    let text = find(&suite, &command.id).ok_or_else(|| {
        Failure::usage(format!(
            "nothing is called {}: {} `wicheck list` names scenarios, `wicheck coverage` requirements",
            command.id,
            suggestion(&command.id, &names(&suite))
        ))
    })?;
    if json {
        output::json(&serde_json::json!({ "id": command.id, "text": text }));
    } else {
        output::print(&text);
    }
    Ok(0)
}

/// Everything that can be explained.
fn names(suite: &Suite) -> Vec<&str> {
    let scripts = suite.controls.keys().chain(suite.attacks.keys());
    let clauses = suite.requirements.iter().map(|each| &each.id);
    let items = suite.items.iter().map(|each| &each.id);
    let named = scripts
        .chain(suite.outcomes.keys())
        .chain(clauses)
        .chain(items);
    let defects = reference::Defect::ALL.iter().map(|each| each.name());
    named
        .map(String::as_str)
        .chain(defects)
        .chain(["placeholders", "verbs", "defects"])
        .collect()
}

fn find(suite: &Suite, id: &str) -> Option<String> {
    match id {
        "placeholders" => return Some(placeholders()),
        "verbs" => return Some(verbs()),
        "defects" => return Some(defects(suite)),
        _ => {}
    }
    scenario(suite, id)
        .or_else(|| requirement(suite, id))
        .or_else(|| item(suite, id))
        .or_else(|| outcome(suite, id))
        .or_else(|| defect(suite, id))
}

fn scenario(suite: &Suite, id: &str) -> Option<String> {
    let id = id.split(['[', '@']).next().unwrap_or(id);
    if let Some(control) = suite.controls.get(id) {
        let mut text = format!(
            "{} (control of {})\n{}\n\n{}\n",
            control.id, control.sut, control.title, control.story
        );
        let _ = writeln!(
            text,
            "\nregistration: {:?}\n{}",
            control.registration,
            steps(&control.steps)
        );
        return Some(text);
    }
    let attack = suite.attacks.get(id)?;
    Some(of_attack(suite, attack))
}

fn of_attack(suite: &Suite, attack: &Attack) -> String {
    let mut text = format!(
        "{} (towards {})\n{}\n\n",
        attack.id, attack.sut, attack.title
    );
    let _ = writeln!(text, "departs from: {}", attack.control.text);
    let _ = writeln!(text, "registration: {:?}", suite.registrations(attack));
    if let Some(change) = &attack.change {
        let _ = writeln!(
            text,
            "the one change: {} {}",
            change.verb.name(),
            change.verb.fields()
        );
    }
    if let Some(departure) = &attack.departure {
        let _ = writeln!(text, "the departure: {departure}\n{}", steps(&attack.steps));
    }
    for (variant, proof) in &attack.variants {
        let _ = writeln!(
            text,
            "variant {variant}{}: proven by {}",
            attack
                .variant_texts
                .get(variant)
                .map_or_else(String::new, |text| format!(" ({text:?})")),
            join(proof.iter().map(|word| word.text.as_str()))
        );
    }
    if !attack.proof.is_empty() {
        let _ = writeln!(
            text,
            "proven by: {}",
            join(attack.proof.iter().map(|word| word.text.as_str()))
        );
    }
    for (item, answers) in &attack.applies_if {
        let _ = writeln!(text, "applies if {item} is {}", answers.join(" or "));
    }
    match &attack.outcome {
        Some(Outcome::Named(word)) => {
            text.push_str(&outcome(suite, &word.text).unwrap_or_default())
        }
        Some(Outcome::Chosen { item, by }) => {
            for (answer, word) in by {
                let _ = write!(
                    text,
                    "where {} = {answer}: {}",
                    item.text,
                    outcome(suite, &word.text).unwrap_or_default()
                );
            }
        }
        None => {}
    }
    for check in &attack.checks {
        text.push_str(&requirement(suite, &check.text).unwrap_or_default());
    }
    let place = attack.span.place();
    let _ = writeln!(text, "\nwritten in scenarios/{}:{}", place.file, place.line);
    text
}

fn steps(steps: &[Step]) -> String {
    steps
        .iter()
        .fold(String::from("steps:\n"), |mut text, step| {
            let name = step
                .name
                .as_ref()
                .map(|name| format!(" ({name})"))
                .unwrap_or_default();
            let _ = writeln!(text, "  {}{name} {}", step.verb.name(), step.verb.fields());
            text
        })
}

fn requirement(suite: &Suite, id: &str) -> Option<String> {
    let clause = suite.requirement(id)?;
    Some(format!(
        "\n{} ({})\n  {}\n  source: {}\n  on {}, registration {:?}, asked of {}\n  held: {}\n  violated: {}\n",
        clause.id,
        clause.level,
        clause.text,
        clause.source,
        clause.interface.join(", "),
        clause.registration,
        join(clause.roles.iter().map(|role| role.word())),
        clause.held,
        clause.violated
    ))
}

fn item(suite: &Suite, id: &str) -> Option<String> {
    let item = suite.item(id)?;
    Some(format!(
        "{} ({})\n  {}\n  values: {}\n  default: {}\n  asked of {}\n",
        item.id,
        item.kind,
        item.question,
        item.values.join(", "),
        item.default.join(", "),
        join(item.roles.iter().map(|role| role.word()))
    ))
}

fn outcome(suite: &Suite, id: &str) -> Option<String> {
    let outcome = suite.outcomes.get(id)?;
    Some(format!(
        "outcome {}: {}\n  oracles: {}\n",
        outcome.id,
        outcome.text,
        join(outcome.oracles.iter().map(|word| word.text.as_str()))
    ))
}

fn defect(suite: &Suite, name: &str) -> Option<String> {
    let defect: reference::Defect = name.parse().ok()?;
    let killers = suite.attacks.values().filter(|attack| {
        attack
            .proof
            .iter()
            .chain(attack.variants.values().flatten())
            .any(|word| word.text == name)
    });
    Some(format!(
        "{name} (a mistake of {})\n  {}\n  caught by {}\n",
        suite::role(defect.role()),
        defect.describe().trim(),
        join(killers.map(|attack| attack.id.as_str()))
    ))
}

fn defects(suite: &Suite) -> String {
    reference::Defect::ALL
        .iter()
        .filter_map(|each| defect(suite, each.name()))
        .collect()
}

fn placeholders() -> String {
    use script::placeholder::{FACTS, OTHERS, PEOPLE, WORLD};
    let mut text = String::new();
    let mut list = |heading: &str, before: &str, after: &str, names: &[(&str, &str)]| {
        let _ = writeln!(text, "{heading}");
        for (name, meaning) in names {
            let _ = writeln!(text, "  {:24} {meaning}", format!("{before}{name}{after}"));
        }
    };
    list("{PERSON.FACT}, where PERSON is", "", "", PEOPLE);
    list("and FACT is", "", "", FACTS);
    list("of the world", "{world.", "}", WORLD);
    list("of the case", "{", "}", OTHERS);
    text.push_str(
        "for example {alice.impu}, {bob.sibling}, {token.hers}; other braces stay as they are\n",
    );
    text
}

fn verbs() -> String {
    let mut text = String::new();
    for (role, verbs) in Verb::docs() {
        for verb in verbs {
            let _ = writeln!(
                text,
                "{role}.{}{}\n  {}",
                verb.name,
                if verb.observes { " (observes)" } else { "" },
                verb.doc.trim()
            );
            for field in verb.fields {
                let _ = writeln!(
                    text,
                    "    {} ({}): {}",
                    field.name,
                    field.kind,
                    field.doc.trim()
                );
            }
        }
    }
    text
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
