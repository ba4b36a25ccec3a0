//! What only the inside of the store can show: opening a database of an older format.
