//! The numbers that decisions depend on and operators may set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::ground::failure::FailureClass;
use crate::ground::limits::{
    BUILD_FLOOR, HEDGE_FLOOR, HEDGE_UNLEARNED, SETTLE_LONGEST, TIDIES_MAX,
};
use crate::rows::offering::Lessons;

/// What was going on when a failure came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Signing in, resolving names, importing the key, asking for the server.
    Launch,
    /// The server was building.
    Build,
    /// Listing servers.
    Watch,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Launch, Self::Build, Self::Watch];

    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Build => "build",
            Self::Watch => "watch",
        }
    }
}

/// How far a failure reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// [`Scope::Account`](crate::rows::scope::Scope::Account)
    Account,
    /// [`Scope::Quota`](crate::rows::scope::Scope::Quota)
    Quota,
    /// [`Scope::Launch`](crate::rows::scope::Scope::Launch)
    Launch,
    /// [`Scope::Offering`](crate::rows::scope::Scope::Offering)
    Offering,
    /// [`Scope::Request`](crate::rows::scope::Scope::Request)
    Request,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How far.
    pub reach: Reach,
    /// How long at first.
    pub first: Duration,
    /// How long at most.
    pub longest: Duration,
}

/// Settings of the scheduler. The configuration checks their ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Launches under way at one account at once, at most; as many as its answer times allow.
    pub launches_max: u32,
    /// Removals, and looks at single servers, under way at one account at once.
    pub tidies_max: u32,
    /// The time between two calls at one account on the average; zero for no bound.
    pub pace: Duration,
    /// How long a look may go unanswered, and a create without a word of its account, before that
    /// counts as silent and entries go elsewhere; longer where looks and creates have shown to need
    /// longer.
    pub patience: Duration,
    /// How long an entry may take that does not say so itself.
    pub entry_deadline: Duration,
    /// How long a server may build; less where an offering has taught so.
    pub build_deadline: Duration,
    /// How long a server is looked for after the answer to its create was lost; longer where an
    /// offering has taught so.
    pub settle_time: Duration,
    /// The pause between two looks at an account where nothing is due.
    pub idle_pause: Duration,
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
            entry_deadline: Duration::from_secs(30 * 60),
            build_deadline: Duration::from_secs(10 * 60),
            settle_time: Duration::from_secs(5 * 60),
            idle_pause: Duration::from_secs(60),
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
    /// How long a build here may take before it counts as stuck: several times what is slow here,
    /// between a floor and what the operator allows.
    pub fn build_deadline(&self, lessons: &Lessons) -> Duration {
        match lessons.slow_boot() {
            Some(slow) => slow
                .saturating_mul(4)
                .max(BUILD_FLOOR)
                .min(self.build_deadline),
            None => self.build_deadline,
        }
    }

    /// How long an attempt here may take before another is begun elsewhere beside it: half as long
    /// again as all but one in twenty, or else one in twenty would have company for nothing.
    pub fn hedge_after(&self, lessons: &Lessons) -> Duration {
        match lessons.slow_boot() {
            Some(slow) => (slow.saturating_mul(3) / 2).max(HEDGE_FLOOR),
            None => HEDGE_UNLEARNED.min(self.build_deadline / 2),
        }
    }

    /// How long a server is looked for whose create was not answered: longer than any create here
    /// has taken to show one.
    pub fn settle_time(&self, lessons: &Lessons) -> Duration {
        let learned = lessons.slowest_create.saturating_mul(2).min(SETTLE_LONGEST);
        self.settle_time.max(learned)
    }
}

#[cfg(test)]
mod tests {
    use oms_proto::Time;

    use super::*;
    use crate::ground::limits::TIMES_TO_LEARN;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    #[test]
    fn a_few_boots_teach_nothing_and_many_set_the_deadline_and_the_hedge() {
        let policy = Policy::default();
        let mut lessons = Lessons::default();
        for boot in [20, 21, 22, 23] {
            lessons.succeeded(Some(seconds(boot)), at(0));
        }
        assert_eq!(policy.build_deadline(&lessons), policy.build_deadline);
        assert_eq!(policy.hedge_after(&lessons), HEDGE_UNLEARNED);
        lessons.succeeded(Some(seconds(40)), at(0));
        assert_eq!(policy.build_deadline(&lessons), seconds(160));
        assert_eq!(policy.hedge_after(&lessons), seconds(60));
    }

    #[test]
    fn learned_times_stay_between_their_bounds() {
        let policy = Policy::default();
        let lessons = |boot| Lessons {
            boots: vec![boot; TIMES_TO_LEARN],
            ..Lessons::default()
        };
        let quick = lessons(Duration::from_millis(200));
        assert_eq!(policy.build_deadline(&quick), BUILD_FLOOR);
        assert_eq!(policy.hedge_after(&quick), HEDGE_FLOOR);
        assert_eq!(
            policy.build_deadline(&lessons(seconds(500))),
            policy.build_deadline
        );
    }

    #[test]
    fn a_slow_create_lengthens_the_search_for_a_lost_one() {
        let policy = Policy::default();
        let mut lessons = Lessons::default();
        lessons.known_after(seconds(2), at(0));
        assert_eq!(policy.settle_time(&lessons), policy.settle_time);
        lessons.known_after(seconds(400), at(0));
        assert_eq!(policy.settle_time(&lessons), seconds(800));
    }
}
