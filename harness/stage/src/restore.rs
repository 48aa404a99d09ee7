//! What a play did to the SUT, undone in reverse order. Logged, not judged.

use std::sync::Arc;

use evidence::What;

use crate::bed::Bed;
use crate::hooks;
use crate::play::{Play, Undo, lock};
use crate::roles;

/// Puts back what the operator of the SUT was asked for: before the sentinel, which is honest and meets an honest world.
pub(crate) async fn restore_hooks(bed: &Arc<Bed>, play: &Arc<Play>) {
    let asked = |undo: &Undo| matches!(undo, Undo::Hook { .. });
    let (hooks, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut *lock(&play.undo))
        .into_iter()
        .partition(asked);
    *lock(&play.undo) = rest;
    for undo in hooks.into_iter().rev() {
        if let Undo::Hook { name, request } = undo {
            let what = format!("{name}: {request}");
            let failed = hooks::ask(bed, play, name, request).await.err();
            play.tap.record(What::Restored { what, failed });
        }
    }
}

/// Undoes everything and closes every connection.
pub(crate) async fn restore(bed: &Arc<Bed>, play: &Arc<Play>) {
    let mut done: Vec<Undo> = std::mem::take(&mut *lock(&play.undo));
    while let Some(undo) = done.pop() {
        let (what, result) = match undo {
            Undo::W2Registration { connection, person } => {
                let result = roles::wic_sip::deregister(bed, play, &connection, &person).await;
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
            // Hooks are put back before the sentinel.
            Undo::Hook { .. } => continue,
        };
        play.tap.record(What::Restored {
            what,
            failed: result.err(),
        });
    }
    roles::wic_w2::close_all(play).await;
}
