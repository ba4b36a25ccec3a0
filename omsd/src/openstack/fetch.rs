//! A value that is fetched by one caller for all: a token, the version of an API, the id of an
//! image. Callers that come while it is being fetched wait and share what comes of it, failures
//! included, so that a burst costs one request and a refused password is tried once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::ports::{CloudError, CloudResult};

/// How good a held value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Good.
    Fresh,
    /// Good, but one caller should get a new one while the others go on with it.
    Aging,
    /// No good.
    Stale,
}

impl Freshness {
    /// Good or no good.
    pub(super) fn fresh_if(is_fresh: bool) -> Self {
        if is_fresh { Self::Fresh } else { Self::Stale }
    }
}

/// A slot for one value.
#[derive(Debug)]
pub(super) struct Fetch<T> {
    held: Mutex<Option<T>>,
    /// Held while fetching; keeps the failure of the last round for those that waited.
    gate: tokio::sync::Mutex<Option<CloudError>>,
    /// Fetches that came to an end.
    rounds: AtomicU64,
}

impl<T> Default for Fetch<T> {
    fn default() -> Self {
        Self {
            held: Mutex::new(None),
            gate: tokio::sync::Mutex::new(None),
            rounds: AtomicU64::new(0),
        }
    }
}

impl<T: Clone> Fetch<T> {
    /// The held value if it is good, else what `fetch` gives. A caller that is dropped in the
    /// middle of fetching leaves the turn to the next one.
    ///
    /// # Errors
    /// What `fetch` gives, here or in the caller that was waited for.
    pub(super) async fn get<F>(
        &self,
        freshness: impl Fn(&T) -> Freshness,
        fetch: impl FnOnce() -> F,
    ) -> CloudResult<T>
    where
        F: Future<Output = CloudResult<T>>,
    {
        let rounds_seen = self.rounds.load(Ordering::SeqCst);
        let mut gate = match self.judged(&freshness) {
            Some((value, Freshness::Fresh)) => return Ok(value),
            Some((value, Freshness::Aging)) => match self.gate.try_lock() {
                Ok(gate) => gate,
                Err(_) => return Ok(value),
            },
            Some((_, Freshness::Stale)) | None => self.gate.lock().await,
        };
        let held = self.judged(&freshness);
        if let Some((value, Freshness::Fresh)) = held {
            return Ok(value);
        }
        if self.rounds.load(Ordering::SeqCst) != rounds_seen
            && let Some(failure) = gate.as_ref()
        {
            return Err(failure.clone());
        }
        let fetched = fetch().await;
        *gate = fetched.as_ref().err().cloned();
        self.rounds.fetch_add(1, Ordering::SeqCst);
        match (fetched, held) {
            (Ok(value), _) => {
                self.set(Some(value.clone()));
                Ok(value)
            }
            (Err(_), Some((value, Freshness::Aging))) => Ok(value),
            (Err(failure), _) => Err(failure),
        }
    }

    /// Lets go of the held value if `condemned` says so.
    pub(super) fn forget_if(&self, condemned: impl FnOnce(&T) -> bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(condemned) {
            *held = None;
        }
    }

    fn judged(&self, freshness: impl Fn(&T) -> Freshness) -> Option<(T, Freshness)> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|value| (value.clone(), freshness(value)))
    }

    fn set(&self, value: Option<T>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures::future::join_all;

    use super::*;
    use crate::openstack::error::failed;
    use omsd_domain::ground::failure::FailureClass;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "`get` hands out references"
    )]
    fn fresh(_: &u32) -> Freshness {
        Freshness::Fresh
    }

    #[tokio::test]
    async fn a_burst_fetches_once_and_shares_the_value() {
        let shared = Fetch::default();
        let fetches = AtomicUsize::new(0);
        let all = join_all((0..50).map(|_| {
            shared.get(fresh, async || {
                fetches.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(7)
            })
        }))
        .await;
        assert!(all.into_iter().all(|it| it == Ok(7)));
        assert_eq!(fetches.into_inner(), 1);
    }

    #[tokio::test]
    async fn a_burst_shares_a_failure_and_a_later_caller_tries_again() {
        let shared = Fetch::<u32>::default();
        let fetches = AtomicUsize::new(0);
        let fetch = async || {
            fetches.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(failed("sign in", FailureClass::Unauthorized, "no"))
        };
        let all = join_all((0..50).map(|_| shared.get(fresh, fetch))).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
        assert!(shared.get(fresh, fetch).await.is_err());
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_dropped_fetcher_leaves_the_turn_to_the_next() {
        let shared = Fetch::default();
        let never = shared.get(fresh, std::future::pending::<CloudResult<u32>>);
        assert!(
            futures::future::poll_immediate(Box::pin(never))
                .await
                .is_none()
        );
        assert_eq!(shared.get(fresh, async || Ok(3)).await, Ok(3));
    }

    #[tokio::test]
    async fn an_aging_value_survives_a_failed_renewal() {
        let shared = Fetch::default();
        assert_eq!(shared.get(fresh, async || Ok(3)).await, Ok(3));
        let aging = |_: &u32| Freshness::Aging;
        let failing = async || Err(failed("sign in", FailureClass::Unreachable, "down"));
        assert_eq!(shared.get(aging, failing).await, Ok(3));
        assert_eq!(shared.get(aging, async || Ok(4)).await, Ok(4));
        shared.forget_if(|it| *it == 4);
        assert_eq!(shared.get(aging, async || Ok(5)).await, Ok(5));
    }
}
