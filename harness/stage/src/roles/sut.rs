//! What is asked of the operator of the SUT.

use std::sync::Arc;

use evidence::event::Layer;
use script::vocabulary::sut::{Grant, Party, Pool};
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::hooks;
use crate::play::{Play, Undo};
use crate::roles::{Acted, Trouble};

/// Switches a party off or on, and waits the declared time.
pub(crate) async fn party(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Party) -> Acted {
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let on = verb.on.unwrap_or(false);
    let request = json!({ "party": party.id, "entity": party.entity, "on": on });
    let back = json!({ "party": party.id, "entity": party.entity, "on": !on });
    ask(
        bed,
        play,
        step,
        "party-switch",
        request,
        (!on).then_some(back),
        "t-disable",
    )
    .await
}

/// Gives or withdraws a grant, and waits the declared time.
pub(crate) async fn grant(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Grant) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let on = verb.on.unwrap_or(false);
    let impu = person.impus.first().cloned().unwrap_or_default();
    let request = |on: bool| json!({ "user": person.user, "impi": person.impi, "impu": impu, "party": party.id, "entity": party.entity, "on": on });
    ask(
        bed,
        play,
        step,
        "grant",
        request(on),
        Some(request(!on)),
        "t-grant",
    )
    .await
}

/// Puts an identity into a pool or takes it out, and waits the declared time.
pub(crate) async fn pool(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Pool) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let on = verb.on.unwrap_or(false);
    let request = |on: bool| json!({ "pool": party.pool, "impi": person.impi, "impus": person.impus, "wwsf": party.wwsf_name, "on": on });
    ask(
        bed,
        play,
        step,
        "provision",
        request(on),
        Some(request(!on)),
        "t-pool",
    )
    .await
}

/// Asks for the records of this play.
pub(crate) async fn evidence(bed: &Arc<Bed>, play: &Arc<Play>, step: usize) -> Acted {
    ask(
        bed,
        play,
        step,
        "evidence",
        json!({ "mark": play.mark() }),
        None,
        "",
    )
    .await
}

async fn ask(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    hook: &'static str,
    request: Value,
    back: Option<Value>,
    delay: &str,
) -> Acted {
    play.stimulus(step, Layer::State, format!("{hook}: {request}"));
    hooks::ask(bed, play, hook, request)
        .await
        .map_err(Trouble::sut)?;
    if let Some(request) = back {
        play.undo_later(Undo::Hook {
            name: hook,
            request,
        });
    }
    // The vendor declares how long his switch takes; no event of his tells when it has worked.
    tokio::time::sleep(bed.seconds(delay, 0.0)).await;
    Ok(())
}
