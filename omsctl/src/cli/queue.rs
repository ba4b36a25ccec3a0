//! `omsctl queue ...`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use oms_proto::EntryId;
use oms_proto::spec::KeyType;
use oms_proto::view::Status;

use super::machine::MachineFlags;
use super::value;

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
        after_help = "Examples:\n  omsctl queue show 7\n  omsctl queue show 7 -o json | jq -r .instance.key_raw"
    )]
    Show {
        /// The entry
        #[arg(value_name = "ID")]
        id: EntryId,
    },
    /// Remove entries, with the servers and keys that were made for them
    #[command(visible_alias = "rm", after_help = DELETE_EXAMPLES)]
    Delete(QueueDelete),
    /// Wait until an entry runs or has failed
    #[command(after_help = WAIT_EXAMPLES)]
    Wait(QueueWait),
    /// Tell every attempt, every account that was passed over, and why
    #[command(
        after_help = "Examples:\n  omsctl queue explain 7\n  omsctl queue explain 7 -o json | jq '.attempts[].failure'"
    )]
    Explain {
        /// The entry
        #[arg(value_name = "ID")]
        id: EntryId,
    },
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
    #[arg(long = "account", value_name = "NAME")]
    pub(crate) accounts: Vec<String>,
    /// Not this account; repeat for more
    #[arg(long = "avoid-account", value_name = "NAME")]
    pub(crate) avoid_accounts: Vec<String>,
    /// Give the entry up if it does not run this long after now [default: the daemon's, 30m]
    #[arg(
        long = "deadline",
        visible_alias = "deadline-seconds",
        value_name = "SECS",
        value_parser = value::seconds
    )]
    pub(crate) deadline_seconds: Option<u32>,
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
    /// Only entries that stand so; separate several by commas
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        value_parser = value::status,
        conflicts_with = "all"
    )]
    pub(crate) status: Vec<Status>,
    /// Also entries that are being removed
    #[arg(short, long)]
    pub(crate) all: bool,
}

/// See [`QueueCommand::Delete`].
#[derive(Debug, Args)]
pub(crate) struct QueueDelete {
    /// The entries
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<EntryId>,
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

/// See [`QueueCommand::Wait`].
#[derive(Debug, Args)]
pub(crate) struct QueueWait {
    /// The entry
    #[arg(value_name = "ID")]
    pub(crate) id: EntryId,
    /// Stop waiting after this long; the entry goes on
    #[arg(long, value_name = "SECS", value_parser = value::seconds)]
    pub(crate) timeout: Option<u32>,
}

const CREATE_ABOUT: &str = "\
Ask for an instance.

Nothing needs to be said: what is left out comes from the defaults of the account that serves the \
entry. The entry is accepted once it is durable; with --wait the command ends when it runs (exit \
code 0) or has failed (1), or when --timeout is over (5), and prints the entry in any case. Ctrl-C \
stops the waiting, not the entry.

With --idempotency-key a request can be sent again, by omsctl or over REST, without a second \
instance: the same key with the same request gets the first answer again, also after a restart of \
the daemon; with another request it is refused.

Times are in seconds, or carry a unit: 90, 90s, 30m, 1h30m.";

const CREATE_EXAMPLES: &str = "\
Examples:
  omsctl queue create
  omsctl queue create --wait --timeout 60 -o json
  omsctl queue create --name web-1 --flavor m1.small --user-data cloud-init.yaml --wait
  omsctl queue create --account conoha-tyo1 --account sakura --deadline 10m
  omsctl queue create --public-key ~/.ssh/id_ed25519.pub --metadata role=ci
  id=$(omsctl queue create -q --idempotency-key build-4711)";

const LIST_EXAMPLES: &str = "\
Examples:
  omsctl queue list
  omsctl queue list --status RUN,BOOT -o wide
  omsctl queue list --status FAILED -o name | xargs -r omsctl queue delete --yes";

const DELETE_EXAMPLES: &str = "\
Examples:
  omsctl queue delete 7
  omsctl queue delete 7 8 9 --yes --wait --timeout 5m";

const WAIT_EXAMPLES: &str = "\
Examples:
  omsctl queue wait 7
  omsctl queue wait 7 --timeout 10m && omsctl instance ssh --entry 7";
