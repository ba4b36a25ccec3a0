//! Who has the places for connections, and whose is taken when there is none left for the next.
//!
//! Anybody who reaches the port can open connections, and 500 of them that say nothing, or ask for
//! `/healthz` now and then, are no reason to keep the others out. So the next one never waits for a
//! place that somebody has without using it: first go strangers, who have shown no token and have no
//! session, then whoever has nothing under way; of those the one that has been so for longest. What a
//! known caller waits for is never cut off.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::streams::Streams;
use crate::access::Acquaintance;

/// So often it is looked whether somebody has stopped using their place.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Everybody who is connected; cheap to copy.
#[derive(Clone)]
pub(super) struct Crowd(Arc<Inner>);

struct Inner {
    /// Places for connections.
    places: Arc<Semaphore>,
    /// Places for requests in HTTP/2 of all connections: as many, for in HTTP/1.1 each has one.
    requests: Arc<Semaphore>,
    next: AtomicU64,
    seats: Mutex<BTreeMap<u64, Seat>>,
}

/// What is known of a connection; cheap to copy.
#[derive(Clone)]
pub(super) struct Seat {
    /// Its requests.
    pub(super) streams: Streams,
    /// Whether somebody known asks on it.
    pub(super) acquaintance: Acquaintance,
    /// Told when it is to end at once.
    pub(super) leave: CancellationToken,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    pub(super) seat: Seat,
    number: u64,
    crowd: Crowd,
    _permit: OwnedSemaphorePermit,
}

/// Whose place is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    IdleStranger,
    BusyStranger,
    Idle,
}

impl Crowd {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Inner {
            places: Arc::new(Semaphore::new(places)),
            requests: Arc::new(Semaphore::new(places)),
            next: AtomicU64::new(0),
            seats: Mutex::new(BTreeMap::new()),
        }))
    }

    /// A place for a connection that has been made; another's if there is none left. `None` only when
    /// nobody takes places any more.
    pub(super) async fn place(&self) -> Option<Place> {
        let places = &self.0.places;
        let permit = if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
            permit
        } else {
            loop {
                self.send_away(|_| true);
                let freed = Arc::clone(places).acquire_owned();
                if let Ok(permit) = timeout(LOOK_AGAIN, freed).await {
                    break permit.ok()?;
                }
            }
        };
        let seat = Seat {
            streams: Streams::new(),
            acquaintance: Acquaintance::default(),
            leave: CancellationToken::new(),
        };
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, seat.clone());
        Some(Place {
            seat,
            number,
            crowd: self.clone(),
            _permit: permit,
        })
    }

    /// A place for one more request in HTTP/2, a stranger's if there is none left; `None` if they all
    /// are used by known callers.
    pub(super) async fn request(&self) -> Option<OwnedSemaphorePermit> {
        let places = &self.0.requests;
        if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
            return Some(permit);
        }
        self.send_away(|used| used == Use::BusyStranger);
        let freed = Arc::clone(places).acquire_owned();
        timeout(LOOK_AGAIN, freed).await.ok()?.ok()
    }

    /// Ends the connection whose place is taken first, of those that are asked for.
    fn send_away(&self, wanted: impl Fn(Use) -> bool) {
        let mut seats = self.lock();
        let first = seats
            .iter()
            .filter_map(|(number, seat)| {
                let (used, since) = seat.used()?;
                wanted(used).then_some((used, since, *number))
            })
            .min();
        if let Some((used, _, number)) = first
            && let Some(seat) = seats.remove(&number)
        {
            tracing::debug!(?used, "a connection makes room for another");
            seat.leave.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Seat>> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// How the place is used, and since when; `None` if a known caller waits for something.
    fn used(&self) -> Option<(Use, Instant)> {
        let (busy, since) = self.streams.standing();
        let used = match (self.acquaintance.is_known(), busy) {
            (false, false) => Use::IdleStranger,
            (false, true) => Use::BusyStranger,
            (true, false) => Use::Idle,
            (true, true) => return None,
        };
        Some((used, since))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.lock().remove(&self.number);
    }
}
