//! Whom an edge believes to be an authorisation function: whom the library and our own checks believe, and whom the careless do.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::trust::{self, Fault, Tolerance};
use crate::{Defect, Shared, StartError};

const MISTAKES: &[(Defect, Fault)] = &[
    (Defect::EdgeTakesUnknownWaf, Fault::UnknownAuthority),
    (Defect::EdgeTakesSelfSignedWaf, Fault::SelfSigned),
    (Defect::EdgeTakesExpiredWaf, Fault::Expired),
    (Defect::EdgeTakesAnyWafName, Fault::WrongName),
    (Defect::EdgeTakesRevokedWaf, Fault::Revoked),
];

/// Judges authorisation functions by the library and the checks of our own, and tolerates what a mistake says.
pub(super) fn loosen(shared: &Arc<Shared>, config: &mut ClientConfig) -> Result<(), StartError> {
    let tolerated = Tolerance::by_mistake(shared, MISTAKES);
    let trust = trust::of_servers(shared, tolerated)?;
    config.dangerous().set_certificate_verifier(trust);
    Ok(())
}
