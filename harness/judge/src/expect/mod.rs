//! Whether an observing step was met: what it asked for, looked up in the evidence since the step before it that acted.

mod http_side;
mod sip_side;

use std::ops::Range;

use evidence::{Interface, What};
use script::vocabulary::{Verb, core, ep_cscf, waf, wic, wwsf};

use crate::play::{Message, Play, shortened};

/// An observing step whose question the evidence answers with no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unmet {
    /// Index of the step.
    pub(crate) step: usize,
    /// What was expected, a sentence.
    pub(crate) expected: String,
    /// What came, a sentence.
    pub(crate) came: String,
    /// Events that show it.
    pub(crate) events: Vec<u32>,
}

/// Asks every observing step of `steps` in order.
pub(crate) fn unmet<'s>(
    play: &'s Play<'_>,
    steps: impl IntoIterator<Item = usize> + 's,
) -> impl Iterator<Item = Unmet> + 's {
    steps.into_iter().filter_map(|step| check(play, step).err())
}

/// Why a step was not played: another took all the time that the case had, or the log does not tell.
fn ended_before(play: &Play<'_>) -> String {
    let took_all = play
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.what {
            What::TimedOut { step, after_ms, .. } => Some((*step, *after_ms)),
            _ => None,
        });
    // Whoever waits for an answer in vain goes on to the next step.
    let took_all = took_all.filter(|(step, _)| play.began(step + 1).is_none());
    let verb = |step: usize| play.verb(step).map_or_else(String::new, Verb::name);
    match took_all {
        Some((step, after_ms)) => format!(
            "the play ended before it: {} was not done when the case had taken {after_ms} ms (case-time)",
            verb(step)
        ),
        None => "the play ended before it".to_owned(),
    }
}

/// Asks one step; one that acts is always met.
pub(crate) fn check(play: &Play<'_>, step: usize) -> Result<(), Unmet> {
    let Some(verb) = play.verb(step).filter(|verb| verb.observes()) else {
        return Ok(());
    };
    if play.began(step).is_none() {
        return Err(Unmet {
            step,
            expected: format!("the step {} is played", verb.name()),
            came: ended_before(play),
            events: Vec::new(),
        });
    }
    let asked = Asked::new(play, step);
    let wrong = match verb {
        Verb::Wic(wic::Verb::Expect(expect)) => asked.wic(expect),
        Verb::Core(core::Verb::Expect(expect)) => asked.core(expect),
        Verb::EpCscf(ep_cscf::Verb::Expect(expect)) => asked.ep_cscf(expect),
        Verb::Waf(waf::Verb::Expect(expect)) => asked.waf(expect),
        Verb::Wwsf(wwsf::Verb::Expect(expect)) => asked.wwsf(expect),
        _ => None,
    };
    wrong.map_or(Ok(()), |wrong| {
        Err(Unmet {
            step,
            expected: wrong.expected,
            came: wrong.came,
            events: wrong.events,
        })
    })
}

/// Where one answer differs from what was asked.
pub(crate) struct Wrong {
    expected: String,
    came: String,
    events: Vec<u32>,
}

impl Wrong {
    fn new(
        expected: impl Into<String>,
        came: impl Into<String>,
        message: Option<&Message<'_>>,
    ) -> Self {
        Self {
            expected: expected.into(),
            came: came.into(),
            events: message.map(|message| message.n).into_iter().collect(),
        }
    }
}

/// A step that asks, and the stretch of the play that can answer.
pub(crate) struct Asked<'p, 'a> {
    play: &'p Play<'a>,
    window: Range<usize>,
}

impl<'p, 'a> Asked<'p, 'a> {
    fn new(play: &'p Play<'a>, step: usize) -> Self {
        let own = play.began(step).unwrap_or(0);
        let begin = play
            .act_before(step)
            .and_then(|act| play.began(act))
            .unwrap_or(0)
            .min(own);
        Self {
            play,
            window: begin..play.end_of(step),
        }
    }

    /// Messages of the SUT in the window.
    fn came(&self) -> impl Iterator<Item = &'p Message<'a>> {
        let window = self.window.clone();
        self.play
            .received()
            .filter(move |message| window.contains(&message.at))
    }

    /// What came at all, for the sentence that says what was there in place of the expected.
    fn what_came(&self, on: impl Fn(&Message<'_>) -> bool) -> String {
        match self.came().filter(|message| on(message)).last() {
            Some(message) => message.summary(),
            None => "nothing".to_owned(),
        }
    }

    /// The SIP status of an answer against the wanted ones.
    fn status(
        &self,
        wanted: &[String],
        request: Option<&Message<'a>>,
    ) -> Result<Option<&'p Message<'a>>, Wrong> {
        let expected = format!("an answer {}", one_of(wanted));
        let Some(request) = request else {
            return Err(Wrong::new(expected, "no request had left", None));
        };
        let answer = self.play.final_answer(request);
        let Some(answer) = answer.filter(|answer| answer.at < self.window.end) else {
            let came = match answer.or_else(|| self.play.answers(request).last()) {
                Some(late) if late.at >= self.window.end => format!("{}, too late", late.summary()),
                Some(provisional) => format!("only {}", provisional.summary()),
                None => "no answer".to_owned(),
            };
            return Err(Wrong::new(expected, came, Some(request)));
        };
        if answer
            .status()
            .is_some_and(|status| matches(wanted, status))
        {
            Ok(Some(answer))
        } else {
            Err(Wrong::new(expected, answer.summary(), Some(answer)))
        }
    }

    /// The HTTP status of an answer against the wanted ones.
    fn http_status(&self, wanted: &[String], answer: Option<&'p Message<'a>>) -> Option<Wrong> {
        let status = answer.and_then(Message::http_status);
        if status.is_some_and(|status| matches(wanted, status)) {
            return None;
        }
        let came = answer.map_or_else(|| "no answer".to_owned(), Message::summary);
        Some(Wrong::new(
            format!("an HTTP answer {}", one_of(wanted)),
            came,
            answer,
        ))
    }

    /// The last HTTP answer in the window, on one of these interfaces.
    fn http_answer(&self, on: &[Interface]) -> Option<&'p Message<'a>> {
        self.came()
            .filter(|message| on.contains(&message.interface) && message.http_status().is_some())
            .last()
    }
}

/// Whether a status is one of the wanted: `401`, or a class as `4xx`.
pub(crate) fn matches(wanted: &[String], status: u16) -> bool {
    wanted.iter().any(|word| {
        word.parse() == Ok(status)
            || word
                .strip_suffix("xx")
                .and_then(|class| class.parse::<u16>().ok())
                .is_some_and(|class| class == status / 100)
    })
}

fn one_of(wanted: &[String]) -> String {
    wanted.join(" or ")
}

/// Whether a header value is as asked: any value for `*`, the value itself, or one that contains it.
fn value_fits(wanted: &str, value: &str) -> bool {
    wanted.is_empty() || wanted == "*" || value.trim() == wanted || value.contains(wanted)
}

/// A field value as a finding shows it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text, 120))
}
