//! The daemon's log and its metrics.

mod chain;
mod health;
mod labels;
mod log;
mod metrics;

pub use chain::Chain;
pub use health::{Health, Told, Trouble};
pub use log::{LogFlow, RunningLog, start_log};
pub use metrics::{CloudCall, HttpRequest, Metrics, Subscribed};
