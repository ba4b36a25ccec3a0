//! Rows, one at a time: what they hold, and how each may change.

pub mod account;
pub mod attempt;
pub mod entry;
pub mod health;
pub mod lineage;
pub mod offering;
pub mod pass;
pub mod passed;
pub mod removing;
pub mod room;
pub mod scope;
pub mod spur;
pub mod stray;
pub mod why;
