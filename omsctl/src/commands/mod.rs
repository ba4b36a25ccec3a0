//! What each command does: one file a noun.

mod account;
mod credentials;
mod events;
mod gc;
mod import;
mod instance;
mod maintenance;
mod queue;
mod ssh;
mod system;
mod wait;

use crate::cli::{Cli, Command, Format, Global};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::io::Io;
use crate::render::{self, Record, Style};

/// What every command works with.
pub(crate) struct Context<'a> {
    /// The outside.
    pub(crate) io: &'a mut Io,
    /// The flags that every command takes.
    global: Global,
}

/// Runs a command.
pub(crate) async fn run(cli: Cli, io: &mut Io) -> Result<Exit, Failure> {
    let mut context = Context {
        io,
        global: cli.global,
    };
    let context = &mut context;
    match cli.command {
        Command::Account(command) => account::run(context, command).await,
        Command::Queue(command) => queue::run(context, command).await,
        Command::Instance(command) => instance::run(context, command).await,
        Command::Events(args) => events::run(context, &args).await,
        Command::Gc(args) => gc::run(context, args).await,
        Command::Status => system::status(context).await,
        Command::Takeover => system::take_over(context).await,
        Command::Completion { shell } => system::completion(context, shell),
        Command::Version => system::version(context).await,
    }
}

impl Context<'_> {
    /// Connects to the daemon.
    async fn daemon(&self) -> Result<Daemon, Failure> {
        Ok(Daemon::connect(&self.global.socket).await?)
    }

    /// How to print, as of now.
    fn style(&self) -> Style {
        Style {
            format: self.global.format(),
            headers: !self.global.no_headers,
            colour: self.io.colour(self.io.terminals.stdout),
            now: (self.io.now)(),
            zone: self.io.zone.clone(),
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

    /// Tells people something, unless they want quiet.
    fn note(&mut self, text: &str) {
        if !self.global.quiet {
            self.io.say(&crate::printable(text));
        }
    }
}
