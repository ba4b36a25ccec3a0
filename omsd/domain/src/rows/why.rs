//! Why an entry stands as it does, as data; `tell` says it in words.

use std::sync::Arc;

use super::passed::Waits;
use crate::ground::failure::Failure;

/// Why an entry waits, or why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No account can take it now.
    Waits(Arc<Waits>),
    /// It failed.
    Failed(Arc<Failed>),
}

/// Why an entry failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What was used up.
    pub end: End,
    /// The last failure of an attempt.
    pub last: Option<Arc<Failure>>,
    /// What it waited for last.
    pub waited: Option<Arc<Waits>>,
}

/// What an entry has used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its time.
    Deadline,
    /// Its attempts.
    Attempts,
}
