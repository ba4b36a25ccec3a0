//! Reads what is in the database only, without holding up anybody else: the journal, and entries that
//! have ended.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::error::Cause;
use crate::store::{Store, StoreError};

/// Reads at a time. A read that its caller no longer waits for goes on to its end, so without a
/// bound a client that asks and withdraws could fill the disk's queue.
const READS_AT_A_TIME: usize = 8;

/// Reads the database; cheap to copy.
#[derive(Clone)]
pub(super) struct Database {
    store: Store,
    turns: Arc<Semaphore>,
}

impl Database {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            turns: Arc::new(Semaphore::new(READS_AT_A_TIME)),
        }
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Cause> {
        let turn = Arc::clone(&self.turns).acquire_owned().await?;
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            // Held to the end, even if nobody waits for it any more.
            let _turn = turn;
            read(&store)
        });
        Ok(reading.await??)
    }
}
