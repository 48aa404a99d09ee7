//! Placeholder until the role's module arrives.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::{Shared, StartError};

pub(crate) async fn start(
    _shared: &Arc<Shared>,
    _tasks: &mut JoinSet<()>,
    _hooks: &mut Hooks,
) -> Result<(), StartError> {
    Ok(())
}
