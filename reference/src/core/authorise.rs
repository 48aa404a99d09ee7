//! Whether an edge's word that it authenticated a client counts (TS 24.229, trusted node authentication).

use std::net::SocketAddr;

use super::provisioning::Provisioning;
use crate::sip::Message;
use crate::sip::credentials::Credentials;
use crate::{Defect, Shared};

/// Why the word of an edge does not count; every one is a 403.
pub(super) type Why = &'static str;

/// Whether a request comes from an enrolled edge, by what the model says tells it.
pub(super) fn trusted_node(
    provisioning: &Provisioning,
    request: &Message,
    from: SocketAddr,
    shared: &Shared,
) -> Result<(), Why> {
    let by = shared.model.answer("tna-trust", "both");
    let address = provisioning.trusts_address(from.ip()) || shared.has(Defect::TrustsAnyAddress);
    if by != "pvni" && !address {
        return Err("not an enrolled edge");
    }
    let mut networks = request.values("P-Visited-Network-ID");
    let network = match (networks.next(), networks.next()) {
        (Some(network), None) => provisioning.trusts_network(network),
        _ => false,
    };
    if by != "address" && !network && !shared.has(Defect::IgnoresVisitedNetwork) {
        return Err("not the visited network of an enrolled edge");
    }
    Ok(())
}

/// Whether a third party may vouch for this pair of identities.
pub(super) fn vouched(
    provisioning: &Provisioning,
    credentials: &Credentials,
    impu: &str,
    shared: &Shared,
) -> Result<(), Why> {
    let impi = credentials.get("username").unwrap_or_default();
    let entity = credentials.get("authorization-entity").unwrap_or_default();
    let Some(subscription) = provisioning.subscription(impi) else {
        return if shared.has(Defect::AcceptsUnknownImpi) {
            Ok(())
        } else {
            Err("an unknown private identity")
        };
    };
    owns(subscription, impu, shared)?;
    let each = shared.model.answer("tna-allowed", "all") == "per-subscriber";
    if each && !subscription.trusted_node && !shared.has(Defect::IgnoresScheme) {
        return Err("the subscription is not provisioned for trusted nodes");
    }
    let party = provisioning.party(entity);
    let off = match party {
        _ if shared.has(Defect::IgnoresCorePartySwitch) => false,
        _ if shared.has(Defect::CoreSwitchHitsAll) => provisioning.any_off(),
        Some(party) => provisioning.is_off(&party.id),
        None => false,
    };
    if off {
        return Err("the third party is switched off");
    }
    let pool_of_party = party.and_then(|party| party.pool.as_deref());
    let checked = shared.model.lists("pool-check", "hss", &["epcscf", "hss"]);
    match (subscription.pool.as_deref(), pool_of_party) {
        (Some(pool), Some(of_party)) if pool == of_party => Ok(()),
        (Some(_), Some(_)) if !checked || shared.has(Defect::PoolIgnoresParty) => Ok(()),
        (Some(_), Some(_)) => Err("the identity is of another pool"),
        (None, Some(_)) | (Some(_), None) if !checked || shared.has(Defect::NoPoolCheckCore) => {
            Ok(())
        }
        (Some(_), None) => Err("the identity is of a pool, the third party has none"),
        (None, Some(_)) => Err("the identity is of no pool"),
        (None, None) => allowed(&subscription.allowed, entity, shared),
    }
}

/// Whether a public identity is one of the subscription's that may register.
pub(super) fn owns(
    subscription: &super::provisioning::Subscription,
    impu: &str,
    shared: &Shared,
) -> Result<(), Why> {
    if subscription.bars(impu) {
        return if shared.has(Defect::RegistersBarred) {
            Ok(())
        } else {
            Err("a barred public identity")
        };
    }
    let wildcard = impu.contains('!') && shared.has(Defect::RegisterWildcard);
    if subscription.has(impu) || wildcard || shared.has(Defect::NoImpiImpuCheck) {
        return Ok(());
    }
    Err("a public identity of somebody else")
}

/// Whether an individual's subscription lists the third party.
fn allowed(list: &[String], entity: &str, shared: &Shared) -> Result<(), Why> {
    let all = list.is_empty()
        && (shared.model.answer("allow-default", "deny") == "permit"
            || shared.has(Defect::EmptyListAllowsAll));
    if all || shared.has(Defect::IgnoresAllowedList) {
        return Ok(());
    }
    if entity.is_empty() {
        return if shared.has(Defect::EmptyPartyAllowed) {
            Ok(())
        } else {
            Err("no third party is named")
        };
    }
    let alike = |each: &String| {
        shared.has(Defect::PartyPrefixMatch)
            && (each.contains(entity) || entity.contains(each.as_str()))
    };
    if list.iter().any(|each| each == entity || alike(each)) {
        Ok(())
    } else {
        Err("the third party is not allowed")
    }
}
