//! `omsctl account import`.

use std::path::PathBuf;

use clap::Args;

use super::machine::MachineFlags;
use super::reach::TrustFlags;

/// See [`super::AccountCommand::Import`].
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct AccountImport {
    /// The file [default: clouds.yaml in ., ~/.config/openstack or /etc/openstack]
    #[arg(long, value_name = "FILE")]
    pub(crate) clouds_yaml: Option<PathBuf>,
    /// An openrc file instead; it is parsed and never run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["clouds_yaml", "clouds"])]
    pub(crate) openrc: Option<PathBuf>,
    /// Name of the account instead of the cloud's; for one cloud
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only these clouds; separate several by commas [default: that of the environment, or all]
    #[arg(long = "cloud", value_name = "CLOUD", value_delimiter = ',')]
    pub(crate) clouds: Vec<String>,
    /// Choose the clouds from a list, at a terminal
    #[arg(long, conflicts_with_all = ["clouds", "openrc"])]
    pub(crate) choose: bool,
    /// Change accounts that are there already instead of refusing; what the file leaves out stays
    #[arg(long)]
    pub(crate) update: bool,
    /// Leave out clouds that cannot be used, and tell why, instead of importing none
    #[arg(long)]
    pub(crate) skip_unusable: bool,
    /// Show what the file says and stop there; asks neither the daemon nor a cloud
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What entries get there, for every account imported.
    #[command(flatten, next_help_heading = "Defaults for entries")]
    pub(crate) defaults: MachineFlags,
    /// Whom to trust, for every account imported.
    #[command(flatten)]
    pub(crate) trust: TrustFlags,
}

pub(super) const IMPORT_ABOUT: &str = "\
Add the accounts of a clouds.yaml, read as openstacksdk reads it.

Without --clouds-yaml the file is the first of $OS_CLIENT_CONFIG_FILE, ./clouds.yaml, \
~/.config/openstack/clouds.yaml and /etc/openstack/clouds.yaml. If there is none, or with '--cloud \
envvars' (or the name that $OS_CLOUD_NAME gives), the OS_* variables are read. --openrc reads an openrc file instead, and never runs it.

secure.yaml beside the file (or $OS_CLIENT_SECURE_FILE) is laid over it; a cloud that names a \
profile begins with that cloud of clouds-public.yaml (or $OS_CLIENT_VENDOR_FILE). A cloud with \
several regions becomes one account a region, named CLOUD-REGION.

Passwords, passcodes and application credentials of Identity v3 are taken. A password that the file \
leaves out comes from OS_PASSWORD or OMS_ACCOUNT_PASSWORD, or from a prompt. What would have another \
user, region or endpoint be meant is refused, and keys that OMS does not use are told. One cloud that \
cannot be used has none imported, unless --skip-unusable leaves it out. 'verify: false' \
is refused unless --pin-cert-file gives the certificate to accept instead.

--image, --flavor, --network, --security-group, --availability-zone, --ca-file and --pin-cert-file \
apply to every account that is imported; choose some with --cloud or --choose.";

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  omsctl account import --dry-run
  omsctl account import --choose
  omsctl account import --clouds-yaml ~/clouds.yaml --cloud alpha,beta --image debian-12
  omsctl account import --clouds-yaml new.yaml --update
  omsctl account import --clouds-yaml all.yaml --skip-unusable";
