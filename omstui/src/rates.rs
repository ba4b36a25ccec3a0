//! How often things happened lately, by the events that are held.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use oms_proto::{AttemptId, EntryId, EventKind, Time};

use crate::world::World;

/// Minutes that are looked back on, a bar each.
pub const MINUTES: usize = 30;

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// What.
    pub word: &'static str,
    /// Whether it is a failure.
    pub bad: bool,
    /// How often in each minute, the oldest first.
    pub minutes: [u32; MINUTES],
}

impl Rate {
    fn new(word: &'static str, bad: bool) -> Self {
        let minutes = [0; MINUTES];
        Self { word, bad, minutes }
    }

    fn count(&mut self, minute: usize) {
        if let Some(count) = self.minutes.get_mut(minute) {
            *count += 1;
        }
    }

    /// How often in all.
    pub fn total(&self) -> u32 {
        self.minutes.iter().sum()
    }
}

/// Launches, instances that became usable, launches that failed, and launches beside another one of
/// the same entry, which may have made a server too many.
pub fn rates(world: &World, now: Time) -> [Rate; 4] {
    let mut launched = Rate::new("launched", false);
    let mut ready = Rate::new("ready", false);
    let mut failed = Rate::new("failed", true);
    let mut extra = Rate::new("extra", true);
    // Attempts under way by entry: an attempt that begins beside another is one too many.
    let mut under_way: BTreeMap<EntryId, BTreeSet<AttemptId>> = BTreeMap::new();
    for event in world.events().rev() {
        let mut beside = false;
        if let (Some(entry), Some(attempt)) = (event.entry, event.attempt) {
            let others = under_way.entry(entry).or_default();
            match event.kind {
                EventKind::AttemptStarted => {
                    beside = !others.is_empty();
                    others.insert(attempt);
                }
                kind if ends(kind) => drop(others.remove(&attempt)),
                _ => {}
            }
        }
        let minutes = now.since(event.at).as_secs() / 60;
        let minutes = usize::try_from(minutes).unwrap_or(usize::MAX);
        let Some(place) = (MINUTES - 1).checked_sub(minutes) else {
            continue;
        };
        let rate = match event.kind {
            EventKind::AttemptStarted => &mut launched,
            EventKind::AttemptReady => &mut ready,
            EventKind::AttemptRefused
            | EventKind::AttemptLost
            | EventKind::AttemptFailed
            | EventKind::AttemptGivenUp => &mut failed,
            _ => continue,
        };
        rate.count(place);
        if beside {
            extra.count(place);
        }
    }
    [launched, ready, failed, extra]
}

/// Whether an attempt has no server after this, nor may get one.
const fn ends(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::AttemptRefused
            | EventKind::AttemptFailed
            | EventKind::AttemptGivenUp
            | EventKind::AttemptAbsent
            | EventKind::AttemptVanished
            | EventKind::AttemptServerGone
            | EventKind::AttemptCleared
    )
}

/// When the minutes move on.
pub fn next_minute(now: Time) -> Duration {
    let into = now.0.rem_euclid(60_000_000);
    Duration::from_micros(u64::try_from(60_000_000 - into).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use oms_proto::response::StreamEvent;
    use oms_proto::{Change, StreamItem};

    use super::*;
    use crate::fixture;

    #[test]
    fn events_are_counted_by_the_minute_and_old_ones_not() {
        let mut world = World::default();
        let at = |seq, kind, seconds| {
            let mut event = fixture::event(seq, kind, "");
            event.at = fixture::ago(seconds);
            StreamItem::Event(StreamEvent {
                event,
                change: Some(Change::EntryGone(EntryId(1))),
            })
        };
        world.apply(at(1, EventKind::AttemptStarted, 3_600));
        world.apply(at(2, EventKind::AttemptStarted, 70));
        world.apply(at(3, EventKind::AttemptStarted, 65));
        world.apply(at(4, EventKind::AttemptRefused, 10));
        let [launched, ready, failed, _] = rates(&world, fixture::NOW);
        assert_eq!((launched.total(), ready.total(), failed.total()), (2, 0, 1));
        assert_eq!(launched.minutes[MINUTES - 2], 2);
        assert_eq!(failed.minutes[MINUTES - 1], 1);
    }

    #[test]
    fn a_launch_beside_another_of_its_entry_is_extra() {
        let mut world = World::default();
        let at = |seq, kind, attempt| {
            let mut event = fixture::event(seq, kind, "");
            event.at = fixture::ago(100 - seq);
            event.attempt = Some(AttemptId(attempt));
            StreamItem::Event(StreamEvent {
                event,
                change: None,
            })
        };
        world.apply(at(1, EventKind::AttemptStarted, 1));
        world.apply(at(2, EventKind::AttemptFailed, 1));
        world.apply(at(3, EventKind::AttemptStarted, 2));
        world.apply(at(4, EventKind::AttemptLost, 2));
        world.apply(at(5, EventKind::AttemptStarted, 3));
        let [launched, _, failed, extra] = rates(&world, fixture::NOW);
        let totals = (launched.total(), failed.total(), extra.total());
        assert_eq!(totals, (3, 2, 1));
    }
}
