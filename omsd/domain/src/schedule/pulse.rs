//! What the scheduler has learned in this run, for people and metrics.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::AccountId;

use crate::rows::spur::Spur;
use crate::schedule::agenda::Agenda;

/// What the scheduler has learned in this run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// How many launches an account takes at once, of those where any was made.
    pub launches: BTreeMap<AccountId, u32>,
    /// Accounts that take so long to answer that others come before them.
    pub slow: BTreeSet<AccountId>,
    /// Extra servers that were made, by cause.
    pub extras: BTreeMap<Spur, u64>,
}

impl Agenda {
    /// What has been learned so far, if anything was since this was asked last.
    pub fn take_pulse(&mut self) -> Option<Pulse> {
        if !std::mem::take(&mut self.learned) && self.made_extra.is_empty() {
            return None;
        }
        let limits = self.creates.iter();
        Some(Pulse {
            launches: limits.map(|(id, creates)| (*id, creates.limit())).collect(),
            slow: self.ranking.slow().collect(),
            extras: self.extras.counts().clone(),
        })
    }

    /// Extra servers that were made since this was asked last.
    pub fn take_extras(&mut self) -> Vec<Spur> {
        std::mem::take(&mut self.made_extra)
    }
}
