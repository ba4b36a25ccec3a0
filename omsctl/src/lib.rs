//! `omsctl`: the command for people and scripts. It speaks to `omsd` over its Unix socket and
//! never to a provider.
//!
//! [`cli`] is what can be said, [`commands`] what is done about it, [`daemon`] the questions to
//! the daemon, [`complete`] and [`offered`] what shells offer, [`render`] how answers look,
//! [`oms_clouds`] the reader of `clouds.yaml`, [`exit`] how it ends. Everything outside the process is reached through [`io`].

mod cli;
mod commands;
mod complete;
mod daemon;
mod exit;
mod faults;
#[cfg(test)]
mod fixture;
mod flags;
mod io;
mod offered;
mod render;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap_complete::CompleteEnv;

#[cfg(test)]
mod tests;

pub use exit::Exit;
pub use io::{Io, Terminals};

use cli::{Cli, Format};
use exit::Failure;

/// Runs the program with the process's own streams. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A shell that completes a word is answered, and then this ends.
    CompleteEnv::with_factory(offered::command)
        .var(complete::VARIABLE)
        .complete();
    let mut io = Io::of_process();
    ExitCode::from(run(args, &mut io).code())
}

/// Runs the program with the given streams, and reports its failure on the error stream.
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let (outcome, format) = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let format = cli.global.output;
            (dispatch(cli, io), format)
        }
        Err(mut error) => {
            forget_socket(&mut error);
            let format = said_format(&args);
            (report_usage(&error, format, io), format)
        }
    };
    match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            report::report(io, &failure, format);
            failure.exit
        }
    }
}

/// The format that a command line asks for that cannot be understood otherwise.
fn said_format(args: &[OsString]) -> Format {
    let words = || args.iter().filter_map(|arg| arg.to_str());
    let after = words().skip(1);
    let json = words()
        .zip(after)
        .any(|pair| matches!(pair, ("-o" | "--output", "json" | "jsonl")));
    let joined = |word: &str| {
        let format = word.strip_prefix("-o").or(word.strip_prefix("--output="));
        matches!(format, Some("json" | "jsonl"))
    };
    if json || words().any(joined) {
        Format::Json
    } else {
        Format::Table
    }
}

fn dispatch(cli: Cli, io: &mut Io) -> Result<Exit, Failure> {
    // One thread is enough for one connection, and starts quickest.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
    runtime.block_on(commands::run(cli, io))
}

/// Takes the advice away that names the daemon's socket: it is what clap finds most alike to `--sort`, and
/// nobody who mistypes that means the socket.
fn forget_socket(error: &mut clap::Error) {
    const SOCKET: &str = "--socket";
    let of_socket =
        |value: &ContextValue| matches!(value, ContextValue::String(it) if it == SOCKET);
    let begins =
        |value: &ContextValue| matches!(value, ContextValue::String(it) if it.starts_with("--soc"));
    let is_begun = error.get(ContextKind::InvalidArg).is_some_and(begins);
    if !is_begun && error.get(ContextKind::SuggestedArg).is_some_and(of_socket) {
        error.remove(ContextKind::SuggestedArg);
        // It names the flag as if it were needed.
        error.remove(ContextKind::Usage);
    }
}

/// Prints help and versions as data, mistakes as messages.
fn report_usage(error: &clap::Error, format: Format, io: &mut Io) -> Result<Exit, Failure> {
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
        _ if format == Format::Json => {
            let plain = error.render().to_string();
            Err(Failure::usage(plain.trim().trim_start_matches("error: ")))
        }
        _ => {
            io.say(text.trim_end());
            Ok(Exit::Usage)
        }
    }
}
