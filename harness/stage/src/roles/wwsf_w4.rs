//! Our WWSF towards a WAF under test, and our eP-CSCF that asks after a token there.

use std::sync::Arc;

use script::vocabulary::ep_cscf::Introspect;
use script::vocabulary::wwsf::{Authorize, Exchange, Expect, Fetch, Request, Revoke};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::Acted;

/// What a play remembers of its code flow.
#[derive(Default)]
pub(crate) struct Flow;

pub(crate) async fn request(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Request,
) -> Acted {
    Ok(())
}
pub(crate) async fn authorize(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Authorize,
) -> Acted {
    Ok(())
}
pub(crate) async fn exchange(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Exchange,
) -> Acted {
    Ok(())
}
pub(crate) async fn revoke(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Revoke,
) -> Acted {
    Ok(())
}
pub(crate) async fn fetch(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Fetch,
) -> Acted {
    Ok(())
}
pub(crate) async fn introspect(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Introspect,
) -> Acted {
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
