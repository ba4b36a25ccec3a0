//! `omsctl queue ...`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use oms_proto::EntryId;
use oms_proto::spec::KeyType;

use super::choose::{ColumnFlags, EntryFlags, KeyFlag, ListFlags};
use super::machine::MachineFlags;
use super::value;
use crate::complete;

/// See [`super::Command::Queue`].
#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Ask for an instance
    #[command(after_help = CREATE_EXAMPLES, long_about = CREATE_ABOUT)]
    Create(Box<QueueCreate>),
    /// List entries
    #[command(visible_alias = "ls", after_help = LIST_EXAMPLES)]
    List(QueueList),
    /// Show one entry; json and yaml contain the private key of its instance
    #[command(
        after_help = "Examples:\n  omsctl queue show 7\n  omsctl queue show web-1 -o value -c address\n  omsctl queue show 7 -o json | jq -r .instance.key_raw"
    )]
    Show(QueueShow),
    /// Remove entries, with the servers and keys that were made for them
    #[command(visible_alias = "rm", after_help = DELETE_EXAMPLES)]
    Delete(QueueDelete),
    /// Wait until entries run or have failed, or until nothing is left of them
    #[command(after_help = WAIT_EXAMPLES)]
    Wait(QueueWait),
    /// Try entries again that have FAILED, with as much time as they had at first
    #[command(
        after_help = "Examples:\n  omsctl queue retry 7\n  omsctl queue retry web-1 && omsctl queue wait web-1"
    )]
    Retry(EntryNames),
    /// Keep entries from being removed until they are released
    #[command(after_help = "Example:\n  omsctl queue hold web-1")]
    Hold(EntryNames),
    /// Let entries be removed again
    #[command(after_help = "Example:\n  omsctl queue release web-1")]
    Release(EntryNames),
    /// Tell every attempt, every account that was passed over, and why
    #[command(
        after_help = "Examples:\n  omsctl queue explain 7\n  omsctl queue explain 7 -o json | jq '.attempts[].failure'"
    )]
    Explain {
        /// Its id or its name
        #[arg(value_name = "ENTRY", add = ArgValueCandidates::new(complete::entries))]
        which: EntryName,
    },
}

/// How a person names an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryName {
    /// By id.
    Id(EntryId),
    /// By the name asked for, or by that of its server.
    Name(String),
}

impl From<&str> for EntryName {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

/// Entries by name.
#[derive(Debug, Args)]
pub(crate) struct EntryNames {
    /// Their ids or names
    #[arg(
        value_name = "ENTRY",
        required = true,
        add = ArgValueCandidates::new(complete::entries)
    )]
    pub(crate) which: Vec<EntryName>,
}

/// See [`QueueCommand::Show`].
#[derive(Debug, Args)]
pub(crate) struct QueueShow {
    /// Its id or its name
    #[arg(value_name = "ENTRY", add = ArgValueCandidates::new(complete::entries))]
    pub(crate) which: EntryName,
    /// Which columns.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
}

/// See [`QueueCommand::Create`].
#[derive(Debug, Args)]
pub(crate) struct QueueCreate {
    /// Wait until the entry runs or has failed
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// With --wait: stop waiting after this long; the entry goes on
    #[arg(long, value_name = "SECS", value_parser = value::seconds, requires = "wait")]
    pub(crate) timeout: Option<u32>,
    /// So many of them; names and idempotency keys get -1, -2 and so on
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) count: u32,
    /// Ask for nothing: tell which accounts would take it now, in which order, and why not the others
    #[arg(long, conflicts_with_all = ["wait", "idempotency_key"])]
    pub(crate) dry_run: bool,
    /// Name of the server
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) machine: MachineFlags,
    /// File with user data for cloud-init; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) user_data: Option<PathBuf>,
    /// Metadata of the server; repeat for more
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair)]
    pub(crate) metadata: Vec<(String, String)>,
    /// File with your OpenSSH public key, instead of a key pair made by OMS; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "key_type")]
    pub(crate) public_key: Option<PathBuf>,
    /// Kind of the key pair that OMS makes [default: ed25519]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) key_type: Option<KeyTypeName>,
    /// Only this account; repeat for more
    #[arg(long = "account", value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) accounts: Vec<String>,
    /// Not this account; repeat for more
    #[arg(
        long = "avoid-account",
        value_name = "NAME",
        add = ArgValueCandidates::new(complete::accounts)
    )]
    pub(crate) avoid_accounts: Vec<String>,
    /// Give the entry up if it does not run this long after now [default: the daemon's, 30m]
    #[arg(
        long = "deadline",
        visible_alias = "deadline-seconds",
        value_name = "SECS",
        value_parser = value::seconds
    )]
    pub(crate) deadline_seconds: Option<u32>,
    /// How the entry is shown.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
    /// The same key with the same request gets the same entry, however often it is sent; 1 to 255 visible ASCII characters
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

/// [`KeyType`] as a word on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyTypeName {
    /// Small, and accepted by every OpenSSH since 6.5
    Ed25519,
    /// 3072 bits, for images whose sshd knows nothing newer
    Rsa,
}

