//! The pauses between two tries to remove something.

use std::time::Duration;

use crate::ground::limits::{REMOVAL_PAUSE_FIRST, REMOVAL_PAUSE_LONGEST};

/// The pause after so many failures in a row.
pub(crate) fn after(failures: u32) -> Duration {
    let doubled = REMOVAL_PAUSE_FIRST.saturating_mul(1 << failures.min(16));
    doubled.min(REMOVAL_PAUSE_LONGEST)
}
