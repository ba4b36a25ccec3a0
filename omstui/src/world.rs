//! The daemon's picture as this client holds it, kept up to date by the stream.
//!
//! A snapshot is put together beside the picture on screen and takes its place when it is whole,
//! so that reconnecting never shows half a world. Private keys are dropped on the way in, where
//! entries are packed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use oms_proto::response::{Alerts, Snapshot, StreamEvent};
use oms_proto::view::{
    AccountView, AlertView, EntryView, EventView, InstanceView, Status, WaitView,
};
use oms_proto::{Change, EntryId, StreamItem, Time};

use crate::kept::{Kept, without_key};

/// Events kept to look back on. At a few hundred bytes each this stays under one megabyte, and
/// nobody pages further back on a screen; `omsctl events` reads the whole journal.
pub const EVENTS_MAX: usize = 2_000;

/// Entries that are held unpacked until somebody has looked; there are never more, however long
/// nobody does.
const LATELY_MAX: usize = 4_096;

/// Accounts, entries and the latest events.
#[derive(Debug, Default)]
pub struct World {
    accounts: BTreeMap<String, AccountView>,
    entries: BTreeMap<EntryId, Kept>,
    /// Entries as they came lately, for whoever looks at what has changed.
    lately: BTreeMap<EntryId, Box<EntryView>>,
    /// The entries of each status, those first that have longest been so.
    by_status: BTreeMap<Status, BTreeSet<(Time, EntryId)>>,
    events: BTreeMap<u64, EventView>,
    alerts: Option<Vec<AlertView>>,
    staging: Option<Staging>,
    loaded: bool,
}

/// A snapshot that has not come whole.
#[derive(Debug, Default)]
struct Staging {
    accounts: BTreeMap<String, AccountView>,
    entries: BTreeMap<EntryId, Kept>,
}

/// What an item of the stream did to the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Nothing to see yet.
    Nothing,
    /// A new picture took the place of the old one.
    Replaced,
    /// This entry changed, or something happened to it.
    Entry(EntryId),
    /// Something else changed.
    Other,
}

