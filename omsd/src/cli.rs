//! The command line of `omsd`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::Sources;

/// Exit codes, one meaning each.
pub mod exit {
    /// Stopped because it was told to, or the configuration is good.
    pub const OK: u8 = 0;
    /// Failed while it ran.
    pub const FAILED: u8 = 1;
    /// Bad usage or configuration.
    pub const USAGE: u8 = 2;
    /// The state directory, the database or the key cannot be used.
    pub const STATE: u8 = 3;
    /// The socket or the HTTP address cannot be listened on.
    pub const LISTEN: u8 = 4;
}

const AFTER_HELP: &str = "\
Settings come from the defaults, the file, the environment and the command line; the later wins. \
The setting engine.launches_per_account is OMS_ENGINE_LAUNCHES_PER_ACCOUNT in the environment and \
--set engine.launches_per_account=20 on the command line. `omsd check-config` prints them all.

SIGTERM and SIGINT stop the daemon in good order; a second one stops it at once. What is under way \
at the clouds is picked up again at the next start.

Exit codes:
  0  stopped because it was told to; check-config: the configuration is good
  1  failed while it ran
  2  bad usage or configuration
  3  the state directory, the database or the key cannot be used
  4  the socket or the HTTP address cannot be listened on";

/// The daemon of OpenMultiStack: gets instances from whichever OpenStack account can give them.
#[derive(Debug, Parser)]
#[command(name = "omsd", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// The configuration file; /etc/oms/omsd.toml, if there is one, unless given.
    #[arg(long, value_name = "FILE", global = true, env = "OMS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting, such as `state_dir=/srv/oms`; can be given several times.
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// What to do instead of running.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Check the configuration and print the settings that are in force.
    CheckConfig,
}

impl Cli {
    /// Where the settings come from.
    pub fn sources(&self) -> Sources {
        Sources {
            file: self.config.clone(),
            environment: std::env::vars_os().collect(),
            flags: self.set.clone(),
        }
    }
}
