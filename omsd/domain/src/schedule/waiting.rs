//! Entries that wait for an account, by what they ask: where many ask the same, a change of an
//! account is a matter of the first few of them.
//!
//! A change concerns only those that it may help. Where launches end there may be places for those
//! that found none, where servers go there may be room, and anything else may mean all. So it is
//! remembered of each shape which accounts lacked what for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, EntryId};

use crate::ground::limits::SHAPES_PER_TURN;
use crate::rows::entry::Entry;
use crate::rows::passed::{PassedOver, Reason};
use crate::rows::scope::Scope;

/// What has changed at an account, the more it may help the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum News {
    /// A launch or a build is over, so another may be begun.
    Place,
    /// Something of ours is gone, so there is more room.
    Room,
    /// Anything.
    Any,
}

impl News {
    const ALL: [Self; 3] = [Self::Place, Self::Room, Self::Any];
}

/// Whether an entry that waits may go to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It may.
    Yes,
    /// It may, once others have been there: what is to be tried anew is its own failure.
    Last,
    /// It may not, for what was tried for it; others of its shape may.
    NotThis,
    /// It may not, and neither may others of its shape.
    No(Option<Lack>),
}

/// How many entries may go to an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    /// Launches that may be begun there.
    pub(crate) free: usize,
    /// Entries of one shape that are looked at: more than there are places and than can be tried there.
    pub(crate) each: usize,
}

/// Those that wait, and how far each account's round through them has come.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    known: BTreeMap<Shape, ShapeId>,
    shapes: BTreeMap<ShapeId, Group>,
    entries: BTreeMap<EntryId, ShapeId>,
    /// Shapes for which an account lacked something.
    lacking: BTreeMap<(AccountId, Lack), BTreeSet<ShapeId>>,
    /// A lesser round must not begin a greater one anew, so each kind of news has its own.
    rounds: BTreeMap<(AccountId, News), Round>,
    next: ShapeId,
}

/// The number of a shape; never given twice.
type ShapeId = u64;

/// Entries that ask the same.
#[derive(Debug)]
struct Group {
    shape: Shape,
    entries: BTreeSet<EntryId>,
    /// What accounts lacked for it.
    lacked: BTreeMap<AccountId, Lack>,
}

/// What an account lacked that comes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lack {
    Place,
    Room,
}

/// What an entry asks of an account: entries of one shape are placed alike, so when the first
/// finds no place the others need not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    /// An entry that an account does not take for what was tried for it alone. It stands apart: any
    /// number of them before one that is like the others would hide that one.
    apart: Option<EntryId>,
    accounts: Option<Vec<String>>,
    avoid: Option<Vec<String>>,
    machine: MachineSpec,
}

/// A round through the shapes of the waiting entries, for an account that has changed.
#[derive(Debug, Default)]
struct Round {
    /// The shape that was looked at last.
    from: Option<ShapeId>,
    /// Shapes that are still to be looked at.
    left: usize,
}

impl Waiting {
    /// Lets an entry wait for a change of one of the accounts that could not take it.
    pub(crate) fn add(&mut self, entry: &Entry, passed_over: &[PassedOver]) {
        let is_apart = passed_over.iter().any(|over| is_own(&over.reason));
        let shape = Shape::of(&entry.asked.spec, is_apart.then_some(entry.id));
        let id = self.join(entry.id, shape);
        for over in passed_over {
            self.found(id, over.account, Lack::of(&over.reason));
        }
    }

    /// What an account lacks for a shape, as far as that comes by itself.
    fn found(&mut self, shape: ShapeId, account: AccountId, lack: Option<Lack>) {
        let Some(group) = self.shapes.get_mut(&shape) else {
            return;
        };
        let before = match lack {
            Some(lack) => group.lacked.insert(account, lack),
            None => group.lacked.remove(&account),
        };
        if before == lack {
            return;
        }
        if let Some(before) = before {
            remove(&mut self.lacking, (account, before), shape);
        }
        if let Some(lack) = lack {
            self.lacking
                .entry((account, lack))
                .or_default()
                .insert(shape);
        }
    }

