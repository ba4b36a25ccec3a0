//! Times of maintenance, as people hand them in and see them.

use serde::{Deserialize, Serialize};

use crate::grows;
use crate::time::Time;

/// A time in which no entries are placed at an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From when.
    pub from: Time,
    /// Until when, later than `from`; `None` until a person ends it.
    #[serde(default)]
    pub until: Option<Time>,
    /// Whether entries that do not run yet are moved elsewhere as well.
    #[serde(default)]
    pub drain: bool,
    /// Why, for people; one line of at most 200 characters.
    #[serde(default)]
    pub reason: String,
}

grows! {
    Window { from, until, drain, reason }
}

impl Window {
    /// Whether it is in force.
    pub fn covers(&self, now: Time) -> bool {
        self.from <= now && !self.is_past(now)
    }

    /// Whether it is over.
    pub fn is_past(&self, now: Time) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}
