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
    /// The machine.
    pub machine: Machine,
    /// Facts that the journal keeps.
    pub journal_rows_kept: u64,
}

/// What tells a machine from others, and its boots from each other; what is not known is empty.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// Its id, see machine-id(5), which a clone has as well.
    pub id: String,
    /// What its firmware calls it, which root alone may read.
    pub product: String,
    /// The boot.
    pub boot: String,
}

impl StoreOptions {
    /// Options with the usual bounds.
    pub fn new(new_installation: impl Into<String>, key_check: impl Into<Vec<u8>>) -> Self {
        Self {
            new_installation: new_installation.into(),
            key_check: key_check.into(),
            machine: Machine::default(),
            journal_rows_kept: JOURNAL_ROWS_KEPT,
        }
    }
}
