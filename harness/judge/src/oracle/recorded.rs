//! Each registration has a record at the SUT that names its third party: what the evidence hook tells, beside what was sent.

use evidence::{Role, What};
use script::vocabulary::{Verb, ep_cscf};
use serde_json::Value;

use crate::context::Context;
use crate::identity;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let answers: Vec<(u32, &Value)> = context
        .play
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Hook { name, answer, .. } if name == "evidence" => Some((event.n, answer)),
            _ => None,
        })
        .collect();
    let records: Vec<&Value> = answers.iter().flat_map(|(_, told)| records(told)).collect();
    let told = answers
        .iter()
        .any(|(_, told)| told.is_array() || told["records"].is_array());
    if !told {
        let why = answers
            .iter()
            .find_map(|(_, told)| told["error"].as_str())
            .unwrap_or(if answers.is_empty() {
                "it was not asked"
            } else {
                "its answer has no list `records`"
            });
        return Ruling::undecided(
            "no_evidence_hook",
            format!("hook-evidence told no records: {why}"),
        );
    }
    let asked = answers.iter().map(|(n, _)| *n).collect::<Vec<_>>();
    let requests: Vec<&Message<'_>> = context
        .requests()
        .filter(|message| message.request_of("REGISTER").is_some())
        .collect();
    if requests.is_empty() {
        return Ruling::undecided("no_registration", "no registration of this play is judged");
    }
    Ruling::all(
        requests
            .into_iter()
            .filter_map(|request| one(context, request, &records, &asked)),
    )
}

/// The records in a hook's answer: the list itself, or its member `records`.
fn records(answer: &Value) -> impl Iterator<Item = &Value> {
    answer
        .as_array()
        .or_else(|| answer.get("records")?.as_array())
        .into_iter()
        .flatten()
}

/// What the records say of one request; `None` where nobody vouched for it, or where nothing came of it.
fn one(
    context: &Context<'_, '_>,
    request: &Message<'_>,
    records: &[&Value],
    asked: &[u32],
) -> Option<Ruling> {
    let party = party_of(context, request)?;
    let answer = context.play.final_answer(request)?;
    let accepted = answer.status().is_some_and(|status| status / 100 == 2);
    let sip = request.request()?;
    let call_id = sip.call_id()?.into_owned();
    let impu = sip.address("To").map(|to| to.uri).unwrap_or_default();
    let text =
        |record: &Value, member: &str| record[member].as_str().unwrap_or_default().to_owned();
    let of_request: Vec<&&Value> = records
        .iter()
        .filter(|record| text(record, "call_id") == call_id)
        .collect();
    let fits = |record: &Value| {
        let same = text(record, "impu");
        let outcome = text(record, "outcome") == "accepted";
        text(record, "party") == party
            && outcome == accepted
            && (!accepted || sip::same_identity(&same, &impu))
    };
    if of_request.iter().any(|record| fits(record)) {
        return Some(Ruling::Holds);
    }
    let word = if accepted { "accepted" } else { "refused" };
    let expected = format!("a record: {word}, party {party:?}, IMPU {impu:?}, Call-ID {call_id:?}");
    let came = match of_request.last() {
        Some(record) => record.to_string(),
        None => "no record of this Call-ID".to_owned(),
    };
    let shown = [request.n].into_iter().chain(asked.iter().copied());
    Some(Ruling::broken(expected, came, shown))
}

/// The third party that vouched for a request: in its token at the edge, named by the edge at the core.
fn party_of(context: &Context<'_, '_>, request: &Message<'_>) -> Option<String> {
    let play = context.play;
    if play.plan.sut != Some(Role::Core) {
        return identity::own(play, request).entity;
    }
    let step = request.step?;
    let Some(Verb::EpCscf(ep_cscf::Verb::Send(send))) = play.verb(step) else {
        return None;
    };
    if send.message.as_deref() == Some("query") {
        return None;
    }
    match send.party.as_deref() {
        Some("none") => None,
        Some(party) => Some(identity::entity(play, party).unwrap_or(party).to_owned()),
        None => play
            .fact(&format!("{}.entity", identity::person_of(play, step)))
            .map(str::to_owned),
    }
}
