//! Our eP-CSCF towards a WIC under test: the WebSocket server of W2 and the registrar behind it.

use std::sync::Arc;

use script::vocabulary::ep_cscf::Serve;

use crate::bed::{Bed, BedError};
use crate::play::Play;
use crate::roles::Acted;

pub(crate) fn serve(_bed: &Arc<Bed>) -> Result<(), BedError> {
    Ok(())
}
pub(crate) fn told(_play: &Play, _step: usize, _verb: &Serve) -> Acted {
    Ok(())
}
