//! omsd and omsctl as processes of their own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::wait::until;

/// The program that becomes omsd or omsctl by its first argument.
const PROGRAM: &str = env!("CARGO_BIN_EXE_oms-under-test");

/// How long a daemon may take to be ready, and to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running omsd. It is killed when this goes.
pub(crate) struct Daemon {
    child: Child,
    /// Where HTTP is served.
    pub(crate) http: String,
}

impl Daemon {
    /// Starts a daemon and waits until it is ready; its log goes to a file.
    pub(crate) async fn start(config: &Path, log: &Path) -> Self {
        let child = clean(PROGRAM)
            .arg("omsd")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut daemon = Self {
            child,
            http: String::new(),
        };
        daemon.http = until("ready", PATIENCE, async || {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("omsd ended with {status}: {}", read(log));
            }
            let ready = lines(log)
                .into_iter()
                .find(|line| line["message"] == "ready");
            let ready = ready.ok_or_else(|| read(log))?;
            Ok(ready["http"].as_str().unwrap().to_owned())
        })
        .await;
        daemon
    }

    /// SIGKILL, and nothing more of it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
        until("stopped", PATIENCE, async || {
            let ended = self.child.try_wait().unwrap();
            ended.ok_or_else(|| "it still runs".to_owned())
        })
        .await
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs omsctl to its end.
pub(crate) fn omsctl(socket: &Path, args: &[&str]) -> Output {
    clean(PROGRAM)
        .arg("omsctl")
        .arg("--socket")
        .arg(socket)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A command without the settings of whoever runs the suite.
fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("OMS_") || name.starts_with("OS_") {
            command.env_remove(name);
        }
    }
    command
}

/// The lines of a log that are whole.
pub(crate) fn lines(log: &Path) -> Vec<Value> {
    read(log)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn read(log: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned()
}

/// The log of the n-th start, the first being 0.
pub(crate) fn log_file(home: &Path, start: usize) -> PathBuf {
    home.join(format!("omsd-{start}.log"))
}