impl From<KeyTypeName> for KeyType {
    fn from(name: KeyTypeName) -> Self {
        match name {
            KeyTypeName::Ed25519 => Self::Ed25519,
            KeyTypeName::Rsa => Self::Rsa,
        }
    }
}

/// See [`QueueCommand::List`].
#[derive(Debug, Args)]
pub(crate) struct QueueList {
    /// Which entries.
    #[command(flatten)]
    pub(crate) entries: EntryFlags,
    /// Also entries that are being removed
    #[arg(short, long, conflicts_with = "status")]
    pub(crate) all: bool,
    /// How they are shown.
    #[command(flatten)]
    pub(crate) list: ListFlags,
    /// Whether with their keys.
    #[command(flatten)]
    pub(crate) keys: KeyFlag,
}

/// See [`QueueCommand::Delete`].
#[derive(Debug, Default, Args)]
pub(crate) struct QueueDelete {
    /// Their ids or names
    #[arg(
        value_name = "ENTRY",
        required_unless_present_any = CHOICE,
        conflicts_with_all = CHOICE,
        add = ArgValueCandidates::new(complete::entries)
    )]
    pub(crate) which: Vec<EntryName>,
    /// Which entries, where they are not named.
    #[command(flatten, next_help_heading = "Instead of naming them")]
    pub(crate) entries: EntryFlags,
    /// Only entries for which this holds, as 'queue list' has it; repeat for more
    #[arg(
        long,
        value_name = "CONDITION",
        help_heading = "Instead of naming them"
    )]
    pub(crate) filter: Vec<String>,
    /// Wait until nothing of them is left at any cloud
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// With --wait: stop waiting after this long; the removal goes on
    #[arg(long, value_name = "SECS", value_parser = value::seconds, requires = "wait")]
    pub(crate) timeout: Option<u32>,
    /// Do not ask before removing several; needed for that in scripts
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// The flags that choose entries.
const CHOICE: [&str; 6] = ["status", "account", "name", "metadata", "since", "filter"];

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// They run or have failed
    Run,
    /// Nothing is left of them
    Gone,
}

/// See [`QueueCommand::Wait`].
#[derive(Debug, Args)]
pub(crate) struct QueueWait {
    /// Their ids or names
    #[arg(
        value_name = "ENTRY",
        required = true,
        add = ArgValueCandidates::new(complete::entries)
    )]
    pub(crate) which: Vec<EntryName>,
    /// Wait until they run or have failed, or until nothing is left of them at any cloud
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value_t = Until::Run)]
    pub(crate) until: Until,
    /// Stop waiting after this long; the entries go on
    #[arg(long, value_name = "SECS", value_parser = value::seconds)]
    pub(crate) timeout: Option<u32>,
    /// How the entries are shown.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
}

const CREATE_ABOUT: &str = "\
Ask for an instance.

Nothing needs to be said: what is left out comes from the defaults of the account that serves the \
entry. The entry is accepted once it is durable; with --wait the command ends when it runs (exit \
code 0) or has failed (1), or when --timeout is over (5), and prints the entry in any case. Ctrl-C \
stops the waiting, not the entry.

With --dry-run nothing is asked for: the table tells which accounts would take the entry now, the one \
that would be chosen first, and why not the others; the exit code is 1 where none would.

With --idempotency-key a request can be sent again, by omsctl or over REST, without a second \
instance: the same key with the same request gets the first answer again, also after a restart of \
the daemon; with another request it is refused.

Times are in seconds, or carry a unit: 90, 90s, 30m, 1h30m.";

const CREATE_EXAMPLES: &str = "\
Examples:
  omsctl queue create
  omsctl queue create --wait --timeout 60 -o json
  omsctl queue create --flavor m1.small --dry-run
  omsctl queue create --count 3 --name web --wait --progress
  omsctl queue create --name web-1 --flavor m1.small --user-data cloud-init.yaml --wait
  omsctl queue create --account conoha-tyo1 --account sakura --deadline 10m
  omsctl queue create --public-key ~/.ssh/id_ed25519.pub --metadata role=ci
  omsctl queue create --wait -o value -c id,address
  id=$(omsctl queue create -q --idempotency-key build-4711)";

const LIST_EXAMPLES: &str = "\
Examples:
  omsctl queue list
  omsctl queue list --status RUN,BOOT -o wide
  omsctl queue list --metadata role=ci
  omsctl queue list --account alpha --since 2h --sort -attempts,age --limit 10
  omsctl queue list --filter reason~quota --filter attempts=3 --watch
  omsctl queue list --status RUN -o value -c id,address";

const DELETE_EXAMPLES: &str = "\
Examples:
  omsctl queue delete 7
  omsctl queue delete web-1 8 9 --yes --wait --timeout 5m
  omsctl queue delete --status FAILED --since 1d
  omsctl queue delete --filter 'name=ci-*' --yes";

const WAIT_EXAMPLES: &str = "\
Examples:
  omsctl queue wait 7
  omsctl queue wait web-1 web-2 --timeout 10m && omsctl instance ssh --entry web-1
  omsctl queue wait 7 --for gone";
