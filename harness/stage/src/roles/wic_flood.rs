//! Our WIC on W2 as many clients in a row: REGISTERs that are refused, from one device.

use std::sync::Arc;
use std::time::Duration;

use script::vocabulary::wic::{Connect, Flood, Send};
use tokio::time::Instant;

use crate::bed::Bed;
use crate::play::{Play, Undo, lock};
use crate::roles::{Acted, wic_cookie, wic_sip, wic_w2};

/// What the names of its connections begin with.
const NAME: &str = "flood ";

/// Sends the declared number of REGISTERs, each on a connection of its own, no faster than declared.
pub(crate) async fn flood(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Flood) -> Acted {
    let item = verb.tries.as_deref().unwrap_or("lockout-tries");
    let tries: u32 = bed.answer(item, "").parse().map_err(|_| {
        format!("the SUT file gives no number for {item}, which says how many REGISTERs are sent")
    })?;
    let rate = bed.answer("flood-rate", "").parse().unwrap_or(100_u32);
    let between = Duration::from_secs(1) / rate.max(1);
    let mut due = Instant::now();
    for number in 0..tries {
        // Nothing tells when the next is due but the clock: the rate is what the vendor declared.
        tokio::time::sleep_until(due).await;
        due += between;
        one(bed, play, step, verb, number).await?;
    }
    // They are meant to be refused: nothing is to be put back.
    lock(&play.undo).retain(|undo| {
        !matches!(undo, Undo::W2Registration { connection, .. } if connection.starts_with(NAME))
    });
    Ok(())
}

async fn one(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Flood, number: u32) -> Acted {
    let connection = format!("{NAME}{number}");
    let connect = Connect {
        person: verb.person.clone(),
        address: verb.address.clone(),
        connection: Some(connection.clone()),
        ..Connect::default()
    };
    let cookie = wic_cookie::named(bed, play, verb.token.as_deref())?;
    wic_w2::connect(bed, play, step, &connect, cookie).await?;
    let send = Send {
        message: Some("register".to_owned()),
        person: verb.person.clone(),
        connection: Some(connection),
        token: verb.token.clone(),
        unanswered: verb.unanswered,
        ..Send::default()
    };
    wic_sip::send(bed, play, step, &send).await
}
