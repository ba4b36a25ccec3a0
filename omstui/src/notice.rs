//! One line of news about what somebody has just done.

use std::time::Duration;

use oms_proto::Time;

use crate::theme::Tone;

/// How long news stay.
const STAYS: Duration = Duration::from_secs(12);

/// News, shown in the last line for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// In words; names in it come from outside.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// When it goes.
    pub until: Time,
}

impl Notice {
    /// News of now.
    pub fn new(text: String, tone: Tone, now: Time) -> Self {
        Self {
            text,
            tone,
            until: now.plus(STAYS),
        }
    }
}
