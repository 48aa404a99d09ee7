//! A play as the judge reads it: events by step, messages taken apart, connections, tokens, what belongs to whom.

use std::collections::BTreeMap;

use evidence::event::{Direction, Side, TlsFacts};
use evidence::{Event, Interface, Plan, ReadLog, What};
use script::vocabulary::Verb;

use crate::message::content;
pub(crate) use crate::message::{Key, Message, shortened};

/// A connection of a play.
pub(crate) struct Connection<'a> {
    pub(crate) interface: Option<Interface>,
    pub(crate) by: Option<Side>,
    pub(crate) to: &'a str,
    /// Event that opened it.
    pub(crate) opened: usize,
    /// The step in which it was opened.
    pub(crate) step: Option<usize>,
    /// What TLS agreed on, if its handshake finished.
    pub(crate) secured: Option<&'a TlsFacts>,
    /// Facts, who ended it, and the alert, of a handshake that failed.
    pub(crate) not_secured: Option<(&'a TlsFacts, Side)>,
    /// Event that closed it, and who did.
    pub(crate) closed: Option<(usize, Side)>,
}

impl<'a> Connection<'a> {
    /// The facts of its handshake, finished or not.
    pub(crate) fn tls(&self) -> Option<&'a TlsFacts> {
        self.secured
            .or_else(|| self.not_secured.map(|(facts, _)| facts))
    }

    /// Whether it was shown the certificate that is not flawed.
    pub(crate) fn was_shown_honest(&self) -> bool {
        self.tls()
            .is_some_and(|tls| tls.shown.as_deref() == Some("honest"))
    }

    /// Whether the SUT ended it, in the handshake or later.
    pub(crate) fn ended_by_sut(&self) -> bool {
        self.closed.is_some_and(|(_, by)| by == Side::Sut)
            || self.not_secured.is_some_and(|(_, by)| by == Side::Sut)
    }
}

/// A token that stands in the log.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) name: &'a str,
    pub(crate) compact: &'a str,
    pub(crate) step: usize,
    pub(crate) at: usize,
}

/// The ICS and IXIT items that verdicts ask after: a plan carries the answers to these.
pub const ITEMS: &[&str] = &[
    "claim-impi",
    "at-jwt",
    "audience",
    "claim-party",
    "claim-wwsf",
    "codes",
    "digest-algs",
    "edge-mechanisms",
    "in-order",
    "introspection-tls",
    "party-carrier",
    "quiet-time",
    "session-cookies",
    "skew",
    "token-carrier",
    "token-delivery",
    "token-impu",
    "token-members",
    "w4-auth",
];

/// A play with its events taken apart once.
pub(crate) struct Play<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) verbs: Vec<Option<Verb>>,
    pub(crate) events: &'a [Event],
    pub(crate) messages: Vec<Message<'a>>,
    pub(crate) connections: BTreeMap<u32, Connection<'a>>,
    pub(crate) tokens: Vec<Token<'a>>,
    /// Where each step began, by index in the plan; steps that never began have none.
    began: BTreeMap<usize, usize>,
    /// Index of the event `Ended`.
    pub(crate) ended: Option<usize>,
}

impl<'a> Play<'a> {
    /// Takes a log apart; `None` when it has no plan.
    pub(crate) fn new(log: &'a ReadLog) -> Option<Self> {
        let plan = log.events.iter().find_map(|event| match &event.what {
            What::Plan(plan) => Some(&**plan),
            _ => None,
        })?;
        let verbs = plan
            .steps
            .iter()
            .map(|step| Verb::from_fields(&step.verb, step.fields.clone()).ok())
            .collect();
        let mut play = Self {
            plan,
            verbs,
            events: &log.events,
            messages: Vec::new(),
            connections: BTreeMap::new(),
            tokens: Vec::new(),
            began: BTreeMap::new(),
            ended: None,
        };
        play.take_apart();
        Some(play)
    }

    fn take_apart(&mut self) {
        let mut step = None;
        let mut background = BTreeMap::new();
        for (at, event) in self.events.iter().enumerate() {
            match &event.what {
                What::StepBegan { step: next } => {
                    step = Some(*next);
                    self.began.entry(*next).or_insert(at);
                }
                What::Background {
                    step, connection, ..
                } => {
                    background.insert(*connection, *step);
                }
                What::Ended => self.ended = self.ended.or(Some(at)),
                What::Token {
                    name,
                    compact,
                    step,
                    ..
                } => {
                    self.tokens.push(Token {
                        name,
                        compact,
                        step: *step,
                        at,
                    });
                }
                What::Message {
                    connection,
                    interface,
                    direction,
                    layer,
                    bytes,
                    cut_from,
                    late,
                } => {
                    // What the background says while a step is under way is not that step's.
                    let step = background.get(connection).copied().or(step);
                    let message = Message {
                        at,
                        n: event.n,
                        step: step.filter(|_| self.ended.is_none()),
                        over: self.ended.is_some() || *late,
                        connection: *connection,
                        interface: *interface,
                        received: *direction == Direction::Received,
                        layer: *layer,
                        bytes: &bytes.0,
                        cut: cut_from.is_some(),
                        content: content(*layer, &bytes.0),
                    };
                    self.messages.push(message);
                }
                other => self.connection_event(at, step, other),
            }
        }
    }

