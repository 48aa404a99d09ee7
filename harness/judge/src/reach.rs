//! Proof that the lie was told: the departing bytes left and reached the layer that must refuse them.

use evidence::event::{Layer, Side};
use evidence::{Interface, What};
use script::vocabulary::{Verb, core, ep_cscf, waf, wic, wwsf};
use serde_json::Value;

use crate::context::Context;
use crate::identity;
use crate::play::{Message, Play};

/// Whether the departing step did what it set out to do.
///
/// # Errors
/// Why the lie was not told, a sentence.
pub(crate) fn told(context: &Context<'_, '_>) -> Result<(), String> {
    let play = context.play;
    let step = context.lie_step().ok_or("no step departs")?;
    let reach = Reach { play, step };
    let verb = play
        .verb(step)
        .ok_or_else(|| format!("step {} of the plan is no verb", step + 1))?;
    reach.began()?;
    match verb {
        Verb::Wic(wic::Verb::Send(_) | wic::Verb::Flood(_)) => reach.message_on_w2(),
        Verb::EpCscf(ep_cscf::Verb::Send(_))
        | Verb::Core(core::Verb::Send(_) | core::Verb::End(_)) => {
            reach.left(|message| message.interface == Interface::Mw)
        }
        Verb::Wic(wic::Verb::Hello(_)) | Verb::Wwsf(wwsf::Verb::Hello(_)) => reach.hello(),
        Verb::Wic(wic::Verb::Connect(connect)) => reach.connection(connect.clear == Some(true)),
        Verb::Wic(wic::Verb::Fetch(fetch)) => reach.exchange(fetch.clear == Some(true)),
        Verb::Wwsf(wwsf::Verb::Request(request)) => reach.exchange(request.clear == Some(true)),
        Verb::Wic(
            wic::Verb::Login(_)
            | wic::Verb::Anonymous(_)
            | wic::Verb::Ask(_)
            | wic::Verb::Logout(_),
        )
        | Verb::Wwsf(
            wwsf::Verb::Authorize(_)
            | wwsf::Verb::Exchange(_)
            | wwsf::Verb::Revoke(_)
            | wwsf::Verb::Fetch(_),
        )
        | Verb::EpCscf(ep_cscf::Verb::Introspect(_)) => reach.exchange(false),
        Verb::Waf(waf::Verb::Issue(issue)) => reach.token(issue.token.as_deref()),
        Verb::Waf(waf::Verb::Introspection(told)) if told.answer.as_deref() == Some("none") => {
            reach.asked(Interface::Introspection)
        }
        Verb::Waf(waf::Verb::Keys(told)) if told.answer.as_deref() == Some("none") => {
            reach.asked(Interface::Jwks)
        }
        Verb::Waf(waf::Verb::Keys(told)) if told.answer.is_some() => {
            reach.answered(&[Interface::Jwks])
        }
        Verb::Waf(waf::Verb::Introspection(_)) => reach.answered(&[Interface::Introspection]),
        Verb::Core(core::Verb::Answer(answer)) if answer.status.as_deref() == Some("none") => {
            reach.asked(Interface::Mw)
        }
        Verb::Core(core::Verb::Answer(_)) => reach.answered(&[Interface::Mw]),
        Verb::Wwsf(wwsf::Verb::Serve(serve)) => reach.served(
            &[Interface::W1],
            serve.certificate.is_some() || serve.version.is_some() || serve.alpn.is_some(),
        ),
        Verb::EpCscf(ep_cscf::Verb::Serve(serve)) => reach.served(
            &[Interface::W2],
            serve.certificate.is_some() || serve.version.is_some(),
        ),
        Verb::Waf(waf::Verb::Serve(serve)) => {
            let on = [Interface::W4, Interface::Introspection, Interface::Jwks];
            reach.served(&on, serve.certificate.is_some() || serve.versions.is_some())
        }
        Verb::Sut(_) | Verb::Wic(wic::Verb::Visit(_)) => reach.hook(),
        _ => reach.done(),
    }
}

struct Reach<'p, 'a> {
    play: &'p Play<'a>,
    step: usize,
}

impl<'p, 'a> Reach<'p, 'a> {
    fn began(&self) -> Result<(), String> {
        self.play
            .began(self.step)
            .map(|_| ())
            .ok_or_else(|| "the departing step was never begun".to_owned())
    }

    /// The departing step's own events.
    fn within(&self) -> std::ops::Range<usize> {
        let begin = self.play.began(self.step).unwrap_or(0);
        begin..self.play.end_of(self.step).max(begin)
    }

    fn sent(&self) -> impl Iterator<Item = &'p Message<'a>> {
        let within = self.within();
        self.play
            .sent()
            .filter(move |message| within.contains(&message.at))
    }

