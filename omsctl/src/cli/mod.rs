//! The command line: every command, its flags and its help. Completions come from here too.
//!
//! Nothing is done here; see [`crate::commands`].

mod account;
mod choose;
mod import;
mod instance;
mod machine;
mod maintenance;
mod passes;
mod queue;
mod reach;
pub(crate) mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::{ArgValueCandidates, Shell};

pub(crate) use account::{
    AccountAdd, AccountCommand, AccountEdit, AccountList, AccountRemove, AccountShow, AccountTest,
    AccountUnblock, CredentialFlags, SetOrClear,
};
pub(crate) use choose::{ColumnFlags, EntryFlags, RowFlags};
pub(crate) use import::AccountImport;
pub(crate) use instance::{
    InstanceCommand, InstanceDelete, InstanceFlags, InstanceList, InstanceName, InstanceShow,
    SshArgs,
};
pub(crate) use maintenance::{Cordon, Drain, Maintenance, Uncordon, When};
pub(crate) use passes::{
    PasswordFlags, TokenCommand, TokenCreate, TokenName, UserCommand, UserName,
};
pub(crate) use queue::{
    EntryName, EntryNames, QueueCommand, QueueCreate, QueueDelete, QueueList, QueueShow, QueueWait,
    Until,
};
pub(crate) use reach::{ReachFlags, TrustFlags};

use crate::complete;
use crate::daemon::DEFAULT_SOCKET;
use crate::exit;

/// Get an instance from whichever OpenStack account can give one.
#[derive(Debug, Parser)]
#[command(
    name = "omsctl",
    version,
    max_term_width = 100,
    after_help = exit::TABLE,
    after_long_help = concat_help(),
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The daemon's socket
    // Not by clap's own env: its usage lines would then name the flag as if it were needed.
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help = format!("The daemon's socket [env: OMS_SOCKET] [default: {DEFAULT_SOCKET}]")
    )]
    pub(crate) socket: Option<PathBuf>,
    /// How to print data: table, wide, json, jsonl, yaml, csv, name or value
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        value_name = "FORMAT",
        default_value_t = Format::Table
    )]
    pub(crate) output: Format,
    /// Leave out the line of headers of tables and csv
    #[arg(long, global = true)]
    pub(crate) no_headers: bool,
    /// Show the progress of what is waited for where standard error is no terminal as well
    #[arg(long, global = true)]
    pub(crate) progress: bool,
    /// Print ids or names only, and no messages but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

impl Global {
    /// The format that the flags ask for together.
    pub(crate) fn format(&self) -> Format {
        if self.quiet && matches!(self.output, Format::Table | Format::Wide) {
            Format::Name
        } else {
            self.output
        }
    }
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people; long texts cut
    Table,
    /// The same with more columns and nothing cut
    Wide,
    /// What REST answers: an object, or a bare array for lists
    Json,
    /// One JSON object a line
    Jsonl,
    /// The JSON, as YAML
    Yaml,
    /// Comma-separated values, RFC 4180
    Csv,
    /// Ids or names only
    Name,
    /// The values of the columns only, tabs between them
    Value,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Accounts at providers: where instances may come from
    #[command(subcommand, visible_alias = "acc")]
    Account(AccountCommand),
    /// Queue entries: ask for an instance, and follow what becomes of it
    #[command(subcommand, visible_alias = "q")]
    Queue(QueueCommand),
    /// Instances: the servers that entries got
    #[command(subcommand, visible_alias = "inst")]
    Instance(InstanceCommand),
    /// Read the journal of what happened
    #[command(after_help = EVENTS_EXAMPLES)]
    Events(EventsArgs),
    /// Find objects of OMS at the clouds that have no owner, and have them removed
    #[command(after_help = GC_EXAMPLES, long_about = GC_ABOUT)]
    Gc(GcArgs),
    /// Tokens: what lets programs in over HTTP
    #[command(subcommand)]
    Token(TokenCommand),
    /// Users: who signs in to the web page with a password
    #[command(subcommand)]
    User(UserCommand),
    /// How the daemon stands
    #[command(after_help = "Example:\n  omsctl status -o json")]
    Status,
    /// Have this daemon go on where it holds still because another may be at work
    #[command(after_help = TAKEOVER_EXAMPLES, long_about = TAKEOVER_ABOUT)]
    Takeover,
    /// Print a script that completes omsctl's commands in a shell, with the ids and names that there are
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completion {
        /// For which shell
        shell: Shell,
    },
    /// Look whether all that OMS needs is as it should be, and say what to do where it is not
    #[command(after_help = DOCTOR_EXAMPLES, long_about = DOCTOR_ABOUT)]
    Doctor,
    /// Write a report on an entry for a provider's support desk
    #[command(after_help = BUNDLE_EXAMPLES, long_about = BUNDLE_ABOUT)]
    Bundle(BundleArgs),
    /// Write manual pages into a folder
    #[command(after_help = "Example:\n  omsctl man /usr/local/share/man/man1")]
    Man {
        /// The folder, which is there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Versions of this program, of the protocol and of the daemon
    #[command(after_help = "Example:\n  omsctl version -o json")]
    Version,
}

/// See [`Command::Events`].
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Go on printing as things happen, until Ctrl-C; json is then one object a line
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Begin after the event with this number, or with that time (2h ago, or RFC 3339), instead of with
    /// the latest ones
    #[arg(long, value_name = "N|TIME", value_parser = value::begin)]
    pub(crate) since: Option<Begin>,
    /// Only events of this entry, by id or name
    #[arg(long, value_name = "ENTRY", add = ArgValueCandidates::new(complete::entries))]
    pub(crate) entry: Option<EntryName>,
    /// Only events of this account
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// Only events of these kinds; separate several by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = value::kinds())]
    pub(crate) kind: Vec<String>,
    /// Only events caused by whom this is a part of: 'token ci', 'user ann', 'uid 1000', an address
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Only events for which this holds, as with lists; repeat for more
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Vec<String>,
    /// Which columns.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
    /// Order by these columns; a - before one turns it around; without it the latest is the last
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        allow_hyphen_values = true,
        conflicts_with = "follow"
    )]
    pub(crate) sort: Vec<String>,
    /// At most this many events of the past [default: 20; with --since all]
    #[arg(short = 'n', long, value_name = "N", value_parser = value::limit)]
    pub(crate) limit: Option<usize>,
}

