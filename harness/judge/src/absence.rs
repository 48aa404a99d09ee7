//! How the absence of a forbidden message is proven: a final answer or an end, or a declared quiet time; then an honest message
//! that came through behind it; then the watch until the end of the run.

use evidence::What;

use crate::context::Context;
use crate::play::{Message, Play};

/// Quiet time where the SUT declares none, in milliseconds.
const QUIET_MS: u64 = 300;

/// What proves that nothing more comes, in words, or why nothing proves it.
#[derive(Debug)]
pub(crate) struct Absence {
    /// The kind of proof, in words.
    pub(crate) words: String,
    /// One word and a sentence, when it is not proven.
    pub(crate) missing: Option<(&'static str, String)>,
    /// Whether no request of the attack got an answer.
    pub(crate) silent: bool,
}

/// Weighs what came behind the attack.
pub(crate) fn absence(context: &Context<'_, '_>) -> Absence {
    let play = context.play;
    let unanswered: Vec<&Message<'_>> = requests(context)
        .filter(|request| !is_settled(play, request))
        .collect();
    let asked = requests(context).count();
    let silent = asked > 0
        && unanswered.len() == asked
        && !requests(context).any(|request| ended(play, request));
    let sentinel = play
        .events
        .iter()
        .enumerate()
        .find_map(|(at, event)| match &event.what {
            What::Sentinel { play, path } => Some((at, play, path)),
            _ => None,
        });
    let Some((at, honest, path)) = sentinel else {
        let words = "nothing: no honest message came through behind the attack".to_owned();
        return Absence {
            words,
            missing: Some((
                "no_sentinel",
                "no honest message came through behind the attack".to_owned(),
            )),
            silent,
        };
    };
    let first = match unanswered.last() {
        None if asked == 0 => "the lie was told without a request of ours".to_owned(),
        None => "every request of the attack got its final answer or the end of its connection"
            .to_owned(),
        Some(last) => match quiet(play, last, at) {
            Ok(words) => words,
            Err(why) => {
                return Absence {
                    words: why.clone(),
                    missing: Some(("not_quiet", why)),
                    silent,
                };
            }
        },
    };
    Absence {
        words: format!("{first}; then {honest} came through ({path})"),
        missing: None,
        silent,
    }
}

fn requests<'a, 'p>(context: &Context<'a, 'p>) -> impl Iterator<Item = &'p Message<'a>> {
    context.requests().chain(context.http_requests())
}

/// Whether a request got its final answer, or its connection ended.
fn is_settled(play: &Play<'_>, request: &Message<'_>) -> bool {
    // An ACK is never answered.
    let ack = request
        .request()
        .is_some_and(|sip| sip.method() == Some("ACK"));
    let answer = if request.is_http_request() {
        play.http_answer(request)
    } else {
        play.final_answer(request)
    };
    ack || answer.is_some() || ended(play, request)
}

fn ended(play: &Play<'_>, request: &Message<'_>) -> bool {
    play.connections
        .get(&request.connection)
        .is_some_and(|connection| {
            connection.ended_by_sut() && connection.closed.is_none_or(|(at, _)| at > request.at)
        })
}

/// Whether the declared quiet time passed between an unanswered request and the sentinel.
fn quiet(play: &Play<'_>, request: &Message<'_>, sentinel: usize) -> Result<String, String> {
    if play.answer("in-order") == Some("yes") {
        return Ok("the SUT finishes one message before the next, as it declares".to_owned());
    }
    let needed = play
        .answer("quiet-time")
        .and_then(|time| time.parse().ok())
        .unwrap_or(QUIET_MS);
    let waited = play.time(sentinel).saturating_sub(play.time(request.at)) / 1000;
    if waited >= needed {
        Ok(format!(
            "no answer for {waited} ms, the declared quiet time is {needed} ms"
        ))
    } else {
        Err(format!(
            "the attack got no answer and only {waited} ms of the declared quiet time of {needed} ms passed"
        ))
    }
}
