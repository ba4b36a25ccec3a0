//! The Unix socket: who may connect, and a bounded number of connections side by side.
//!
//! The credentials that the kernel gives of a peer decide its role before it has said a word.
//! After the hello each connection is a task of its own, see [`connection`]; whatever a peer
//! sends, or does not read, costs that peer alone.

mod bind;
mod connection;
mod peer;

use std::sync::Arc;
use std::time::Duration;

use oms_proto::server::{accept_hello, refuse_hello};
use oms_proto::version::{Refusal, Versions};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use bind::{BindError, SocketOptions};

use self::bind::Bound;
use self::connection::Connection;
use crate::service::{Caller, Service};

/// Connections side by side. People and scripts of one machine; each may hold up to an answer
/// frame and a request frame of memory.
const CONNECTIONS_MAX: usize = 128;

/// Calls under way over all connections. Most of them wait for an entry and cost a few KiB.
const CALLS_MAX: usize = 4096;

/// Peers told at a time why they are turned away; more are just cut off.
const REFUSALS_MAX: usize = 32;

/// Pause after a failed accept: the process is out of file descriptors, and needs a moment until
/// connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens; it serves once [`Socket::serve`] runs.
pub struct Socket {
    bound: Bound,
}

/// What connections share.
#[derive(Clone)]
struct Shared {
    service: Service,
    versions: Versions,
    calls: Arc<Semaphore>,
    stop: CancellationToken,
}

/// How many more peers there may be.
struct Slots {
    connections: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

impl Socket {
    /// Binds the socket, in place of one that a dead daemon left behind.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(options: &SocketOptions) -> Result<Self, BindError> {
        let bound = bind::bind(options).await?;
        Ok(Self { bound })
    }

    /// Serves until `stop`; then takes no more connections, lets those that are open finish
    /// within a bounded time, and removes the socket.
    pub async fn serve(self, service: Service, stop: CancellationToken) {
        let shared = Shared {
            service,
            versions: self.bound.versions,
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            stop: stop.clone(),
        };
        let slots = Slots {
            connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
        };
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.bound.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.admit(stream, &shared, &slots, &tasks),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // A client that connects from now on finds no daemon, rather than one that never answers.
        self.bound.file.remove();
        drop(self.bound.listener);
        tasks.close();
        tasks.wait().await;
    }

    fn admit(&self, stream: UnixStream, shared: &Shared, slots: &Slots, tasks: &TaskTracker) {
        let caller = match stream.peer_cred() {
            Ok(peer) => self.bound.policy.caller(&peer),
            Err(error) => {
                tracing::warn!(%error, "cannot tell who connects");
                None
            }
        };
        let verdict = match caller {
            None => Err(Refusal::NotPermitted),
            Some(caller) => match Arc::clone(&slots.connections).try_acquire_owned() {
                Ok(slot) => Ok((caller, slot)),
                Err(_full) => Err(Refusal::Busy),
            },
        };
        match verdict {
            Ok((caller, slot)) => {
                tasks.spawn(converse(stream, caller, shared.clone(), slot));
            }
            Err(refusal) => {
                if let Ok(slot) = Arc::clone(&slots.refusals).try_acquire_owned() {
                    tasks.spawn(turn_away(stream, refusal, shared.clone(), slot));
                }
            }
        }
    }
}

async fn converse(
    mut stream: UnixStream,
    caller: Caller,
    shared: Shared,
    _slot: OwnedSemaphorePermit,
) {
    let hello = tokio::select! {
        hello = accept_hello(&mut stream, shared.versions) => hello,
        () = shared.stop.cancelled() => return,
    };
    match hello {
        Ok(agreed) => {
            Connection::new(stream, caller, shared, agreed).run().await;
        }
        // A peer without manners is its own trouble, and no reason to fill the log.
        Err(error) => tracing::debug!(caller = %caller.actor, %error, "no hello"),
    }
}

async fn turn_away(
    mut stream: UnixStream,
    refusal: Refusal,
    shared: Shared,
    _slot: OwnedSemaphorePermit,
) {
    tokio::select! {
        told = refuse_hello(&mut stream, refusal, shared.versions) => {
            tracing::debug!(?refusal, told = told.is_ok(), "turned a peer away");
        }
        () = shared.stop.cancelled() => {}
    }
}
