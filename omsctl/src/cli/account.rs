//! `omsctl account ...`
//!
//! Secrets never stand on the command line, where every user of the machine can read them: they
//! come from files, from standard input, from the environment or from a prompt.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use oms_proto::spec::Interface;

use super::choose::{ColumnFlags, ListFlags};
use super::import::{AccountImport, IMPORT_ABOUT, IMPORT_EXAMPLES};
use super::machine::MachineFlags;
use super::maintenance::{self, Cordon, Drain, Maintenance, Uncordon};
use super::reach::{ReachFlags, TrustFlags};
use crate::complete;

/// See [`super::Command::Account`].
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account
    #[command(after_help = ADD_EXAMPLES, long_about = ADD_ABOUT)]
    Add(Box<AccountAdd>),
    /// Add the accounts of a clouds.yaml
    #[command(after_help = IMPORT_EXAMPLES, long_about = IMPORT_ABOUT)]
    Import(Box<AccountImport>),
    /// List accounts
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  omsctl account list\n  omsctl account list --filter status!=available -o wide"
    )]
    List(AccountList),
    /// Show one account, with what is blocked there and why
    #[command(after_help = "Example:\n  omsctl account show alpha")]
    Show(AccountShow),
    /// Change an account
    #[command(after_help = EDIT_EXAMPLES, long_about = EDIT_ABOUT)]
    Edit(Box<AccountEdit>),
    /// Sign in and look the defaults up; with --boot, boot an instance and remove it
    #[command(after_help = TEST_EXAMPLES, long_about = TEST_ABOUT)]
    Test(AccountTest),
    /// Tell what its cloud offers: images, flavors, networks, security groups, zones
    #[command(
        after_help = "Examples:\n  omsctl account offers alpha\n  omsctl account offers alpha -o json | jq -r '.images[]'"
    )]
    Offers(AccountShow),
    /// Place entries at this account again
    #[command(after_help = "Example:\n  omsctl account enable alpha")]
    Enable(Named),
    /// Place no further entries at this account; instances there go on running
    #[command(after_help = "Example:\n  omsctl account disable alpha")]
    Disable(Named),
    /// Place no further entries at this account for a time, with a reason
    #[command(
        after_help = maintenance::CORDON_EXAMPLES,
        long_about = maintenance::CORDON_ABOUT
    )]
    Cordon(Cordon),
    /// Place no further entries at this account, and move those that do not run yet elsewhere
    #[command(after_help = maintenance::DRAIN_EXAMPLES, long_about = maintenance::DRAIN_ABOUT)]
    Drain(Drain),
    /// End the maintenance that is in force
    #[command(after_help = maintenance::UNCORDON_EXAMPLES)]
    Uncordon(Uncordon),
    /// Lift what is blocked at an account before its time
    #[command(after_help = maintenance::UNBLOCK_EXAMPLES, long_about = maintenance::UNBLOCK_ABOUT)]
    Unblock(AccountUnblock),
    /// Schedule a maintenance
    #[command(
        after_help = maintenance::MAINTENANCE_EXAMPLES,
        long_about = maintenance::MAINTENANCE_ABOUT
    )]
    Maintenance(Maintenance),
    /// Forget an account; refused while anything of OMS is there
    #[command(
        visible_alias = "rm",
        after_help = "Examples:\n  omsctl account remove alpha\n  omsctl account remove alpha --yes"
    )]
    Remove(AccountRemove),
}

/// See [`AccountCommand::Remove`].
#[derive(Debug, Args)]
pub(crate) struct AccountRemove {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// Do not ask before; needed in scripts
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// One account.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
}

/// See [`AccountCommand::List`].
#[derive(Debug, Args)]
pub(crate) struct AccountList {
    /// Only accounts that stand so; separate several by commas
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        value_parser = ["available", "unavailable", "maintenance", "disabled"]
    )]
    pub(crate) status: Vec<String>,
    /// Only accounts of this name, in which * stands for anything
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How they are shown.
    #[command(flatten)]
    pub(crate) list: ListFlags,
}

/// See [`AccountCommand::Show`] and [`AccountCommand::Offers`].
#[derive(Debug, Args)]
pub(crate) struct AccountShow {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// Which columns.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
}

/// See [`AccountCommand::Unblock`].
#[derive(Debug, Args)]
pub(crate) struct AccountUnblock {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// Only this, as 'account show' names it: quota, launch, 'offering ZONE/FLAVOR' and so on
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
}

