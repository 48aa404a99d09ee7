//! The SUT file: roles, addresses, how it is launched, hooks, ICS and IXIT.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::{Interface, Role};

use crate::catalogue::{Answers, Item};
use crate::node::{Fields, Key, Node, Value};
use crate::placeholder::people;
use crate::problem::Problems;
use crate::source::{Source, Span};

/// A SUT as its file declares it.
#[derive(Clone, Debug, Default)]
pub struct SutFile {
    /// Roles that are under test.
    pub roles: Vec<Role>,
    /// The product.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Addresses by interface, `wss://host:port/path`, `udp:127.0.0.1:5060`; the world's own where absent.
    pub addresses: BTreeMap<Interface, String>,
    /// How it is started.
    pub launch: Option<Launch>,
    /// Hooks by name: a command, or an HTTP address.
    pub hooks: BTreeMap<String, Hook>,
    /// ICS and IXIT answers.
    pub answers: Answers,
    /// A world folder to keep.
    pub world: Option<String>,
    /// Users with fixed data: person to the values that replace the world's.
    pub users: BTreeMap<String, BTreeMap<String, String>>,
}

/// How a SUT is started and stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The command, relative to the SUT file.
    pub command: Vec<String>,
    /// A line on stdout that says it is ready; without it, its addresses are tried.
    pub ready: Option<String>,
    /// Seconds to wait for that.
    pub deadline: u64,
    /// A command that stops it, beside SIGTERM.
    pub stop: Option<Vec<String>>,
}

/// How the operator of a SUT is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// A command that gets one JSON object on stdin.
    Command(Vec<String>),
    /// An HTTP address that gets it as the body of a POST.
    Http(String),
}

