//! The log: lines on standard error, for people or programs.
//!
//! Between the daemon and whoever reads the lines is a queue with a thread of its own. A reader that
//! stands still keeps that thread waiting and nothing else; what does not fit into the queue then is
//! dropped and counted, and told once the lines flow again.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Metrics;
use crate::config::{Log, LogFormat};

/// Lines that wait to be written: what a burst of a thousand launches says. About 1 MB.
const LINES_MAX: usize = 4096;

/// How long the end of the program waits for its last lines to be read, and for its last word. The
/// queue's own bound is a little shorter.
const FLUSH_MAX: Duration = Duration::from_millis(1500);

/// How often it is looked whether lines were dropped.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The log of this process; the lines that wait are written when it is finished.
pub struct RunningLog {
    worker: WorkerGuard,
    flow: LogFlow,
    last_word: File,
}

/// How the lines flow; cheap to copy.
#[derive(Clone)]
pub struct LogFlow {
    dropped: ErrorCounter,
    written: Arc<AtomicU64>,
}

/// Standard error by a descriptor of our own, so that a write that waits holds no lock that others
/// want.
struct Lines {
    file: File,
    written: Arc<AtomicU64>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Sends the log to standard error from now on, for the rest of the process, panics included.
/// Colours only where a person reads along, so that a file or the journal gets plain lines.
///
/// # Errors
/// In words, when the filter is not understood or the process has a log already.
pub fn start_log(log: &Log) -> Result<RunningLog, String> {
    let filter: Targets = log
        .level
        .as_str()
        .parse()
        .map_err(|error| format!("log.level: {error}"))?;
    let no_log = |error: io::Error| format!("cannot write to standard error: {error}");
    let written = Arc::new(AtomicU64::new(0));
    let lines = Lines {
        file: standard_error().map_err(no_log)?,
        written: Arc::clone(&written),
    };
    let (writer, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_MAX)
        .lossy(true)
        .thread_name("oms-log")
        .finish(lines);
    let flow = LogFlow {
        dropped: writer.error_counter(),
        written,
    };
    let layer = fmt::layer().with_writer(writer);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| error.to_string())?;
    panic::set_hook(Box::new(log_panic));
    Ok(RunningLog {
        worker,
        flow,
        last_word: standard_error().map_err(no_log)?,
    })
}

fn standard_error() -> io::Result<File> {
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}

/// A panic is a line like any other: written directly it would wait for the reader.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    tracing::error!(
        thread = thread::current().name(),
        backtrace = captured.then(|| backtrace.to_string()),
        "{panic}"
    );
}

impl RunningLog {
    /// How the lines flow.
    pub fn flow(&self) -> LogFlow {
        self.flow.clone()
    }

    /// Writes the lines that wait and then `last_word`, if there is one, as far as they are read
    /// within a bounded time.
    pub fn finish(self, last_word: Option<String>) {
        let Self {
            worker,
            flow: _,
            last_word: mut file,
        } = self;
        within(FLUSH_MAX, move || drop(worker));
        if let Some(words) = last_word {
            // There is nobody to tell that nobody can be told.
            within(FLUSH_MAX, move || drop(file.write_all(words.as_bytes())));
        }
    }
}

/// Does something that may wait for ever, and waits no longer for it than this.
fn within(bound: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let spawned = thread::Builder::new()
        .name("oms-log-end".to_owned())
        .spawn(move || {
            work();
            // Nobody may wait any more.
            let _ = done.send(());
        });
    if spawned.is_ok() {
        let _ = end.recv_timeout(bound);
    }
}

impl LogFlow {
    fn dropped(&self) -> u64 {
        u64::try_from(self.dropped.dropped_lines()).unwrap_or(u64::MAX)
    }

    fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Counts dropped lines for as long as it is let, and tells of them once lines are read again.
    pub async fn watch(self, metrics: Metrics) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut counted, mut told, mut written) = (0, 0, self.written());
        loop {
            ticks.tick().await;
            let dropped = self.dropped();
            metrics.log_lines_dropped(dropped.saturating_sub(counted));
            counted = dropped;
            let flows = self.written() != written;
            written = self.written();
            if flows && dropped > told {
                let lines = dropped - told;
                tracing::warn!(lines, "nobody read the log in time, and lines were dropped");
                // Else this line was dropped, too.
                if self.dropped() == dropped {
                    told = dropped;
                }
            }
        }
    }
}
