//! `{alice.impu}` and the like in the strings of a script.

/// The people of the world. In registration 3 `alice` and `bob` are pool users of P1 and `carol` one of P2; `individual` is
/// then the subscriber whom registration 2 calls alice, and `anonymous` the anonymous member of P1.
pub const PEOPLE: &[&str] = &[
    "alice",
    "bob",
    "carol",
    "erin",
    "dave",
    "anonymous",
    "individual",
    "pooled",
];

/// What a script may know of a person.
pub const FACTS: &[&str] = &[
    "impi",
    "impu",
    "sibling",
    "barred",
    "phone",
    "number",
    "user",
    "password",
    "contact",
    "contact-user",
    "instance",
    "entity",
    "upper",
    "escaped",
    "escaped-twice",
    "semicolon",
    "impi-upper",
    "impi-before",
    "impi-behind",
    "part",
];

/// What a script may know of the world.
pub const WORLD: &[&str] = &[
    "domain",
    "audience",
    "portal",
    "edge",
    "origin-a",
    "origin-b",
    "issuer-a",
    "issuer-b",
    "issuer-x",
    "entity-a",
    "entity-b",
    "client-a",
    "client-b",
    "mark",
    "long",
    "upper-domain",
    "wide-domain",
    "punycode-domain",
    "stranger",
];

/// Help for whoever wrote an unknown one.
pub const KNOWN: &str = "write {person.fact} (alice.impu, bob.impi, ...), {token.name}, {world.domain} or {variant}; `wicheck explain placeholders` lists them";

/// Every string in a tree of JSON.
#[must_use]
pub fn strings(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(list) => list.iter().flat_map(strings).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// The text with every placeholder replaced by what `find` gives for it; what `find` leaves (`None`) stays.
pub fn fill(text: &str, mut find: impl FnMut(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = next(rest) {
        filled.push_str(before);
        match find(name) {
            Some(value) => filled.push_str(&value),
            None => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The first placeholder of a text: what stands before it, its name, what stands behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        let close = open + text[open..].find('}')?;
        let name = &text[open + 1..close];
        if !name.is_empty()
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
            })
        {
            return Some((&text[..open], name, &text[close + 1..]));
        }
        from = open + 1;
    }
    None
}

/// Whether every placeholder of a text is known.
pub(crate) fn check(text: &str, variants: bool) -> Result<(), String> {
    let mut unknown = None;
    fill(text, |name| {
        if !known(name, variants) {
            unknown.get_or_insert_with(|| name.to_owned());
        }
        None
    });
    unknown.map_or(Ok(()), |name| {
        Err(format!("no placeholder is named `{{{name}}}`"))
    })
}

fn known(name: &str, variants: bool) -> bool {
    match name.split_once('.') {
        Some(("token" | "last", _)) => true,
        Some(("world", fact)) => WORLD.contains(&fact),
        Some((person, fact)) => PEOPLE.contains(&person) && FACTS.contains(&fact),
        // The message under edit and the tag of its From: only the sender of a message knows them.
        None => matches!(name, "message" | "tag") || (variants && name == "variant"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_placeholders_are_filled() {
        let filled = fill("a {alice.impu} {\"json\": 1} {x} {", |name| {
            (name != "x").then(|| "!".to_owned())
        });
        assert_eq!(filled, "a ! {\"json\": 1} {x} {");
    }

    proptest::proptest! {
        #[test]
        fn a_text_whose_placeholders_stay_is_unchanged(text: String) {
            proptest::prop_assert_eq!(fill(&text, |_| None), text);
        }
    }
}
