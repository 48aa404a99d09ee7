//! A WIC under test: asked for a visit through its driver contract (`docs/sut/wic.md`).

use std::sync::Arc;

use script::vocabulary::wic;

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::Acted;

/// What a visit may know: the user, the token that the portal gave it.
#[derive(Default)]
pub(crate) struct Visit;

pub(crate) async fn visit(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &wic::Visit,
) -> Acted {
    Ok(())
}
