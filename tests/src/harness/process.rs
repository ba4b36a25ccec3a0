//! The programs as processes: started without the environment of the test, ended with it, and
//! told signals.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tokio::process::{Child, Command};

/// How long a command that does not wait on purpose may take.
const RUN_MAX: Duration = Duration::from_secs(90);

/// Where `oms-under-test` is, which becomes any of the programs.
#[derive(Debug, Clone)]
pub struct Programs {
    path: PathBuf,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What it printed as data.
    pub stdout: String,
    /// What it printed as messages.
    pub stderr: String,
}

impl Programs {
    /// With the path that cargo gives to a suite.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// One of the programs, with its home in this directory and nothing else from outside. It ends
    /// with the test.
    pub fn command(&self, program: &str, home: &Path) -> Command {
        let mut command = bare(&self.path, home);
        command.arg(program);
        command
    }

    /// The same with at most so many open files.
    pub fn with_files(&self, program: &str, home: &Path, files: u32) -> Command {
        let mut command = bare(Path::new("/bin/sh"), home);
        let script = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(&self.path).arg(program);
        command
    }
}

/// A program that knows nothing of the environment of the test.
pub fn bare(path: &Path, home: &Path) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(home)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
///
/// # Errors
/// When it does not start or does not end.
pub async fn run(mut command: Command) -> anyhow::Result<Ran> {
    let told = format!("{:?}", command.as_std());
    let output = tokio::time::timeout(RUN_MAX, command.output())
        .await
        .with_context(|| format!("{told} did not end within {} s", RUN_MAX.as_secs()))?
        .with_context(|| told)?;
    Ok(Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

/// Tells a process a signal.
///
/// # Errors
/// When it has ended.
pub fn tell(child: &Child, signal: Signal) -> anyhow::Result<()> {
    let id = child.id().context("the process has ended")?;
    let pid = Pid::from_raw(i32::try_from(id)?).context("no process has this id")?;
    Ok(kill_process(pid, signal)?)
}

/// Sets how many files a process may have open, and gives how many it could. It can be raised
/// again.
///
/// # Errors
/// When it has ended.
pub fn limit_files(child: &Child, files: u64) -> anyhow::Result<u64> {
    let id = child.id().context("the process has ended")?;
    // It has its upper limit from us.
    let limit = Rlimit {
        current: Some(files),
        ..getrlimit(Resource::Nofile)
    };
    let before = prlimit(Pid::from_raw(i32::try_from(id)?), Resource::Nofile, limit)?;
    Ok(before.current.unwrap_or(u64::MAX))
}

impl Ran {
    /// The data, if the command ended well.
    ///
    /// # Errors
    /// When it ended otherwise, with all that it said.
    pub fn done(self) -> anyhow::Result<String> {
        ensure!(self.code == Some(0), "{self:?}");
        Ok(self.stdout)
    }

    /// The data as JSON, if the command ended well.
    ///
    /// # Errors
    /// When it ended otherwise or printed something else.
    pub fn json(self) -> anyhow::Result<serde_json::Value> {
        let text = self.done()?;
        serde_json::from_str(&text).with_context(|| text)
    }
}
