//! The log: lines on standard error, for people or programs.

use std::io::{self, IsTerminal};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// Sends the log to standard error from now on, for the rest of the process. Colours only where a
/// person reads along, so that a file or the journal gets plain lines.
///
/// # Errors
/// In words, when the filter is not understood or the process has a log already.
pub fn start_log(log: &Log) -> Result<(), String> {
    let filter: Targets = log
        .level
        .as_str()
        .parse()
        .map_err(|error| format!("log.level: {error}"))?;
    let layer = fmt::layer().with_writer(io::stderr);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| error.to_string())
}
