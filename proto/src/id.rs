//! Typed ids, used by every crate, so that an entry is never looked up with an attempt's number.
//!
//! Ids are small integers that the daemon hands out in order and never twice; people type them.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            Encode, Decode, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

number_id! {
    /// A queue entry: one request for one instance.
    EntryId
}
number_id! {
    /// One try to serve an entry at one account.
    AttemptId
}
number_id! {
    /// The server that an entry ended up with. It has the number of the attempt that made it.
    InstanceId
}
number_id! {
    /// An account; people use its name, records use this.
    AccountId
}

impl From<AttemptId> for InstanceId {
    /// The instance that an attempt has made.
    fn from(attempt: AttemptId) -> Self {
        Self(attempt.0)
    }
}

impl From<InstanceId> for AttemptId {
    /// The attempt that made an instance.
    fn from(instance: InstanceId) -> Self {
        Self(instance.0)
    }
}
