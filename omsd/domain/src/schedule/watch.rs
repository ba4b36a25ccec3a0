//! The watch over an account: what is known of the looks at it.

use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::LOOKS_KNOWN;

/// The watch over an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells of something else"
)]
pub struct Watch {
    /// Where the next partial look begins, by the cloud's clock.
    pub cursor: Option<Time>,
    /// When the look under way began.
    pub began: Option<Time>,
    /// When the last look ended.
    pub ended: Option<Time>,
    /// When the account last answered anything, as far as somebody listened.
    pub heard: Option<Time>,
    /// How long the latest looks took that were answered well.
    pub took: [Duration; LOOKS_KNOWN],
    /// When that look had begun.
    pub asked: Option<Time>,
    /// When the one before had begun.
    pub asked_before: Option<Time>,
    /// When the last complete look began.
    pub full: Option<Time>,
    /// Whether a complete look is needed.
    pub want_full: bool,
    /// Looks that failed in a row.
    pub failures: u32,
    /// Whether the next look must not wait: a launch found a service dead, and a look tells whether
    /// it is the whole account; or a build is about to be given up.
    pub doubted: bool,
    /// When it was told last what there is room for.
    pub surveyed: Option<Time>,
    /// Whether anything of ours came or went there since the survey under way began, so that what it
    /// tells of others may be ours.
    pub disturbed: bool,
    /// Whether an entry found no room here since one was placed.
    pub short: bool,
    /// Whether entries are being moved elsewhere.
    pub draining: bool,
    /// When the account was planned last.
    pub planned: Option<Time>,
    /// Until when entries wait for its pace.
    pub paced: Option<Time>,
    /// When the key pairs were listed last.
    pub inspected: Option<Time>,
}

impl Watch {
    /// A look was answered well after so long.
    pub(crate) fn note_look(&mut self, took: Duration) {
        self.took.rotate_right(1);
        if let Some(latest) = self.took.first_mut() {
            *latest = took;
        }
    }

    /// How long the latest look took.
    pub(crate) fn latest_look(&self) -> Duration {
        self.took.first().copied().unwrap_or_default()
    }

    /// How long the slowest of the latest looks took.
    pub(crate) fn slowest_look(&self) -> Duration {
        self.took.into_iter().max().unwrap_or_default()
    }
}
