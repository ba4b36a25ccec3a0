//! The daemon's log and its metrics.

mod chain;
mod log;
mod metrics;

pub use chain::Chain;
pub use log::start_log;
pub use metrics::{CloudCall, HttpRequest, Metrics, Subscribed};