/// See [`AccountCommand::Test`].
#[derive(Debug, Args)]
pub(crate) struct AccountTest {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// Once all else has passed, boot an instance there and remove it; takes some minutes
    #[arg(long)]
    pub(crate) boot: bool,
}

/// See [`AccountCommand::Add`].
#[derive(Debug, Args)]
pub(crate) struct AccountAdd {
    /// Unique name: letters, digits, . _ - and at most 64 of them
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Keystone's address, with or without /v3
    #[arg(long, value_name = "URL")]
    pub(crate) auth_url: String,
    /// The company or site [default: the account's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Region; may be left out where there is only one
    #[arg(long, visible_alias = "region-name")]
    pub(crate) region: Option<String>,
    /// Which endpoints of the catalogue
    #[arg(long, value_enum, default_value_t = InterfaceName::Public)]
    pub(crate) interface: InterfaceName,
    /// Preference; higher first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) priority: i32,
    /// Add it, but place no entries there yet
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Test it as 'account test' does, and do not add it
    #[arg(long, conflicts_with = "test")]
    pub(crate) dry_run: bool,
    /// Test it afterwards, as 'account test' does
    #[arg(long)]
    pub(crate) test: bool,
    /// How to sign in.
    #[command(flatten)]
    pub(crate) credentials: CredentialFlags,
    /// What entries get there.
    #[command(flatten, next_help_heading = "Defaults for entries")]
    pub(crate) defaults: MachineFlags,
    /// Whom to trust.
    #[command(flatten)]
    pub(crate) trust: TrustFlags,
    /// The way there.
    #[command(flatten)]
    pub(crate) reach: ReachFlags,
}

/// How to sign in.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Signing in")]
pub(crate) struct CredentialFlags {
    /// User name
    #[arg(long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// User id, instead of a name with its domain
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: Option<String>,
    /// Domain of the user, by name [default: Default]
    #[arg(long, value_name = "DOMAIN", conflicts_with = "user_domain_id")]
    pub(crate) user_domain_name: Option<String>,
    /// Domain of the user, by id
    #[arg(long, value_name = "ID")]
    pub(crate) user_domain_id: Option<String>,
    /// Project, by name
    #[arg(
        long,
        visible_alias = "tenant-name",
        value_name = "PROJECT",
        conflicts_with = "project_id"
    )]
    pub(crate) project_name: Option<String>,
    /// Project, by id
    #[arg(long, visible_alias = "tenant-id", value_name = "ID")]
    pub(crate) project_id: Option<String>,
    /// Domain of the project, by name [default: the user's]
    #[arg(long, value_name = "DOMAIN", conflicts_with = "project_domain_id")]
    pub(crate) project_domain_name: Option<String>,
    /// Domain of the project, by id
    #[arg(long, value_name = "ID")]
    pub(crate) project_domain_id: Option<String>,
    /// File with the password; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// File with the secret (base32) of the user's passcodes, where the cloud wants a second factor
    #[arg(long, value_name = "FILE")]
    pub(crate) totp_secret_file: Option<PathBuf>,
    /// Application credential, by id; then no password and no project
    #[arg(long, value_name = "ID", conflicts_with_all = PASSWORD_ONLY)]
    pub(crate) application_credential_id: Option<String>,
    /// Application credential, by name; needs --username or --user-id
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = PASSWORD_ONLY,
        conflicts_with = "application_credential_id"
    )]
    pub(crate) application_credential_name: Option<String>,
    /// File with the secret of the application credential; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = PASSWORD_ONLY)]
    pub(crate) secret_file: Option<PathBuf>,
    /// File with a token of Keystone for a project, where there is nothing else to sign in with: it
    /// ends within hours, and then the account needs another; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = OTHER_WAYS)]
    pub(crate) token_file: Option<PathBuf>,
}

const OTHER_WAYS: [&str; 7] = [
    "username",
    "user_id",
    "password_file",
    "totp_secret_file",
    "application_credential_id",
    "application_credential_name",
    "secret_file",
];

const PASSWORD_ONLY: [&str; 6] = [
    "password_file",
    "totp_secret_file",
    "project_name",
    "project_id",
    "project_domain_name",
    "project_domain_id",
];

