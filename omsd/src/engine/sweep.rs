//! Ports of servers that are gone, removed for several servers of an account with one list: where
//! many entries are removed at once, a list each would be a fifth of all calls.
//!
//! A cloud that denies the list may do so for ever, by policy, or only just now; a port left behind
//! counts against the quota for ever. So a denial is an error, to be tried again as any other, until
//! the account has heard nothing else for long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use oms_proto::AccountId;
use tokio::time::Instant;

use crate::ports::{Cloud, CloudError, CloudResult, Swept};

/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_millis(5);

/// An account that has heard nothing but denials for so long has no ports to show us.
const DENIALS_BELIEVED: Duration = Duration::from_secs(10 * 60);

/// The sweeps of all accounts.
#[derive(Default)]
pub(super) struct Sweeps(Mutex<BTreeMap<AccountId, Arc<Sweep>>>);

/// The sweeps of one account, one at a time.
#[derive(Default)]
struct Sweep {
    gathering: Mutex<Option<Arc<Batch>>>,
    turn: tokio::sync::Mutex<()>,
    /// The first denial since a list was last shown.
    denied: Mutex<Option<Instant>>,
}

/// Servers whose ports are removed together. At most as many as tidy up at an account at once.
#[derive(Default)]
struct Batch {
    servers: Mutex<Vec<String>>,
    /// Whether it ended well.
    done: OnceLock<bool>,
}

impl Sweeps {
    /// Removes what ports a server has left.
    ///
    /// # Errors
    /// What the cloud says of this server's ports; those of others do not count.
    pub(super) async fn remove_ports(
        &self,
        cloud: &dyn Cloud,
        account: AccountId,
        server: &str,
    ) -> CloudResult<()> {
        let sweep = Arc::clone(lock(&self.0).entry(account).or_default());
        let batch = sweep.join(server);
        tokio::time::sleep(GATHER).await;
        let _turn = sweep.turn.lock().await;
        if batch.done.get().is_none() {
            let servers = sweep.close(&batch);
            let result = sweep.ask(cloud, &servers).await;
            // Whoever waits for the turn sees it.
            batch.done.get_or_init(|| result.is_ok());
            if servers.len() == 1 {
                return result;
            }
        }
        match batch.done.get() {
            Some(true) => Ok(()),
            _ => sweep.ask(cloud, &[server.to_owned()]).await,
        }
    }

    /// An account is gone.
    pub(super) fn forget(&self, account: AccountId) {
        lock(&self.0).remove(&account);
    }
}

impl Sweep {
    async fn ask(&self, cloud: &dyn Cloud, servers: &[String]) -> CloudResult<()> {
        match cloud.remove_ports(servers).await? {
            Swept::Clean => {
                *lock(&self.denied) = None;
                Ok(())
            }
            Swept::Denied(denial) => self.judge(denial),
        }
    }

    fn judge(&self, denial: CloudError) -> CloudResult<()> {
        let now = Instant::now();
        let since = *lock(&self.denied).get_or_insert(now);
        if now.duration_since(since) < DENIALS_BELIEVED {
            return Err(denial);
        }
        tracing::debug!(%denial, "believes that the network service shows no ports");
        Ok(())
    }

    fn join(&self, server: &str) -> Arc<Batch> {
        let mut gathering = lock(&self.gathering);
        let batch = Arc::clone(gathering.get_or_insert_default());
        lock(&batch.servers).push(server.to_owned());
        batch
    }

    /// Takes no more into a batch, and gives what is in it.
    fn close(&self, batch: &Arc<Batch>) -> Vec<String> {
        let mut gathering = lock(&self.gathering);
        if gathering.as_ref().is_some_and(|it| Arc::ptr_eq(it, batch)) {
            *gathering = None;
        }
        lock(&batch.servers).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
