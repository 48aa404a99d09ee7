//! The bindings after the attack are those before it: read by an honest query, or by the hook.

use std::collections::BTreeSet;

use evidence::What;
use serde_json::Value;

use crate::context::{Context, is_query};
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let lie = context.play.lie_at();
    let readings: Vec<Reading> = by_query(context).chain(by_hook(context)).collect();
    let (before, after): (Vec<&Reading>, Vec<&Reading>) =
        readings.iter().partition(|reading| reading.at < lie);
    if after.is_empty() {
        return Ruling::undecided("no_query", "nobody read the bindings after the lie");
    }
    let carried = carried(context);
    Ruling::unless(after.into_iter().find_map(|reading| {
        let earlier = before.iter().rev().find(|earlier| earlier.of == reading.of);
        match earlier {
            Some(earlier) if earlier.contacts != reading.contacts => {
                let came = format!(
                    "{} where {} was",
                    list(&reading.contacts),
                    list(&earlier.contacts)
                );
                Some(Ruling::broken(
                    "the bindings as before the attack",
                    came,
                    [reading.n],
                ))
            }
            Some(_) => None,
            None => {
                let found = reading
                    .contacts
                    .iter()
                    .find(|contact| carried.contains(*contact))?;
                Some(Ruling::broken(
                    "no binding that the attack asked for",
                    format!("<{found}> is bound"),
                    [reading.n],
                ))
            }
        }
    }))
}

/// One look at the bindings of an identity.
struct Reading {
    at: usize,
    n: u32,
    of: String,
    contacts: BTreeSet<String>,
}

fn by_query<'p>(context: &'p Context<'_, '_>) -> impl Iterator<Item = Reading> + 'p {
    let asked = context.play.sent().filter(|message| {
        !message.over
            && message
                .step
                .is_some_and(|step| is_query(context.play, step))
    });
    asked.filter_map(|query| {
        let answer = context
            .play
            .final_answer(query)
            .filter(|answer| answer.status().is_some_and(|status| status / 100 == 2))?;
        let of = query.sip()?.address("To")?.uri;
        Some(Reading {
            at: query.at,
            n: answer.n,
            of,
            contacts: contacts(answer),
        })
    })
}

fn by_hook<'p>(context: &'p Context<'_, '_>) -> impl Iterator<Item = Reading> + 'p {
    context
        .play
        .events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| {
            let What::Hook {
                name,
                request,
                answer,
            } = &event.what
            else {
                return None;
            };
            if name != "bindings" {
                return None;
            }
            let list = answer
                .as_array()
                .or_else(|| answer.get("bindings")?.as_array())?;
            let contact = |entry: &Value| {
                entry
                    .as_str()
                    .or_else(|| entry.get("contact")?.as_str())
                    .map(uri)
            };
            let of = request
                .get("impu")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            Some(Reading {
                at,
                n: event.n,
                of,
                contacts: list.iter().filter_map(contact).collect(),
            })
        })
}

/// The contacts that requests of the attack asked to bind.
fn carried(context: &Context<'_, '_>) -> BTreeSet<String> {
    context
        .requests()
        .filter(|request| request.request_of("REGISTER").is_some())
        .flat_map(contacts)
        .collect()
}

fn contacts(message: &Message<'_>) -> BTreeSet<String> {
    message
        .sip()
        .map(|sip| {
            sip.addresses("Contact")
                .into_iter()
                .map(|contact| contact.uri)
                .collect()
        })
        .unwrap_or_default()
}

/// A contact without brackets and parameters of the header.
fn uri(contact: &str) -> String {
    sip::NameAddr::parse(contact).map_or_else(|| contact.to_owned(), |address| address.uri)
}

fn list(contacts: &BTreeSet<String>) -> String {
    if contacts.is_empty() {
        "none".to_owned()
    } else {
        contacts
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    }
}
