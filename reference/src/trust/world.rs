//! Trust as the world gives it to a node: its roots, and what has been revoked where the SUT file declares that it is looked at.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::server::danger::ClientCertVerifier;

use super::verifier::{BadTrust, Tolerance, Trust};
use crate::model::Model;
use crate::{Shared, StartError};

const ROOTS: &str = "roots.pem";
const LISTS: &str = "crl.pem";

/// Judges servers of the world.
pub(crate) fn of_servers(
    shared: &Shared,
    tolerates: Tolerance,
) -> Result<Arc<dyn ServerCertVerifier>, StartError> {
    let trust = trust(shared, tolerates)?;
    trust.of_servers().map_err(|why| bad(shared, ROOTS, &why))
}

/// Judges clients of the world that show a certificate, and takes those that show none.
pub(crate) fn of_optional_clients(
    shared: &Shared,
    tolerates: Tolerance,
) -> Result<Arc<dyn ClientCertVerifier>, StartError> {
    let trust = trust(shared, tolerates)?;
    trust
        .of_optional_clients()
        .map_err(|why| bad(shared, ROOTS, &why))
}

/// Whether a node looks at the lists of what has been revoked.
pub(crate) fn reads_lists(model: &Model) -> bool {
    model.lists("revocation", "crl", &[])
}

fn trust(shared: &Shared, tolerates: Tolerance) -> Result<Trust, StartError> {
    let trust = Trust::in_pem(&shared.world.text(ROOTS)?, tolerates)
        .map_err(|why| bad(shared, ROOTS, &why))?;
    if !reads_lists(&shared.model) {
        return Ok(trust);
    }
    trust
        .with_lists(&shared.world.text(LISTS)?)
        .map_err(|why| bad(shared, LISTS, &why))
}

fn bad(shared: &Shared, path: &str, why: &BadTrust) -> StartError {
    StartError::World {
        path: shared.world.folder.join(path),
        why: why.to_string(),
    }
}
