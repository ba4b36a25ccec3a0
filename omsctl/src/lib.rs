//! `omsctl`: the command for people and scripts. It speaks to `omsd` over its Unix socket and
//! never to a provider.
//!
//! [`cli`] is what can be said, [`commands`] what is done about it, [`daemon`] the questions to
//! the daemon, [`render`] how answers look, [`clouds`] the reader of `clouds.yaml`, [`exit`] how it
//! ends. Everything outside the process is reached through [`io`].

mod cli;
mod clouds;
mod commands;
mod daemon;
mod exit;
#[cfg(test)]
mod fixture;
mod io;
mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

#[cfg(test)]
mod tests;

pub use exit::Exit;
pub use io::{Io, Terminals};

use cli::Cli;
use exit::Failure;

/// Runs the program with the process's own streams. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut io = Io::of_process();
    ExitCode::from(run(args, &mut io).code())
}

/// Runs the program with the given streams, and reports its failure on the error stream.
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> Exit {
    let outcome = match Cli::try_parse_from(args) {
        Ok(cli) => dispatch(cli, io),
        Err(error) => report_usage(&error, io),
    };
    match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.message.is_empty() {
                io.say(&format!("omsctl: {}", printable(&failure.message)));
            }
            failure.exit
        }
    }
}

/// Messages may quote a cloud or a file; their line breaks stay, anything else that could steer
/// the terminal does not.
fn printable(message: &str) -> String {
    let lines: Vec<String> = message
        .lines()
        .map(|line| {
            let text = line.trim_start();
            let indent = line.len().saturating_sub(text.len());
            " ".repeat(indent) + &render::human::clean(text)
        })
        .collect();
    lines.join("\n")
}

fn dispatch(cli: Cli, io: &mut Io) -> Result<Exit, Failure> {
    // One thread is enough for one connection, and starts quickest.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
    runtime.block_on(commands::run(cli, io))
}

/// Prints help and versions as data, mistakes as messages.
fn report_usage(error: &clap::Error, io: &mut Io) -> Result<Exit, Failure> {
    let terminal = if error.use_stderr() {
        io.terminals.stderr
    } else {
        io.terminals.stdout
    };
    let text = if io.colour(terminal) {
        error.render().ansi().to_string()
    } else {
        error.render().to_string()
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            io.print(&text)?;
            Ok(Exit::Done)
        }
        _ => {
            io.say(text.trim_end());
            Ok(Exit::Usage)
        }
    }
}
