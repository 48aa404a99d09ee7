//! Our eP-CSCF towards a core under test: SIP on Mw.

use std::sync::Arc;

use script::vocabulary::ep_cscf::{Expect, Send};

use crate::bed::{Bed, BedError};
use crate::play::Play;
use crate::roles::Acted;

/// The sockets of the edge and of the stranger.
#[derive(Default)]
pub(crate) struct Sockets;

/// What a play remembers of its dialogs on Mw.
#[derive(Default)]
pub(crate) struct Dialogs;

pub(crate) async fn serve(_bed: &Arc<Bed>) -> Result<(), BedError> {
    Ok(())
}
pub(crate) async fn send(_bed: &Arc<Bed>, _play: &Arc<Play>, _step: usize, _verb: &Send) -> Acted {
    Ok(())
}
pub(crate) async fn expect(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _since: usize,
    _verb: &Expect,
) -> Acted {
    Ok(())
}
pub(crate) async fn deregister(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _person: &crate::world::Person,
) -> Result<(), String> {
    Ok(())
}
