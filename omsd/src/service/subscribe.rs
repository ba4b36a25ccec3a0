//! What happens, as a stream: a snapshot in parts and then events, or events from where the
//! reader left off.

use std::sync::Arc;

use oms_proto::{StreamItem, WireError};

use super::parts::Parts;

/// A stream of what happens. Nothing runs while nobody asks for the next item.
pub struct Subscription {
    _parts: Arc<Parts>,
    _since: Option<u64>,
}

impl Subscription {
    pub(super) fn new(parts: Arc<Parts>, since: Option<u64>) -> Self {
        Self {
            _parts: parts,
            _since: since,
        }
    }

    /// The next item; waits for it. `None` once the daemon stops; an error ends the stream too.
    pub async fn next(&mut self) -> Option<Result<StreamItem, WireError>> {
        std::future::pending().await
    }
}
