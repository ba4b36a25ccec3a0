//! A clock that follows tokio's: real time in a program, simulated time where a test has paused
//! it.

use oms_proto::Time;
use omsd::ports::Clock;
use tokio::time::Instant;

/// Tokio's time on top of a beginning.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    begin: Time,
    at: Instant,
}

impl TokioClock {
    /// A clock that shows `begin` now.
    pub fn starting_at(begin: Time) -> Self {
        Self {
            begin,
            at: Instant::now(),
        }
    }

    /// A clock that shows the time of day now.
    pub fn of_day() -> Self {
        Self::starting_at(jiff::Timestamp::now().into())
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Time {
        self.begin.plus(self.at.elapsed())
    }
}