/// See [`AccountCommand::Edit`].
#[derive(Debug, Args)]
#[command(override_usage = "omsctl account edit <NAME> <CHANGES>...")]
pub(crate) struct AccountEdit {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// The company or site
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Keystone's address
    #[arg(long, value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// Region
    #[arg(long, visible_alias = "region-name")]
    pub(crate) region: Option<String>,
    /// Which endpoints of the catalogue
    #[arg(long, value_enum)]
    pub(crate) interface: Option<InterfaceName>,
    /// Preference; higher first
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
    /// Test it afterwards, as 'account test' does
    #[arg(long)]
    pub(crate) test: bool,
    /// How to sign in.
    #[command(flatten)]
    pub(crate) credentials: CredentialFlags,
    /// What entries get there.
    #[command(flatten, next_help_heading = "Defaults for entries")]
    pub(crate) defaults: MachineFlags,
    /// Whom to trust.
    #[command(flatten)]
    pub(crate) trust: TrustFlags,
    /// The way there.
    #[command(flatten)]
    pub(crate) reach: ReachFlags,
}

/// A flag of `account edit` that takes a value away when it is given empty.
pub(crate) trait SetOrClear {
    /// What the daemon is to be told.
    #[expect(clippy::option_option, reason = "the type of the patch's fields")]
    fn set_or_clear(&self) -> Option<Option<String>>;
}

impl SetOrClear for Option<String> {
    fn set_or_clear(&self) -> Option<Option<String>> {
        self.as_ref()
            .map(|value| Some(value.clone()).filter(|value| !value.is_empty()))
    }
}

/// [`Interface`] as a word on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InterfaceName {
    /// The public endpoint
    Public,
    /// The internal endpoint
    Internal,
    /// The administrator's endpoint
    Admin,
}

impl From<InterfaceName> for Interface {
    fn from(name: InterfaceName) -> Self {
        match name {
            InterfaceName::Public => Self::Public,
            InterfaceName::Internal => Self::Internal,
            InterfaceName::Admin => Self::Admin,
        }
    }
}

const ADD_ABOUT: &str = "\
Add an account: credentials for one project in one region of a provider.

Sign in with a user's password, with passcodes, with an application credential or with a token. The \
password comes from --password-file, from the environment variable OMS_ACCOUNT_PASSWORD or from a \
prompt; what passcodes are made from, from --totp-secret-file or OMS_ACCOUNT_TOTP_SECRET; the secret \
of an application credential from --secret-file, OMS_ACCOUNT_SECRET or a prompt; a token from \
--token-file. It never stands on the command line, and the daemon keeps it sealed.

Providers name images, flavors and networks differently, so each account has its own defaults; \
with an image and a flavor here, an entry needs to say nothing.";

const ADD_EXAMPLES: &str = "\
Examples:
  omsctl account add conoha --auth-url https://identity.tyo1.conoha.io/v3 --region tyo1 \\
      --username gncu1 --project-name gnct1 --image debian-12 --flavor g2l-t-1 --test
  omsctl account add lab --auth-url https://10.0.0.5:5000 --application-credential-id 21dced0f \\
      --secret-file secret.txt --pin-cert-file keystone.pem
  pass show cloud | omsctl account add two --auth-url https://two.example/v3 --username me \\
      --project-name web --password-file -";

const EDIT_ABOUT: &str = "\
Change an account. What is not named stays as it is.

An empty value takes one away: --image '', --flavor '', --network '', --security-group '', \
--availability-zone '', --address-type '', --address-family '', --provider '', --region '', \
--ca-file '', --pin-cert-file '', --endpoint '', --proxy '', --client-cert-file ''. Networks, \
security groups and endpoints are replaced, not added to.

A new password, secret or token alone (--password-file, --secret-file, --token-file) goes on with the \
user and the project that the account has. Any other change replaces the credentials as a whole, \
because the old ones cannot be read back: give the user, the project and their domains beside the \
password, or the application credential beside its secret.";

const EDIT_EXAMPLES: &str = "\
Examples:
  omsctl account edit alpha --image debian-12 --flavor m1.small --network private
  omsctl account edit alpha --security-group ssh --security-group web --priority 10
  omsctl account edit alpha --availability-zone ''
  omsctl account edit alpha --password-file new.txt --test";

const TEST_ABOUT: &str = "\
Sign in at an account, look its defaults up and ask how much room there is. Changes nothing.

With --boot an entry named oms-canary-NUMBER is placed there, waited for until it runs or the \
account has failed it (5 minutes at most, 30 seconds for a place), and removed; each is a step of \
the test. The daemon removes it even if this command is interrupted, and at its next start if it \
is stopped itself.";

const TEST_EXAMPLES: &str = "\
Examples:
  omsctl account test alpha || echo unusable
  omsctl account test alpha --boot";
