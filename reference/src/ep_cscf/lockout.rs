//! Mistakes of an edge that counts refusals and makes others pay for them. An honest edge counts none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::{Defect, Shared};

/// Refusals of one public identity or address, before it is locked out.
const OF_ONE: u32 = 3;
/// Refusals of everybody.
const OF_ALL: u32 = 20;

/// How many refusals were counted, by what they are counted for.
#[derive(Default)]
pub(super) struct Lockout(Mutex<HashMap<String, u32>>);

impl Lockout {
    /// Whether nobody of this name, or at this address, is served any more.
    pub(super) fn holds(&self, shared: &Shared, impu: Option<&str>, from: IpAddr) -> bool {
        let Some((key, most)) = key(shared, impu, from) else {
            return false;
        };
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&key).is_some_and(|count| *count >= most)
    }

    /// Counts a refusal.
    pub(super) fn count(&self, shared: &Shared, impu: Option<&str>, from: IpAddr) {
        if let Some((key, _)) = key(shared, impu, from) {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(key).or_default() += 1;
        }
    }
}

fn key(shared: &Shared, impu: Option<&str>, from: IpAddr) -> Option<(String, u32)> {
    let kinds = [
        Defect::LocksOutByName,
        Defect::LocksOutByAddress,
        Defect::LocksOutEverybody,
    ];
    match shared.among(&kinds)? {
        Defect::LocksOutByName => Some((impu?.to_owned(), OF_ONE)),
        Defect::LocksOutByAddress => Some((from.to_string(), OF_ONE)),
        _ => Some((String::new(), OF_ALL)),
    }
}
