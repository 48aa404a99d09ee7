//! Our WIC on W1: the browser of a user at a portal under test.

use std::sync::Arc;

use script::vocabulary::wic::{Anonymous, Ask, Fetch, Login, Logout};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::Acted;

/// The browsers of a play, each with its cookies.
#[derive(Default)]
pub(crate) struct Browsers;

pub(crate) async fn fetch(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Fetch,
) -> Acted {
    Ok(())
}
pub(crate) async fn login(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Login,
) -> Acted {
    Ok(())
}
pub(crate) async fn anonymous(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Anonymous,
) -> Acted {
    Ok(())
}
pub(crate) async fn ask(_bed: &Arc<Bed>, _play: &Arc<Play>, _step: usize, _verb: &Ask) -> Acted {
    Ok(())
}
pub(crate) async fn logout(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _step: usize,
    _verb: &Logout,
) -> Acted {
    Ok(())
}
pub(crate) async fn end_session(
    _bed: &Arc<Bed>,
    _play: &Arc<Play>,
    _browser: &str,
) -> Result<(), String> {
    Ok(())
}
