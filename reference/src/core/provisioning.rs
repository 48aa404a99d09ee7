//! What the operator of the core provisions: subscriptions, enrolled edges, allowed third parties; and the records kept.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Core;
use crate::aka::{Card, Isim};
use crate::control::Hooks;
use crate::sip::uri::{self, Spelling};
use crate::world::Party;
use crate::{Defect, Shared, StartError, token};

const MAX_RECORDS: usize = 8192;

/// One subscription.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Subscription {
    pub(super) impi: String,
    pub(super) impus: Vec<String>,
    #[serde(default)]
    pub(super) barred: Vec<String>,
    pub(super) secret: String,
    /// Where it has an ISIM, what the home network knows of it.
    #[serde(default)]
    isim: Option<Isim>,
    /// Entities of the third parties that may vouch for it.
    #[serde(default)]
    pub(super) allowed: Vec<String>,
    /// Whether the word of a trusted node is enough for it, where that is provisioned for each.
    #[serde(default = "trusted_by_default")]
    pub(super) trusted_node: bool,
    /// The pool that it belongs to.
    #[serde(default)]
    pub(super) pool: Option<String>,
}

/// A world that does not say so provisions every subscription for trusted nodes.
fn trusted_by_default() -> bool {
    true
}

impl Subscription {
    /// Whether a public identity in its one spelling is the subscription's.
    pub(super) fn has(&self, impu: &str) -> bool {
        self.impus
            .iter()
            .any(|each| uri::identity(each, Spelling::Canonical).as_deref() == Some(impu))
    }

    /// Whether it is authenticated by AKA where AKA is declared.
    pub(super) fn has_isim(&self) -> bool {
        self.isim.is_some()
    }

    /// Whether it is the subscription's and barred.
    pub(super) fn bars(&self, impu: &str) -> bool {
        self.barred
            .iter()
            .any(|each| uri::identity(each, Spelling::Canonical).as_deref() == Some(impu))
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Trusted {
    addresses: Vec<IpAddr>,
    visited_networks: Vec<String>,
}

/// All that is provisioned, as it is now.
pub(super) struct Provisioning {
    subscriptions: Vec<Subscription>,
    trusted: Trusted,
    parties: Vec<Party>,
    /// ISIMs as they are now, by private identity.
    cards: HashMap<String, Card>,
    off: HashSet<String>,
    records: VecDeque<Value>,
}

impl Provisioning {
    /// Reads the core's folder of the world.
    pub(super) fn read(shared: &Shared) -> Result<Self, StartError> {
        let subscriptions: Vec<Subscription> = shared.world.json("core/subscribers.json")?;
        let card = |each: &Subscription| Some((each.impi.clone(), each.isim.as_ref()?.card()?));
        Ok(Self {
            cards: subscriptions.iter().filter_map(card).collect(),
            subscriptions,
            trusted: shared.world.json("core/trusted.json")?,
            parties: shared.world.parties.clone(),
            off: HashSet::new(),
            records: VecDeque::new(),
        })
    }

    /// The subscription of a private identity.
    pub(super) fn subscription(&self, impi: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|each| each.impi == impi)
    }

    /// The ISIM of a private identity, or else of who owns a public one.
    pub(super) fn card(&mut self, impi: Option<&str>, impu: &str) -> Option<(String, &mut Card)> {
        let owner = || self.subscriptions.iter().find(|each| each.has(impu));
        let impi = match impi {
            Some(impi) => impi.to_owned(),
            None => owner()?.impi.clone(),
        };
        let card = self.cards.get_mut(&impi)?;
        Some((impi, card))
    }

    /// Whether anybody has this public identity.
    pub(super) fn knows(&self, impu: &str) -> bool {
        self.subscriptions.iter().any(|each| each.has(impu))
    }

    /// Whether an address is an enrolled edge's.
    pub(super) fn trusts_address(&self, address: IpAddr) -> bool {
        self.trusted.addresses.contains(&address)
    }

    /// Whether a visited network is an enrolled edge's.
    pub(super) fn trusts_network(&self, network: &str) -> bool {
        self.trusted
            .visited_networks
            .iter()
            .any(|each| each == network.trim().trim_matches('"'))
    }

    /// The third party that an entity is, if it is enrolled.
    pub(super) fn party(&self, entity: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.entity == entity)
    }

    /// Whether a third party is switched off.
    pub(super) fn is_off(&self, party: &str) -> bool {
        self.off.contains(party)
    }

    /// Whether any third party is switched off.
    pub(super) fn any_off(&self) -> bool {
        !self.off.is_empty()
    }

