//! A handle to a connection, and the calls over it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::connection::{Command, Connection, Link, Waiter};
use super::error::{ClientError, ProtocolError};
use super::hello;
use crate::codec;
use crate::error::{ErrorCode, WireError};
use crate::frame::{CALLS_IN_FLIGHT_MAX, REQUEST_FRAME_MAX_BYTES};
use crate::message::ClientMessage;
use crate::request::{Ask, Paged, Request};
use crate::response::Response;
use crate::version::{Agreed, HELLO_DEADLINE};

/// A connection to the daemon. Clones share it; it ends when the last clone and the last
/// subscription are gone.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    agreed: Agreed,
    commands: mpsc::Sender<Command>,
    slots: Arc<Semaphore>,
    link: Arc<Link>,
    next_id: AtomicU64,
    /// Ends the connection's task with the last handle, even while the daemon does not read.
    _stop: DropGuard,
}

impl Client {
    /// Connects to the daemon's socket and exchanges hellos, within
    /// [`HELLO_DEADLINE`]. Needs a tokio runtime with IO and time.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        let (stream, agreed) = timeout(HELLO_DEADLINE, hello::connect(socket))
            .await
            .map_err(|_elapsed| ClientError::Timeout)??;
        Ok(Self::start(stream, agreed))
    }

    fn start(stream: UnixStream, agreed: Agreed) -> Self {
        // Each slot has at most one call and one cancellation under way to the task, so that a
        // send to this queue never finds it full.
        let (commands, inbox) = mpsc::channel(2 * CALLS_IN_FLIGHT_MAX);
        let link = Arc::new(Link::default());
        let stop = CancellationToken::new();
        let connection = Connection::new(stream, inbox, Arc::clone(&link), stop.clone());
        drop(tokio::spawn(connection.run()));
        Self {
            shared: Arc::new(Shared {
                agreed,
                commands,
                slots: Arc::new(Semaphore::new(CALLS_IN_FLIGHT_MAX)),
                link,
                next_id: AtomicU64::new(1),
                _stop: stop.drop_guard(),
            }),
        }
    }

    /// What was agreed with the daemon.
    pub fn agreed(&self) -> Agreed {
        self.shared.agreed
    }

    /// Asks and waits for the answer. At most [`CALLS_IN_FLIGHT_MAX`] calls and subscriptions are
    /// open at a time; one more waits for a free slot. Gives up with [`ClientError::Timeout`]
    /// after half a minute, or later where the request itself takes longer. Dropping the future
    /// withdraws the call; what the daemon has already done stays done.
    pub async fn call(&self, request: Request) -> Result<Response, ClientError> {
        self.exchange(request).await.map(|(_, response)| response)
    }

    /// Asks and waits for the one answer that fits; see [`Client::call`].
    ///
    /// # Errors
    /// [`ProtocolError::Misfit`] for an answer to something else, and all that a call can meet.
    pub async fn ask<A: Ask>(&self, ask: A) -> Result<A::Answer, ClientError> {
        let (id, response) = self.exchange(ask.into()).await?;
        A::answer(response).ok_or_else(|| ProtocolError::Misfit { id }.into())
    }

    /// Asks for a list from there on until its end, however many pages it has.
    ///
    /// # Errors
    /// [`ProtocolError::Repeated`] where the daemon gives what it gave before, and all that a call can
    /// meet.
    pub async fn ask_all<P: Paged>(&self, mut ask: P) -> Result<Vec<P::Item>, ClientError> {
        let mut all = Vec::new();
        loop {
            let (items, more) = P::page(self.ask(ask.clone()).await?);
            // Items that do not follow would have this go round for ever.
            if !items.iter().all(|item| ask.precedes(item)) {
                return Err(ProtocolError::Repeated.into());
            }
            let Some(last) = items.last().filter(|_| more) else {
                all.extend(items);
                return Ok(all);
            };
            ask.go_on(last);
            all.extend(items);
        }
    }

    /// The call's id and its answer.
    async fn exchange(&self, request: Request) -> Result<(u64, Response), ClientError> {
        let deadline = request.manner().deadline;
        let exchange = async {
            let (answer, answered) = oneshot::channel();
            let mut ticket = self.open(request, |_| Waiter::Call(answer)).await?;
            let outcome = answered.await;
            ticket.close();
            let response = outcome.unwrap_or_else(|_closed| Err(self.shared.link.error()))?;
            Ok((ticket.id, response))
        };
        timeout(deadline, exchange)
            .await
            .map_err(|_elapsed| ClientError::Timeout)?
    }

    /// Why the connection is no more.
    pub(super) fn lost(&self) -> ClientError {
        self.shared.link.error()
    }

    /// Sends a request. The ticket withdraws it again when it is dropped.
    pub(super) async fn open(
        &self,
        request: Request,
        waiter: impl FnOnce(u64) -> Waiter,
    ) -> Result<Ticket, ClientError> {
        let slots = Arc::clone(&self.shared.slots);
        let slot = slots.acquire_owned().await.map_err(|_| self.lost())?;
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let frame = request_frame(id, request)?;
        let call = Command::Call {
            id,
            frame,
            waiter: waiter(id),
        };
        // Full is impossible, see `start`.
        if self.shared.commands.try_send(call).is_err() {
            return Err(self.lost());
        }
        Ok(Ticket {
            id,
            slot: Some(slot),
            commands: self.shared.commands.clone(),
        })
    }
}

/// One open call: holds its slot, and withdraws the call when dropped before the end.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) id: u64,
    slot: Option<OwnedSemaphorePermit>,
    commands: mpsc::Sender<Command>,
}

impl Ticket {
    /// The call has ended by itself; there is nothing to withdraw.
    pub(super) fn close(&mut self) {
        self.slot = None;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            // Fails only when the connection has ended, and the call with it.
            drop(
                self.commands
                    .try_send(Command::Cancel { id: self.id, slot }),
            );
        }
    }
}

/// The frame of a call, refused here as the daemon would if it is too long for the wire.
fn request_frame(id: u64, request: Request) -> Result<Bytes, ClientError> {
    let frame =
        codec::encode(&ClientMessage::Call { id, request }).map_err(ProtocolError::Unreadable)?;
    if frame.len() > REQUEST_FRAME_MAX_BYTES {
        let detail = format!(
            "the request has {} bytes; at most {REQUEST_FRAME_MAX_BYTES} are accepted",
            frame.len()
        );
        return Err(ClientError::Refused(WireError::new(
            ErrorCode::TooLarge,
            detail,
        )));
    }
    Ok(frame.into())
}
