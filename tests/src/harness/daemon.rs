//! An omsd as a process with a home of its own, which outlives it: so it can be killed and started
//! again on what it left.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use oms_proto::client::Client;
use omsd::daemon::{DATABASE_FILE, KEY_FILE, TOKEN_FILE};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::http::Rest;
use super::process::{self, Programs, Ran};
use super::wait;

/// How long an omsd may take to stop after SIGTERM: what it gives itself, and some more.
const STOP_MAX: Duration = Duration::from_secs(30);

/// What belongs to one installation: state, socket, configuration and logs, in a temporary
/// directory that goes with it.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    programs: Programs,
    starts: AtomicU32,
    /// How many files an omsd may have open, if not as many as this process.
    files: Option<u32>,
}

/// An omsd that serves. It is killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    rest: Rest,
    socket: PathBuf,
}

impl Home {
    /// A home with these settings (TOML, sections only) beside those that say where things are.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make(programs: Programs, settings: &str) -> anyhow::Result<Self> {
        // Short, for the sake of the socket, whose path has at most 107 bytes.
        let dir = tempfile::Builder::new().prefix("oms-").tempdir()?;
        let this = Self {
            dir,
            programs,
            starts: AtomicU32::new(0),
            files: None,
        };
        let text = |path: PathBuf| {
            let path = path
                .to_str()
                .context("the temporary directory is no text")?;
            anyhow::Ok(toml::Value::from(path).to_string())
        };
        let places = format!(
            "state_dir = {}\nsocket = {}\nsocket_group = \"\"\n",
            text(this.state())?,
            text(this.socket())?
        );
        let log = "[log]\nformat = \"json\"\n";
        fs::write(this.config(), format!("{places}{log}{settings}"))?;
        Ok(this)
    }

    /// The same home for an omsd that may have so many files open.
    #[must_use]
    pub fn with_files(self, files: u32) -> Self {
        Self {
            files: Some(files),
            ..self
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.path().join("omsd.sock")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.state().join(DATABASE_FILE)
    }

    /// The key.
    pub fn key(&self) -> PathBuf {
        self.state().join(KEY_FILE)
    }

    fn config(&self) -> PathBuf {
        self.path().join("omsd.toml")
    }

    /// The admin token, once a daemon has made one.
    ///
    /// # Errors
    /// When there is none.
    pub fn token(&self) -> anyhow::Result<String> {
        let text = fs::read_to_string(self.state().join(TOKEN_FILE))?;
        Ok(text.trim().to_owned())
    }

    /// `omsd --config ...` with more arguments. Its HTTP port is one that is free.
    pub fn omsd(&self, args: &[String]) -> Command {
        let mut command = match self.files {
            Some(files) => self.programs.with_files("omsd", self.path(), files),
            None => self.programs.command("omsd", self.path()),
        };
        command.arg("--config").arg(self.config());
        command
            .args(["--set", "http.listen=127.0.0.1:0"])
            .args(args);
        command
    }

    /// `omsctl --socket ...` with more arguments.
    pub fn omsctl(&self, args: &[&str]) -> Command {
        let mut command = self.programs.command("omsctl", self.path());
        command.arg("--socket").arg(self.socket()).args(args);
        command
    }

    /// `omstui --socket ...`
    pub fn omstui(&self) -> Command {
        let mut command = self.programs.command("omstui", self.path());
        command.arg("--socket").arg(self.socket());
        command
    }

    /// The same, and it panics once it has drawn.
    pub fn omstui_that_panics(&self) -> Command {
        let mut command = self.programs.command("omstui-that-panics", self.path());
        command.arg("--socket").arg(self.socket());
        command
    }

    /// Starts an omsd and waits until it serves.
    ///
    /// # Errors
    /// When it ends instead, with its log.
    pub async fn start(&self) -> anyhow::Result<Daemon> {
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        let log = self.path().join(format!("omsd-{number}.log"));
        let mut command = self.omsd(&[]);
        command.stdout(File::create(self.path().join("omsd.out"))?);
        let mut child = command.stderr(File::create(&log)?).spawn()?;
        let address = wait::until("omsd serves", wait::PATIENCE, async || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            match child.try_wait() {
                Ok(None) => {}
                ended => return Ok(Err(anyhow::anyhow!("omsd: {ended:?}: {text}"))),
            }
            address(&text).map(Ok).ok_or(text)
        })
        .await??;
        Ok(Daemon {
            child,
            rest: Rest::new(address, Some(self.token()?)),
            socket: self.socket(),
        })
    }

    /// Runs an omsd that is expected to refuse to start.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn refused(&self, args: &[String]) -> anyhow::Result<Ran> {
        process::run(self.omsd(args)).await
    }

    /// Everything that the daemons have logged.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn logs(&self) -> anyhow::Result<String> {
        let mut all = String::new();
        for number in 0..self.starts.load(Ordering::Relaxed) {
            all += &fs::read_to_string(self.path().join(format!("omsd-{number}.log")))?;
        }
        Ok(all)
    }

    /// What no daemon should log: errors, and lines that are no log lines, such as panics.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub fn complaints(&self) -> anyhow::Result<Vec<String>> {
        let fine = |line: &str| {
            let line: Option<Value> = serde_json::from_str(line).ok();
            let level = line.as_ref().and_then(|line| line.get("level")?.as_str());
            level.is_some_and(|level| level != "ERROR")
        };
        let logs = self.logs()?;
        Ok(logs
            .lines()
            .filter(|line| !fine(line))
            .map(Into::into)
            .collect())
    }
}

/// Where an omsd says that it serves HTTP.
fn address(log: &str) -> Option<SocketAddr> {
    log.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let ready = line.get("message")?.as_str()? == "ready";
        let url = line.get("http").filter(|_| ready)?.as_str()?;
        url.strip_prefix("http://")?.parse().ok()
    })
}

impl Daemon {
    /// Its REST interface, with the admin token.
    pub const fn rest(&self) -> &Rest {
        &self.rest
    }

    /// A connection to its socket.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::connect(&self.socket).await?)
    }

    /// Sets how many files it may have open, and gives how many it could.
    ///
    /// # Errors
    /// When it has ended.
    pub fn limit_files(&self, files: u64) -> anyhow::Result<u64> {
        process::limit_files(&self.child, files)
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("omsd has ended")
    }

    /// The most memory that it has had, in MiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn peak_mib(&self) -> anyhow::Result<u64> {
        let id = self.process()?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let mut lines = status.lines();
        let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.split_whitespace().next());
        Ok(kib.context("no VmHWM")?.parse::<u64>()? / 1024)
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it has ended already.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "omsd had ended by itself");
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, and its end, which must be a good one.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        process::tell(&self.child, Signal::TERM)?;
        let status: ExitStatus = tokio::time::timeout(STOP_MAX, self.child.wait())
            .await
            .with_context(|| format!("omsd did not stop within {} s", STOP_MAX.as_secs()))??;
        ensure!(status.success(), "omsd ended with {status}");
        Ok(())
    }
}
