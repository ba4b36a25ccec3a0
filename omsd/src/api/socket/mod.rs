//! The Unix socket: who may connect, and a bounded number of connections side by side.
//!
//! The credentials that the kernel gives of a peer decide its role before it has said a word.
//! After the hello each connection is a task of its own, see [`connection`]; whatever a peer
//! sends, or does not read, costs that peer alone.

mod bind;
mod connection;
mod half;
mod peer;
mod shared;
mod slots;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::server::{accept_hello, refuse_hello};
use oms_proto::version::Refusal;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use bind::{BindError, SocketOptions};

use self::bind::Bound;
use self::connection::Connection;
use self::shared::Shared;
use self::slots::{Slot, Slots};
use crate::service::{Caller, Service};
use crate::telemetry::{Chain, Health, Trouble};

/// Calls under way over all connections. Most of them wait for an entry and cost a few KiB.
const CALLS_MAX: usize = 4096;

/// Pause after a failed accept: the process is out of file descriptors, and needs a moment until
/// connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The pause between two looks whether the socket is still where clients look for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long it is an alert that the socket was bound anew: somebody who looks every minute should
/// hear of what happened.
const TOLD_FOR: Duration = Duration::from_secs(90);

/// A socket that listens; it serves once [`Socket::serve`] runs.
pub struct Socket {
    bound: Bound,
    options: SocketOptions,
    /// When it was bound anew last.
    again: Option<Instant>,
}

impl Socket {
    /// Binds the socket, in place of one that a dead daemon left behind.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(options: &SocketOptions) -> Result<Self, BindError> {
        let bound = bind::bind(options).await?;
        Ok(Self {
            bound,
            options: options.clone(),
            again: None,
        })
    }

    /// Takes a socket that is open already, whose place in the file system is another's to look after.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn adopt(
        listener: std::os::unix::net::UnixListener,
        options: &SocketOptions,
    ) -> Result<Self, BindError> {
        let bound = bind::adopt(listener, options)?;
        let path = bound.file.path().to_owned();
        Ok(Self {
            bound,
            options: SocketOptions {
                path,
                ..options.clone()
            },
            again: None,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.options.path
    }

    /// Serves until `stop`; then takes no more connections, lets those that are open finish
    /// within a bounded time, and removes the socket.
    pub async fn serve(mut self, service: Service, stop: CancellationToken) {
        let shared = Shared {
            service,
            versions: self.bound.versions,
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            stop: stop.clone(),
        };
        let slots = Slots::new(self.options.connections);
        let refusals = Arc::new(Semaphore::new(self.options.refusals));
        let tasks = TaskTracker::new();
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.bound.listener.accept() => accepted,
                _ = ticks.tick() => {
                    self.keep_in_place(shared.service.health()).await;
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => self.admit(stream, &shared, (&slots, &refusals), &tasks),
                Err(error) => {
                    if !shared.service.health().is_lack(&error) {
                        tracing::warn!(%error, "cannot accept a connection");
                    }
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

    /// Sees to it that clients find the socket: binds it anew where it was removed or replaced.
    async fn keep_in_place(&mut self, health: &Health) {
        if self.bound.file.is_in_place() {
            if self.again.is_some_and(|at| at.elapsed() >= TOLD_FOR) {
                self.again = None;
                health.over(Trouble::Socket);
            }
            return;
        }
        let path = self.options.path.display();
        let bound = match &self.bound.file {
            file if file.is_lent() => Err(BindError::Lent),
            _ => bind::bind_again(&self.options).await,
        };
        let became = match bound {
            Ok(bound) => {
                self.bound = bound;
                self.again = Some(Instant::now());
                tracing::info!(%path, "the socket is bound anew");
                "it is bound anew".to_owned()
            }
            Err(error) => format!(
                "nobody can connect, and it is not bound anew: {}",
                Chain(&error)
            ),
        };
        let message = format!("the socket {path} was removed or replaced; {became}");
        health.raise(Trouble::Socket, message);
    }

    fn admit(
        &self,
        stream: UnixStream,
        shared: &Shared,
        (slots, refusals): (&Slots, &Arc<Semaphore>),
        tasks: &TaskTracker,
    ) {
        let policy = self.bound.policy;
        let caller = match stream.peer_cred() {
            Ok(peer) => policy.caller(&peer).map(|caller| (caller, peer.uid())),
            Err(error) => {
                tracing::warn!(%error, "cannot tell who connects");
                None
            }
        };
        let verdict = match caller {
            None => Err(Refusal::NotPermitted),
            Some((caller, user)) => match slots.take(user, policy.looks_after(user)) {
                Some(slot) => Ok((caller, slot)),
                None => Err(Refusal::Busy),
            },
        };
        match verdict {
            Ok((caller, slot)) => {
                tasks.spawn(converse(stream, caller, shared.clone(), slot));
            }
            Err(refusal) => {
                if let Ok(slot) = Arc::clone(refusals).try_acquire_owned() {
                    tasks.spawn(turn_away(stream, refusal, shared.clone(), slot));
                }
            }
        }
    }
}

async fn converse(mut stream: UnixStream, caller: Caller, shared: Shared, _slot: Slot) {
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
