//! Clients of other third parties who were at work while something was done to one: how they fared before, during and after (REQ 2.b).

use std::collections::HashMap;

use evidence::What;
use evidence::event::Side;
use evidence::record::{Background, Served};

use script::vocabulary::{Verb, sut};

use crate::play::Play;

/// When it was, seen from the switch of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    During,
    After,
}

impl Phase {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Before => "before the party was switched off",
            Self::During => "while the party was off",
            Self::After => "after the party was switched on again",
        }
    }
}

/// Something that a client of the background was not given.
pub(crate) struct Denied {
    pub(crate) phase: Phase,
    /// Request and client, for the sentence of what was expected.
    pub(crate) expected: String,
    pub(crate) came: String,
    pub(crate) events: Vec<u32>,
}

/// A client of the background, by its connection.
struct Client<'a> {
    impi: &'a str,
    party: &'a str,
}

/// How often the clients were served; `None` when nobody was at work.
pub(crate) fn count(play: &Play<'_>) -> Option<Background> {
    let clients = clients(play);
    if clients.is_empty() {
        return None;
    }
    let mut told = Background::default();
    each(play, &clients, |phase, denied| {
        let served = of(&mut told, phase);
        served.exchanges += 1;
        served.served += u64::from(denied.is_none());
    });
    Some(told)
}

fn of(told: &mut Background, phase: Phase) -> &mut Served {
    match phase {
        Phase::Before => &mut told.before,
        Phase::During => &mut told.during,
        Phase::After => &mut told.after,
    }
}

/// The first thing that a client was denied: an answer, a 2xx, or its connection.
pub(crate) fn denied(play: &Play<'_>) -> Option<Denied> {
    let clients = clients(play);
    let mut first = None;
    each(play, &clients, |_, denied| {
        if first.is_none() {
            first = denied;
        }
    });
    first.or_else(|| cut(play, &clients))
}

fn each(
    play: &Play<'_>,
    clients: &HashMap<u32, Client<'_>>,
    mut tell: impl FnMut(Phase, Option<Denied>),
) {
    let switches = switches(play);
    let answers = answers(play, clients);
    for message in play.sent().filter(|message| !message.over) {
        let Some(client) = clients.get(&message.connection) else {
            continue;
        };
        if message.request().is_none() {
            continue;
        }
        let answer = message
            .key()
            .and_then(|key| answers.get(&(message.connection, key)))
            .map(|at| &play.messages[*at]);
        // What was under way when the operator switched may have met either state: it counts where it ended.
        let closed = play
            .connections
            .get(&message.connection)
            .and_then(|connection| connection.closed);
        let ended = answer
            .map(|answer| answer.at)
            .or_else(|| closed.map(|(at, _)| at))
            .unwrap_or(message.at);
        let phase = phase(&switches, ended);
        let denied = match answer {
            Some(answer) if answer.status().is_some_and(|status| status < 300) => None,
            Some(answer) => Some((answer.summary(), vec![message.n, answer.n])),
            None => Some(("no final answer".to_owned(), vec![message.n])),
        };
        let expected = || {
            format!(
                "a 2xx to {} of {}, a client of {}, {}",
                message.summary(),
                client.impi,
                client.party,
                phase.words()
            )
        };
        tell(
            phase,
            denied.map(|(came, events)| Denied {
                phase,
                expected: expected(),
                came,
                events,
            }),
        );
    }
}

/// A connection of the background that the SUT ended.
fn cut(play: &Play<'_>, clients: &HashMap<u32, Client<'_>>) -> Option<Denied> {
    let switches = switches(play);
    let ended = play.ended.unwrap_or(play.events.len());
    let mut numbers: Vec<&u32> = clients.keys().collect();
    numbers.sort_unstable();
    numbers.into_iter().find_map(|number| {
        let (at, _) = play
            .connections
            .get(number)?
            .closed
            .filter(|(at, by)| *by == Side::Sut && *at < ended)?;
        let phase = phase(&switches, at);
        let client = &clients[number];
        Some(Denied {
            phase,
            expected: format!(
                "the connection of {}, a client of {}, stays {}",
                client.impi,
                client.party,
                phase.words()
            ),
            came: "the SUT ended it".to_owned(),
            events: play
                .events
                .get(at)
                .map(|event| event.n)
                .into_iter()
                .collect(),
        })
    })
}

fn clients<'a>(play: &Play<'a>) -> HashMap<u32, Client<'a>> {
    let events: &'a [evidence::Event] = play.events;
    events
        .iter()
        .filter_map(|event| match &event.what {
            What::Background {
                connection,
                impi,
                party,
                ..
            } => Some((*connection, Client { impi, party })),
            _ => None,
        })
        .collect()
}

/// Final answers by connection and transaction, as places among the messages: one look at each message, there are thousands.
fn answers(
    play: &Play<'_>,
    clients: &HashMap<u32, Client<'_>>,
) -> HashMap<(u32, crate::play::Key), usize> {
    let mut answers = HashMap::new();
    for (at, message) in play.messages.iter().enumerate() {
        let is_final = message.received && message.status().is_some_and(|status| status >= 200);
        if !is_final || !clients.contains_key(&message.connection) {
            continue;
        }
        if let Some(key) = message.key() {
            answers.entry((message.connection, key)).or_insert(at);
        }
    }
    answers
}

/// Where the operator was asked to switch a party, and whether on.
fn switches(play: &Play<'_>) -> Vec<(usize, bool)> {
    (0..play.plan.steps.len())
        .filter_map(|step| match play.verb(step) {
            Some(Verb::Sut(sut::Verb::Party(party))) => {
                Some((play.began(step)?, party.on.unwrap_or(false)))
            }
            _ => None,
        })
        .collect()
}

fn phase(switches: &[(usize, bool)], at: usize) -> Phase {
    match switches.iter().rev().find(|(switch, _)| *switch < at) {
        None => Phase::Before,
        Some((_, false)) => Phase::During,
        Some((_, true)) => Phase::After,
    }
}
