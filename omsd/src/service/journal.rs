//! Reads the journal.

use std::sync::Arc;

use oms_proto::WireError;
use omsd_domain::tell::journal::JournalRow;

use super::database::Database;
use super::error;
use crate::ports::Entropy;

/// Which part of the journal to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Page {
    /// What follows that number.
    Since(u64),
    /// The latest before that number.
    Before(u64),
}

/// Reads the journal; cheap to copy.
#[derive(Clone)]
pub(super) struct JournalReader {
    database: Database,
    entropy: Arc<dyn Entropy>,
}

impl JournalReader {
    pub(super) fn new(database: Database, entropy: Arc<dyn Entropy>) -> Self {
        Self { database, entropy }
    }

    /// Reads on a thread that may block.
    pub(super) async fn read(
        &self,
        page: Page,
        limit: usize,
    ) -> Result<Vec<JournalRow>, WireError> {
        let rows = self.database.read(move |store| match page {
            Page::Since(seq) => store.journal(seq, limit),
            Page::Before(seq) => store.journal_before(seq, limit),
        });
        rows.await
            .map_err(|cause| error::internal(&*self.entropy, "read the journal", &*cause))
    }
}
