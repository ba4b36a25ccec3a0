//! What is about to show in the lists of an account's servers, and when a look is worth its call.
//!
//! A look shows all that has come since the last one, each as late as the look is. So the pause
//! between two looks weighs the two: with `r` things coming a second, a pause of `p` costs `1 / p`
//! looks and `r * p / 2` seconds of lateness a second; where one look is worth `c` seconds of
//! lateness, the least of both is at `p = sqrt(2 * c / r)`. A look that takes long, as at a busy
//! cloud, is worth more; the end of a removal, for which nobody waits, is worth less.
//!
//! How many are coming is told by what builds and removals have taken there of late. Before the
//! quickest of those nothing can show, so nobody looks; from then on each is as likely to come in
//! any moment of the time within which the latest came. Where nothing is known, or where it takes
//! longer than ever, what has not come after so long is as likely to take as long again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use oms_proto::{AttemptId, Time};

use crate::ground::limits::{
    LOOK_PAUSE_ALONE, LOOK_PAUSE_LONGEST, LOOK_PAUSE_SHORTEST, LOOK_SHARE, LOOK_WORTH,
    LOOK_WORTH_LEAST, REMOVAL_WORTH, TIMES_MAX,
};
use crate::rows::attempt::{Attempt, State};

/// So many of the latest times tell when the next comes: enough for their spread, few enough to
/// follow a cloud that has more to do than a minute ago.
const LATEST: usize = 5;

/// No more than so many are counted; with as many the pause is the shortest anyway.
const COUNTED_MAX: usize = 64;

/// How much sooner than the quickest of late the next may come, as a divisor.
const SOONER: u32 = 16;

/// What is about to show at one account.
#[derive(Debug, Default)]
pub(super) struct Coming {
    builds: Awaited,
    /// Servers whose create was lost.
    sought: Awaited,
    removals: Awaited,
}

/// What is awaited of one kind.
#[derive(Debug, Default)]
struct Awaited {
    begun: BTreeSet<(Time, AttemptId)>,
    since: BTreeMap<AttemptId, Time>,
    /// The newest last.
    took: VecDeque<Came>,
    /// How many were awaited at once when each of the latest came.
    beside: VecDeque<u32>,
}

/// How long something took, as far as looks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Came {
    /// When a look had not shown it.
    pub(super) after: Duration,
    /// When one did.
    pub(super) within: Duration,
}

impl Coming {
    /// Whether anything is.
    pub(super) fn is_empty(&self) -> bool {
        let all = [&self.builds, &self.sought, &self.removals];
        all.iter().all(|awaited| awaited.begun.is_empty())
    }

    /// What the latest builds took before a start; as many as `beside` went on at once then, for all
    /// that is known.
    pub(super) fn remember(&mut self, boots: &[Duration], beside: u32) {
        for boot in boots.iter().rev().take(LATEST).rev() {
            self.builds.learn(Came::at_last(*boot), beside);
        }
    }

    /// How an attempt stands now; gives what its end took, as long as it was awaited.
    pub(super) fn set(&mut self, attempt: &Attempt) -> Option<Time> {
        let (id, since) = (attempt.id, attempt.since);
        let (builds, sought, removals) = match attempt.state {
            State::Building { .. } => (Some(attempt.started), None, None),
            State::Unknown { .. } => (None, Some(since), None),
            State::RemovingServer { asked } => (None, None, asked),
            State::Launching | State::Ready | State::Clearing | State::Gone => (None, None, None),
        };
        let was = self.builds.set(id, builds);
        let was = was.or(self.removals.set(id, removals));
        self.sought.set(id, sought);
        was
    }

    /// A build took so long.
    pub(super) fn built(&mut self, came: Came) {
        self.builds
            .learn(came, self.builds.count().saturating_add(1));
    }

