//! The command line: every command, its flags and its help. Completions come from here too.
//!
//! Nothing is done here; see [`crate::commands`].

mod account;
mod machine;
mod maintenance;
mod queue;
mod reach;
pub(crate) mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use oms_proto::InstanceId;

pub(crate) use account::{
    AccountAdd, AccountCommand, AccountEdit, AccountImport, AccountTest, CredentialFlags,
    SetOrClear, TrustFlags,
};
pub(crate) use maintenance::{Cordon, Drain, Maintenance, Uncordon, When};
pub(crate) use queue::{QueueCommand, QueueCreate, QueueDelete, QueueList, QueueWait};
pub(crate) use reach::ReachFlags;

use crate::exit;

/// Where the daemon listens unless told otherwise.
pub(crate) const DEFAULT_SOCKET: &str = "/run/oms/omsd.sock";

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
    #[arg(
        long,
        global = true,
        env = "OMS_SOCKET",
        hide_env_values = true,
        value_name = "PATH",
        default_value = DEFAULT_SOCKET
    )]
    pub(crate) socket: PathBuf,
    /// How to print data: table, wide, json, jsonl, yaml, csv or name
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
    /// How the daemon stands
    #[command(after_help = "Example:\n  omsctl status -o json")]
    Status,
    /// Have this daemon go on where it holds still because another may be at work
    #[command(after_help = TAKEOVER_EXAMPLES, long_about = TAKEOVER_ABOUT)]
    Takeover,
    /// Print a script that completes omsctl's commands in a shell
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completion {
        /// For which shell
        shell: Shell,
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
    /// Begin after the event with this number instead of with the latest ones
    #[arg(long, value_name = "N")]
    pub(crate) since: Option<u64>,
    /// At most this many events of the past [default: 20; with --since all]
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<u32>,
}

/// See [`Command::Gc`].
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Only at this account
    #[arg(long, value_name = "NAME")]
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

/// See [`Command::Instance`].
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// List instances
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  omsctl instance list -o wide\n  omsctl instance list -o csv > instances.csv"
    )]
    List,
    /// Show one instance; json and yaml contain its private key
    #[command(after_help = INSTANCE_SHOW_EXAMPLES)]
    Show {
        /// Id, server name or Nova id of the instance
        #[arg(value_name = "INSTANCE")]
        which: String,
    },
    /// Sign in on an instance with its key
    #[command(after_help = SSH_EXAMPLES, long_about = SSH_ABOUT)]
    Ssh(SshArgs),
}

/// See [`InstanceCommand::Ssh`].
#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    /// Id, server name or Nova id of the instance
    #[arg(value_name = "INSTANCE", required_unless_present = "entry")]
    pub(crate) which: Option<String>,
    /// The instance of this queue entry
    #[arg(long, value_name = "ID", conflicts_with = "which")]
    pub(crate) entry: Option<u64>,
    /// User to sign in as
    #[arg(
        short = 'l',
        long,
        env = "OMS_SSH_USER",
        hide_env_values = true,
        default_value = "root"
    )]
    pub(crate) user: String,
    /// Write the private key to this new file (0600) and keep it there
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print the ssh command instead of running it
    #[arg(long)]
    pub(crate) print: bool,
    /// Arguments for ssh, and the command to run there
    #[arg(last = true, value_name = "SSH ARGS")]
    pub(crate) rest: Vec<String>,
}

/// How the user names an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InstanceName {
    /// By id.
    Id(InstanceId),
    /// By server name or Nova id.
    Text(String),
}

impl From<&str> for InstanceName {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Text(text.to_owned()), Self::Id)
    }
}

fn concat_help() -> String {
    format!("{FORMATS}\n\n{}\n\n{TOP_EXAMPLES}", exit::TABLE)
}

const FORMATS: &str = "\
Formats:
  table  aligned columns for people; long texts cut
  wide   the same with more columns and nothing cut
  json   what REST answers: an object, or a bare array for lists
  jsonl  one JSON object a line
  yaml   the JSON, as YAML
  csv    comma-separated values, RFC 4180, times in UTC
  name   ids or names only, as -q does
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

const INSTANCE_SHOW_EXAMPLES: &str = "\
Examples:
  omsctl instance show 3
  omsctl instance show 3 -o json | jq -r .key_raw";

const SSH_ABOUT: &str = "\
Sign in on an instance with its key.

The private key is written to a file that only you can read, in a private folder (under \
XDG_RUNTIME_DIR where that is set), given to ssh, and removed when ssh ends. Where the entry \
brought its own public key there is none to write, and ssh uses yours.

The user is root unless -l or OMS_SSH_USER says otherwise: the one user that every image has. \
Images that refuse root answer with the name to use. The host's key is remembered under the \
server's own id, so an address that is used again raises no false alarm.";

const SSH_EXAMPLES: &str = "\
Examples:
  omsctl instance ssh 3 -l debian
  omsctl instance ssh --entry 7 -- uptime
  omsctl instance ssh 3 -- -o StrictHostKeyChecking=accept-new -L 8080:localhost:80
  omsctl instance ssh 3 --key-file id_oms --print";

#[cfg(test)]
mod tests;
