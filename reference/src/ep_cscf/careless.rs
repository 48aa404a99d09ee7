//! Whom an edge believes to be an authorisation function: whom the library and our own checks believe, and whom the careless do.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::trust::{Fault, Tolerance, Trust};
use crate::{Defect, Shared, StartError};

const MISTAKES: &[(Defect, Fault)] = &[
    (Defect::EdgeTakesUnknownWaf, Fault::UnknownAuthority),
    (Defect::EdgeTakesSelfSignedWaf, Fault::SelfSigned),
    (Defect::EdgeTakesExpiredWaf, Fault::Expired),
    (Defect::EdgeTakesAnyWafName, Fault::WrongName),
];

/// Judges authorisation functions by the library and the checks of our own, and tolerates what a mistake says.
pub(super) fn loosen(shared: &Arc<Shared>, config: &mut ClientConfig) -> Result<(), StartError> {
    let tolerated = Tolerance::by_mistake(shared, MISTAKES);
    let path = "roots.pem";
    let trust = Trust::in_pem(&shared.world.text(path)?, tolerated)
        .and_then(Trust::of_servers)
        .map_err(|why| StartError::World {
            path: shared.world.folder.join(path),
            why: why.to_string(),
        })?;
    config.dangerous().set_certificate_verifier(trust);
    Ok(())
}