impl SutFile {
    /// Reads a SUT file against the items of the suite.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn read(path: &str, text: &str, items: &[Item]) -> Result<Self, Problems> {
        let source = Arc::new(Source {
            path: path.to_owned(),
            text: text.to_owned(),
        });
        let mut problems = Problems::default();
        let document = crate::node::read(&source, &mut problems);
        let whole = Span {
            source: source.clone(),
            start: 0,
            end: text.find('\n').unwrap_or(text.len()),
        };
        let mut fields = Fields::new(&document, &whole);
        let mut file = Self::default();
        match fields.optional("sut") {
            Some(node) => file.read_sut(node, &mut problems),
            None => problems.add(
                &whole,
                "`[sut]` is missing",
                "add [sut] with roles, name and version",
            ),
        }
        if let Some(entries) = fields
            .optional("addresses")
            .and_then(|node| node.entries(&mut problems))
        {
            file.read_addresses(entries, &mut problems);
        }
        file.launch = fields
            .optional("launch")
            .and_then(|node| read_launch(node, &mut problems));
        if let Some(entries) = fields
            .optional("hooks")
            .and_then(|node| node.entries(&mut problems))
        {
            file.read_hooks(entries, items, &mut problems);
        }
        for section in ["ics", "ixit"] {
            if let Some(entries) = fields
                .optional(section)
                .and_then(|node| node.entries(&mut problems))
            {
                file.read_answers(section, entries, items, &mut problems);
            }
        }
        if let Some(entries) = fields
            .optional("users")
            .and_then(|node| node.entries(&mut problems))
        {
            file.read_users(entries, &mut problems);
        }
        fields.end(&mut problems);
        if problems.is_empty() {
            Ok(file)
        } else {
            Err(problems)
        }
    }

    fn read_sut(&mut self, node: &Node, problems: &mut Problems) {
        let Some(entries) = node.entries(problems) else {
            return;
        };
        let mut fields = Fields::new(entries, &node.span);
        if let Some(node) = fields.required("roles") {
            for word in node.words(problems).unwrap_or_default() {
                match word.parse() {
                    Ok(role) => self.roles.push(role),
                    Err(_) => problems.unknown(
                        &node.span,
                        "role",
                        &word,
                        Role::ALL.iter().map(|role| role.word()),
                    ),
                }
            }
            if self.roles.is_empty() {
                problems.add(
                    &node.span,
                    "no role is under test",
                    "name one or more: roles = [\"ep-cscf\"]",
                );
            }
        }
        self.name = fields.required_text("name", problems);
        self.version = fields.required_text("version", problems);
        self.world = fields.text("world", problems);
        fields.end(problems);
    }

    fn read_addresses(&mut self, entries: &[(Key, Node)], problems: &mut Problems) {
        for (key, node) in entries {
            match (key.name.parse(), node.text(problems)) {
                (Ok(interface), Some(address)) => {
                    self.addresses.insert(interface, address);
                }
                (Err(_), _) => {
                    let known = Interface::ALL.iter().map(|interface| interface.word());
                    problems.unknown(&key.span, "interface", &key.name, known);
                }
                (Ok(_), None) => {}
            }
        }
    }

    fn read_hooks(&mut self, entries: &[(Key, Node)], items: &[Item], problems: &mut Problems) {
        let known: Vec<&str> = items
            .iter()
            .filter_map(|item| item.id.strip_prefix("hook-"))
            .collect();
        for (key, node) in entries {
            if !known.contains(&key.name.as_str()) {
                problems.unknown(&key.span, "hook", &key.name, known.iter().copied());
            }
            let hook = match &node.value {
                Value::Text(text)
                    if text.starts_with("http://") || text.starts_with("https://") =>
                {
                    Hook::Http(text.clone())
                }
                _ => Hook::Command(node.words(problems).unwrap_or_default()),
            };
            if hook == Hook::Command(Vec::new()) {
                problems.add(
                    &node.span,
                    "nothing to ask",
                    "write a command, [\"program\", \"argument\"], or an HTTP address",
                );
            }
            self.hooks.insert(key.name.clone(), hook);
        }
    }

    fn read_users(&mut self, entries: &[(Key, Node)], problems: &mut Problems) {
        for (person, node) in entries {
            if !people().any(|known| known == person.name) {
                problems.unknown(&person.span, "person", &person.name, people());
            }
            let values = node.word_table(problems).unwrap_or_default();
            self.users.insert(person.name.clone(), values);
        }
    }

    fn read_answers(
        &mut self,
        section: &str,
        entries: &[(Key, Node)],
        items: &[Item],
        problems: &mut Problems,
    ) {
        for (key, node) in entries {
            let Some(item) = items
                .iter()
                .find(|item| item.id == key.name && item.kind != "hook")
            else {
                let known = items
                    .iter()
                    .filter(|item| item.kind != "hook")
                    .map(|item| item.id.as_str());
                problems.unknown(&key.span, "ICS item", &key.name, known);
                continue;
            };
            let wanted = if item.kind == "value" { "ixit" } else { "ics" };
            if wanted != section {
                problems.add(
                    &key.span,
                    format!("`{}` belongs into [{wanted}]", item.id),
                    format!("move it to [{wanted}]"),
                );
            }
            let Some(answer) = node.words(problems) else {
                continue;
            };
            for word in answer
                .iter()
                .filter(|word| !item.values.is_empty() && !item.values.contains(word))
            {
                problems.unknown(
                    &node.span,
                    "answer of this item",
                    word,
                    item.values.iter().map(String::as_str),
                );
            }
            let other = item.number.and_then(|number| {
                let word = answer.iter().find(|word| !number.fits(word))?;
                Some((number.words(), word))
            });
            if let Some((wanted, word)) = other {
                problems.add(
                    &node.span,
                    format!("`{}` is {wanted}, and `{word}` is none", item.id),
                    format!(
                        "{} Write {}, for example",
                        item.question,
                        item.default.join(", ")
                    ),
                );
            }
            if matches!(item.kind.as_str(), "flag" | "choice") && answer.len() != 1 {
                problems.add(
                    &node.span,
                    "one answer is wanted",
                    format!("choose one of {}", item.values.join(", ")),
                );
            }
            self.answers.insert(item.id.clone(), answer);
        }
    }
}

fn read_launch(node: &Node, problems: &mut Problems) -> Option<Launch> {
    let mut fields = Fields::new(node.entries(problems)?, &node.span);
    let launch = Launch {
        command: fields
            .required("command")
            .and_then(|node| node.words(problems))
            .unwrap_or_default(),
        ready: fields.text("ready", problems),
        deadline: fields
            .optional("deadline")
            .and_then(|node| node.number(problems))
            .unwrap_or(30),
        stop: fields.words("stop", problems),
    };
    if launch.command.is_empty() {
        problems.add(
            &node.span,
            "nothing to launch",
            "write command = [\"program\", \"argument\"]",
        );
    }
    if launch.stop.as_ref().is_some_and(Vec::is_empty) {
        problems.add(
            &node.span,
            "nothing to stop it with",
            "write stop = [\"program\", \"argument\"], or leave it out",
        );
    }
    fields.end(problems);
    Some(launch)
}
