//! How often things happened lately, by the events that are held.

use std::time::Duration;

use oms_proto::{EventKind, Time};

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

    /// How often in all.
    pub fn total(&self) -> u32 {
        self.minutes.iter().sum()
    }
}

/// Launches, instances that became usable, and launches that failed.
pub fn rates(world: &World, now: Time) -> [Rate; 3] {
    let mut launched = Rate::new("launched", false);
    let mut ready = Rate::new("ready", false);
    let mut failed = Rate::new("failed", true);
    for event in world.events() {
        let minutes = now.since(event.at).as_secs() / 60;
        let Some(place) = usize::try_from(minutes)
            .ok()
            .and_then(|minutes| (MINUTES - 1).checked_sub(minutes))
        else {
            break;
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
        if let Some(count) = rate.minutes.get_mut(place) {
            *count += 1;
        }
    }
    [launched, ready, failed]
}

/// When the minutes move on.
pub fn next_minute(now: Time) -> Duration {
    let into = now.0.rem_euclid(60_000_000);
    Duration::from_micros(u64::try_from(60_000_000 - into).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use oms_proto::response::StreamEvent;
    use oms_proto::{Change, EntryId, StreamItem};

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
        let [launched, ready, failed] = rates(&world, fixture::NOW);
        assert_eq!((launched.total(), ready.total(), failed.total()), (2, 0, 1));
        assert_eq!(launched.minutes[MINUTES - 2], 2);
        assert_eq!(failed.minutes[MINUTES - 1], 1);
    }
}
