//! The command line of `omsd`, and its signals.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Sources};
use crate::copies::{self, CopiesError};
use crate::daemon::{self, DaemonError};
use crate::exit;
use crate::memory;
use crate::places::Places;
use crate::telemetry::{Chain, LogFlow, start_log};
use crate::threads;

/// How long a second signal waits for the log's last line to be written.
const LAST_LINE: Duration = Duration::from_millis(100);

/// The signal of a file that grows beyond the limit of the process, on Linux.
const SIGXFSZ: i32 = 25;

const AFTER_HELP: &str = "\
Settings come from the defaults, the file, the environment and the command line; the later wins. \
The setting engine.launches_per_account is OMS_ENGINE_LAUNCHES_PER_ACCOUNT in the environment and \
--set engine.launches_per_account=20 on the command line; [rules] can be in the file alone. \
`omsd check-config` prints them all.

SIGTERM and SIGINT stop the daemon in good order; a second one stops it at once. What is under way \
at the clouds is picked up again at the next start. SIGHUP has the certificate of HTTP read anew at once; \
settings are read at start alone. SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM and SIGXFSZ do nothing.

Exit codes:
  0  stopped because it was told to; check-config: the configuration is good; backup and restore:
     done
  1  failed while it ran
  2  bad usage or configuration
  3  the state directory, the database or the key cannot be used
  4  the socket or the HTTP address cannot be listened on";

/// The daemon of OpenMultiStack: gets instances from whichever OpenStack account can give them.
#[derive(Debug, Parser)]
#[command(name = "omsd", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// The configuration file; /etc/oms/omsd.toml, if there is one, unless given.
    #[arg(long, value_name = "FILE", global = true, env = "OMS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting, such as `state_dir=/srv/oms`; can be given several times.
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// What to do instead of running.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of running.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Check the configuration and print the settings that are in force.
    CheckConfig,
    /// Write a consistent copy of the database to a new file, while omsd runs or not.
    #[command(after_help = BACKUP_HELP)]
    Backup {
        /// The file to make
        file: PathBuf,
    },
    /// Put a copy in the place of the database; omsd must not run.
    #[command(after_help = RESTORE_HELP)]
    Restore {
        /// A file that `omsd backup` made
        file: PathBuf,
    },
}

const BACKUP_HELP: &str = "\
The running omsd makes the copy, which stands for one moment; where none runs, this command does. The \
copy is read whole before success is told. It holds no secret in clear, and none that can be read \
without the key: keep a copy of the key too, in another place. Run it as the user that omsd runs as, \
who alone may read the database.

Example:
  omsd backup /srv/backups/oms-$(date +%F).redb";

const RESTORE_HELP: &str = "\
The copy is read whole first, and the database that stood there is kept beside it. The omsd that is \
started then is a new incarnation: it lists every account before it gives out ids, and leaves alone \
what was made after the backup. `omsctl status` warns of it, `omsctl gc` shows it. Run it as the user \
that omsd runs as, to whom the database must belong.

Examples:
  systemctl stop omsd
  omsd restore /srv/backups/oms-2026-11-28.redb
  systemctl start omsd";

impl Cli {
    /// Where the settings come from.
    pub fn sources(&self) -> Sources {
        Sources {
            file: self.config.clone(),
            environment: std::env::vars_os().collect(),
            flags: self.set.clone(),
        }
    }
}

/// The program: parses the arguments, and checks the configuration or runs the daemon.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version come this way too, and go to standard output.
            drop(error.print());
            let usage = error.use_stderr();
            return ExitCode::from(if usage { exit::USAGE } else { exit::OK });
        }
    };
    let config = match Config::load(&cli.sources()) {
        Ok(config) => config,
        Err(error) => return failed(exit::USAGE, &error),
    };
    match cli.command {
        Some(Command::CheckConfig) => check_config(&config),
        Some(Command::Backup { file }) => copied(copies::back_up(&config, &file)),
        Some(Command::Restore { file }) => copied(copies::restore(&config, &file)),
        None => run(&config),
    }
}

