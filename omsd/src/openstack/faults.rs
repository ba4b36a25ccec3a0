//! What single servers said of why they are in ERROR, so that none is asked more often than it helps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use omsd_domain::ground::failure::Fault;

use super::limits::{FAULT_ASKED_MAX, FAULTS_MAX};

/// What single servers said.
#[derive(Default)]
pub(super) struct Faults {
    told: Mutex<BTreeMap<String, Told>>,
}

/// What one server said, and how often it was asked: Nova writes the fault a moment after the
/// status, and some servers have none.
#[derive(Clone, Default)]
pub(super) struct Told {
    pub(super) fault: Option<Fault>,
    asked: u8,
}

impl Faults {
    pub(super) fn told(&self, id: &str) -> Told {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn remember(&self, id: &str, fault: Option<Fault>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= FAULTS_MAX && !told.contains_key(id) {
            told.clear();
        }
        let entry = told.entry(id.to_owned()).or_default();
        entry.fault = fault;
        entry.asked = entry.asked.saturating_add(1);
    }

    pub(super) fn is_worth_asking(&self, id: &str) -> bool {
        let told = self.told(id);
        told.fault.is_none() && told.asked < FAULT_ASKED_MAX
    }
}
