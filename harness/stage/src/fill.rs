//! Placeholders of a script filled from the world and from what the play has issued.

use script::placeholder;
use script::vocabulary::Verb;

use crate::play::{Play, lock};
use crate::world::Person;

/// Octets of a word that is longer than the fixed buffers that implementers are fond of, and shorter than any limit on a header.
const LONG: usize = 3000;

/// The verb with every placeholder filled.
pub(crate) fn verb(play: &Play, verb: &Verb) -> Result<Verb, String> {
    verb.filled(&mut |text| text_of(play, text))
}

/// The text with every placeholder filled; one that cannot be filled is an error.
pub(crate) fn text_of(play: &Play, text: &str) -> Result<String, String> {
    let mut missing = None;
    let filled = placeholder::fill(text, |name| {
        let found = value(play, name);
        if found.is_none() && !matches!(name, "message" | "tag") {
            missing.get_or_insert_with(|| format!("nothing in the world is called {{{name}}}"));
        }
        found
    });
    missing.map_or(Ok(filled), Err)
}

fn value(play: &Play, name: &str) -> Option<String> {
    let (owner, fact) = name.split_once('.')?;
    match owner {
        "token" => lock(&play.tokens)
            .get(fact)
            .map(|issued| issued.compact.clone()),
        "world" => world(play, fact),
        person => play
            .world
            .person(play.lane, play.registration, person)
            .and_then(|person| of_person(play, &person, fact)),
    }
}

fn of_person(play: &Play, person: &Person, fact: &str) -> Option<String> {
    let impu = person.impus.first()?;
    Some(match fact {
        "impi" => person.impi.clone(),
        "impu" => impu.clone(),
        "sibling" => person.impus.get(1)?.clone(),
        "barred" => person.barred.clone(),
        "phone" => person.phone().cloned()?,
        "contact" => registered(play, &person.name)?.0,
        "contact-user" => parts(&registered(play, &person.name)?.0).1.to_owned(),
        "instance" => registered(play, &person.name)?.1,
        "part" => parts(impu).1.to_owned(),
        "user" => person.user.clone(),
        "password" => play.world.passwords.get(&person.user)?.clone(),
        "entity" => play
            .world
            .party(play.registration, &person.party)?
            .entity
            .clone(),
        "upper" => user_part(impu, str::to_uppercase),
        "impi-upper" => user_part(&person.impi, str::to_uppercase),
        "impi-before" => format!("x{}", person.impi),
        "impi-behind" => format!("{}.evil", person.impi),
        "escaped" => user_part(impu, |user| escaped(user, "%")),
        "escaped-twice" => user_part(impu, |user| escaped(user, "%25")),
        "number" => parts(person.phone()?).1.to_owned(),
        "semicolon" => user_part(impu, |user| format!("{user};par=u%40example.net")),
        _ => return None,
    })
}

/// An IMPI or SIP URI with its user part changed.
fn user_part(identity: &str, change: impl Fn(&str) -> String) -> String {
    let (scheme, rest) = match identity.split_once(':') {
        Some((scheme, rest)) => (format!("{scheme}:"), rest),
        None => (String::new(), identity),
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    format!("{scheme}{}@{host}", change(user))
}

/// A user part whose first letter is written as an escape, or as the escape of one.
fn escaped(user: &str, sign: &str) -> String {
    let mut letters = user.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{sign}{:02x}{}", u32::from(first), letters.as_str())
    })
}

/// Scheme, user part and host of a SIP URI.
fn parts(impu: &str) -> (&str, &str, &str) {
    let (scheme, rest) = impu.split_once(':').unwrap_or(("sip", impu));
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    (scheme, user, host)
}

/// Contact and device by which a person has registered in this play, on whichever connection.
fn registered(play: &Play, person: &str) -> Option<(String, String)> {
    let connections = lock(&play.w2);
    connections.values().find_map(|connection| {
        let dialogs = lock(&connection.dialogs);
        let dialog = dialogs.get(person)?;
        Some((dialog.contact.clone(), dialog.instance.clone()))
    })
}

/// A name whose first letter is written as its wide twin, which Unicode compatibility makes the plain one again.
fn wide(domain: &str) -> String {
    let mut letters = domain.chars();
    let first = letters.next().filter(char::is_ascii_graphic);
    let twin = first.and_then(|first| char::from_u32(u32::from(first) + 0xFEE0));
    twin.map_or_else(String::new, |twin| format!("{twin}{}", letters.as_str()))
}

/// A name whose first label is encoded although nothing of it needs to be.
fn punycode(domain: &str) -> String {
    let (first, rest) = domain.split_once('.').unwrap_or((domain, ""));
    format!("xn--{first}-.{rest}")
        .trim_end_matches('.')
        .to_owned()
}

fn world(play: &Play, fact: &str) -> Option<String> {
    let world = &play.world;
    let party = |id: &str| world.party(play.registration, id);
    Some(match fact {
        "domain" => world.public.domain.clone(),
        "upper-domain" => world.public.domain.to_uppercase(),
        "wide-domain" => wide(&world.public.domain),
        "punycode-domain" => punycode(&world.public.domain),
        "stranger" => world.address("stranger", "Mw")?.to_string(),
        "audience" => world.public.audience.clone(),
        "portal" => world.name(&party("A")?.wwsf).to_owned(),
        "edge" => world.name("ep-cscf").to_owned(),
        "origin-a" => party("A")?.origin.clone(),
        "origin-b" => party("B")?.origin.clone(),
        "issuer-a" => party("A")?.issuer.clone(),
        "issuer-b" => party("B")?.issuer.clone(),
        "issuer-x" => world.stranger.issuer.clone(),
        "entity-a" => party("A")?.entity.clone(),
        "entity-b" => party("B")?.entity.clone(),
        "client-a" => party("A")?.client_id.clone(),
        "client-b" => party("B")?.client_id.clone(),
        "mark" => play.mark(),
        "long" => "long".repeat(LONG / 4),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_differ_from_it_in_letters_alone() {
        assert_eq!(wide("op.example"), "\u{ff4f}p.example");
        assert_eq!(punycode("op.example"), "xn--op-.example");
        assert_eq!(punycode("op"), "xn--op-");
        assert_eq!(escaped("alice0", "%"), "%61lice0");
        assert_eq!(escaped("alice0", "%25"), "%2561lice0");
        assert_eq!(parts("sip:+1@x;user=phone"), ("sip", "+1", "x;user=phone"));
    }
}
