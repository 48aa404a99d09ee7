//! What an authority has revoked: its lists (RFC 5280 5), and the serial numbers that stand on them.

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber};
use time::OffsetDateTime;

use crate::request::{LEAF_AGE, LEAF_LIFE, checked_time};
use crate::{Authority, Error, pem};

/// What every revoked serial number begins with; one octet follows. So lists can be handed out before the certificates are made.
const PREFIX: &[u8; 15] = b"wicheck-revoked";

impl Authority {
    /// The lists of what intermediate and root have revoked, as PEM text: valid as long as a leaf of that time. On the list of the
    /// intermediate stands every leaf that has [`Flaw::Revoked`](crate::Flaw::Revoked), whenever it is made; on the root's, nothing.
    ///
    /// # Errors
    /// The time is out of range.
    pub fn revocation_lists(&self, now: OffsetDateTime) -> Result<String, Error> {
        let now = checked_time(now)?;
        let revoked = (0..=u8::MAX).map(|last| RevokedCertParams {
            serial_number: serial(last),
            revocation_time: now - LEAF_AGE,
            reason_code: None,
            invalidity_date: None,
        });
        let of_leaves = self.intermediate.sign_list(list(revoked.collect(), now))?;
        let of_intermediates = self.root.sign_list(list(Vec::new(), now))?;
        Ok(pem::revocation_list(&of_leaves) + &pem::revocation_list(&of_intermediates))
    }
}

/// One of the revoked serial numbers, drawn at random: some peers refuse two certificates of one issuer with one number.
pub(crate) fn revoked_serial() -> Result<SerialNumber, Error> {
    let mut last = [0];
    aws_lc_rs::rand::fill(&mut last)?;
    Ok(serial(last[0]))
}

fn serial(last: u8) -> SerialNumber {
    SerialNumber::from_slice(&[PREFIX.as_slice(), &[last]].concat())
}

fn list(
    revoked_certs: Vec<RevokedCertParams>,
    now: OffsetDateTime,
) -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: now - LEAF_AGE,
        next_update: now + LEAF_LIFE,
        // A later list has a higher number (RFC 5280 5.2.3).
        crl_number: SerialNumber::from(u64::try_from(now.unix_timestamp()).unwrap_or_default()),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    }
}
