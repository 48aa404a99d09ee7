//! What every oracle looks at: the case, its play, and which messages are the attack's.

use std::collections::BTreeSet;

use evidence::Interface;
use evidence::event::Side;
use evidence::record::Kind;
use script::Case;
use script::vocabulary::{Verb, ep_cscf};

use crate::play::{Key, Message, Play};

/// The evidence of a case, and what of it is judged.
pub(crate) struct Context<'a, 'p> {
    pub(crate) case: &'p Case,
    pub(crate) play: &'p Play<'a>,
    judged: BTreeSet<usize>,
}

impl<'a, 'p> Context<'a, 'p> {
    pub(crate) fn new(case: &'p Case, play: &'p Play<'a>) -> Self {
        Self {
            case,
            play,
            judged: judged(case, play),
        }
    }

    /// Whether the outcome is asked of what a step sends.
    pub(crate) fn is_judged(&self, step: usize) -> bool {
        self.judged.contains(&step)
    }

    /// Whether an attack brings steps of its own, told by its declared departure.
    pub(crate) fn own_steps(&self) -> bool {
        self.case.kind == Kind::Attack && self.case.departure.is_some()
    }

    fn of_judged(&self, message: &Message<'_>) -> bool {
        !message.over && message.step.is_some_and(|step| self.is_judged(step))
    }

    /// The connections of ours on which such steps said something. What a node of ours answers to the SUT meanwhile is on others.
    pub(crate) fn spoken_on(&self, of: impl Fn(usize) -> bool) -> impl Iterator<Item = u32> {
        self.play
            .sent()
            .filter(move |message| !message.over && message.step.is_some_and(&of))
            .map(|message| message.connection)
            .filter(|number| {
                let connection = self.play.connections.get(number);
                connection.is_some_and(|connection| connection.by == Some(Side::Us))
            })
    }

    /// The SIP requests of the attack.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &'p Message<'a>> {
        self.play
            .sent()
            .filter(|message| message.request().is_some() && self.of_judged(message))
    }

    /// The HTTP requests of the attack.
    pub(crate) fn http_requests(&self) -> impl Iterator<Item = &'p Message<'a>> {
        self.play
            .sent()
            .filter(|message| message.is_http_request() && self.of_judged(message))
    }

    /// The answers to the HTTP requests of the attack.
    pub(crate) fn http_answers(&self) -> impl Iterator<Item = &'p Message<'a>> {
        self.http_requests()
            .filter_map(|request| self.play.http_answer(request))
    }

    /// Requests of the SUT on Mw since the lie, late ones included, that belong to no honest step and not to the restore.
    pub(crate) fn on_mw(&self) -> impl Iterator<Item = &'p Message<'a>> {
        let honest = self.honest_keys();
        let since = if self.case.kind == Kind::Audit {
            0
        } else {
            self.play.lie_at()
        };
        self.play
            .received()
            .filter(move |message| message.interface == Interface::Mw && message.at >= since)
            .filter(|message| {
                message
                    .request()
                    .is_some_and(|request| !is_housekeeping(request))
            })
            .filter(move |message| message.key().is_none_or(|key| !honest.contains(&key)))
    }

    /// Every REGISTER of the attack on Mw.
    pub(crate) fn registers_on_mw(
        &self,
    ) -> impl Iterator<Item = (&'p Message<'a>, &'p sip::Message)> {
        self.on_mw()
            .filter_map(|message| Some((message, message.request_of("REGISTER")?)))
    }

    /// The transactions of steps that are not judged, and of the restore.
    fn honest_keys(&self) -> BTreeSet<Key> {
        let judged: BTreeSet<Key> = self.requests().filter_map(Message::key).collect();
        let honest = self
            .play
            .sent()
            .filter(|message| message.request().is_some() && !self.of_judged(message));
        honest
            .filter_map(Message::key)
            .filter(|key| !judged.contains(key))
            .collect()
    }

    /// The request of ours that a request of the SUT is about, by its Call-ID and CSeq, else by its Call-ID.
    pub(crate) fn cause_of(&self, forwarded: &Message<'_>) -> Option<&'p Message<'a>> {
        let key = forwarded.key();
        let call_id = key.as_ref().map(|(call_id, _)| call_id.as_str());
        let mut ours = self
            .play
            .sent()
            .filter(|message| message.request().is_some() && message.at < forwarded.at);
        let same = self
            .play
            .sent()
            .find(|message| message.request().is_some() && message.key() == key && key.is_some());
        same.or_else(|| {
            ours.find(|message| message.sip().and_then(sip::Message::call_id).as_deref() == call_id)
        })
        .or_else(|| {
            self.requests()
                .filter(|message| message.at < forwarded.at)
                .last()
        })
    }

    /// The step that departs.
    pub(crate) fn lie_step(&self) -> Option<usize> {
        self.play.plan.departs
    }
}

/// The steps whose answers the outcome is asked of.
fn judged(case: &Case, play: &Play<'_>) -> BTreeSet<usize> {
    let steps = 0..play.plan.steps.len();
    if case.kind == Kind::Audit {
        return steps.collect();
    }
    if !case.judged.is_empty() {
        return case.judged.iter().copied().collect();
    }
    let departs = play.plan.departs.unwrap_or(0);
    steps
        .filter(|step| *step == departs || *step > departs && !is_query(play, *step))
        .collect()
}

/// A query reads bindings and changes none; it is honest wherever it stands.
pub(crate) fn is_query(play: &Play<'_>, step: usize) -> bool {
    matches!(play.verb(step), Some(Verb::EpCscf(ep_cscf::Verb::Send(send))) if send.message.as_deref() == Some("query"))
}

/// What an edge may send on its own account at any time: keep-alive, and the reg event of users that it serves.
fn is_housekeeping(request: &sip::Message) -> bool {
    match request.method() {
        Some("OPTIONS") => {
            request.field("Max-Forwards").as_deref() == Some("0")
                || request
                    .address("From")
                    .is_some_and(|from| !from.uri.contains('@'))
        }
        Some("SUBSCRIBE") => request
            .field("Event")
            .is_some_and(|event| event.split(';').next().map(str::trim) == Some("reg")),
        _ => false,
    }
}
