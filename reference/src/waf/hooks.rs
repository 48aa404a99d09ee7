//! What the operator of a WAF can change while it runs.

use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::Waf;
use super::signer::Signer;
use crate::control::Hooks;
use crate::defect::Defect;

/// What a hook does; whether it could be done.
type Action = fn(&Waf, &Value) -> bool;

/// Registers the operator's hooks of one WAF.
pub(super) fn register(waf: &Arc<Waf>, hooks: &mut Hooks) {
    let actions: [(&'static str, Action); 5] = [
        ("party-switch", Waf::switch_party),
        ("grant", Waf::change_grant),
        ("provision", Waf::change_pool),
        ("link", Waf::change_link),
        ("rotate-keys", |waf, _| waf.rotate_keys()),
    ];
    for (name, action) in actions {
        let waf = Arc::clone(waf);
        hooks.on(name, move |request| {
            let done = action(&waf, &request);
            async move { json!({ "ok": done }) }
        });
    }
}

impl Waf {
    fn switch_party(&self, request: &Value) -> bool {
        let (Some(party), Some(on)) = (request["party"].as_str(), request["on"].as_bool()) else {
            return false;
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if on {
            records.off.remove(party);
        } else {
            records.off.insert(party.to_owned());
        }
        true
    }

    fn change_grant(&self, request: &Value) -> bool {
        let (Some(user), Some(party), Some(on)) = (
            request["user"].as_str(),
            request["party"].as_str(),
            request["on"].as_bool(),
        ) else {
            return false;
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        // A user whom another WAF of this process serves is nothing to this one.
        let Some(user) = records.users.get_mut(user) else {
            return true;
        };
        if on {
            user.grants.insert(party.to_owned());
        } else if !self.shared.has(Defect::IgnoresGrantWithdrawal) {
            user.grants.remove(party);
        }
        true
    }

    fn change_pool(&self, request: &Value) -> bool {
        let (Some(pool), Some(impi), Some(on)) = (
            request["pool"].as_str(),
            request["impi"].as_str(),
            request["on"].as_bool(),
        ) else {
            return false;
        };
        if self.shared.has(Defect::IgnoresPoolChange) && !on {
            return true;
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.provision(&self.shared.world, pool, impi, on)
    }

    fn change_link(&self, request: &Value) -> bool {
        let (Some(user), Some(on)) = (request["user"].as_str(), request["on"].as_bool()) else {
            return false;
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = records.users.get_mut(user) {
            user.unlinked = !on;
        }
        true
    }

    /// Signs with a new key from now on, and withdraws the old one.
    fn rotate_keys(&self) -> bool {
        let Some(fresh) = Signer::fresh() else {
            return false;
        };
        let mut current = self.signer.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(fresh);
        true
    }
}
