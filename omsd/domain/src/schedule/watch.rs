//! The watch over an account: what is known of the looks at it.

use oms_proto::Time;

/// The watch over an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watch {
    /// Where the next partial look begins, by the cloud's clock.
    pub cursor: Option<Time>,
    /// When the look under way began.
    pub began: Option<Time>,
    /// When the last look ended.
    pub ended: Option<Time>,
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
    /// When the youngest thing that awaits a look began to.
    pub newest: Option<Time>,
    /// When it was told last what there is room for.
    pub surveyed: Option<Time>,
    /// Whether entries are being moved elsewhere.
    pub draining: bool,
    /// When the account was planned last.
    pub planned: Option<Time>,
    /// Until when entries wait for its pace.
    pub paced: Option<Time>,
    /// When the key pairs were listed last.
    pub inspected: Option<Time>,
}