    fn join(&mut self, entry: EntryId, shape: Shape) -> ShapeId {
        let id = *self.known.entry(shape.clone()).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        let group = self.shapes.entry(id).or_insert_with(|| Group {
            shape,
            entries: BTreeSet::new(),
            lacked: BTreeMap::new(),
        });
        group.entries.insert(entry);
        if let Some(before) = self
            .entries
            .insert(entry, id)
            .filter(|before| *before != id)
        {
            self.leave(entry, before);
        }
        id
    }

    /// The entry waits no more.
    pub(crate) fn take(&mut self, entry: EntryId) {
        if let Some(id) = self.entries.remove(&entry) {
            self.leave(entry, id);
        }
    }

    fn leave(&mut self, entry: EntryId, id: ShapeId) {
        let Some(group) = self.shapes.get_mut(&id) else {
            return;
        };
        group.entries.remove(&entry);
        if !group.entries.is_empty() {
            return;
        }
        if let Some(group) = self.shapes.remove(&id) {
            self.known.remove(&group.shape);
            for (account, lack) in group.lacked {
                remove(&mut self.lacking, (account, lack), id);
            }
        }
    }

    /// The waiting entries that may go to an account, the oldest of those that were looked at and as
    /// many as there are places; and whether shapes were left for the next time. `news` tells that the
    /// account has changed, so that every shape which that may help is to be looked at once more; a
    /// turn looks at so many at most and goes on where the one before ended.
    pub(crate) fn wake(
        &mut self,
        account: (AccountId, &str),
        places: Places,
        news: Option<News>,
        fit: impl Fn(EntryId) -> Fit,
    ) -> (Vec<EntryId>, bool) {
        let (id, _) = account;
        if let Some(news) = news {
            let left = self.count(id, news);
            self.rounds.entry((id, news)).or_default().left = left;
        }
        let mut fitting = Vec::new();
        let mut rounds = Vec::new();
        let mut budget = SHAPES_PER_TURN;
        for news in News::ALL {
            let Some(mut round) = self.rounds.remove(&(id, news)) else {
                continue;
            };
            let count = round.left.min(budget);
            budget -= count;
            for shape in self.after(id, news, round.from, count) {
                round.from = Some(shape);
                fitting.extend(self.fitting(shape, account, places, &fit));
            }
            rounds.push((news, round, count));
        }
        fitting.sort_unstable();
        fitting.dedup();
        // Those that find no place now are thought of again when the others have been placed.
        let found = fitting.len();
        if fitting.iter().any(|(last, _)| !last) {
            fitting.retain(|(last, _)| !last);
        }
        let mut fitting: Vec<_> = fitting.into_iter().map(|(_, entry)| entry).collect();
        let all = found <= places.free && fitting.len() == found;
        for (news, mut round, count) in rounds {
            if all {
                round.left -= count;
            }
            if round.left > 0 {
                self.rounds.insert((id, news), round);
            }
        }
        fitting.truncate(places.free);
        let more = News::ALL
            .iter()
            .any(|news| self.rounds.contains_key(&(id, *news)));
        (fitting, more)
    }

    /// The first entries of a shape that may go to an account, and whether after others; one more than
    /// there are places, so that it is known of those that found none. What the account lacks for the shape is remembered: it is
    /// other than it was when an entry was placed last.
    fn fitting(
        &mut self,
        shape: ShapeId,
        (account, name): (AccountId, &str),
        places: Places,
        fit: impl Fn(EntryId) -> Fit,
    ) -> Vec<(bool, EntryId)> {
        let group = self.shapes.get(&shape);
        let group = group.filter(|group| group.shape.admits(name));
        let entries = group.into_iter().flat_map(|group| &group.entries);
        let (mut fitting, mut lack) = (Vec::new(), None);
        for entry in entries.take(places.each) {
            if fitting.len() > places.free {
                break;
            }
            match fit(*entry) {
                Fit::Yes => fitting.push((false, *entry)),
                Fit::Last => fitting.push((true, *entry)),
                Fit::NotThis => {}
                Fit::No(lacks) => {
                    lack = Some(lacks);
                    break;
                }
            }
        }
        if let Some(lack) = lack {
            self.found(shape, account, lack);
        }
        fitting
    }