impl World {
    /// Whether there is a picture at all.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// The accounts in the order of their names.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.values()
    }

    /// An account by name.
    pub fn account(&self, name: &str) -> Option<&AccountView> {
        self.accounts.get(name)
    }

    /// The entries in the order of their ids, unpacked one by one.
    pub fn entries(&self) -> impl Iterator<Item = Cow<'_, EntryView>> {
        let entries = self.entries.iter();
        entries.filter_map(|(id, kept)| self.unpacked(*id, kept))
    }

    /// An entry by id, unpacked.
    pub fn entry(&self, id: EntryId) -> Option<Cow<'_, EntryView>> {
        self.unpacked(id, self.entries.get(&id)?)
    }

    /// An entry that is kept, as it came lately or unpacked.
    fn unpacked(&self, id: EntryId, kept: &Kept) -> Option<Cow<'_, EntryView>> {
        match self.lately.get(&id) {
            Some(entry) => Some(Cow::Borrowed(entry.as_ref())),
            None => kept.view().map(Cow::Owned),
        }
    }

    /// The instance of an entry.
    pub fn instance(&self, id: EntryId) -> Option<InstanceView> {
        self.entry(id)?.into_owned().instance
    }

    /// The entries in the order of their ids, as they are kept.
    pub fn kept(&self) -> impl Iterator<Item = (EntryId, &Kept)> {
        self.entries.iter().map(|(id, kept)| (*id, kept))
    }

    /// The latest of the entries that an account serves or tries, at most so many. Most others are told
    /// apart by what is known of them, and stay packed.
    pub fn entries_at(&self, account: &str, most: usize) -> Vec<Cow<'_, EntryView>> {
        let small = account.to_lowercase();
        let maybe = self.entries.iter().rev();
        let maybe = maybe.filter(|(_, kept)| kept.text().contains(&small));
        let entries = maybe.filter_map(|(id, kept)| self.unpacked(*id, kept));
        let there = entries.filter(|entry| entry.account.as_deref() == Some(account));
        there.take(most).collect()
    }

    /// The entries of that name, or whose server has it.
    pub fn named(&self, name: &str) -> Vec<EntryId> {
        let small = name.to_lowercase();
        let maybe = self.entries.iter();
        let maybe = maybe.filter(|(_, kept)| kept.text().contains(&small));
        let entries = maybe.filter_map(|(id, kept)| self.unpacked(*id, kept));
        let named = entries.filter(|entry| {
            let server = entry.instance.as_ref().map(|it| it.name.as_str());
            entry.name.as_deref() == Some(name) || server == Some(name)
        });
        named.map(|entry| entry.id).collect()
    }

    /// An entry by id, as it is kept.
    pub fn kept_of(&self, id: EntryId) -> Option<&Kept> {
        self.entries.get(&id)
    }

    /// Whether there is such an entry.
    pub fn has_entry(&self, id: EntryId) -> bool {
        self.entries.contains_key(&id)
    }

    /// The events held, the latest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &EventView> {
        self.events.values().rev()
    }

    /// An event by number.
    pub fn event(&self, seq: u64) -> Option<&EventView> {
        self.events.get(&seq)
    }

    /// What needs a person, if the daemon tells that with what happens; an older one tells it when
    /// it is asked.
    pub fn alerts(&self) -> Option<&[AlertView]> {
        self.alerts.as_deref()
    }

    /// Until when an entry waits for an account, as that stands now.
    pub fn end_of(&self, wait: &WaitView, now: Time) -> Option<Time> {
        let account = self.account(wait.account.as_deref()?)?;
        account.end_of(wait, now)
    }

    /// How many entries have a status.
    pub fn total(&self, status: Status) -> usize {
        self.by_status.get(&status).map_or(0, BTreeSet::len)
    }

    /// Whether something is being done about an entry that stands so.
    pub const fn is_active(status: Status) -> bool {
        !matches!(status, Status::Run | Status::Failed)
    }

    /// The entries about which something is being done.
    pub fn active(&self) -> impl Iterator<Item = Cow<'_, EntryView>> {
        let by_status = self.by_status.iter();
        let active = by_status.filter(|(status, _)| Self::is_active(**status));
        active
            .flat_map(|(_, ids)| ids)
            .filter_map(|(_, id)| self.entry(*id))
    }

    /// The entries that failed, the latest first.
    pub fn failed(&self) -> impl Iterator<Item = Cow<'_, EntryView>> {
        let failed = self.by_status.get(&Status::Failed);
        let ids = failed.into_iter().flatten().rev();
        ids.filter_map(|(_, id)| self.entry(*id))
    }

    /// Takes in one item of the subscription.
    pub fn apply(&mut self, item: StreamItem) -> Applied {
        match item {
            StreamItem::Snapshot(Snapshot {
                seq,
                accounts,
                entries,
                last,
            }) => {
                let staging = self.staging.get_or_insert_default();
                for account in accounts {
                    staging.accounts.insert(account.name.clone(), account);
                }
                for entry in entries {
                    let id = entry.id;
                    staging
                        .entries
                        .extend(Kept::new(&without_key(entry)).map(|kept| (id, kept)));
                }
                if !last {
                    return Applied::Nothing;
                }
                self.replace(seq);
                Applied::Replaced
            }
            StreamItem::Event(StreamEvent { event, change }) => {
                // What is said of an entry may be a row of its view as well.
                let told = event.entry.map_or(Applied::Other, Applied::Entry);
                self.add_event(event);
                match change {
                    Some(change) => self.change(change),
                    None => told,
                }
            }
            StreamItem::Changed(change) => self.change(change),
            StreamItem::Missed(_) => {
                self.staging = None;
                Applied::Nothing
            }
            StreamItem::Unknown => Applied::Nothing,
        }
    }

    /// Forgets the parts of a snapshot whose rest will not come.
    pub fn interrupt(&mut self) {
        self.staging = None;
    }

    /// Adds events of the journal; those that are there already stay.
    pub fn add_events(&mut self, events: Vec<EventView>) {
        for event in events {
            self.add_event(event);
        }
    }

    fn add_event(&mut self, event: EventView) {
        self.events.insert(event.seq, event);
        while self.events.len() > EVENTS_MAX {
            self.events.pop_first();
        }
    }

    fn replace(&mut self, seq: u64) {
        let Some(staging) = self.staging.take() else {
            return;
        };
        self.accounts = staging.accounts;
        self.entries = staging.entries;
        self.lately.clear();
        // They are told anew once the picture is whole.
        self.alerts = None;
        self.by_status.clear();
        for (id, kept) in &self.entries {
            let of_status = self.by_status.entry(kept.status).or_default();
            of_status.insert((kept.changed, *id));
        }
        // A picture older than what was seen means another database: its numbers begin anew.
        if self
            .events
            .keys()
            .next_back()
            .is_some_and(|seen| *seen > seq)
        {
            self.events.clear();
        }
        self.loaded = true;
    }

    fn change(&mut self, change: Change) -> Applied {
        match change {
            Change::Entry(entry) => {
                let id = entry.id;
                self.keep(entry);
                Applied::Entry(id)
            }
            Change::EntryGone(id) => {
                self.forget(id);
                Applied::Entry(id)
            }
            Change::Account(account) => {
                self.accounts.insert(account.name.clone(), *account);
                Applied::Other
            }
            Change::AccountGone(name) => {
                self.accounts.remove(&name);
                Applied::Other
            }
            Change::Alerts(Alerts { alerts }) => {
                self.alerts = Some(alerts);
                Applied::Other
            }
            // The event beside it says in words what a newer daemon has changed.
            Change::Unknown => Applied::Other,
        }
    }

    /// What came lately has been looked at.
    pub fn looked_at(&mut self) {
        self.lately.clear();
    }

    fn keep(&mut self, mut entry: Box<EntryView>) {
        let id = entry.id;
        *entry = without_key(*entry);
        let Some(kept) = Kept::new(&entry) else {
            self.forget(id);
            return;
        };
        let now = (kept.status, kept.changed);
        let before = self.entries.insert(id, kept);
        let before = before.map(|kept| (kept.status, kept.changed));
        if before != Some(now) {
            self.count_out(id, before);
            let of_status = self.by_status.entry(now.0).or_default();
            of_status.insert((now.1, id));
        }
        if self.lately.len() < LATELY_MAX {
            self.lately.insert(id, entry);
        } else {
            self.lately.remove(&id);
        }
    }

    fn forget(&mut self, id: EntryId) {
        let before = self.entries.remove(&id);
        self.count_out(id, before.map(|kept| (kept.status, kept.changed)));
        self.lately.remove(&id);
    }

    fn count_out(&mut self, id: EntryId, stood: Option<(Status, Time)>) {
        if let Some((status, changed)) = stood
            && let Some(of_status) = self.by_status.get_mut(&status)
        {
            of_status.remove(&(changed, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use oms_proto::EventKind;

    use super::*;
    use crate::fixture;

    fn snapshot(seq: u64, entries: Vec<EntryView>, last: bool) -> StreamItem {
        StreamItem::Snapshot(Snapshot {
            seq,
            accounts: Vec::new(),
            entries,
            last,
        })
    }

    fn event(seq: u64, change: Option<Change>) -> StreamItem {
        StreamItem::Event(StreamEvent {
            event: fixture::event(seq, EventKind::EntryAccepted, "accepted"),
            change,
        })
    }

    #[test]
    fn a_snapshot_shows_only_once_it_is_whole() {
        let mut world = World::default();
        let first = vec![fixture::entry(1, Status::Run)];
        assert_eq!(world.apply(snapshot(5, first, false)), Applied::Nothing);
        assert!(!world.is_loaded());
        assert_eq!(world.entries().count(), 0);
        let second = vec![fixture::entry(2, Status::Boot)];
        assert_eq!(world.apply(snapshot(5, second, true)), Applied::Replaced);
        assert_eq!(world.entries().count(), 2);
        assert_eq!(world.total(Status::Run), 1);
    }

    #[test]
    fn a_snapshot_cut_off_leaves_the_old_picture_and_no_parts() {
        let mut world = World::default();
        world.apply(snapshot(5, vec![fixture::entry(1, Status::Run)], true));
        world.apply(snapshot(6, vec![fixture::entry(2, Status::Run)], false));
        world.interrupt();
        world.apply(snapshot(7, vec![fixture::entry(3, Status::Run)], true));
        let ids: Vec<u64> = world.entries().map(|entry| entry.id.0).collect();
        assert_eq!(ids, [3]);
    }

    #[test]
    fn totals_follow_every_change() {
        let mut world = World::default();
        world.apply(snapshot(1, vec![fixture::entry(1, Status::Boot)], true));
        let run = Change::Entry(Box::new(fixture::entry(1, Status::Run)));
        world.apply(event(2, Some(run)));
        assert_eq!(
            (world.total(Status::Boot), world.total(Status::Run)),
            (0, 1)
        );
        world.apply(event(3, Some(Change::EntryGone(EntryId(1)))));
        world.apply(event(4, Some(Change::EntryGone(EntryId(1)))));
        assert_eq!(world.total(Status::Run), 0);
    }

    #[test]
    fn private_keys_are_never_kept() {
        let mut world = World::default();
        world.apply(snapshot(1, vec![fixture::entry(1, Status::Run)], true));
        let run = Change::Entry(Box::new(fixture::entry(2, Status::Run)));
        world.apply(event(2, Some(run)));
        assert_eq!(world.entries().count(), 2);
        assert!(world.entries().all(|entry| {
            entry
                .instance
                .as_ref()
                .is_some_and(|instance| instance.key_raw.is_none())
        }));
    }

    #[test]
    fn events_are_bounded_and_start_anew_with_another_database() {
        let mut world = World::default();
        world.apply(snapshot(0, Vec::new(), true));
        for seq in 1..=3_000 {
            world.apply(event(seq, None));
        }
        assert_eq!(world.events().count(), EVENTS_MAX);
        assert_eq!(world.events().next().unwrap().seq, 3_000);
        world.apply(snapshot(7, Vec::new(), true));
        assert_eq!(world.events().count(), 0);
    }
}
