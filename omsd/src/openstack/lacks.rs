//! What of our own was lacking lately, of all accounts: the resolver of names reports what it was
//! short of as a name that cannot be resolved.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::limits::LACK_LASTS;
use crate::ports::Lack;

/// What was lacking last, and when.
#[derive(Debug, Default)]
pub(super) struct Lacks(Mutex<Option<(Lack, Instant)>>);

impl Lacks {
    /// There was too little of that.
    pub(super) fn met(&self, lack: Lack) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((lack, Instant::now()));
    }

    /// What may be behind a name that cannot be resolved: what is lacking now, or was a moment ago.
    pub(super) fn behind_a_name(&self) -> Option<Lack> {
        let now = File::open("/dev/null").err();
        if let Some(lack) = now.and_then(|error| Lack::of(&error)) {
            return Some(lack);
        }
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (lack, at) = last?;
        (at.elapsed() < LACK_LASTS).then_some(lack)
    }
}
