//! Reads the journal without holding up anybody else.

use std::sync::Arc;

use oms_proto::WireError;
use tokio::sync::Semaphore;

use super::error::{self, Cause};
use super::parts::Journal;
use crate::domain::journal::JournalRow;
use crate::ports::Entropy;

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
    journal: Arc<dyn Journal>,
    entropy: Arc<dyn Entropy>,
    turns: Arc<Semaphore>,
}

impl JournalReader {
    pub(super) fn new(journal: Arc<dyn Journal>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            journal,
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
        let journal = Arc::clone(&self.journal);
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match page {
                Page::Since(seq) => journal.since(seq, limit),
                Page::Tail => journal.tail(limit),
            }
        });
        reading.await?
    }
}