    /// How many shapes news may help.
    fn count(&self, account: AccountId, news: News) -> usize {
        if news == News::Any {
            return self.shapes.len();
        }
        let lacking = Lack::helped_by(news).iter();
        let lacking = lacking.filter_map(|lack| self.lacking.get(&(account, *lack)));
        lacking.map(BTreeSet::len).sum()
    }

    /// So many of the shapes that news may help, those behind one first.
    fn after(
        &self,
        account: AccountId,
        news: News,
        from: Option<ShapeId>,
        count: usize,
    ) -> Vec<ShapeId> {
        let behind = (
            from.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let until = (Bound::Unbounded, Bound::Included(from.unwrap_or_default()));
        let mut found = Vec::new();
        for range in [behind, until] {
            let left = count.saturating_sub(found.len());
            if news == News::Any {
                found.extend(self.shapes.range(range).map(|(id, _)| *id).take(left));
                continue;
            }
            let lacking = Lack::helped_by(news).iter();
            let lacking = lacking.filter_map(|lack| self.lacking.get(&(account, *lack)));
            let mut some: Vec<_> = lacking
                .flat_map(|shapes| shapes.range(range).copied().take(left))
                .collect();
            some.sort_unstable();
            found.extend(some.into_iter().take(left));
        }
        found
    }

    /// Entries that wait for an account.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// An account is gone.
    pub(crate) fn forget(&mut self, account: AccountId) {
        for news in News::ALL {
            self.rounds.remove(&(account, news));
        }
        for lack in [Lack::Place, Lack::Room] {
            for id in self.lacking.remove(&(account, lack)).unwrap_or_default() {
                if let Some(group) = self.shapes.get_mut(&id) {
                    group.lacked.remove(&account);
                }
            }
        }
    }
}

fn remove(
    lacking: &mut BTreeMap<(AccountId, Lack), BTreeSet<ShapeId>>,
    key: (AccountId, Lack),
    id: ShapeId,
) {
    if let Some(shapes) = lacking.get_mut(&key) {
        shapes.remove(&id);
        if shapes.is_empty() {
            lacking.remove(&key);
        }
    }
}

/// Whether a reason is what was tried for one entry, and holds for no other of its shape.
pub(crate) const fn is_own(reason: &Reason) -> bool {
    match reason {
        Reason::Trying | Reason::Rejected | Reason::Overtaken { .. } => true,
        Reason::Blocked { scope, .. } | Reason::Probing { scope } => {
            matches!(scope, Scope::Entry(_))
        }
        Reason::Held
        | Reason::Unseen
        | Reason::Disabled
        | Reason::NotAmongAccounts
        | Reason::Avoided
        | Reason::NoImage
        | Reason::NoFlavor
        | Reason::Maintenance { .. }
        | Reason::Busy { .. }
        | Reason::NoRoom(_)
        | Reason::Budget { .. } => false,
    }
}

impl Lack {
    /// What was lacking, where it comes by itself.
    pub(crate) fn of(reason: &Reason) -> Option<Self> {
        match reason {
            Reason::Busy { .. } | Reason::Budget { .. } => Some(Self::Place),
            Reason::NoRoom(_) => Some(Self::Room),
            Reason::Held
            | Reason::Unseen
            | Reason::Disabled
            | Reason::NotAmongAccounts
            | Reason::Avoided
            | Reason::NoImage
            | Reason::NoFlavor
            | Reason::Maintenance { .. }
            | Reason::Blocked { .. }
            | Reason::Probing { .. }
            | Reason::Trying
            | Reason::Overtaken { .. }
            | Reason::Rejected => None,
        }
    }

