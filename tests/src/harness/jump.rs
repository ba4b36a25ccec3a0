//! A clock that can be put forwards and back, as clocks are that were wrong, and that goes on while
//! a machine sleeps, when no timer does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use oms_proto::Time;
use omsd::ports::Clock;

use crate::cloud::TokioClock;

/// The clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct JumpClock {
    steady: TokioClock,
    ahead_us: Arc<AtomicI64>,
}

impl JumpClock {
    /// Goes with a steady clock until it is put forwards or back.
    pub fn beside(steady: TokioClock) -> Self {
        Self {
            steady,
            ahead_us: Arc::default(),
        }
    }

    /// Puts it forwards.
    pub fn forwards(&self, by: Duration) {
        self.ahead_us.fetch_add(micros(by), Ordering::Relaxed);
    }

    /// Puts it back.
    pub fn back(&self, by: Duration) {
        self.ahead_us.fetch_sub(micros(by), Ordering::Relaxed);
    }
}

impl Clock for JumpClock {
    fn now(&self) -> Time {
        Time(self.steady.now().0 + self.ahead_us.load(Ordering::Relaxed))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
