//! Entries that wait for an account, by what they ask: where many ask the same, a change of an
//! account is a matter of the first few of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, EntryId};

use crate::ground::limits::SHAPES_PER_TURN;
use crate::rows::entry::Entry;

/// Those that wait, and how far each account's round through them has come.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    by_shape: BTreeMap<Shape, BTreeSet<EntryId>>,
    shapes: BTreeMap<EntryId, Shape>,
    rounds: BTreeMap<AccountId, Round>,
}

/// What an entry asks of an account: entries of one shape are placed alike, so when the first
/// finds no place the others need not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    accounts: Option<Vec<String>>,
    avoid: Option<Vec<String>>,
    image: Option<String>,
    flavor: Option<String>,
    networks: Option<Vec<String>>,
    security_groups: Option<Vec<String>>,
    availability_zone: Option<String>,
}

/// A round through the shapes of the waiting entries, for an account that has changed.
#[derive(Debug, Default)]
struct Round {
    /// The shape that was looked at last.
    from: Option<Shape>,
    /// Shapes that are still to be looked at.
    left: usize,
}

impl Waiting {
    /// Lets an entry wait for a change of some account.
    pub(crate) fn add(&mut self, entry: &Entry) {
        if !self.shapes.contains_key(&entry.id) {
            let shape = Shape::of(&entry.asked.spec);
            self.by_shape
                .entry(shape.clone())
                .or_default()
                .insert(entry.id);
            self.shapes.insert(entry.id, shape);
        }
    }

    /// The entry waits no more.
    pub(crate) fn take(&mut self, entry: EntryId) {
        if let Some(shape) = self.shapes.remove(&entry)
            && let Some(entries) = self.by_shape.get_mut(&shape)
        {
            entries.remove(&entry);
            if entries.is_empty() {
                self.by_shape.remove(&shape);
            }
        }
    }

    /// The first waiting entries of each shape that may go to an account, and whether shapes were
    /// left for the next time. `news` tells that the account has changed, so that every
    /// shape is to be looked at once more; a turn looks at so many at most and goes on where the
    /// one before ended.
    pub(crate) fn wake(
        &mut self,
        id: AccountId,
        account: &str,
        each: usize,
        news: bool,
    ) -> (Vec<EntryId>, bool) {
        let round = self.rounds.entry(id).or_default();
        if news {
            round.left = self.by_shape.len();
        }
        let count = round.left.min(SHAPES_PER_TURN);
        let from = round.from.take();
        let after = from.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.by_shape.range((after, Bound::Unbounded));
        let earlier = from
            .iter()
            .flat_map(|from| self.by_shape.range(..=from.clone()));
        let mut woken = Vec::new();
        for (shape, entries) in later.chain(earlier).take(count) {
            if round.left > SHAPES_PER_TURN || from.is_some() {
                round.from = Some(shape.clone());
            }
            if shape.admits(account) {
                woken.extend(entries.iter().take(each).copied());
            }
        }
        round.left -= count;
        let more = round.left > 0;
        (woken, more)
    }

    /// Entries that wait for an account.
    pub(crate) fn len(&self) -> usize {
        self.shapes.len()
    }

    /// An account is gone.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.rounds.remove(&account);
    }
}

impl Shape {
    fn of(spec: &Arc<EntrySpec>) -> Self {
        Self {
            accounts: spec.accounts.clone(),
            avoid: spec.avoid_accounts.clone(),
            image: spec.image.clone(),
            flavor: spec.flavor.clone(),
            networks: spec.networks.clone(),
            security_groups: spec.security_groups.clone(),
            availability_zone: spec.availability_zone.clone(),
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
