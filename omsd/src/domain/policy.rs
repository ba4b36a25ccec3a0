//! The numbers that decisions depend on and operators may set.

use std::time::Duration;

/// Settings of the scheduler. The configuration checks their ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Launches under way at one account at once.
    pub launches_max: u32,
    /// How long a launch or a look may go without an answer before its account counts as slow
    /// and entries go elsewhere.
    pub patience: Duration,
    /// How long a server may build.
    pub build: Duration,
    /// How long a server is looked for after the answer to its create was lost.
    pub settle: Duration,
    /// The pause between two looks at an account where nothing is due.
    pub idle: Duration,
    /// How long final entries stay in the database once nothing of them is left.
    pub keep_ended: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            launches_max: 10,
            patience: Duration::from_secs(2),
            build: Duration::from_secs(10 * 60),
            settle: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(60),
            keep_ended: Duration::from_secs(7 * 24 * 3600),
        }
    }
}
