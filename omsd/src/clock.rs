//! The real time of day and real randomness.

use oms_proto::Time;

use crate::ports::{Clock, Entropy};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        jiff::Timestamp::now().into()
    }
}

/// The kernel's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // On Linux it fails only where the system call is forbidden. Keys must never be made of
        // anything else, so there is no way to go on.
        if let Err(error) = getrandom::fill(buffer) {
            unreachable!("the kernel gives no randomness: {error}");
        }
    }
}
