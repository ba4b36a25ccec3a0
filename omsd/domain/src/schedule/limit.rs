//! How many launches an account takes at once, learned from its own answer times.
//!
//! The algorithm is that of TCP Vegas (Brakmo and Peterson, "TCP Vegas: End to End Congestion
//! Avoidance on a Global Internet", IEEE JSAC 13(8), 1995), which also limits calls to services
//! (Netflix, `concurrency-limits`). What a create takes beyond what it takes where nothing else is
//! under way, it has spent in queues; as a share of the whole, times the launches under way, that
//! is how many launches stand in queues there. With few of them in queues one more is tried, with
//! many of them one less. The queue is counted in launches, so it says the same of a cloud that
//! answers in 20 ms and of one that answers in 8 s; a gradient over long averages, the other common
//! way, needs hundreds of answers before it says anything, and an account may have ten a day.
//!
//! Vegas goes wrong where it takes a loaded answer for an unloaded one. So only what began and ended
//! with few launches beside it tells what a create takes alone, as an average that follows a cloud
//! which becomes slower by itself; any answer that was quicker tells as well. Where answers have been
//! slow for long and none told, the limit goes down to a few for a moment, so that some do.

use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::LAUNCHES_FIRST;
use crate::schedule::work::Taken;

/// Launches in queues up to which answers are flat: each that comes lets one more be tried.
const QUEUE_NONE: u32 = 1;

/// Launches in queues up to which one more is tried, and no other until that has been answered.
const QUEUE_SHORT: u32 = 2;

/// Launches in queues beyond which one less is.
const QUEUE_LONG: u32 = 4;

/// With so many launches under way a create takes nearly what it takes alone.
const NEARLY_ALONE: u32 = 2;

/// After so many answers that do not tell what a create takes alone, it is measured anew.
const MEASURED_FOR: u32 = 32;

/// A new answer counts this much in the average of what a create takes alone, as a divisor.
const ALONE_SHARE: u32 = 4;

/// How many launches an account takes at once.
#[derive(Debug)]
pub(super) struct Limit {
    launches: u32,
    max: u32,
    /// What a create takes where nothing else is under way.
    alone: Option<Duration>,
    /// Answers since one told that.
    loaded: u32,
    /// When it was changed last. What was under way then tells nothing new.
    changed: Time,
}

impl Limit {
    /// Between one and `max`; nothing is known yet.
    pub(super) fn up_to(max: u32) -> Self {
        Self {
            launches: LAUNCHES_FIRST.min(max),
            max,
            alone: None,
            loaded: 0,
            changed: Time::default(),
        }
    }

    /// How many at once.
    pub(super) const fn launches(&self) -> u32 {
        self.launches
    }

    /// A create that had begun at `began` was taken.
    pub(super) fn taken(&mut self, taken: Taken, began: Time, now: Time) {
        let Taken { time, beside } = taken;
        let alone = self.learn(taken);
        let launches = |count: u32| time.saturating_mul(count);
        let in_queues = time.saturating_sub(alone).saturating_mul(beside);
        let is_news = began >= self.changed;
        // What was never used up is not too little.
        let is_used = beside.saturating_mul(2) >= self.launches;
        if in_queues <= launches(QUEUE_NONE) {
            if is_used {
                self.change(self.launches.saturating_add(1), self.changed);
            }
        } else if self.loaded >= MEASURED_FOR {
            self.loaded = 0;
            self.change(self.launches.min(NEARLY_ALONE), now);
        } else if in_queues <= launches(QUEUE_SHORT) && is_used && is_news {
            self.change(self.launches.saturating_add(1), now);
        } else if in_queues > launches(QUEUE_LONG) && is_news {
            self.change(self.launches.saturating_sub(1), now);
        }
    }

    /// Learns what a create takes alone.
    fn learn(&mut self, Taken { time, beside }: Taken) -> Duration {
        let tells = beside <= NEARLY_ALONE;
        self.loaded = if tells {
            0
        } else {
            self.loaded.saturating_add(1)
        };
        let alone = match self.alone {
            Some(alone) if time >= alone && !tells => alone,
            Some(alone) if time >= alone => alone + time.saturating_sub(alone) / ALONE_SHARE,
            Some(_) | None => time,
        };
        self.alone = Some(alone);
        alone
    }

    fn change(&mut self, launches: u32, changed: Time) {
        self.launches = launches.clamp(1, self.max.max(1));
        self.changed = changed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Time {
        Time(milliseconds * 1_000)
    }

    /// Rounds of as many launches at once as are let, where one takes `time(count)` milliseconds.
    fn rounds(limit: &mut Limit, count: usize, time: impl Fn(u32) -> u64) -> Vec<u32> {
        let mut now = 0;
        let round = |_| {
            let beside = limit.launches();
            let time = time(beside);
            let (began, ended) = (now, now + i64::try_from(time).unwrap());
            now = ended;
            let time = Duration::from_millis(time);
            for _ in 0..beside {
                limit.taken(Taken { time, beside }, at(began), at(ended));
            }
            limit.launches()
        };
        (0..count).map(round).collect()
    }

    #[test]
    fn it_doubles_each_round_while_answers_stay_flat() {
        for flat in [20, 8_000] {
            let mut limit = Limit::up_to(10);
            assert_eq!(rounds(&mut limit, 3, |_| flat), [8, 10, 10]);
        }
        assert_eq!(Limit::up_to(1).launches(), 1);
    }

    #[test]
    fn it_stays_low_where_launches_only_wait_for_one_another() {
        let mut limit = Limit::up_to(10);
        let shared = |beside: u32| u64::from(beside) * 500;
        let all = rounds(&mut limit, 200, shared);
        // Until it was measured what a create takes alone, four at once were taken for that.
        assert!(all.iter().all(|launches| *launches <= 8), "{all:?}");
        let later = all.iter().skip(20);
        assert!(later.into_iter().all(|launches| *launches <= 6), "{all:?}");
        // With four cores it takes as many more.
        let mut limit = Limit::up_to(32);
        let shared = |beside: u32| u64::from(beside.max(4)) * 500;
        let all = rounds(&mut limit, 100, shared);
        let last = *all.last().unwrap();
        assert!((5..=9).contains(&last), "{all:?}");
    }

    #[test]
    fn a_cloud_that_becomes_slower_by_itself_is_not_held_down_for_ever() {
        let mut limit = Limit::up_to(10);
        rounds(&mut limit, 5, |_| 200);
        assert_eq!(limit.launches(), 10);
        let all = rounds(&mut limit, 60, |_| 2_000);
        assert!(all.iter().any(|launches| *launches <= 4), "{all:?}");
        assert_eq!(all.last(), Some(&10), "{all:?}");
    }

    #[test]
    fn what_is_not_used_up_does_not_grow() {
        let mut limit = Limit::up_to(10);
        rounds(&mut limit, 1, |_| 100);
        let time = Duration::from_millis(100);
        for _ in 0..20 {
            limit.taken(Taken { time, beside: 3 }, at(0), at(100));
        }
        assert_eq!(limit.launches(), 8);
    }
}
