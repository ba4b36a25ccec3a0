//! Connections that are kept for the next request, as far as it matters that a cloud closes them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where a connection is kept, and whether clouds close those just when a request comes.
#[derive(Default)]
pub(super) struct Kept {
    places: Mutex<BTreeSet<(String, u16)>>,
    closes: AtomicBool,
}

impl Kept {
    /// Whether clouds close kept connections from now on.
    pub(super) fn set_closes(&self, closes: bool) {
        self.closes.store(closes, Ordering::Relaxed);
    }

    /// Keeps the connection of a request that was answered.
    pub(super) fn keep(&self, host: String, port: u16) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert((host, port));
    }

    /// Whether the connection that a request would take is closed before it arrives; then it is kept no
    /// longer.
    pub(super) fn is_stale(&self, host: &str, port: u16) -> bool {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        self.closes.load(Ordering::Relaxed) && places.remove(&(host.to_owned(), port))
    }
}
