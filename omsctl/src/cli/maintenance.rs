//! `omsctl account cordon|drain|uncordon|maintenance`: times in which entries are kept away.

use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use oms_proto::Time;

use super::value;
use crate::complete;

/// See [`super::AccountCommand::Cordon`].
#[derive(Debug, Args)]
pub(crate) struct Cordon {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// Why, for those who see it
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) reason: String,
    /// Until when: RFC 3339, or +2h from now [default: until uncordon]
    #[arg(long, value_name = "TIME", value_parser = value::when, conflicts_with = "lasting")]
    pub(crate) until: Option<When>,
    /// For how long: 90s, 30m, 1h30m
    #[arg(long = "for", id = "lasting", value_name = "DURATION", value_parser = value::seconds)]
    pub(crate) lasting: Option<u32>,
}

/// See [`super::AccountCommand::Drain`].
#[derive(Debug, Args)]
pub(crate) struct Drain {
    /// Which, until when and why.
    #[command(flatten)]
    pub(crate) cordon: Cordon,
    /// Wait until nothing of OMS is left there
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait at most this long, then exit with code 5
    #[arg(long, value_name = "DURATION", requires = "wait", value_parser = value::seconds)]
    pub(crate) timeout: Option<u32>,
}

/// See [`super::AccountCommand::Uncordon`].
#[derive(Debug, Args)]
pub(crate) struct Uncordon {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// End windows that are still to come as well
    #[arg(long)]
    pub(crate) all: bool,
}

/// See [`super::AccountCommand::Maintenance`].
#[derive(Debug, Args)]
pub(crate) struct Maintenance {
    /// The account
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) name: String,
    /// From when: RFC 3339, or +2h from now
    #[arg(long, value_name = "TIME", value_parser = value::when)]
    pub(crate) from: When,
    /// Until when: RFC 3339, or +4h from now
    #[arg(long, value_name = "TIME", value_parser = value::when)]
    pub(crate) until: When,
    /// Move entries that do not run yet elsewhere as well
    #[arg(long)]
    pub(crate) drain: bool,
    /// Why, for those who see it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// A time on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// That time.
    At(Timestamp),
    /// So many seconds from now.
    After(u32),
}

impl When {
    /// The time that it means.
    pub(crate) fn time(self, now: Time) -> Time {
        match self {
            Self::At(stamp) => stamp.into(),
            Self::After(seconds) => now.plus(std::time::Duration::from_secs(seconds.into())),
        }
    }
}

pub(super) const CORDON_ABOUT: &str = "\
Place no further entries at an account, from now on.

What is there stays. The time ends by itself with --until or --for, or with 'account uncordon'. \
Unlike 'account disable' it carries a reason, which 'account list' and 'queue explain' show.";

pub(super) const CORDON_EXAMPLES: &str = "\
Examples:
  omsctl account cordon alpha --reason disks --for 2h
  omsctl account cordon alpha --until 2026-12-01T06:00:00Z
  omsctl account uncordon alpha";

pub(super) const DRAIN_ABOUT: &str = "\
Place no further entries at an account, and try those that do not run yet elsewhere as well.

An entry whose instance is building there keeps whichever is ready first, that one or another. \
Instances that run there stay, because moving one loses what is on it: they are listed with their \
entries, to be removed and asked for anew by their owners. With --wait the command ends when \
nothing of OMS is left there.";

pub(super) const DRAIN_EXAMPLES: &str = "\
Examples:
  omsctl account drain alpha --reason contract
  omsctl account drain alpha --wait --timeout 1h && omsctl account remove alpha";

pub(super) const UNCORDON_EXAMPLES: &str = "\
Examples:
  omsctl account uncordon alpha
  omsctl account uncordon alpha --all";

pub(super) const MAINTENANCE_ABOUT: &str = "\
Place no entries at an account during a time to come.

An account may have several such times, and they may overlap. 'account show' lists them; \
'account uncordon' ends those in force, with --all those to come as well.";

pub(super) const MAINTENANCE_EXAMPLES: &str = "\
Examples:
  omsctl account maintenance alpha --from 2026-12-01T22:00:00Z --until 2026-12-02T04:00:00Z \\
      --reason switches
  omsctl account maintenance alpha --from +1h --until +3h --drain --reason kernels";

pub(super) const UNBLOCK_ABOUT: &str = "\
Lift what is blocked at an account before its time, when its cause is mended: the quota raised, the \
image there again. The next launch there is a try; should it fail the same way, it is blocked again.";

pub(super) const UNBLOCK_EXAMPLES: &str = "\
Examples:
  omsctl account unblock alpha
  omsctl account unblock alpha --scope quota";
