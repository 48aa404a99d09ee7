//! Whom an edge believes to be an authorisation function: whom the library believes, and whom the careless do.

use rustls::ClientConfig;

use crate::trust::{Fault, Trust};
use crate::{Defect, Shared, StartError};

/// Loosens the verifier of a client of the authorisation functions where a mistake says so.
pub(super) fn loosen(shared: &Shared, config: &mut ClientConfig) -> Result<(), StartError> {
    let tolerated = shared.defect.and_then(|defect| match defect {
        Defect::EdgeTakesUnknownWaf => Some(Fault::UnknownAuthority),
        Defect::EdgeTakesSelfSignedWaf => Some(Fault::SelfSigned),
        Defect::EdgeTakesExpiredWaf => Some(Fault::Expired),
        Defect::EdgeTakesAnyWafName => Some(Fault::WrongName),
        _ => None,
    });
    if tolerated.is_none() {
        return Ok(());
    }
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
