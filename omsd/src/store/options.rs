//! What opening a database depends on.

/// Facts that the journal keeps unless told otherwise: some ten thousand launches, and about
/// 25 MB on disk.
pub const JOURNAL_ROWS_KEPT: u64 = 100_000;

/// What opening a database depends on.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The installation's id for a fresh database; an existing one keeps its own.
    pub new_installation: String,
    /// What only the right key gives: kept in a fresh database, compared in an existing one.
    pub key_check: Vec<u8>,
    /// The id of the machine, see machine-id(5); empty where it has none.
    pub machine: String,
    /// Facts that the journal keeps.
    pub journal_rows_kept: u64,
}

impl StoreOptions {
    /// Options with the usual bounds.
    pub fn new(new_installation: impl Into<String>, key_check: impl Into<Vec<u8>>) -> Self {
        Self {
            new_installation: new_installation.into(),
            key_check: key_check.into(),
            machine: String::new(),
            journal_rows_kept: JOURNAL_ROWS_KEPT,
        }
    }
}