/// Where reading the journal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// After the event of this number.
    After(u64),
    /// So many seconds ago.
    Ago(u64),
    /// With that time.
    At(jiff::Timestamp),
}

/// See [`Command::Bundle`].
#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// The entry, by id or name
    #[arg(value_name = "ENTRY", add = ArgValueCandidates::new(complete::entries))]
    pub(crate) which: EntryName,
    /// The account whose provider gets the report; may be left out where there was only one
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
}

/// See [`Command::Gc`].
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Only at this account
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// Only look
    #[arg(long, conflicts_with = "remove")]
    pub(crate) dry_run: bool,
    /// Have this one object removed, whichever daemon has made it: a server's id or a key pair's name
    #[arg(long, value_name = "ID", requires = "account", conflicts_with = "all")]
    pub(crate) remove: Option<String>,
    /// List what has an owner and what is not ours as well; json always does
    #[arg(long)]
    pub(crate) all: bool,
}

fn concat_help() -> String {
    format!("{FORMATS}\n\n{}\n\n{TOP_EXAMPLES}", exit::TABLE)
}

const FORMATS: &str = "\
Formats:
  table  columns for people; on a terminal as many as fit, and long texts cut
  wide   the same with more columns and nothing cut
  json   what REST answers: an object, or a bare array for lists, and these without private keys;
         with -c an object of these columns; fields are only ever added
  jsonl  one JSON object a line
  yaml   the JSON, as YAML
  csv    comma-separated values, RFC 4180, times in UTC
  name   ids or names only, as -q does
  value  the values of the columns (-c) only, tabs between them
Data goes to standard output, messages go to standard error.";

const TOP_EXAMPLES: &str = "\
Examples:
  omsctl account import --clouds-yaml ~/clouds.yaml --image debian-12 --flavor small
  omsctl queue create --wait -o json
  omsctl queue explain 1
  omsctl instance ssh 1 -l debian
  omsctl queue delete 1 --wait";

const EVENTS_EXAMPLES: &str = "\
Examples:
  omsctl events -n 100
  omsctl events --follow -o jsonl
  omsctl events --entry web-1 --since 2h
  omsctl events --actor ann --since 24h
  omsctl events --since 1d --sort -account,at
  omsctl events --kind request_refused -o wide
  omsctl events --account alpha --kind blocked,unblocked --since 2026-11-22T10:00:00Z
  omsctl events --since 4711 -o json";

const GC_ABOUT: &str = "\
Look at all clouds for objects that carry the mark of this installation and have no owner, and \
have them removed.

The scheduler does this by itself every few minutes; this command has it look at once. An object \
is removed when two looks have shown it and it is older than stray_grace_seconds, so that nothing \
is taken that is about to find its owner; the table says when. What carries no mark, or that of \
another installation, is never touched.

What the daemon did not make itself, although it carries its mark, is left alone as well: after a \
backup was put back it may be somebody's machine (from_ahead: made after the backup; stranger: made \
by a daemon that this database has never heard of). --remove has one such object removed.

The exit code is 0 when every account was looked at, and 1 when one could not be.";

const GC_EXAMPLES: &str = "\
Examples:
  omsctl gc --dry-run
  omsctl gc --account alpha --all
  omsctl gc --account alpha --remove 7f2c5a9e-53a1-4f0b-9d3c-0e9b1a2c3d4e
  omsctl gc -o json";

const TAKEOVER_ABOUT: &str = "\
Have this daemon go on where it holds still because another may be at work.

A daemon that finds its database on another machine, beside one that is in use, or servers that \
another daemon makes under its installation, launches and removes nothing: two daemons on one \
database would remove each other's machines. Stop the other one for good, then say here that this \
one goes on. `omsctl status` says whether it holds still and why.";

const TAKEOVER_EXAMPLES: &str = "\
Example:
  omsctl takeover";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  omsctl completion bash > /etc/bash_completion.d/omsctl
  omsctl completion zsh > ~/.zfunc/_omsctl
  omsctl completion fish > ~/.config/fish/completions/omsctl.fish";

const DOCTOR_ABOUT: &str = "\
Look whether all that OMS needs is as it should be: the socket, its group and permissions, versions, \
the clock, the database and its disk, what the daemon finds wrong itself, every account and how its \
cloud is trusted. Nothing is changed and no cloud is called; 'omsctl account test' does that.

The exit code is 0 when nothing is to be mended, and 1 when something is.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  omsctl doctor
  omsctl doctor -o json";

const BUNDLE_ABOUT: &str = "\
Write a report on an entry for a provider's support desk: the servers asked for at one account, with \
their ids, times in UTC, the requests that failed with their request ids, and what happened.

It holds no key, password or user name, and nothing of other accounts. Read it before you send it: \
messages are the cloud's own words.";

const BUNDLE_EXAMPLES: &str = "\
Examples:
  omsctl bundle 7 > report.txt
  omsctl bundle web-1 --account alpha -o json";

#[cfg(test)]
mod tests;
