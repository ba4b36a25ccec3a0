//! What each command does: one file a noun.

mod account;
mod asking;
mod bundle;
mod choose;
mod credentials;
mod doctor;
mod entries;
mod events;
mod find;
mod gather;
mod gc;
mod import;
mod instance;
mod maintenance;
mod passes;
mod queue;
mod removal;
mod ssh;
mod system;
mod wait;

use std::path::PathBuf;

use crate::cli::{Cli, ColumnFlags, Command, Format, Global};
use crate::daemon::{DEFAULT_SOCKET, Daemon};
use crate::exit::{Exit, Failure};
use crate::io::Io;
use crate::render::{self, Record, Style};
use crate::report;

/// What every command works with.
pub(crate) struct Context<'a> {
    /// The outside.
    pub(crate) io: &'a mut Io,
    /// The flags that every command takes.
    global: Global,
    /// The daemon's socket.
    socket: PathBuf,
    /// Only these columns are shown, where any are named.
    columns: Vec<String>,
}

/// Runs a command.
pub(crate) async fn run(cli: Cli, io: &mut Io) -> Result<Exit, Failure> {
    let named = cli.global.socket.clone();
    let said = || io.var("OMS_SOCKET").unwrap_or(DEFAULT_SOCKET).into();
    let mut context = Context {
        socket: named.unwrap_or_else(said),
        io,
        global: cli.global,
        columns: Vec::new(),
    };
    let context = &mut context;
    match cli.command {
        Command::Account(command) => account::run(context, command).await,
        Command::Queue(command) => queue::run(context, command).await,
        Command::Instance(command) => instance::run(context, command).await,
        Command::Events(args) => events::run(context, args).await,
        Command::Gc(args) => gc::run(context, args).await,
        Command::Token(command) => passes::token(context, command).await,
        Command::User(command) => passes::user(context, command).await,
        Command::Status => system::status(context).await,
        Command::Takeover => system::take_over(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Bundle(args) => bundle::run(context, args).await,
        Command::Man { folder } => system::man(&folder),
        Command::Completion { shell } => system::completion(context, shell),
        Command::Version => system::version(context).await,
    }
}

impl Context<'_> {
    /// Connects to the daemon.
    async fn daemon(&self) -> Result<Daemon, Failure> {
        Ok(Daemon::connect(&self.socket).await?)
    }

    /// How to print, as of now.
    fn style(&self) -> Style {
        Style {
            format: self.global.format(),
            headers: !self.global.no_headers,
            colour: self.io.colour(self.io.terminals.stdout),
            width: self.io.width.filter(|_| self.io.terminals.stdout),
            columns: self.columns.clone(),
            now: (self.io.now)(),
            zone: self.io.zone.clone(),
        }
    }

    /// Has only these columns shown, which were checked.
    fn show_columns(&mut self, flags: ColumnFlags) {
        self.columns = flags.columns;
    }

    /// Has only these columns of a view shown.
    fn check_columns<T: Record>(&mut self, flags: ColumnFlags) -> Result<(), Failure> {
        let faults = render::check_columns::<T>(&flags.columns);
        self.show_columns(flags);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Failure::usage(faults.join("\n  ")))
        }
    }

    /// Whether people read the output, rather than programs.
    fn is_for_people(&self) -> bool {
        matches!(self.global.format(), Format::Table | Format::Wide)
    }

    /// Prints one thing.
    fn print_one<T: Record>(&mut self, item: &T) -> Result<(), Failure> {
        let text = render::one(item, &self.style())?;
        self.io.print(&text)
    }

    /// Prints a list; says so if it is empty and a person looks at it.
    fn print_list<T: Record>(&mut self, items: &[T], when_empty: &str) -> Result<(), Failure> {
        if items.is_empty() && self.is_for_people() {
            self.note(when_empty);
            return Ok(());
        }
        let text = render::list(items, &self.style())?;
        self.io.print(&text)
    }

    /// Tells that a thing was changed: people in a sentence, programs by showing it.
    fn changed<T: Record>(&mut self, item: &T, sentence: &str) -> Result<(), Failure> {
        if self.is_for_people() {
            self.note(sentence);
            return Ok(());
        }
        self.print_one(item)
    }

    /// Keeps the first failure for the end and tells of the others where they happen.
    fn worse(&mut self, outcome: Result<Exit, Failure>, failure: Failure) -> Result<Exit, Failure> {
        if outcome.is_ok() {
            return Err(failure);
        }
        report::report(self.io, &failure, self.global.output);
        outcome
    }

    /// Tells people something, unless they want quiet.
    fn note(&mut self, text: &str) {
        if !self.global.quiet {
            report::say(self.io, text);
        }
    }
}
