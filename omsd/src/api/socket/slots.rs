//! Places for connections of the socket. A member of the group may take many, and must not be able to
//! lock the others out: some are kept for root and for the daemon's own user, and of the rest nobody
//! else gets more than half.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One place in so many is kept for those who look after the daemon.
const KEPT_SHARE: usize = 8;

/// Of the places for others, one user gets one in so many.
const USER_SHARE: usize = 2;

/// The places.
pub(super) struct Slots {
    all: Arc<Semaphore>,
    others: Arc<Semaphore>,
    most_of_one: usize,
    users: Arc<Users>,
}

/// Connections by user.
#[derive(Default)]
struct Users(Mutex<BTreeMap<u32, usize>>);

/// A place, until it is dropped.
pub(super) struct Slot {
    _place: OwnedSemaphorePermit,
    _of_others: Option<OfUser>,
}

/// A place of somebody else than root and the daemon's own user.
struct OfUser {
    user: u32,
    users: Arc<Users>,
    _place: OwnedSemaphorePermit,
}

impl Slots {
    pub(super) fn new(places: usize) -> Self {
        let others = (places - places / KEPT_SHARE).max(1);
        Self {
            all: Arc::new(Semaphore::new(places)),
            others: Arc::new(Semaphore::new(others)),
            most_of_one: (others / USER_SHARE).max(1),
            users: Arc::default(),
        }
    }

    /// A place for a user, who may look after the daemon; `None` if there is none left for them.
    pub(super) fn take(&self, user: u32, looks_after: bool) -> Option<Slot> {
        let of_others = if looks_after {
            None
        } else {
            Some(self.of_user(user)?)
        };
        Some(Slot {
            _place: Arc::clone(&self.all).try_acquire_owned().ok()?,
            _of_others: of_others,
        })
    }

    fn of_user(&self, user: u32) -> Option<OfUser> {
        let place = Arc::clone(&self.others).try_acquire_owned().ok()?;
        let mut users = self.users.lock();
        let count = users.entry(user).or_default();
        if *count >= self.most_of_one {
            return None;
        }
        *count += 1;
        Some(OfUser {
            user,
            users: Arc::clone(&self.users),
            _place: place,
        })
    }
}

impl Users {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OfUser {
    fn drop(&mut self) {
        let mut users = self.users.lock();
        let left = users.get(&self.user).map_or(0, |count| count - 1);
        if left == 0 {
            users.remove(&self.user);
        } else {
            users.insert(self.user, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: u32 = 1000;
    const BOB: u32 = 1001;

    #[test]
    fn nobody_locks_others_or_root_out() {
        let slots = Slots::new(16);
        let take = |user| slots.take(user, false);
        let anns: Vec<_> = std::iter::from_fn(|| take(ANN)).collect();
        assert_eq!(anns.len(), 7);
        let bobs: Vec<_> = std::iter::from_fn(|| take(BOB)).collect();
        assert_eq!(bobs.len(), 7);
        assert!(take(1002).is_none());
        let roots: Vec<_> = std::iter::from_fn(|| slots.take(0, true)).collect();
        assert_eq!(roots.len(), 2);
        drop(anns);
        assert!(take(BOB).is_none());
        assert!(take(1002).is_some());
        let anns: Vec<_> = std::iter::from_fn(|| take(ANN)).collect();
        assert_eq!(anns.len(), 7);
        drop((anns, bobs, roots));
        assert!(slots.users.lock().is_empty());
    }

    #[test]
    fn with_next_to_no_places_everybody_gets_one_in_turn() {
        let slots = Slots::new(2);
        let ann = slots.take(ANN, false).unwrap();
        assert!(slots.take(ANN, false).is_none());
        assert!(slots.take(0, true).is_some());
        drop(ann);
        assert!(slots.take(BOB, false).is_some());
    }
}
