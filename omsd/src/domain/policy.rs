//! The numbers that decisions depend on and operators may set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::failure::FailureClass;
use super::limits::TIDIES_MAX;
use super::rules::{Phase, Rule};

/// Settings of the scheduler. The configuration checks their ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Launches under way at one account at once.
    pub launches_max: u32,
    /// Removals, and looks at single servers, under way at one account at once.
    pub tidies_max: u32,
    /// The time between two calls at one account on the average; zero for no bound.
    pub pace: Duration,
    /// How long a launch or a look may go without an answer before its account counts as slow
    /// and entries go elsewhere; longer for launches where an offering has taught so.
    pub patience: Duration,
    /// How long an entry may take that does not say so itself.
    pub entry: Duration,
    /// How long a server may build; less where an offering has taught so.
    pub build: Duration,
    /// How long a server is looked for after the answer to its create was lost; longer where an
    /// offering has taught so.
    pub settle: Duration,
    /// The pause between two looks at an account where nothing is due.
    pub idle: Duration,
    /// How long final entries stay in the database once nothing of them is left.
    pub keep_ended: Duration,
    /// Whether a slow attempt gets company elsewhere.
    pub hedge: bool,
    /// What becomes of an entry whose instance vanished.
    pub vanished: Vanished,
    /// How long an object of ours without an owner is left before it is removed.
    pub stray_grace: Duration,
    /// After how long a removal that is not done is worth an alert.
    pub removal_alert: Duration,
    /// Rules that the operator has put in the place of the built-in ones.
    pub rules: Arc<BTreeMap<(Phase, FailureClass), Option<Rule>>>,
}

/// What becomes of an entry whose instance vanished without our asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vanished {
    /// It is shown as vanished; its owner decides.
    Report,
    /// Another is launched.
    Replace,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            launches_max: 10,
            tidies_max: TIDIES_MAX,
            pace: Duration::ZERO,
            patience: Duration::from_secs(1),
            entry: Duration::from_secs(30 * 60),
            build: Duration::from_secs(10 * 60),
            settle: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(60),
            keep_ended: Duration::from_secs(7 * 24 * 3600),
            hedge: true,
            vanished: Vanished::Report,
            stray_grace: Duration::from_secs(5 * 60),
            removal_alert: Duration::from_secs(10 * 60),
            rules: Arc::default(),
        }
    }
}

impl Policy {
    /// What a failure keeps other entries from; `None` where it says nothing about the next one.
    pub fn rule(&self, phase: Phase, class: FailureClass) -> Option<Rule> {
        match self.rules.get(&(phase, class)) {
            Some(set) => *set,
            None => super::rules::rule(phase, class),
        }
    }
}
