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
        "escaped" => user_part(impu, |user| {
            let mut letters = user.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("%{:02x}{}", u32::from(first), letters.as_str())
            })
        }),
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

fn world(play: &Play, fact: &str) -> Option<String> {
    let world = &play.world;
    let party = |id: &str| world.party(play.registration, id);
    Some(match fact {
        "domain" => world.public.domain.clone(),
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
