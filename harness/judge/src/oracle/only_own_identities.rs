//! Every REGISTER on Mw names the IMPI and IMPU of the token that the attack honestly has, in exactly one Authorization.

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
    let Some(cause) = context.cause_of(message) else {
        return Ruling::undecided(
            "unknown_cause",
            format!("nothing tells which request led to {}", message.summary()),
        );
    };
    let own = identity::own(context.play, cause);
    let Some(impi) = &own.impi else {
        return Ruling::undecided(
            "unknown_owner",
            format!("nothing tells whose token led to {}", message.summary()),
        );
    };
    let broken =
        |expected: String, came: String| Ruling::broken(expected, came, [cause.n, message.n]);
    let credentials = register.credentials("Authorization").len();
    if credentials != 1 {
        return broken(
            "one Authorization in a REGISTER on Mw".to_owned(),
            format!("{credentials} in {}", message.summary()),
        );
    }
    let usernames = identity::usernames(register);
    if usernames.len() != 1 || usernames[0] != *impi {
        return broken(
            format!("username={impi:?} on Mw"),
            format!("username={:?}", usernames.join(" and ")),
        );
    }
    let named: Vec<String> = register
        .fields("To")
        .filter_map(|value| sip::NameAddr::parse(&value))
        .map(|to| to.uri)
        .collect();
    let own_impu = |uri: &String| {
        own.impus
            .iter()
            .any(|impu| identity::is_record_of(impu, uri))
    };
    if named.len() != 1 || !named.iter().all(own_impu) {
        return broken(
            format!("one To on Mw that is one of {}", own.impus.join(", ")),
            format!("To: {}", named.join(" and ")),
        );
    }
    Ruling::Holds
}
