//! `{alice.impu}` and the like in the strings of a script.

use crate::problem::Problems;
use crate::source::Span;

/// The people of the world, and who each is. In registration 3 `alice` and `bob` are pool users of P1 and `carol` one of P2.
pub const PEOPLE: &[(&str, &str)] = &[
    (
        "alice",
        "a subscriber who granted party A; in registration 3 a user of pool P1",
    ),
    (
        "bob",
        "another such subscriber; in registration 3 another user of pool P1",
    ),
    (
        "carol",
        "a subscriber who granted party B; in registration 3 a user of pool P2",
    ),
    ("erin", "a subscriber who granted both A and B"),
    ("dave", "a subscriber who granted nobody"),
    ("anonymous", "the anonymous identity of pool P1"),
    (
        "individual",
        "the subscriber alice in every registration; she is in no pool",
    ),
    ("pooled", "a user of pool P1 in every registration"),
];

/// What a script may know of a person.
pub const FACTS: &[(&str, &str)] = &[
    ("impi", "the private identity, user@domain"),
    ("impu", "the first public identity, a SIP URI"),
    (
        "sibling",
        "the second public identity of the same subscription",
    ),
    (
        "barred",
        "a public identity of the same subscription that is barred from registering",
    ),
    (
        "phone",
        "the telephone number among the public identities, as a URI",
    ),
    ("number", "the number in it alone"),
    ("user", "the name at the portal"),
    ("password", "the password at the portal"),
    (
        "contact",
        "the Contact by which the person has registered in this play",
    ),
    ("contact-user", "the user part of that Contact"),
    (
        "instance",
        "the device (+sip.instance) of that registration",
    ),
    ("entity", "what names the person's third party on Mw"),
    ("part", "the user part of impu"),
    ("upper", "impu with its user part in upper case"),
    (
        "escaped",
        "impu with the first letter of its user part as %xx",
    ),
    ("escaped-twice", "the same with the % escaped as well"),
    (
        "semicolon",
        "impu with a parameter in its user part that holds an escaped @",
    ),
    ("impi-upper", "impi with its user part in upper case"),
    ("impi-before", "impi with one letter before it"),
    ("impi-behind", "impi with one more label behind its domain"),
];

/// What a script may know of the world.
pub const WORLD: &[(&str, &str)] = &[
    ("domain", "the home domain of the network"),
    ("audience", "whom tokens are for: the audience of the edge"),
    ("portal", "the host name of party A's portal"),
    ("edge", "the host name of the edge"),
    ("origin-a", "the web origin of party A's portal"),
    ("origin-b", "the web origin of party B's portal"),
    ("issuer-a", "how party A's WAF names itself in tokens"),
    ("issuer-b", "how party B's WAF names itself in tokens"),
    ("issuer-x", "how a WAF that was never enrolled names itself"),
    ("entity-a", "what names party A on Mw"),
    ("entity-b", "what names party B on Mw"),
    ("client-a", "the OAuth client id of party A's portal"),
    ("client-b", "the OAuth client id of party B's portal"),
    ("mark", "the mark of this play, in every message of it"),
    ("long", "a word that is longer than fixed buffers are"),
    ("upper-domain", "the domain in upper case"),
    (
        "wide-domain",
        "the domain with its first letter as its full-width twin",
    ),
    (
        "punycode-domain",
        "the domain with its first label encoded without need",
    ),
    (
        "stranger",
        "address and port of a host on Mw that the network does not know",
    ),
];

/// What only a place in a script knows.
pub const OTHERS: &[(&str, &str)] = &[
    (
        "token.NAME",
        "the token that an earlier step of the case issued or got under this name",
    ),
    (
        "variant",
        "the text of the variant, or its name, in an attack that has variants",
    ),
    (
        "message",
        "in `raw`: the message that the step would have sent",
    ),
    (
        "tag",
        "in `set` and `add` of a message of the WIC: the tag of From that it would have sent",
    ),
];

/// The names of the people, in their order.
pub fn people() -> impl Iterator<Item = &'static str> {
    PEOPLE.iter().map(|(name, _)| *name)
}

/// Every placeholder as a script writes it.
fn all() -> impl Iterator<Item = String> {
    let people = PEOPLE.iter().flat_map(|(person, _)| {
        FACTS
            .iter()
            .map(move |(fact, _)| format!("{{{person}.{fact}}}"))
    });
    let world = WORLD.iter().map(|(fact, _)| format!("{{world.{fact}}}"));
    people
        .chain(world)
        .chain(OTHERS.iter().map(|(name, _)| format!("{{{name}}}")))
}

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

/// Tells of the first placeholder of a text that is not known.
pub(crate) fn check(text: &str, variants: bool, span: &Span, problems: &mut Problems) {
    let mut unknown = None;
    fill(text, |name| {
        if !known(name, variants) {
            unknown.get_or_insert_with(|| name.to_owned());
        }
        None
    });
    if let Some(name) = unknown {
        let all: Vec<String> = all().collect();
        let known: Vec<&str> = all.iter().map(String::as_str).collect();
        problems.unknown_placeholder(span, &format!("{{{name}}}"), &known);
    }
}

fn known(name: &str, variants: bool) -> bool {
    let has = |list: &[(&str, &str)], word: &str| list.iter().any(|(known, _)| *known == word);
    match name.split_once('.') {
        Some(("token", _)) => true,
        Some(("world", fact)) => has(WORLD, fact),
        Some((person, fact)) => has(PEOPLE, person) && has(FACTS, fact),
        None => has(OTHERS, name) && (variants || name != "variant"),
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
