//! Who waits for which entry: woken when that entry has changed, and not at every commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oms_proto::EntryId;
use tokio::sync::watch;

/// Those that wait; `None` once the engine has ended.
#[derive(Debug)]
pub(super) struct Waits(Mutex<Option<BTreeMap<EntryId, watch::Sender<()>>>>);

/// A place among those that wait for an entry.
#[derive(Debug)]
pub struct Waiter {
    waits: Arc<Waits>,
    id: EntryId,
    news: Option<watch::Receiver<()>>,
}

/// The engine has ended; nothing will change any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine has ended")]
pub struct Ended;

impl Default for Waits {
    fn default() -> Self {
        Self(Mutex::new(Some(BTreeMap::new())))
    }
}

impl Waits {
    /// Takes a place. Whoever looks at the entry afterwards misses no change of it.
    pub(super) fn join(self: &Arc<Self>, id: EntryId) -> Waiter {
        let mut waits = self.lock();
        let news = waits.as_mut().map(|waits| {
            let sender = waits.entry(id).or_insert_with(|| watch::channel(()).0);
            sender.subscribe()
        });
        drop(waits);
        Waiter {
            waits: Arc::clone(self),
            id,
            news,
        }
    }

    /// These entries have changed, and the world that shows it is there to be seen.
    pub(super) fn wake(&self, changed: impl Iterator<Item = EntryId>) {
        let waits = self.lock();
        let Some(waits) = waits.as_ref().filter(|waits| !waits.is_empty()) else {
            return;
        };
        for id in changed {
            if let Some(sender) = waits.get(&id) {
                sender.send_replace(());
            }
        }
    }

    /// Nothing will change any more.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<EntryId, watch::Sender<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Waits until the entry has changed since this was asked last.
    ///
    /// # Errors
    /// [`Ended`]
    pub async fn changed(&mut self) -> Result<(), Ended> {
        match &mut self.news {
            Some(news) => news.changed().await.map_err(|_closed| Ended),
            None => Err(Ended),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.news = None;
        let mut waits = self.waits.lock();
        if let Some(waits) = waits.as_mut()
            && waits
                .get(&self.id)
                .is_some_and(|sender| sender.receiver_count() == 0)
        {
            waits.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_those_that_wait_for_what_has_changed_are_woken() {
        let waits = Arc::new(Waits::default());
        let (mut one, mut two) = (waits.join(EntryId(1)), waits.join(EntryId(2)));
        waits.wake([EntryId(1), EntryId(3)].into_iter());
        one.changed().await.unwrap();
        let waiting = std::pin::pin!(two.changed());
        assert!(futures::poll!(waiting).is_pending());
    }

    #[tokio::test]
    async fn the_end_of_the_engine_ends_every_wait() {
        let waits = Arc::new(Waits::default());
        let mut one = waits.join(EntryId(1));
        waits.close();
        assert_eq!(one.changed().await, Err(Ended));
        assert_eq!(waits.join(EntryId(1)).changed().await, Err(Ended));
    }

    #[test]
    fn nobody_is_remembered_who_waits_no_more() {
        let waits = Arc::new(Waits::default());
        drop((waits.join(EntryId(1)), waits.join(EntryId(1))));
        assert!(waits.lock().as_ref().is_some_and(BTreeMap::is_empty));
    }
}
