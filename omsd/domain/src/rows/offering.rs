//! An offering: one flavor in one zone of an account. What its launches have taught: how long its
//! boots take, how long a create may stay silent, and how many launches it is worth at once.

use std::fmt;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::cloud::Wanted;
use crate::ground::failure::FailureClass;
use crate::ground::limits::{BUDGET_MAX, TIMES_MAX, TIMES_TO_LEARN};

/// A flavor in a zone of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Offering {
    /// The zone; `None` where Nova chooses.
    pub availability_zone: Option<String>,
    /// The flavor, by name or id.
    pub flavor: String,
}

/// What the launches of an offering have taught.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lessons {
    /// Of which offering.
    pub offering: Offering,
    /// The latest times from intent to usable, the newest last.
    pub boots: Vec<Duration>,
    /// The latest times from an intent until the cloud took the create, the newest last.
    pub creates: Vec<Duration>,
    /// The longest from an intent until its server was known, adopted ones included.
    pub slowest_create: Duration,
    /// The launch budget, while failures keep it down.
    pub budget: Option<Budget>,
    /// When a server was last usable.
    pub last_success: Option<Time>,
    /// When anything was learned last.
    pub learned: Time,
}

/// What one launch teaches of its offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// A server became known that long after its intent.
    Known(Duration),
    /// A server became usable, after a boot of that long where it was watched.
    Usable(Option<Duration>),
    /// An attempt failed.
    Failed {
        /// At what.
        stage: Stage,
        /// When it had begun.
        started: Time,
        /// How many launches and builds were under way there, itself included.
        under_way: u32,
    },
}

/// How many launches an offering is worth at once: halved by a failure, one more for each
/// success, so that many waiting entries do not all try what has just failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many at once, at least 1.
    pub window: u32,
    /// When it was halved last. What fails together is one failure: attempts begun before this
    /// tell nothing new, and do not count.
    pub halved: Time,
    /// What failed.
    pub stage: Stage,
}

/// What of an attempt is at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The create; a launch that the cloud took has stood it.
    Launch,
    /// The build; only a server that became usable has stood it.
    Build,
}

impl fmt::Display for Offering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.availability_zone.as_deref().unwrap_or("any");
        write!(f, "{zone}/{}", self.flavor)
    }
}

impl Wanted {
    /// The offering that this asks for.
    pub fn offering(&self) -> Offering {
        Offering {
            availability_zone: self.availability_zone.clone(),
            flavor: self.flavor.clone(),
        }
    }
}

impl Lessons {
    /// Nothing learned yet.
    pub fn of(offering: Offering) -> Self {
        Self {
            offering,
            ..Self::default()
        }
    }

    /// Takes in what a launch has taught.
    pub fn learn(&mut self, lesson: Lesson, now: Time) {
        match lesson {
            Lesson::Known(create) => self.known_after(create, now),
            Lesson::Usable(boot) => self.succeeded(boot, now),
            Lesson::Failed {
                stage,
                started,
                under_way,
            } => self.failed(stage, started, under_way, now),
        }
    }

    /// A server became known that long after its intent.
    pub fn known_after(&mut self, create: Duration, now: Time) {
        remember(&mut self.creates, create);
        self.slowest_create = self.slowest_create.max(create);
        self.stood(Stage::Launch);
        self.learned = now;
    }

    /// An attempt has stood a stage; where that was what failed, one more is tried at once.
    fn stood(&mut self, stage: Stage) {
        self.budget = self.budget.and_then(|budget| {
            let grown = budget
                .window
                .saturating_add(u32::from(budget.stage == stage));
            (grown < BUDGET_MAX).then_some(Budget {
                window: grown,
                ..budget
            })
        });
    }

    /// A launch ended well, after a boot of that long where it was watched.
    pub fn succeeded(&mut self, boot: Option<Duration>, now: Time) {
        if let Some(boot) = boot {
            remember(&mut self.boots, boot);
        }
        self.stood(Stage::Build);
        self.last_success = Some(now);
        self.learned = now;
    }

    /// Whether a failure says that launches here are worth less. What a request names wrongly,
    /// or credentials that are refused, is no fault of the offering.
    pub const fn is_told_by(class: FailureClass) -> bool {
        use FailureClass as F;
        match class {
            F::Unreachable
            | F::Tls
            | F::Timeout
            | F::Throttled
            | F::ServerError
            | F::Garbage
            | F::Quota
            | F::Forbidden
            | F::NoCapacity
            | F::BuildFailed
            | F::BuildTimeout => true,
            F::Unauthorized
            | F::Configuration
            | F::Conflict
            | F::NotFound
            | F::Vanished
            | F::Interrupted
            | F::Rejected => false,
        }
    }

    /// An attempt begun at `started` failed while so many, itself included, were under way.
    pub fn failed(&mut self, stage: Stage, started: Time, under_way: u32, now: Time) {
        let before = self.budget;
        if before.is_some_and(|budget| started < budget.halved) {
            return;
        }
        let at_once = before.map_or(under_way, |budget| budget.window.min(under_way));
        self.budget = Some(Budget {
            window: (at_once / 2).max(1),
            halved: now,
            stage,
        });
        self.learned = now;
    }

    /// The median of the remembered boots.
    pub fn median_boot(&self) -> Option<Duration> {
        let mut boots = self.boots.clone();
        boots.sort_unstable();
        boots.get(boots.len() / 2).copied()
    }

    /// The time within which all but one in twenty of the remembered boots came; `None` until
    /// enough are remembered.
    pub fn slow_boot(&self) -> Option<Duration> {
        slow_one(&self.boots)
    }
}

fn remember(times: &mut Vec<Duration>, time: Duration) {
    if times.len() >= TIMES_MAX {
        times.remove(0);
    }
    times.push(time);
}

/// The time that all but one in twenty stay below.
fn slow_one(times: &[Duration]) -> Option<Duration> {
    if times.len() < TIMES_TO_LEARN {
        return None;
    }
    let mut times = times.to_vec();
    times.sort_unstable();
    let rank = (times.len() * 95).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    #[test]
    fn a_budget_is_halved_once_for_what_fails_together_and_grows_with_each_success() {
        let mut lessons = Lessons::default();
        let build = Stage::Build;
        lessons.failed(build, at(0), 10, at(5));
        assert_eq!(lessons.budget.map(|budget| budget.window), Some(5));
        // Begun before the budget was halved.
        lessons.failed(build, at(4), 9, at(6));
        assert_eq!(lessons.budget.map(|budget| budget.window), Some(5));
        lessons.failed(build, at(7), 1, at(8));
        assert_eq!(lessons.budget.map(|budget| budget.window), Some(1));
        lessons.failed(build, at(9), 1, at(10));
        // That a cloud takes creates is no news where builds fail.
        lessons.known_after(seconds(1), at(10));
        assert_eq!(lessons.budget.map(|budget| budget.window), Some(1));
        lessons.succeeded(Some(seconds(3)), at(11));
        assert_eq!(lessons.budget.map(|budget| budget.window), Some(2));
        for _ in 0..BUDGET_MAX {
            lessons.succeeded(Some(seconds(3)), at(12));
        }
        assert_eq!(lessons.budget, None);
    }
}