    /// The attempts that build.
    pub(super) fn builds(&self) -> impl Iterator<Item = AttemptId> + '_ {
        self.builds.since.keys().copied()
    }

    /// `time`, which a build may take, longer in proportion where more go on than ever did.
    pub(super) fn in_proportion(&self, time: Duration) -> Duration {
        let now = self.builds.count();
        match self.builds.beside.iter().max() {
            Some(most) if *most > 0 && now > *most => time.saturating_mul(now) / *most,
            _ => time,
        }
    }

    /// A removal took so long.
    pub(super) fn removed(&mut self, came: Came) {
        self.removals.learn(came, self.removals.count());
    }

    /// When the next look is worth its call, after one that has ended and took so long; `None` where
    /// nothing is awaited.
    pub(super) fn next_look(&self, ended: Time, took: Duration) -> Option<Time> {
        let worth = took.saturating_mul(LOOK_WORTH).max(LOOK_WORTH_LEAST);
        let worth = worth.as_secs_f64();
        let pause = |at: Time| {
            let rate = self.rate(at);
            let longest = (self.youngest(at)? / LOOK_SHARE).min(LOOK_PAUSE_LONGEST);
            let pause = Duration::try_from_secs_f64((2.0 * worth / rate).sqrt());
            let pause = pause.unwrap_or(LOOK_PAUSE_LONGEST).min(longest);
            let shortest = took.clamp(LOOK_PAUSE_SHORTEST, LOOK_PAUSE_LONGEST);
            Some(pause.max(shortest))
        };
        let now = pause(ended).map(|pause| ended.plus(pause));
        let opening = self.opening(ended);
        let opening = opening.map(|at| {
            let pause = pause(at).unwrap_or(LOOK_PAUSE_SHORTEST);
            at.max(ended.plus(pause))
        });
        match (now, opening) {
            (Some(now), Some(opening)) => Some(now.min(opening)),
            (now, opening) => now.or(opening),
        }
    }

    /// How many come a second at a time, by what they are worth.
    fn rate(&self, at: Time) -> f64 {
        self.builds.rate(at)
            + self.sought.rate(at)
            + self.removals.rate(at) / f64::from(REMOVAL_WORTH)
    }

    /// How long ago the youngest began that may have come.
    fn youngest(&self, at: Time) -> Option<Duration> {
        let all = [&self.builds, &self.sought, &self.removals];
        all.iter().filter_map(|awaited| awaited.youngest(at)).min()
    }

    /// When the next may come that cannot have come yet.
    fn opening(&self, at: Time) -> Option<Time> {
        let all = [&self.builds, &self.sought, &self.removals];
        all.iter().filter_map(|awaited| awaited.opening(at)).min()
    }
}

impl Came {
    /// What took so long in the end, and nobody knows how much less.
    pub(super) fn at_last(within: Duration) -> Self {
        Self {
            after: within.saturating_sub(within / SOONER),
            within,
        }
    }
}

impl Awaited {
    /// Sets since when one is awaited, if it is; gives since when it was, if it is no more.
    fn set(&mut self, id: AttemptId, since: Option<Time>) -> Option<Time> {
        let was = match since {
            Some(since) => self.since.insert(id, since),
            None => self.since.remove(&id),
        };
        if let Some(was) = was {
            self.begun.remove(&(was, id));
        }
        match since {
            Some(since) => {
                self.begun.insert((since, id));
                None
            }
            None => was,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.begun.len()).unwrap_or(u32::MAX)
    }

    fn learn(&mut self, came: Came, beside: u32) {
        if self.took.len() >= LATEST {
            self.took.pop_front();
        }
        self.took.push_back(came);
        if self.beside.len() >= TIMES_MAX {
            self.beside.pop_front();
        }
        self.beside.push_back(beside);
    }

    /// Before this nothing comes.
    fn early(&self) -> Duration {
        let quickest = self.took.iter().map(|came| came.after).min();
        quickest.map_or(LOOK_PAUSE_ALONE, |it| it.saturating_sub(it / SOONER))
    }

    /// From the quickest to the slowest; nothing where too little is known.
    fn spread(&self) -> Duration {
        let slowest = self.took.iter().map(|came| came.within).max();
        slowest.map_or(Duration::ZERO, |it| it.saturating_sub(self.early()))
    }

    /// Those that may have come, how long ago they began, the youngest first.
    fn due(&self, at: Time) -> impl Iterator<Item = Duration> + '_ {
        let last = (at.minus(self.early()), AttemptId(u64::MAX));
        let due = self.begun.range(..=last).rev();
        due.map(move |(began, _)| at.since(*began))
    }

    fn youngest(&self, at: Time) -> Option<Duration> {
        self.due(at).next()
    }

    fn opening(&self, at: Time) -> Option<Time> {
        let early = self.early();
        let first = (at.minus(early), AttemptId(u64::MAX));
        let mut later = self
            .begun
            .range((std::ops::Bound::Excluded(first), std::ops::Bound::Unbounded));
        later.next().map(|(began, _)| began.plus(early))
    }

    /// How many come a second.
    fn rate(&self, at: Time) -> f64 {
        let (early, spread) = (self.early(), self.spread());
        let known = !self.took.is_empty();
        let late = early + spread;
        let one = |age: Duration| {
            let within = if known {
                late.abs_diff(age).max(spread / 4)
            } else {
                age
            };
            1.0 / within.max(LOOK_PAUSE_SHORTEST).as_secs_f64()
        };
        self.due(at).take(COUNTED_MAX).map(one).sum()
    }
}
