//! What a play did to the SUT, undone in reverse order. Logged, not judged.

use std::sync::Arc;

use evidence::What;

use crate::bed::Bed;
use crate::hooks;
use crate::play::{Play, Undo, lock};
use crate::roles;

/// Undoes everything and closes every connection.
pub(crate) async fn restore(bed: &Arc<Bed>, play: &Arc<Play>) {
    let mut done: Vec<Undo> = std::mem::take(&mut *lock(&play.undo));
    while let Some(undo) = done.pop() {
        let (what, result) = match undo {
            Undo::W2Registration { connection, person } => {
                let result = roles::wic_w2::deregister(bed, play, &connection, &person).await;
                (
                    format!("de-registered {} on {connection}", person.name),
                    result,
                )
            }
            Undo::MwRegistration { person } => {
                let result = roles::edge_mw::deregister(bed, play, &person).await;
                (format!("de-registered {} at the core", person.name), result)
            }
            Undo::Session { browser } => {
                let result = roles::wic_w1::end_session(bed, play, &browser).await;
                (format!("ended the session of browser {browser}"), result)
            }
            Undo::Hook { name, request } => {
                let what = format!("{name}: {request}");
                (what, hooks::ask(bed, play, name, request).await.map(|_| ()))
            }
        };
        play.tap.record(What::Restored {
            what,
            failed: result.err(),
        });
    }
    roles::wic_w2::close_all(play).await;
}
