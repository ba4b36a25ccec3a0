//! The watch over an account: what is known of the looks at it.

use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::{FULL_LOOK_AWAITED, FULL_LOOK_EVERY, FULL_LOOK_SHARE, LOOKS_KNOWN};
use crate::schedule::work::Taken;

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
    /// What was under way when the look under way began: itself, and creates.
    pub beside: u32,
    /// What the latest looks took that were answered well.
    pub(super) took: [Taken; LOOKS_KNOWN],
    /// When that look had begun.
    pub asked: Option<Time>,
    /// When the one before had begun.
    pub asked_before: Option<Time>,
    /// When the last complete look began.
    pub full: Option<Time>,
    /// How long it took.
    pub full_took: Duration,
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
    /// How many other accounts of its project there were when that was noted last.
    pub mates: usize,
    /// Whether an entry found no room here since one was placed.
    pub short: bool,
    /// Whether entries are being moved elsewhere.
    pub draining: bool,
    /// When the account was planned last.
    pub planned: Option<Time>,
    /// Until when entries wait for its pace.
    pub paced: Option<Time>,
    /// When the key pairs were listed last.
    pub keypairs_listed: Option<Time>,
}

impl Watch {
    /// A look was answered well after so long.
    pub(crate) fn note_look(&mut self, time: Duration) {
        self.took.rotate_right(1);
        let beside = self.beside.max(1);
        if let Some(latest) = self.took.first_mut() {
            *latest = Taken { time, beside };
        }
    }

    /// Whether a partial look is not enough. It shows what changed by clocks that may be wrong or may
    /// differ, of the cloud's hosts and of the proxy before them: so what is awaited and has not come
    /// is looked for in the whole list, as often as that costs little.
    pub(crate) fn wants_all(&self, awaits: bool, now: Time) -> bool {
        let costs = self.full_took.saturating_mul(FULL_LOOK_SHARE);
        let pause = if awaits {
            costs.clamp(FULL_LOOK_AWAITED, FULL_LOOK_EVERY)
        } else {
            FULL_LOOK_EVERY
        };
        // A clock of our own that was put back must not keep us from looking.
        let due = |full: Time| now >= full.plus(pause) || now < full;
        self.want_full || self.full.is_none_or(due)
    }

    /// Whether any look was answered well.
    pub(crate) fn knows_looks(&self) -> bool {
        self.took.iter().any(|look| look.beside > 0)
    }

    /// How long the latest look took.
    pub(crate) fn latest_look(&self) -> Duration {
        self.took.first().map(|look| look.time).unwrap_or_default()
    }

    /// How long the slowest of the latest looks took.
    pub(crate) fn slowest_look(&self) -> Duration {
        self.slowest_look_among(0)
    }

    /// How long the slowest of the latest looks would have taken with so much under way, itself
    /// included: as much longer as that is more than there was then.
    pub(crate) fn slowest_look_among(&self, under_way: u32) -> Duration {
        let scaled = |look: &Taken| {
            let beside = look.beside.max(1);
            look.time.saturating_mul(under_way.max(beside)) / beside
        };
        self.took.iter().map(scaled).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_among_more_takes_longer_in_proportion() {
        let mut watch = Watch {
            beside: 2,
            ..Watch::default()
        };
        watch.note_look(Duration::from_millis(300));
        watch.beside = 0;
        watch.note_look(Duration::from_millis(200));
        assert_eq!(watch.latest_look(), Duration::from_millis(200));
        assert_eq!(watch.slowest_look(), Duration::from_millis(300));
        assert_eq!(watch.slowest_look_among(1), Duration::from_millis(300));
        assert_eq!(watch.slowest_look_among(2), Duration::from_millis(400));
        assert_eq!(watch.slowest_look_among(6), Duration::from_millis(1200));
    }
}
