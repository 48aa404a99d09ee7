//! The SUT ends the connection on which the lie was told.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let Some(step) = context.lie_step() else {
        return Ruling::undecided("no_lie", "no step departs");
    };
    let used = context.spoken_on(|spoken| spoken == step).last();
    let Some(connection) = used.and_then(|number| play.connections.get(&number)) else {
        return Ruling::undecided("no_connection", "the departing step used no connection");
    };
    if connection.ended_by_sut() {
        return Ruling::Holds;
    }
    let (came, event) = match connection.closed {
        Some((at, _)) => (
            "it stayed open until we closed it",
            play.events.get(at).map(|event| event.n),
        ),
        None => ("it stayed open", None),
    };
    Ruling::broken("the SUT ends the connection", came, event)
}
