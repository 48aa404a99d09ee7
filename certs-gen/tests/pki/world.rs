//! What the tests share: one clock, two authorities, the requests.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use certs_gen::{Authority, LeafRequest, Others, Usage};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::judges::Question;

/// The time of every test; both judges are told it.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);
/// A host of four labels, as wildcards need them.
pub(crate) const HOST: &str = "www.portal.operator.example";
/// The address of every test.
pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));

pub(crate) static TRUSTED: LazyLock<Authority> =
    LazyLock::new(|| Authority::generate("operator", NOW).unwrap());
pub(crate) static UNKNOWN: LazyLock<Authority> =
    LazyLock::new(|| Authority::generate("stranger", NOW).unwrap());

pub(crate) fn others() -> Others<'static> {
    Others { unknown: &UNKNOWN }
}

/// A request for the host alone, or for the address alone if that is what the peer dials.
pub(crate) fn request(usage: Usage, host: &str) -> LeafRequest {
    let address = host.parse().ok();
    LeafRequest {
        names: if address.is_some() {
            Vec::new()
        } else {
            vec![host.to_owned()]
        },
        addresses: address.into_iter().collect(),
        usage,
        subject_cn: None,
        now: NOW,
    }
}

/// The question of a peer that trusts the root, is at [`NOW`], and dials the host.
pub(crate) fn question(
    chain: &[rustls_pki_types::CertificateDer<'static>],
    usage: Usage,
    host: &str,
) -> Question {
    Question {
        anchor: TRUSTED.root_der().clone(),
        chain: chain.to_vec(),
        now: NOW,
        as_client: usage == Usage::Client,
        host: Some(host.to_owned()),
        auth_level: 2,
        ignore_critical: false,
        lists: None,
    }
}
