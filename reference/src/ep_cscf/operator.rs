//! What the operator of the edge decides while it runs: parties switched off, members of pools, grants; and the records kept.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::Edge;
use crate::control::Hooks;
use crate::world::{Member, Party};
use crate::{Defect, Shared};

const MAX_RECORDS: usize = 8192;

/// State that hooks change.
pub(super) struct Operator {
    off: HashSet<String>,
    /// Private identities that were refused because their party was off.
    barred: HashSet<String>,
    /// Members of each pool, by its id.
    pools: HashMap<String, Vec<Member>>,
    /// Parties granted by each individual subscriber, by IMPI.
    grants: HashMap<String, HashSet<String>>,
    records: VecDeque<Record>,
}

/// What was decided on one REGISTER.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) call_id: String,
    pub(super) impi: Option<String>,
    pub(super) impu: String,
    pub(super) party: Option<String>,
    pub(super) accepted: bool,
    pub(super) why: &'static str,
    /// The credentials as they came, which an honest edge shows nobody.
    pub(super) shown: Option<String>,
    /// Seconds since the epoch.
    pub(super) time: f64,
}

impl Operator {
    pub(super) fn new(shared: &Shared) -> Self {
        let world = &shared.world;
        Self {
            off: HashSet::new(),
            barred: HashSet::new(),
            pools: world
                .pools
                .iter()
                .map(|pool| (pool.id.clone(), pool.members.clone()))
                .collect(),
            grants: world
                .subscribers
                .iter()
                .map(|subscriber| {
                    (
                        subscriber.impi.clone(),
                        subscriber.grants.iter().cloned().collect(),
                    )
                })
                .collect(),
            records: VecDeque::new(),
        }
    }

    /// Whether a party is switched off.
    pub(super) fn is_off(&self, party: &str) -> bool {
        self.off.contains(party)
    }

    /// Whether any party is switched off.
    pub(super) fn any_off(&self) -> bool {
        !self.off.is_empty()
    }

    /// Remembers a private identity that was refused because its party is off.
    pub(super) fn bar(&mut self, impi: &str) {
        if self.barred.len() < MAX_RECORDS {
            self.barred.insert(impi.to_owned());
        }
    }

    /// Whether a private identity was refused because its party was off.
    pub(super) fn bars(&self, impi: &str) -> bool {
        self.barred.contains(impi)
    }

    /// The member of a pool whose IMPI fits.
    pub(super) fn member_like(&self, pool: &str, fits: impl Fn(&str) -> bool) -> Option<&Member> {
        self.pools
            .get(pool)?
            .iter()
            .find(|member| fits(&member.impi))
    }

    /// The member of a pool with this IMPI.
    pub(super) fn member(&self, pool: &str, impi: &str) -> Option<&Member> {
        self.pools
            .get(pool)?
            .iter()
            .find(|member| member.impi == impi)
    }

    /// The member of whichever pool with this IMPI.
    pub(super) fn member_anywhere(&self, impi: &str) -> Option<&Member> {
        self.pools
            .values()
            .flatten()
            .find(|member| member.impi == impi)
    }

    /// Whether the owner of an IMPI granted the party.
    pub(super) fn granted(&self, impi: &str, party: &Party) -> bool {
        self.grants
            .get(impi)
            .is_some_and(|granted| granted.contains(&party.id))
    }

