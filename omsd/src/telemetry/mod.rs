//! The daemon's log and its metrics.

mod log;

pub use log::start_log;
