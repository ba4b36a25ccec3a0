//! Reads the journal without holding up anybody else.

use std::sync::Arc;

use oms_proto::WireError;
use omsd_domain::tell::journal::JournalRow;

use crate::ports::Entropy;
use crate::store::Store;
use tokio::sync::Semaphore;

use super::error::{self, Cause};

/// Reads at a time. A read that its caller no longer waits for goes on to its end, so without a
/// bound a client that asks and withdraws could fill the disk's queue.
const READS_AT_A_TIME: usize = 8;

/// Which part of the journal to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Page {
    /// What follows that number.
    Since(u64),
    /// The latest.
    Tail,
}

/// Reads the journal; cheap to copy.
#[derive(Clone)]
pub(super) struct JournalReader {
    store: Store,
    entropy: Arc<dyn Entropy>,
    turns: Arc<Semaphore>,
}

impl JournalReader {
    pub(super) fn new(store: Store, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            entropy,
            turns: Arc::new(Semaphore::new(READS_AT_A_TIME)),
        }
    }

    /// Reads on a thread that may block.
    pub(super) async fn read(
        &self,
        page: Page,
        limit: usize,
    ) -> Result<Vec<JournalRow>, WireError> {
        let rows = self.read_there(page, limit).await;
        rows.map_err(|cause| error::internal(&*self.entropy, "read the journal", &*cause))
    }

    async fn read_there(&self, page: Page, limit: usize) -> Result<Vec<JournalRow>, Cause> {
        let turn = Arc::clone(&self.turns).acquire_owned().await?;
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match page {
                Page::Since(seq) => store.journal(seq, limit),
                Page::Tail => store.journal_tail(limit),
            }
        });
        Ok(reading.await??)
    }
}