fn check_config(config: &Config) -> ExitCode {
    let settings = match toml::to_string(config) {
        Ok(settings) => settings,
        Err(error) => return failed(exit::FAILED, &error),
    };
    let certificate = match daemon::certificate(config).map(|files| files.load()) {
        None => None,
        Some(Ok(pair)) => Some(format!("# the certificate ends at {}.\n", pair.ends())),
        Some(Err(error)) => return failed(exit::USAGE, &error),
    };
    let places = Places::most();
    let few = places.complaint().map(|words| format!("# {words}.\n"));
    let notes = [few, certificate].into_iter().flatten().collect::<String>();
    let shown = format!("# {places}.\n{notes}{settings}");
    match io::stdout().lock().write_all(shown.as_bytes()) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(error) => failed(exit::FAILED, &error),
    }
}

fn copied(done: Result<String, CopiesError>) -> ExitCode {
    match done {
        Ok(said) => match io::stdout().lock().write_all(said.as_bytes()) {
            Ok(()) => ExitCode::from(exit::OK),
            Err(error) => failed(exit::FAILED, &error),
        },
        Err(error) => failed(error.exit_code(), &error),
    }
}

fn run(config: &Config) -> ExitCode {
    let log = match start_log(&config.log) {
        Ok(log) => log,
        Err(message) => return complain(exit::USAGE, &message),
    };
    if let Err(error) = memory::keep() {
        tracing::warn!(%error, "cannot forbid core files of this process");
    }
    let (code, last_word) = match serve(config, log.flow()) {
        Ok(()) => (exit::OK, None),
        Err(error) => (error.exit_code(), Some(line(&Chain(&error).to_string()))),
    };
    // Not by standard error's own lock, for somebody may hold it and wait.
    log.finish(last_word);
    ExitCode::from(code)
}

fn serve(config: &Config, log: LogFlow) -> Result<(), DaemonError> {
    let system = |doing| move |source| DaemonError::System { doing, source };
    let runtime = threads::runtime().map_err(system("start the runtime"))?;
    let ended = runtime.block_on(async {
        let stop = CancellationToken::new();
        let reload = Arc::new(Notify::new());
        stop_on_signal(stop.clone()).map_err(system("listen for signals"))?;
        reload_on_signal(Arc::clone(&reload)).map_err(system("listen for signals"))?;
        ignore_signals().map_err(system("listen for signals"))?;
        daemon::run(config, log, reload, stop).await
    });
    // A look at the disk or the making of an RSA key may still be under way; nobody waits for it.
    runtime.shutdown_background();
    ended
}

/// Tells the daemon to stop at the first SIGTERM or SIGINT, and ends the process at the second.
fn stop_on_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let first = next().await;
        tracing::info!(signal = first, "stopping; a second signal stops at once");
        stop.cancel();
        let second = next().await;
        tracing::warn!(signal = second, "stopped at once");
        // As long as it takes to write a line that somebody reads.
        tokio::time::sleep(LAST_LINE).await;
        std::process::exit(exit::FAILED.into());
    });
    Ok(())
}

/// Has the certificate read anew at each SIGHUP.
fn reload_on_signal(reload: Arc<Notify>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            tracing::info!(
                signal = "SIGHUP",
                "reads the certificate of HTTP, if there is one; settings are read at start alone, \
                 restart omsd to change them"
            );
            reload.notify_one();
        }
    });
    Ok(())
}

/// Signals that would end the process and that nobody means that way: a habit with other daemons, a
/// limit on the size of files, which is an error of a write like others.
fn ignore_signals() -> io::Result<()> {
    let ignored = "omsd does nothing on this signal";
    let signals = [
        (SignalKind::quit(), "SIGQUIT"),
        (SignalKind::user_defined1(), "SIGUSR1"),
        (SignalKind::user_defined2(), "SIGUSR2"),
        (SignalKind::alarm(), "SIGALRM"),
        (SignalKind::from_raw(SIGXFSZ), "SIGXFSZ"),
    ];
    for (kind, name) in signals {
        let mut signals = signal(kind)?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                tracing::info!(signal = name, "{ignored}");
            }
        });
    }
    Ok(())
}

/// One line on standard error, with all that caused it.
fn failed(code: u8, error: &dyn Error) -> ExitCode {
    complain(code, &Chain(error).to_string())
}

fn complain(code: u8, message: &str) -> ExitCode {
    // There is nobody to tell that nobody can be told.
    drop(io::stderr().write_all(line(message).as_bytes()));
    ExitCode::from(code)
}

fn line(message: &str) -> String {
    format!("omsd: {message}\n")
}
