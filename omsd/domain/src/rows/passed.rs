//! Accounts that placement did not choose, and why.

use std::sync::Arc;

use oms_proto::{AccountId, Time};

use crate::ground::failure::Failure;
use crate::rows::room::Shortage;
use crate::rows::scope::Scope;

/// An account that was not chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which.
    pub account: AccountId,
    /// Why.
    pub reason: Reason,
}

/// Why an account was not chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A person has switched it off.
    Disabled,
    /// The entry names other accounts.
    NotAmongAccounts,
    /// The entry avoids it.
    Avoided,
    /// Neither the entry nor the account names an image.
    NoImage,
    /// Neither the entry nor the account names a flavor.
    NoFlavor,
    /// A person keeps entries away for a time.
    Maintenance {
        /// Until when, if that is known.
        until: Option<Time>,
        /// Why, in that person's words.
        reason: String,
    },
    /// Something is blocked there.
    Blocked {
        /// What.
        scope: Scope,
        /// Until when.
        until: Time,
        /// Why.
        failure: Arc<Failure>,
    },
    /// The block has run out and another attempt is probing.
    Probing {
        /// What is probed.
        scope: Scope,
    },
    /// As many launches as it takes at once are under way.
    Busy {
        /// How many that is.
        launches: u32,
    },
    /// It is known not to fit there.
    NoRoom(Shortage),
    /// Launches there have failed of late, so only so many are made at once.
    Budget {
        /// How many.
        window: u32,
    },
    /// An attempt of this very entry is still under way there.
    Trying,
    /// It has refused what this very entry brings.
    Rejected,
    /// Another account suited better.
    Outscored {
        /// Which.
        by: AccountId,
    },
}

impl Reason {
    /// Whether it can pass without anybody changing the entry or the account.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Maintenance { .. }
                | Self::Blocked { .. }
                | Self::Probing { .. }
                | Self::Busy { .. }
                | Self::NoRoom(_)
                | Self::Budget { .. }
                | Self::Trying
                | Self::Outscored { .. }
        )
    }
}
