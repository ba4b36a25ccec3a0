//! A snapshot in parts, each far below the largest frame.

use std::ops::Bound;

use oms_proto::response::Snapshot;
use oms_proto::view::EntryView;
use oms_proto::{AccountId, EntryId};
use omsd_domain::rows::entry::Past;
use omsd_domain::world::World;

use crate::ports::Clock;
use crate::service::accounts::ACCOUNTS_PER_ANSWER;
use crate::service::view::{Keys, Picture, weight};

/// Entries in one part of a snapshot.
const PART_ENTRIES_MAX: usize = 500;

/// Bytes of entries in one part, roughly; far below the largest frame, so that other answers of
/// the connection get their turn.
const PART_BYTES_MAX: usize = 1024 * 1024;

/// Where the next part of a snapshot begins: accounts come first, then what failed and has ended, then
/// the other entries.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    /// Behind this account, or at the first.
    Account(Option<AccountId>),
    /// At this one of those that failed and have ended.
    Failed(usize),
    /// Behind this entry, or at the first.
    Entry(Option<EntryId>),
}

/// A part of a snapshot, and where the next begins if it is not the last. What failed and has ended
/// comes with the last accounts, whatever its ids, and the first entries with the last of those.
pub(super) fn part(
    clock: &dyn Clock,
    world: &World,
    failed: &[Past],
    from: From,
) -> (Snapshot, Option<From>) {
    let picture = picture(clock, world);
    let mut part = Snapshot {
        seq: world.seq,
        ..Snapshot::default()
    };
    let mut from = from;
    if let From::Account(after) = from {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut follow = world.accounts.range((after, Bound::Unbounded));
        let shown = follow.by_ref().take(ACCOUNTS_PER_ANSWER);
        let shown: Vec<_> = shown.map(|(_, account)| account).collect();
        let more = follow.next().is_some();
        part.accounts = shown.iter().map(|it| picture.account(it)).collect();
        if let Some(last) = shown.last().filter(|_| more) {
            return (part, Some(From::Account(Some(last.id))));
        }
        from = From::Failed(0);
    }
    if let From::Failed(begun) = from {
        let left = failed.get(begun..).unwrap_or_default();
        part.entries = filled(left.iter().map(|past| picture.entry(&past.entry)));
        let reached = begun.saturating_add(part.entries.len());
        if reached < failed.len() {
            return (part, Some(From::Failed(reached)));
        }
        from = From::Entry(None);
    }
    let after = match from {
        From::Entry(after) => after,
        From::Account(_) | From::Failed(_) => None,
    };
    let (entries, reached) = living(&picture, after);
    part.entries.extend(entries);
    part.last = reached.is_none();
    (part, reached.map(|reached| From::Entry(Some(reached))))
}

/// As many entries as one part takes.
fn filled(entries: impl Iterator<Item = EntryView>) -> Vec<EntryView> {
    let mut bytes = 0;
    let fits = |entry: &EntryView| {
        let fits = bytes < PART_BYTES_MAX;
        bytes += weight(entry);
        fits
    };
    entries.take(PART_ENTRIES_MAX).take_while(fits).collect()
}

/// Living entries after one, and the one that they reach to if more follow.
fn living(picture: &Picture<'_>, after: Option<EntryId>) -> (Vec<EntryView>, Option<EntryId>) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let follow = picture.world.entries.range((from, Bound::Unbounded));
    let entries = filled(follow.map(|(_, entry)| picture.entry(entry)));
    let reached = entries.last().map(|entry| entry.id);
    let newest = picture.world.entries.get_max().map(|(id, _)| *id);
    let more = reached < newest;
    (entries, reached.filter(|_| more))
}

/// What clients see of a world now.
pub(super) fn picture<'a>(clock: &dyn Clock, world: &'a World) -> Picture<'a> {
    Picture {
        world,
        now: clock.now(),
        // A stream is open for days and shown on screens; whoever needs a key asks for it.
        keys: Keys::Hidden,
    }
}
