//! The daemon's log and its metrics.

mod log;
mod metrics;

pub use log::start_log;
pub use metrics::{CloudCall, HttpRequest, Metrics, Subscribed};