    /// Keeps a record of a registration; the oldest goes when there are too many.
    pub(super) fn keep(
        &mut self,
        call_id: &str,
        impu: &str,
        impi: Option<&str>,
        party: Option<&str>,
        code: u16,
    ) {
        if self.records.len() >= MAX_RECORDS {
            self.records.pop_front();
        }
        let accepted = (200..300).contains(&code);
        let outcome = if accepted { "accepted" } else { "refused" };
        self.records.push_back(json!({
            "call_id": call_id, "impu": impu, "impi": impi, "party": party, "outcome": outcome, "accepted": accepted,
            "code": code, "time": token::now(),
        }));
    }

    fn grant(&mut self, asked: &Value) {
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let entity = self
            .parties
            .iter()
            .find(|party| party.id == text("party"))
            .map(|party| party.entity.clone());
        let Some(entity) = entity else { return };
        let user = format!("{}@", text("user"));
        let owner = self.subscriptions.iter_mut().find(|each| {
            each.impus.iter().any(|impu| impu == text("impu"))
                || (user.len() > 1 && each.impi.starts_with(&user))
        });
        let Some(owner) = owner else { return };
        owner.allowed.retain(|each| *each != entity);
        if asked["on"].as_bool().unwrap_or(false) {
            owner.allowed.push(entity);
        }
    }

    fn provision(&mut self, pool: &str, impi: &str, on: bool) {
        let Some(member) = self.subscriptions.iter_mut().find(|each| each.impi == impi) else {
            return;
        };
        if on {
            member.pool = Some(pool.to_owned());
        } else if member.pool.as_deref() == Some(pool) {
            member.pool = None;
        }
    }
}

/// Registers what the core answers to an operator.
pub(super) fn answer_hooks(core: &Arc<Core>, hooks: &mut Hooks) {
    let done = || async { json!({ "ok": true }) };
    let here = Arc::clone(core);
    if core
        .shared
        .model
        .lists("disable-at", "core", &["waf", "epcscf", "core"])
    {
        hooks.on("party-switch", move |asked| {
            let party = asked["party"].as_str().unwrap_or_default().to_owned();
            let mut state = here.state();
            if asked["on"].as_bool().unwrap_or(false) {
                state.provisioning.off.remove(&party);
            } else {
                if here.shared.model.answer("cut-bindings", "no") == "yes"
                    && !here.shared.has(Defect::CoreKeepsBindings)
                {
                    let all = here.shared.has(Defect::CoreCutsAllBindings);
                    let entities = here
                        .shared
                        .world
                        .parties
                        .iter()
                        .filter(|each| all || each.id == party);
                    entities.for_each(|each| state.bindings.end_party(&each.entity));
                }
                state.provisioning.off.insert(party);
            }
            done()
        });
    }
    let here = Arc::clone(core);
    hooks.on("grant", move |asked| {
        let withdrawn = !asked["on"].as_bool().unwrap_or(false);
        if !(withdrawn && here.shared.has(Defect::IgnoresProvisionedLoss)) {
            here.state().provisioning.grant(&asked);
        }
        done()
    });
    let here = Arc::clone(core);
    hooks.on("provision", move |asked| {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        if !here.shared.has(Defect::IgnoresPoolMove) {
            let on = asked["on"].as_bool().unwrap_or(false);
            here.state()
                .provisioning
                .provision(&text("pool"), &text("impi"), on);
        }
        done()
    });
    answer_questions(core, hooks);
}

/// Registers what the core tells and does not change.
fn answer_questions(core: &Arc<Core>, hooks: &mut Hooks) {
    let here = Arc::clone(core);
    hooks.on("bindings", move |asked| {
        let impu = asked["impu"]
            .as_str()
            .and_then(|impu| uri::identity(impu, Spelling::Canonical))
            .unwrap_or_default();
        let contacts: Vec<String> = here
            .state()
            .bindings
            .of(&impu)
            .into_iter()
            .map(|binding| binding.contact.uri.clone())
            .collect();
        async move { json!({ "bindings": contacts }) }
    });
    let here = Arc::clone(core);
    hooks.on("evidence", move |asked| {
        let state = here.state();
        let mark = asked["mark"].as_str().unwrap_or_default();
        let of_test = |record: &&Value| {
            let call_id = record["call_id"].as_str();
            !mark.is_empty() && call_id.is_some_and(|call_id| call_id.contains(mark))
        };
        let records = state.provisioning.records.iter().filter(of_test);
        let records: Vec<Value> = records.cloned().collect();
        async move { json!({ "records": records }) }
    });
}
