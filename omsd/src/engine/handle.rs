//! How the rest of the daemon talks to the engine: wishes in, committed worlds and facts out.

use std::sync::Arc;

use oms_proto::{Actor, EntryId};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use omsd_domain::rows::account::Account;
use omsd_domain::schedule::pulse::Pulse;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;
use omsd_domain::world::command::{Answer, Command, Rejection};

use crate::engine::registry::Registry;
use crate::engine::waits::{Waiter, Waits};
use crate::ports::{Cloud, CloudResult};
use crate::store::Written;

/// A door to the engine; cheap to copy.
#[derive(Clone)]
pub struct Handle {
    pub(super) inbox: mpsc::Sender<Wish>,
    pub(super) pulse_takers: mpsc::Sender<oneshot::Sender<()>>,
    pub(super) worlds: watch::Receiver<Arc<World>>,
    pub(super) feed: broadcast::Sender<Arc<Published>>,
    pub(super) pulses: watch::Receiver<Arc<Pulse>>,
    pub(super) registry: Arc<Registry>,
    pub(super) waits: Arc<Waits>,
}

/// A command, whose it is, and where its answer goes.
pub(super) struct Wish {
    pub(super) by: Actor,
    pub(super) command: Command,
    pub(super) answer: oneshot::Sender<Result<Answer, Rejection>>,
}

/// Facts that were just committed. How what they changed stands now is in the newest world: a reader
/// that stands still must not keep old ones alive.
#[derive(Debug)]
pub struct Published {
    /// The facts, in order.
    pub rows: Vec<JournalRow>,
    /// How much was written for them.
    pub written: Written,
}

/// Why a command came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// It was refused.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The daemon is stopping. Whether the command was carried out is not known.
    #[error("the daemon is stopping; look again once it is back")]
    Stopping,
}

impl Handle {
    /// The world as of the last commit.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.worlds.borrow())
    }

    /// What the scheduler has learned in this run.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulses.borrow())
    }

    /// Every committed world, the newest first; for waiting until something holds.
    pub fn worlds(&self) -> watch::Receiver<Arc<World>> {
        self.worlds.clone()
    }

    /// A place among those that wait for an entry.
    pub fn wait(&self, entry: EntryId) -> Waiter {
        self.waits.join(entry)
    }

    /// Facts from now on. A receiver that falls behind is told so and misses some.
    pub fn feed(&self) -> broadcast::Receiver<Arc<Published>> {
        self.feed.subscribe()
    }

    /// Hands in a command of somebody; answers once its facts are durable.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit(&self, by: Actor, command: Command) -> Result<Answer, SubmitError> {
        let (answer, answered) = oneshot::channel();
        let wish = Wish {
            by,
            command,
            answer,
        };
        self.inbox
            .send(wish)
            .await
            .map_err(|_| SubmitError::Stopping)?;
        let result = answered.await.map_err(|_| SubmitError::Stopping)?;
        Ok(result?)
    }

    /// Whether the engine still takes turns: waits until it is between two of them.
    pub async fn turns(&self) -> bool {
        let (taken, felt) = oneshot::channel();
        self.pulse_takers.send(taken).await.is_ok() && felt.await.is_ok()
    }

    /// The client of an account, for tests of it.
    ///
    /// # Errors
    /// What keeps the client from being made, such as a certificate that cannot be read.
    pub fn cloud(&self, account: &Account) -> CloudResult<Arc<dyn Cloud>> {
        self.registry.cloud(account)
    }

    /// A client of an account as it may come to stand, to see where it leads.
    ///
    /// # Errors
    /// What keeps the client from being made.
    pub fn cloud_of_candidate(&self, account: &Account) -> CloudResult<Arc<dyn Cloud>> {
        self.registry.candidate(account)
    }
}
