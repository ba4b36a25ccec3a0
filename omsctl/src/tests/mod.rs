//! Whole commands against a scripted daemon, as a person or a script sees them.

mod daemon;

mod account;
mod gc;
mod import;
mod instance;
mod maintenance;
mod passes;
mod queue;
mod system;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::rc::Rc;

use jiff::tz::TimeZone;

use crate::fixture::NOON;
use crate::{Io, Terminals};
use daemon::Daemon;

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a command did.
#[derive(Debug)]
struct Ran {
    code: u8,
    out: String,
    err: String,
}

/// A command to run.
struct Run {
    args: Vec<OsString>,
    env: BTreeMap<String, String>,
    stdin: String,
}

/// A command of these words, at this socket.
fn omsctl(socket: &Path, words: &[&str]) -> Run {
    let mut args: Vec<OsString> = vec!["omsctl".into(), "--socket".into(), socket.into()];
    args.extend(words.iter().map(OsString::from));
    Run {
        args,
        env: BTreeMap::new(),
        stdin: String::new(),
    }
}

/// A command line as it is.
fn plain<'a>(args: impl Iterator<Item = &'a str>) -> Run {
    Run {
        args: args.map(OsString::from).collect(),
        env: BTreeMap::new(),
        stdin: String::new(),
    }
}

impl Run {
    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    fn run(self) -> Ran {
        let (out, err) = (Captured::default(), Captured::default());
        let mut io = Io {
            stdin: Box::new(Cursor::new(self.stdin)),
            stdout: Box::new(out.clone()),
            stderr: Box::new(err.clone()),
            terminals: Terminals::default(),
            width: None,
            env: self.env,
            now: || NOON,
            zone: TimeZone::UTC,
        };
        let exit = crate::run(self.args, &mut io);
        Ran {
            code: exit.code(),
            out: out.text(),
            err: err.text(),
        }
    }
}