    fn connection_event(&mut self, at: usize, step: Option<usize>, what: &'a What) {
        let (What::Opened {
            connection: number, ..
        }
        | What::Secured {
            connection: number, ..
        }
        | What::NotSecured {
            connection: number, ..
        }
        | What::Closed {
            connection: number, ..
        }) = what
        else {
            return;
        };
        let connection = self.connections.entry(*number).or_insert(Connection {
            interface: None,
            by: None,
            to: "",
            opened: at,
            step,
            secured: None,
            not_secured: None,
            closed: None,
        });
        match what {
            What::Opened {
                interface, to, by, ..
            } => {
                connection.interface = Some(*interface);
                connection.by = Some(*by);
                connection.to = to;
            }
            What::Secured { tls, .. } => connection.secured = Some(tls),
            What::NotSecured { tls, by, .. } => connection.not_secured = Some((tls, *by)),
            What::Closed { by, .. } => connection.closed = connection.closed.or(Some((at, *by))),
            _ => {}
        }
    }

    /// The typed verb of a step.
    pub(crate) fn verb(&self, step: usize) -> Option<&Verb> {
        self.verbs.get(step)?.as_ref()
    }

    /// A field of a step that is a text.
    pub(crate) fn field(&self, step: usize, name: &str) -> Option<&'a str> {
        self.plan.steps.get(step)?.fields.get(name)?.as_str()
    }

    /// Whether a step observes.
    pub(crate) fn observes(&self, step: usize) -> bool {
        self.verb(step).is_some_and(Verb::observes)
    }

    /// The event with which a step began.
    pub(crate) fn began(&self, step: usize) -> Option<usize> {
        self.began.get(&step).copied()
    }

    /// The event with which the next step began, or the acts ended.
    pub(crate) fn end_of(&self, step: usize) -> usize {
        let after = self.began(step).unwrap_or(self.events.len());
        self.began
            .values()
            .copied()
            .filter(|at| *at > after)
            .chain(self.ended.filter(|at| *at > after))
            .min()
            .unwrap_or(self.events.len())
    }

    /// The last step before this one that acts.
    pub(crate) fn act_before(&self, step: usize) -> Option<usize> {
        (0..step.min(self.verbs.len()))
            .rev()
            .find(|at| !self.observes(*at))
    }

    /// The first event of the departing step; the first of all when no step departs.
    pub(crate) fn lie_at(&self) -> usize {
        self.plan
            .departs
            .and_then(|step| self.began(step))
            .unwrap_or(0)
    }

    pub(crate) fn sent(&self) -> impl Iterator<Item = &Message<'a>> {
        self.messages.iter().filter(|message| !message.received)
    }

    pub(crate) fn received(&self) -> impl Iterator<Item = &Message<'a>> {
        self.messages.iter().filter(|message| message.received)
    }

    /// The SIP answers to a request of ours, provisional ones included. A request that has no Call-ID or CSeq to know its answers by
    /// has those on its connection that bear its branch (RFC 3261 section 17.1.3).
    pub(crate) fn answers<'s>(
        &'s self,
        request: &Message<'a>,
    ) -> impl Iterator<Item = &'s Message<'a>> + use<'s, 'a> {
        let key = request.key();
        let branch = request.sip().and_then(sip::Message::top_branch);
        let (at, received, connection) = (request.at, request.received, request.connection);
        self.messages.iter().filter(move |answer| {
            answer.at > at
                && answer.received != received
                && answer.status().is_some()
                && match &key {
                    Some(_) => answer.key() == key,
                    None => {
                        let of_answer = answer.sip().and_then(sip::Message::top_branch);
                        answer.connection == connection && branch.is_some() && of_answer == branch
                    }
                }
        })
    }

    /// The final SIP answer to a request.
    pub(crate) fn final_answer<'s>(&'s self, request: &Message<'a>) -> Option<&'s Message<'a>> {
        self.answers(request)
            .find(|answer| answer.status().is_some_and(|status| status >= 200))
    }

    /// The HTTP answer to a request: in order on its connection, 1xx but 101 passed over.
    pub(crate) fn http_answer<'s>(&'s self, request: &Message<'a>) -> Option<&'s Message<'a>> {
        let on = |message: &&Message<'a>| message.connection == request.connection;
        let order =
            self.messages.iter().filter(on).filter(|message| {
                message.received == request.received && message.is_http_request()
            });
        let place = order.take_while(|message| message.at < request.at).count();
        let is_final = |message: &&Message<'a>| {
            message
                .http_status()
                .is_some_and(|status| status == 101 || status >= 200)
        };
        self.messages
            .iter()
            .filter(on)
            .filter(|message| message.received != request.received)
            .filter(is_final)
            .nth(place)
    }

    /// The first answer to a declared ICS or IXIT item.
    pub(crate) fn answer(&self, item: &str) -> Option<&'a str> {
        self.plan.answers.get(item)?.first().map(String::as_str)
    }

    /// All answers to an item.
    pub(crate) fn answer_list(&self, item: &str) -> &'a [String] {
        self.plan.answers.get(item).map_or(&[], Vec::as_slice)
    }

    /// A fact of the world.
    pub(crate) fn fact(&self, name: &str) -> Option<&'a str> {
        self.plan.facts.get(name).map(String::as_str)
    }

    /// Whether a connection runs without TLS.
    pub(crate) fn in_clear(&self, number: u32) -> bool {
        self.connections
            .get(&number)
            .is_some_and(|connection| connection.by.is_some() && connection.tls().is_none())
    }

    /// Microseconds of an event.
    pub(crate) fn time(&self, at: usize) -> u64 {
        self.events.get(at).map_or(0, |event| event.at_us)
    }
}