    /// Keeps a record; the oldest goes when there are too many.
    pub(super) fn keep(&mut self, record: Record) {
        if self.records.len() >= MAX_RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// What was recorded of the registrations whose Call-ID has this word in it.
    fn evidence(&self, mark: &str, shared: &Shared) -> Value {
        let first = shared.world.parties.first().map(|party| &party.entity);
        let found = self
            .records
            .iter()
            .filter(|record| !mark.is_empty() && record.call_id.contains(mark))
            .filter(|record| record.accepted || !shared.has(Defect::RecordsNoRefusals))
            .map(|record| {
                let party = match &record.party {
                    Some(party)
                        if first != Some(party) && shared.has(Defect::RecordsFirstParty) =>
                    {
                        first
                    }
                    party => party.as_ref(),
                };
                let mut kept = json!({
                    "call_id": record.call_id,
                    "impi": record.impi,
                    "impu": record.impu,
                    "party": party,
                    "outcome": if record.accepted { "accepted" } else { "refused" },
                    "accepted": record.accepted,
                    "reason": record.why,
                    "time": record.time,
                });
                if let Some(shown) = &record.shown
                    && shared.has(Defect::KeepsTokenInRecord)
                {
                    kept["authorization"] = json!(shown);
                }
                kept
            });
        Value::Array(found.collect())
    }

    fn provision(&mut self, original: Option<Member>, pool: &str, impi: &str, on: bool) {
        let members = self.pools.entry(pool.to_owned()).or_default();
        members.retain(|member| member.impi != impi);
        if let Some(member) = original.filter(|_| on) {
            members.push(member);
        }
    }
}

/// Registers what the edge answers to an operator.
pub(super) fn answer_hooks(edge: &Arc<Edge>, hooks: &mut Hooks) {
    let lists = |item: &str, default: &[&str]| edge.shared.model.lists(item, "epcscf", default);
    if lists("disable-at", &["waf", "epcscf", "core"]) {
        let here = Arc::clone(edge);
        hooks.on("party-switch", move |asked| {
            switch(&here, &asked);
            async { json!({ "ok": true }) }
        });
    }
    let here = Arc::clone(edge);
    hooks.on("provision", move |asked| {
        if here.shared.has(Defect::KeepsPools) {
            return std::future::ready(json!({ "ok": true }));
        }
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        let (pool, impi) = (text("pool"), text("impi"));
        let members = here
            .shared
            .world
            .pools
            .iter()
            .flat_map(|pool| &pool.members);
        let original = members
            .into_iter()
            .find(|member| member.impi == impi)
            .cloned();
        here.operator().provision(
            original,
            &pool,
            &impi,
            asked["on"].as_bool().unwrap_or(false),
        );
        std::future::ready(json!({ "ok": true }))
    });
    if lists("grant-check", &["waf", "scscf"]) {
        let here = Arc::clone(edge);
        hooks.on("grant", move |asked| {
            grant(&here, &asked);
            async { json!({ "ok": true }) }
        });
    }
    let here = Arc::clone(edge);
    hooks.on("evidence", move |asked| {
        let records = here
            .operator()
            .evidence(asked["mark"].as_str().unwrap_or_default(), &here.shared);
        async move { json!({ "records": records }) }
    });
}

fn switch(edge: &Edge, asked: &Value) {
    let Some(party) = asked["party"].as_str() else {
        return;
    };
    if asked["on"].as_bool().unwrap_or(false) {
        edge.operator().off.remove(party);
        if edge.shared.has(Defect::SwitchOnEndsConnections) {
            edge.flows()
                .values()
                .for_each(|flow| flow.close.notify_one());
        }
        if let Some(introspection) = edge
            .introspection
            .as_ref()
            .filter(|_| edge.shared.has(Defect::ForgivesAtSwitchOn))
        {
            introspection.forgive();
        }
        return;
    }
    edge.operator().off.insert(party.to_owned());
    if edge.shared.model.answer("cut-bindings", "no") == "yes"
        && !edge.shared.has(Defect::KeepsBindings)
    {
        let all = edge.shared.has(Defect::CutsAllBindings);
        let of_party = |flow: &super::Flow| {
            flow.parties
                .lock()
                .is_ok_and(|parties| parties.iter().any(|each| each == party))
        };
        // Off the map at once: nothing may reach a client of the party when the operator has his answer.
        edge.flows().retain(|_, flow| {
            let cut = all || of_party(flow);
            if cut {
                flow.close.notify_one();
            }
            !cut
        });
    }
}

fn grant(edge: &Edge, asked: &Value) {
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let subscribers = &edge.shared.world.subscribers;
    let owner = subscribers.iter().find(|subscriber| {
        subscriber.user == text("user") || subscriber.impus.iter().any(|impu| impu == text("impu"))
    });
    let Some(owner) = owner else { return };
    let mut operator = edge.operator();
    let granted = operator.grants.entry(owner.impi.clone()).or_default();
    if asked["on"].as_bool().unwrap_or(false) {
        granted.insert(text("party").to_owned());
    } else {
        granted.remove(text("party"));
    }
}
