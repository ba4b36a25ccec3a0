//! The program's doors to the outside: streams, environment, clock and files.
//!
//! Commands reach the world through [`Io`] only, so a test can run a whole command in its own
//! process, with its own environment, and read what it printed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use oms_proto::Time;

use crate::exit::Failure;

/// Where a command reads and writes.
pub struct Io {
    /// Standard input.
    pub stdin: Box<dyn Read>,
    /// Standard output: data only.
    pub stdout: Box<dyn Write>,
    /// Standard error: messages only.
    pub stderr: Box<dyn Write>,
    /// Which of the three is a terminal.
    pub terminals: Terminals,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The clock.
    pub now: fn() -> Time,
    /// The zone in which people read times.
    pub zone: TimeZone,
}

/// Which streams are terminals: decides on prompts, progress and colour.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

impl Io {
    /// The process's own streams, environment and clock.
    pub fn of_process() -> Self {
        Self {
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            terminals: Terminals {
                stdin: io::stdin().is_terminal(),
                stdout: io::stdout().is_terminal(),
                stderr: io::stderr().is_terminal(),
            },
            env: std::env::vars_os()
                .filter_map(|(key, value)| {
                    Some((key.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            now: || Time::from(jiff::Timestamp::now()),
            zone: TimeZone::system(),
        }
    }

    /// A variable of the environment; one that is empty counts as not set.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether colour is wanted on a stream that is (or is not) a terminal.
    pub(crate) fn colour(&self, terminal: bool) -> bool {
        terminal && self.var("NO_COLOR").is_none() && self.var("TERM") != Some("dumb")
    }

    /// Prints data and passes it on at once.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout
            .write_all(text.as_bytes())
            .and_then(|()| self.stdout.flush())
            .map_err(|error| Failure::output(&error))
    }

    /// Prints a message for people. That nobody reads it is no reason to fail.
    pub(crate) fn say(&mut self, text: &str) {
        drop(writeln!(self.stderr, "{text}"));
    }

    /// Reads a text that the user named: a file, or standard input for `-`.
    ///
    /// # Errors
    /// A [`Failure`] of usage when it cannot be read, is no UTF-8 or is larger than `cap` bytes.
    pub(crate) fn read_text(&mut self, path: &Path, cap: u64) -> Result<String, Failure> {
        if path == Path::new("-") {
            return read_capped(&mut self.stdin, cap)
                .map_err(|problem| Failure::usage(format!("standard input: {problem}")));
        }
        read_file(path, cap)
            .map_err(|problem| Failure::usage(format!("{}: {problem}", path.display())))
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.var("HOME").map(PathBuf::from)
    }
}

/// Reads a text file of at most `cap` bytes; says in words why it could not.
pub(crate) fn read_file(path: &Path, cap: u64) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| reason(&error))?;
    read_capped(&mut file, cap)
}

fn read_capped(from: &mut dyn Read, cap: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(cap.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| reason(&error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > cap {
        return Err(format!("larger than {cap} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

/// An IO error in words, without the number of the operating system's error.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string(),
    }
}
