//! A clock that never goes back. What is due stands in the world by the time of day; were that put
//! back by hours, nothing would fall due for as long, and builds would count as stuck that nobody
//! looked at.

use std::sync::{Arc, Mutex, PoisonError};

use oms_proto::Time;
use tokio::time::Instant;

use crate::ports::Clock;

/// Follows the time of day wherever it goes forwards, as it does when a machine wakes up, and goes
/// on by itself where it goes back.
pub(super) struct Steady {
    clock: Arc<dyn Clock>,
    last: Mutex<Reading>,
}

struct Reading {
    /// What the time of day was.
    day: Time,
    /// What was told.
    told: Time,
    at: Instant,
}

impl Steady {
    pub(super) fn over(clock: Arc<dyn Clock>) -> Self {
        let day = clock.now();
        let last = Reading {
            day,
            told: day,
            at: Instant::now(),
        };
        Self {
            clock,
            last: Mutex::new(last),
        }
    }
}

impl Clock for Steady {
    fn now(&self) -> Time {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, at) = (self.clock.now(), Instant::now());
        let passed = if day >= last.day {
            day.since(last.day)
        } else {
            at.duration_since(last.at)
        };
        let told = last.told.plus(passed);
        *last = Reading { day, told, at };
        told
    }
}