    fn why_not(&self) -> String {
        let failed = self
            .play
            .events
            .get(self.within())
            .unwrap_or_default()
            .iter()
            .find_map(|event| match &event.what {
                What::StepFailed { step, why, .. } if *step == self.step => Some(why.clone()),
                What::NotOpened { to, why, .. } => Some(format!("{to}: {why}")),
                What::TimedOut {
                    step,
                    awaited,
                    after_ms,
                } if *step == self.step => Some(format!("{after_ms} ms went by without {awaited}")),
                _ => None,
            });
        failed.unwrap_or_else(|| "the log has no sign of it".to_owned())
    }

    fn left(&self, on: impl Fn(&Message<'_>) -> bool) -> Result<(), String> {
        let left = self.sent().any(on);
        if left {
            Ok(())
        } else {
            Err(format!(
                "the departing message never left: {}",
                self.why_not()
            ))
        }
    }

    /// A message on W2 counts only behind an open WebSocket.
    fn message_on_w2(&self) -> Result<(), String> {
        if self.play.field(self.step, "bare").is_some() {
            return self.bare();
        }
        let Some(message) = self.sent().find(|message| {
            message.interface == Interface::W2 && !matches!(message.layer, Layer::Tls | Layer::Http)
        }) else {
            return Err(format!(
                "the departing message never left: {}",
                self.why_not()
            ));
        };
        let open = self.play.received().any(|answer| {
            answer.connection == message.connection
                && answer.at < message.at
                && answer.http_status() == Some(101)
        });
        if open {
            Ok(())
        } else {
            Err("the WebSocket was not open: no 101 before the departing message".to_owned())
        }
    }

    /// SIP outside TLS and WebSocket counts when it left; where nobody listens it is refused as well as can be.
    fn bare(&self) -> Result<(), String> {
        if self.refused_in_clear() {
            return Ok(());
        }
        self.left(|message| message.interface == Interface::W2 && message.request().is_some())
    }

    /// A hello counts when it was written whole and something came back: ServerHello, alert or end.
    fn hello(&self) -> Result<(), String> {
        let Some(hello) = self.sent().find(|message| message.layer == Layer::Tls) else {
            return Err(format!("the hello never left: {}", self.why_not()));
        };
        self.reaction(hello.connection, hello.at)
    }

    /// Something that the SUT did on a connection after an event: an answer, an alert, an end.
    fn reaction(&self, connection: u32, after: usize) -> Result<(), String> {
        let answered = self
            .play
            .received()
            .any(|message| message.connection == connection && message.at > after);
        let ended = self
            .play
            .connections
            .get(&connection)
            .is_some_and(crate::play::Connection::ended_by_sut);
        if answered || ended {
            Ok(())
        } else {
            Err("neither an answer nor an alert nor an end came".to_owned())
        }
    }

    /// The connections that the departing step opened.
    fn connection(&self, clear: bool) -> Result<(), String> {
        if clear && self.refused_in_clear() {
            return Ok(());
        }
        let within = self.within();
        let opened: Vec<u32> = self
            .play
            .connections
            .iter()
            .filter(|(_, connection)| {
                connection.by == Some(Side::Us) && within.contains(&connection.opened)
            })
            .map(|(number, _)| *number)
            .collect();
        let Some(number) = opened.last() else {
            return Err(format!("no connection came up: {}", self.why_not()));
        };
        self.reaction(
            *number,
            self.play
                .connections
                .get(number)
                .map_or(0, |connection| connection.opened),
        )
    }

    /// A cleartext port that nobody listens at refuses the lie as well as can be.
    fn refused_in_clear(&self) -> bool {
        let within = self.within();
        self.play
            .events
            .get(within)
            .unwrap_or_default()
            .iter()
            .any(|event| matches!(event.what, What::NotOpened { .. }))
    }

    /// An HTTP request that left, and something that came back.
    fn exchange(&self, clear: bool) -> Result<(), String> {
        if clear && self.refused_in_clear() {
            return Ok(());
        }
        match self
            .sent()
            .filter(|message| message.is_http_request())
            .last()
        {
            Some(request) => self.reaction(request.connection, request.at),
            // A handshake that the SUT ends refuses the lie before the request, when the lie is in the handshake.
            None => self
                .connection(clear)
                .map_err(|_| format!("the departing request never left: {}", self.why_not())),
        }
    }

    /// A token counts when a message with it left on an open connection, or one whose step names it.
    fn token(&self, name: Option<&str>) -> Result<(), String> {
        let issued = self
            .play
            .tokens
            .iter()
            .filter(|token| token.step == self.step);
        let compacts: Vec<&str> = issued.map(|token| token.compact).collect();
        let since = self.within().start;
        let bears = |message: &Message<'_>| {
            compacts
                .iter()
                .any(|compact| identity::place(message.bytes, compact).is_some())
        };
        let names = |message: &Message<'_>| {
            let named = message.step.and_then(|step| self.play.field(step, "token"));
            named.is_some()
                && named == name
                && (message.request().is_some() || message.layer == Layer::Http)
        };
        let open = |message: &Message<'_>| {
            message.interface != Interface::W2
                || message.layer == Layer::Http
                || self.play.received().any(|answer| {
                    answer.connection == message.connection
                        && answer.at < message.at
                        && answer.http_status() == Some(101)
                })
        };
        let told = self
            .play
            .sent()
            .filter(|message| message.at >= since && !message.over)
            .any(|message| (bears(message) || names(message)) && open(message));
        if told {
            Ok(())
        } else {
            Err("the token was never presented on an open connection".to_owned())
        }
    }

    /// A message of a played node towards the SUT, after the step began.
    fn answered(&self, on: &[Interface]) -> Result<(), String> {
        let since = self.within().start;
        let told = self.play.sent().any(|message| {
            message.at >= since
                && !message.over
                && on.contains(&message.interface)
                && !is_of_the_edge(message)
        });
        if told {
            Ok(())
        } else {
            Err("the SUT never asked, so the answer was never given".to_owned())
        }
    }

    /// The SUT asked, and was left without an answer.
    fn asked(&self, on: Interface) -> Result<(), String> {
        let since = self.within().start;
        let asked = self.play.received().any(|message| {
            message.at >= since && message.interface == on && !is_of_the_edge(message)
        });
        if asked {
            Ok(())
        } else {
            Err("the SUT never asked, so nothing was kept from it".to_owned())
        }
    }

    /// The SUT came to our listener and got what it must refuse.
    fn served(&self, on: &[Interface], in_handshake: bool) -> Result<(), String> {
        if !in_handshake {
            return self.answered(on);
        }
        let since = self.within().start;
        let own: Vec<_> = self
            .play
            .connections
            .iter()
            .filter(|(_, connection)| {
                connection.by == Some(Side::Sut)
                    && connection.opened >= since
                    && connection
                        .interface
                        .is_some_and(|interface| on.contains(&interface))
            })
            .collect();
        if own.is_empty() {
            return Err("the SUT never connected to the listener that lies".to_owned());
        }
        if own
            .iter()
            .all(|(_, connection)| connection.was_shown_honest())
        {
            return Err("the SUT did not come back to be shown the lie: every connection of its was shown an honest certificate".to_owned());
        }
        let got = own.iter().any(|(number, connection)| {
            connection.tls().is_some()
                || self
                    .play
                    .sent()
                    .any(|message| message.connection == **number && message.layer == Layer::Tls)
        });
        if got {
            Ok(())
        } else {
            Err("the SUT connected and was not shown the lie".to_owned())
        }
    }

    /// A hook that was asked and did not fail.
    fn hook(&self) -> Result<(), String> {
        let within = self.within();
        let answer = self
            .play
            .events
            .get(within)
            .unwrap_or_default()
            .iter()
            .find_map(|event| match &event.what {
                What::Hook { answer, .. } => Some(answer),
                _ => None,
            });
        match answer {
            None => Err(format!("the hook was not asked: {}", self.why_not())),
            Some(answer) => {
                hook_failed(answer).map_or(Ok(()), |why| Err(format!("the hook failed: {why}")))
            }
        }
    }

    /// A step that leaves no trace of its own is told unless it failed.
    fn done(&self) -> Result<(), String> {
        let failed =
            self.play.events.iter().any(
                |event| matches!(event.what, What::StepFailed { step, .. } if step == self.step),
            );
        if failed { Err(self.why_not()) } else { Ok(()) }
    }
}

/// What an edge asks on its own account, at any time, and the answers to it: no lie of ours is told there.
fn is_of_the_edge(message: &Message<'_>) -> bool {
    let cseq = message.sip().and_then(sip::Message::cseq);
    cseq.is_some_and(|(_, method)| matches!(method, "SUBSCRIBE" | "OPTIONS"))
}

/// How a hook says that it failed: `ok` is false, or it names an error.
fn hook_failed(answer: &Value) -> Option<String> {
    let error = answer
        .get("error")
        .or_else(|| answer.get("failed"))
        .filter(|error| !error.is_null() && **error != Value::Bool(false));
    match (answer.get("ok"), error) {
        (_, Some(Value::String(error))) => Some(error.clone()),
        (_, Some(error)) => Some(error.to_string()),
        (Some(Value::Bool(false)), None) => Some("it answered that it could not".to_owned()),
        _ => None,
    }
}
