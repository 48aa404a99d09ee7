//! `wicheck init ROLE`: a commented SUT file with every ICS item of the role, its question and its default.

use evidence::Role;
use script::catalogue::Item;

use crate::arguments::Init;
use crate::{Done, Failure, output, suite};

/// Prints the file.
pub(crate) fn init(command: &Init) -> Done {
    let role: Role = command
        .role
        .parse()
        .map_err(|why: evidence::words::UnknownWord| Failure::usage(why.to_string()))?;
    let suite = suite::read(None)?;
    let items: Vec<&Item> = suite
        .items
        .iter()
        .filter(|item| item.roles.contains(&role))
        .collect();
    let mut text = head(role);
    text.push_str("\n[hooks]\n# A command that gets one JSON object on stdin, or an http:// address that gets it as a POST.\n");
    for item in items.iter().filter(|item| item.kind == "hook") {
        let name = item.id.strip_prefix("hook-").unwrap_or(&item.id);
        text.push_str(&format!(
            "{}# {name} = [\"./hook.sh\", \"{name}\"]\n",
            commented(&item.question)
        ));
    }
    text.push_str("\n[ics]\n# What is claimed. Remove an item that you cannot answer: what depends on it is then inconclusive.\n");
    for item in items
        .iter()
        .filter(|item| !matches!(item.kind.as_str(), "hook" | "value"))
    {
        text.push_str(&format!(
            "{}# one of: {}\n{} = {}\n",
            commented(&item.question),
            item.values.join(", "),
            item.id,
            answer(item)
        ));
    }
    text.push_str("\n[ixit]\n# Values that the tests need.\n");
    for item in items.iter().filter(|item| item.kind == "value") {
        text.push_str(&format!(
            "{}{} = {}\n",
            commented(&item.question),
            item.id,
            answer(item)
        ));
    }
    output::print(&text);
    Ok(0)
}

fn head(role: Role) -> String {
    format!(
        "# A system under test for wicheck: role {role}. `wicheck check FILE` reads it without running anything.\n\
         [sut]\nroles   = [\"{role}\"]\nname    = \"my {role}\"\nversion = \"0\"\n# world = \"world\"          # a world folder to keep; made if absent (docs/world.md)\n\n\
         # [addresses]               # where it is, if not where the world puts it\n# {} = \"...\"\n\n\
         # [launch]                  # how it is started; without this it must run already, in a world that is kept\n# command  = [\"./start.sh\"]  # gets WICHECK_WORLD, WICHECK_OUT, WICHECK_ROLE, WICHECK_<NODE>_<INTERFACE>=host:port\n\
         # ready    = \"listening\"     # a line that it prints when it is ready; without one its address is tried\n# deadline = 30              # seconds\n",
        match role {
            Role::Wic | Role::Wwsf | Role::Network => "W1",
            Role::Waf => "W4",
            Role::EpCscf => "W2",
            Role::Core => "Mw",
        }
    )
}

/// A question as comment lines.
fn commented(question: &str) -> String {
    const WIDTH: usize = 110;
    let mut text = String::from("\n#");
    let mut width = 1;
    for word in question.split_whitespace() {
        if width + word.len() + 1 > WIDTH {
            text.push_str("\n#");
            width = 1;
        }
        text.push(' ');
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
    text
}

fn answer(item: &Item) -> String {
    let quoted = |word: &String| {
        if item.kind == "value" && word.parse::<f64>().is_ok() {
            word.clone()
        } else {
            format!("{word:?}")
        }
    };
    let single = item.kind != "list" && item.default.len() == 1;
    match (single, item.default.first()) {
        (true, Some(word)) => quoted(word),
        _ => format!(
            "[{}]",
            item.default
                .iter()
                .map(quoted)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}
