//! `omsctl instance ...`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use oms_proto::InstanceId;

use super::choose::{ColumnFlags, KeyFlag, ListFlags};
use super::queue::EntryName;
use super::value;
use crate::complete;

/// See [`super::Command::Instance`].
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// List instances
    #[command(
        visible_alias = "ls",
        after_help = INSTANCE_LIST_EXAMPLES
    )]
    List(InstanceList),
    /// Show one instance; json and yaml contain its private key
    #[command(after_help = INSTANCE_SHOW_EXAMPLES)]
    Show(InstanceShow),
    /// Remove instances, with the entries that they serve
    #[command(visible_alias = "rm", after_help = INSTANCE_DELETE_EXAMPLES)]
    Delete(InstanceDelete),
    /// Tell how an instance came to be: every attempt of its entry, and who was passed over
    #[command(after_help = "Example:\n  omsctl instance explain 3")]
    Explain {
        /// Its id, server name or Nova id, or how that begins
        #[arg(value_name = "INSTANCE", add = ArgValueCandidates::new(complete::instances))]
        which: String,
    },
    /// Sign in on an instance with its key
    #[command(after_help = SSH_EXAMPLES, long_about = SSH_ABOUT)]
    Ssh(SshArgs),
}

/// Which instances are meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct InstanceFlags {
    /// Only instances at this account
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// Only instances of this server name, in which * stands for anything
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only instances of this status of Nova, or VANISHED
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// Only instances whose entry has this metadata; the value may be left out, and * in it stands for
    /// anything
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::label)]
    pub(crate) metadata: Vec<String>,
    /// Only instances that run since then: 2h ago, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = value::since)]
    pub(crate) since: Option<String>,
}

impl InstanceFlags {
    /// What they say, as conditions on rows; the metadata is that of the entries.
    pub(crate) fn conditions(&self) -> Vec<String> {
        let of = |key: &str, said: &Option<String>| Some(format!("{key}={}", said.as_ref()?));
        let since = self.since.as_ref().map(|since| {
            let sign = if since.contains('T') { ">=" } else { "<=" };
            format!("ready{sign}{since}")
        });
        let said = [
            of("account", &self.account),
            of("name", &self.name),
            of("status", &self.status),
            since,
        ];
        said.into_iter().flatten().collect()
    }
}

/// See [`InstanceCommand::List`].
#[derive(Debug, Args)]
pub(crate) struct InstanceList {
    /// Which instances.
    #[command(flatten)]
    pub(crate) instances: InstanceFlags,
    /// How they are shown.
    #[command(flatten)]
    pub(crate) list: ListFlags,
    /// Whether with their keys.
    #[command(flatten)]
    pub(crate) keys: KeyFlag,
}

/// See [`InstanceCommand::Show`].
#[derive(Debug, Args)]
pub(crate) struct InstanceShow {
    /// Its id, server name or Nova id, or how that begins
    #[arg(value_name = "INSTANCE", add = ArgValueCandidates::new(complete::instances))]
    pub(crate) which: String,
    /// Which columns.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
}

/// See [`InstanceCommand::Delete`].
#[derive(Debug, Args)]
pub(crate) struct InstanceDelete {
    /// Their ids, server names or Nova ids, or how those begin
    #[arg(
        value_name = "INSTANCE",
        required_unless_present_any = CHOICE,
        conflicts_with_all = CHOICE,
        add = ArgValueCandidates::new(complete::instances)
    )]
    pub(crate) which: Vec<String>,
    /// Which instances, where they are not named.
    #[command(flatten, next_help_heading = "Instead of naming them")]
    pub(crate) instances: InstanceFlags,
    /// Only instances for which this holds, as 'instance list' has it; repeat for more
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

/// The flags that choose instances.
const CHOICE: [&str; 6] = ["account", "name", "status", "metadata", "since", "filter"];

/// See [`InstanceCommand::Ssh`].
#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    /// Its id, server name or Nova id, or how that begins
    #[arg(
        value_name = "INSTANCE",
        required_unless_present = "entry",
        add = ArgValueCandidates::new(complete::instances)
    )]
    pub(crate) which: Option<String>,
    /// The instance of this queue entry
    #[arg(
        long,
        value_name = "ENTRY",
        conflicts_with = "which",
        add = ArgValueCandidates::new(complete::entries)
    )]
    pub(crate) entry: Option<EntryName>,
    #[arg(
        short = 'l',
        long,
        help = "User to sign in as [env: OMS_SSH_USER] [default: root]"
    )]
    pub(crate) user: Option<String>,
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

const INSTANCE_LIST_EXAMPLES: &str = "\
Examples:
  omsctl instance list -o wide
  omsctl instance list --account alpha --sort -age
  omsctl instance list --metadata role=ci --since 2h
  omsctl instance list -o csv > instances.csv";

const INSTANCE_DELETE_EXAMPLES: &str = "\
Examples:
  omsctl instance delete 3
  omsctl instance delete oms-7-12 bec7c0ea --yes --wait
  omsctl instance delete --filter 'age>2d' --account alpha";

const INSTANCE_SHOW_EXAMPLES: &str = "\
Examples:
  omsctl instance show 3
  omsctl instance show bec7c0ea -o value -c address
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
