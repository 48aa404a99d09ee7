//! Every REGISTER on Mw names the IMPI that its token claims, octet by octet: nothing is mended, nothing breaks out of the header.

use crate::context::Context;
use crate::identity;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::all(
        context
            .registers_on_mw()
            .map(|(message, register)| one(context, message, register)),
    )
}

fn one(context: &Context<'_, '_>, message: &Message<'_>, register: &sip::Message) -> Ruling {
    let undecided =
        |why: &str| Ruling::undecided("unknown_cause", format!("{why} {}", message.summary()));
    let Some(cause) = context.cause_of(message) else {
        return undecided("nothing tells which request led to");
    };
    let play = context.play;
    let named = cause.step.and_then(|step| play.field(step, "token"));
    let token = named.and_then(|name| play.tokens.iter().rev().find(|token| token.name == name));
    let Some(token) = token
        .copied()
        .or_else(|| identity::token_in(play, cause.bytes))
    else {
        return undecided("no token of ours led to");
    };
    let claim = play.answer("claim-impi").unwrap_or("impi");
    let claims = identity::claims(token.compact);
    let Some(claimed) = claims
        .as_ref()
        .and_then(|claims| claims.get(claim)?.as_str())
    else {
        return undecided("the token claims no IMPI, and led to");
    };
    let usernames = identity::usernames(register);
    if usernames.len() == 1 && usernames[0] == claimed {
        return Ruling::Holds;
    }
    Ruling::broken(
        format!("no REGISTER on Mw, or one with username={claimed:?}"),
        format!("username={:?}", usernames.join(" and ")),
        [cause.n, message.n],
    )
}