    /// Where less than anything has changed, what may be there now.
    const fn helped_by(news: News) -> &'static [Self] {
        match news {
            News::Place => &[Self::Place],
            News::Room | News::Any => &[Self::Place, Self::Room],
        }
    }
}

impl Shape {
    fn of(spec: &EntrySpec, apart: Option<EntryId>) -> Self {
        // What is added to a wish is to be thought of here.
        let EntrySpec {
            name: _,
            machine,
            user_data: _,
            metadata: _,
            public_key: _,
            key_type: _,
            accounts,
            avoid_accounts,
            deadline_seconds: _,
        } = spec;
        Self {
            apart,
            accounts: accounts.clone(),
            avoid: avoid_accounts.clone(),
            machine: MachineSpec {
                // Of no account's concern.
                address_type: None,
                address_family: None,
                ..machine.clone()
            },
        }
    }

    fn admits(&self, account: &str) -> bool {
        let names = |names: &Option<Vec<String>>| {
            names
                .as_ref()
                .map(|names| names.iter().any(|name| name == account))
        };
        names(&self.accounts).unwrap_or(true) && !names(&self.avoid).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use oms_proto::Time;

    use super::*;
    use crate::ground::resource::Resource;
    use crate::rows::entry::{Asked, EntryKey};
    use crate::rows::room::Shortage;

    const A: AccountId = AccountId(1);

    fn entry(id: u64, flavor: &str) -> Entry {
        let asked = Asked {
            id: EntryId(id),
            spec: Arc::new(EntrySpec {
                machine: MachineSpec {
                    flavor: Some(flavor.to_owned()),
                    ..MachineSpec::default()
                },
                ..EntrySpec::default()
            }),
            key: EntryKey {
                public: String::new(),
                private: None,
            },
            user_data: None,
            accepted: Time(0),
            patience: Duration::from_secs(60),
            idempotency: None,
        };
        Entry::new(Arc::new(asked))
    }

    fn over(reason: Reason) -> Vec<PassedOver> {
        vec![PassedOver { account: A, reason }]
    }

    fn busy() -> Vec<PassedOver> {
        over(Reason::Busy { launches: 4 })
    }

    fn no_room() -> Vec<PassedOver> {
        over(Reason::NoRoom(Shortage {
            resource: Resource::Cores,
            max: 1,
            used: 1,
            needed: 1,
        }))
    }

    fn wake(waiting: &mut Waiting, free: usize, news: Option<News>) -> (Vec<u64>, bool) {
        let places = Places { free, each: 8 };
        let (woken, more) = waiting.wake((A, "a"), places, news, |_| Fit::Yes);
        (woken.into_iter().map(|id| id.0).collect(), more)
    }

    #[test]
    fn news_wakes_those_that_it_may_help_the_oldest_first() {
        let mut waiting = Waiting::default();
        waiting.add(&entry(3, "s"), &busy());
        waiting.add(&entry(2, "m"), &busy());
        waiting.add(&entry(1, "l"), &no_room());
        waiting.add(&entry(4, "x"), &over(Reason::Disabled));
        assert_eq!(wake(&mut waiting, 9, None), (vec![], false));
        assert_eq!(
            wake(&mut waiting, 9, Some(News::Place)),
            (vec![2, 3], false)
        );
        assert_eq!(
            wake(&mut waiting, 9, Some(News::Room)),
            (vec![1, 2, 3], false)
        );
        assert_eq!(
            wake(&mut waiting, 9, Some(News::Any)),
            (vec![1, 2, 3, 4], false)
        );
        assert_eq!(wake(&mut waiting, 1, Some(News::Place)), (vec![2], true));
    }

    #[test]
    fn what_was_tried_for_one_does_not_hide_what_the_others_wait_for() {
        let mut waiting = Waiting::default();
        waiting.add(&entry(1, "s"), &busy());
        waiting.add(&entry(2, "s"), &over(Reason::Trying));
        assert_eq!(wake(&mut waiting, 9, Some(News::Place)), (vec![1], false));
        assert_eq!(wake(&mut waiting, 9, Some(News::Any)), (vec![1, 2], false));
    }

    #[test]
    fn those_that_an_account_refused_hide_none_of_their_shape() {
        let mut waiting = Waiting::default();
        let refused: Vec<_> = (1..=20).map(EntryId).collect();
        for id in &refused {
            waiting.add(&entry(id.0, "s"), &over(Reason::Disabled));
        }
        // They were like the others before.
        for id in &refused {
            waiting.add(&entry(id.0, "s"), &over(Reason::Rejected));
        }
        waiting.add(&entry(21, "s"), &over(Reason::Disabled));
        let fit = |id| {
            if refused.contains(&id) {
                Fit::NotThis
            } else {
                Fit::Yes
            }
        };
        let places = Places { free: 1, each: 1 };
        let (woken, more) = waiting.wake((A, "a"), places, Some(News::Any), fit);
        assert_eq!((woken, more), (vec![EntryId(21)], false));
        for id in 1..=21 {
            waiting.take(EntryId(id));
        }
        assert!(waiting.shapes.is_empty() && waiting.known.is_empty());
    }

    #[test]
    fn those_beyond_the_places_of_an_account_that_opens_are_thought_of_again() {
        let mut waiting = Waiting::default();
        for id in 1..=5 {
            waiting.add(&entry(id, "s"), &over(Reason::Disabled));
        }
        let opened = Some(News::Any);
        assert_eq!(wake(&mut waiting, 4, opened), (vec![1, 2, 3, 4], true));
        for id in 1..=4 {
            waiting.take(EntryId(id));
        }
        assert_eq!(wake(&mut waiting, 1, Some(News::Place)), (vec![5], false));
    }

    #[test]
    fn what_an_account_that_opens_lacks_is_remembered() {
        let mut waiting = Waiting::default();
        waiting.add(&entry(1, "s"), &over(Reason::Disabled));
        let places = Places { free: 4, each: 8 };
        let no_room = |_| Fit::No(Some(Lack::Room));
        let (woken, more) = waiting.wake((A, "a"), places, Some(News::Any), no_room);
        assert_eq!((woken, more), (vec![], false));
        assert_eq!(wake(&mut waiting, 4, Some(News::Place)), (vec![], false));
        assert_eq!(wake(&mut waiting, 4, Some(News::Room)), (vec![1], false));
    }

    #[test]
    fn a_round_for_anything_comes_to_its_end_whatever_else_is_news() {
        let mut waiting = Waiting::default();
        let shapes = u64::try_from(SHAPES_PER_TURN).unwrap() * 3;
        for id in 1..=shapes {
            waiting.add(&entry(id, &id.to_string()), &no_room());
        }
        let no = |waiting: &mut Waiting, news| {
            let places = Places { free: 1, each: 8 };
            waiting
                .wake((A, "a"), places, Some(news), |_| Fit::No(None))
                .1
        };
        assert!(no(&mut waiting, News::Any));
        assert!(no(&mut waiting, News::Place));
        assert!(!no(&mut waiting, News::Place));
    }

    #[test]
    fn those_that_wait_no_more_leave_nothing() {
        let mut waiting = Waiting::default();
        waiting.add(&entry(1, "s"), &busy());
        waiting.add(&entry(2, "m"), &no_room());
        waiting.take(EntryId(1));
        waiting.forget(A);
        waiting.take(EntryId(2));
        assert_eq!(waiting.len(), 0);
        assert!(waiting.shapes.is_empty() && waiting.known.is_empty());
        assert!(waiting.lacking.is_empty() && waiting.entries.is_empty());
    }
}
