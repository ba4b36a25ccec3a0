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
    /// How many columns the terminal has.
    pub width: Option<usize>,
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
            width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
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
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(other) => utf16(other.as_bytes()).ok_or("not UTF-8 text")?,
    };
    Ok(text
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(&text)
        .to_owned())
}

/// What editors put before a text to tell how it is written. It is no part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text in UTF-16, told by its byte order mark, as some shells write files.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> Result<String, String> {
        read_capped(&mut bytes, 64)
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        let in_utf16 = |unit: fn(u16) -> [u8; 2]| {
            let units = "\u{feff}s\u{e9}cret".encode_utf16();
            read(&units.flat_map(unit).collect::<Vec<_>>())
        };
        for text in [
            read("\u{feff}s\u{e9}cret".as_bytes()),
            read("s\u{e9}cret".as_bytes()),
            in_utf16(u16::to_le_bytes),
            in_utf16(u16::to_be_bytes),
        ] {
            assert_eq!(text.as_deref(), Ok("s\u{e9}cret"));
        }
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"\xe9", b"\xff"] {
            assert_eq!(read(bytes), Err("not UTF-8 text".to_owned()));
        }
    }
}
