//! The task that owns one connection: writes calls, reads frames, hands answers to who waits.
//!
//! It never waits for one thing only. The socket's two directions, new calls and the room in a
//! subscription's buffer are all watched at once, so that neither a daemon that does not read
//! nor a subscriber that does not take its items holds up anything else for long.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use futures::{Sink, SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout_at;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;

use super::error::{ClientError, ProtocolError};
use super::feed::{Feed, Stalled, StreamEnd};
use crate::message::{BadMessage, ClientMessage, ServerMessage};
use crate::response::{Response, StreamItem};
use crate::{codec, frame};

/// No further call is taken while more than this many bytes wait to be written; with the largest
/// request on top it is all that a daemon which does not read can make this side hold.
const WRITE_BACKLOG_BYTES: usize = 64 * 1024;

/// What handles tell the task. Not `Debug`: the frame of a call may hold a password.
pub(super) enum Command {
    /// Send a call.
    Call {
        id: u64,
        frame: Bytes,
        waiter: Waiter,
    },
    /// Nobody waits for this call any more. Its slot stays taken until this is dealt with.
    Cancel { id: u64, slot: OwnedSemaphorePermit },
}

/// Who waits for frames with a call's id.
pub(super) enum Waiter {
    /// A plain call.
    Call(oneshot::Sender<Result<Response, ClientError>>),
    /// A subscription that is not confirmed yet.
    Subscribing(oneshot::Sender<Result<(), ClientError>>, Feed),
    /// A subscription.
    Streaming(Feed),
}

/// What the task tells its handles about the connection as a whole.
#[derive(Debug, Default)]
pub(super) struct Link {
    ended: OnceLock<ClientError>,
}

impl Link {
    /// Why the connection gives no answers any more.
    pub(super) fn error(&self) -> ClientError {
        self.ended.get().cloned().unwrap_or(ClientError::Closed)
    }
}

/// The connection's state, owned by its task.
pub(super) struct Connection {
    reader: FramedRead<OwnedReadHalf, LengthDelimitedCodec>,
    writer: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
    inbox: mpsc::Receiver<Command>,
    waiting: BTreeMap<u64, Waiter>,
    /// The greatest id sent so far; ids begin at 1.
    last_id: u64,
    /// An item that finds no room. While it waits, nothing is read.
    stalled: Option<Stalled>,
    link: Arc<Link>,
    stop: CancellationToken,
}

/// What happened.
enum Wake {
    Frame(Option<io::Result<BytesMut>>),
    Command(Option<Command>),
    Flushed(io::Result<()>),
    /// The stalled item has room, or has waited too long.
    Room(Option<OwnedSemaphorePermit>),
    Stop,
}

impl Connection {
    pub(super) fn new(
        stream: UnixStream,
        inbox: mpsc::Receiver<Command>,
        link: Arc<Link>,
        stop: CancellationToken,
    ) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            reader: frame::read_answers(reader),
            writer: frame::write_requests(writer),
            inbox,
            waiting: BTreeMap::new(),
            last_id: 0,
            stalled: None,
            link,
            stop,
        }
    }

    /// Runs until the connection breaks or the last handle is gone. Whoever still waits then
    /// gets the reason.
    pub(super) async fn run(mut self) {
        let ended = loop {
            let wake = self.wake().await;
            if let Err(ended) = self.handle(wake) {
                break ended;
            }
        };
        // Only this task sets it, and only here.
        drop(self.link.ended.set(ended));
        // Dropping the waiters wakes them, so the reason has to stand before.
        drop(self);
    }

    async fn wake(&mut self) -> Wake {
        let backlog = self.writer.write_buffer().len();
        let stalled = self.stalled.as_ref();
        let room = async {
            match stalled {
                Some(item) => timeout_at(item.deadline, item.room()).await.ok().flatten(),
                None => pending().await,
            }
        };
        tokio::select! {
            frame = self.reader.next(), if stalled.is_none() => Wake::Frame(frame),
            command = self.inbox.recv(), if backlog <= WRITE_BACKLOG_BYTES => Wake::Command(command),
            done = SinkExt::<Bytes>::flush(&mut self.writer), if backlog > 0 => Wake::Flushed(done),
            room = room => Wake::Room(room),
            () = self.stop.cancelled() => Wake::Stop,
        }
    }

    fn handle(&mut self, wake: Wake) -> Result<(), ClientError> {
        match wake {
            Wake::Frame(Some(Ok(frame))) => self.receive(&frame),
            Wake::Frame(Some(Err(error))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(ProtocolError::FrameTooLong.into())
            }
            Wake::Command(Some(command)) => self.obey(command),
            Wake::Flushed(Ok(())) => Ok(()),
            Wake::Room(room) => self.unstall(room),
            Wake::Frame(Some(Err(_)) | None)
            | Wake::Flushed(Err(_))
            | Wake::Command(None)
            | Wake::Stop => Err(ClientError::Closed),
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), ClientError> {
        match command {
            Command::Call { id, frame, waiter } => {
                self.last_id = self.last_id.max(id);
                self.waiting.insert(id, waiter);
                self.send(frame)
            }
            Command::Cancel { id, slot } => {
                let told = self.withdraw(id);
                drop(slot);
                told
            }
        }
    }

    /// Forgets a call and tells the daemon, unless it has ended already.
    fn withdraw(&mut self, id: u64) -> Result<(), ClientError> {
        self.stalled.take_if(|item| item.id == id);
        if self.waiting.remove(&id).is_none() {
            return Ok(());
        }
        let cancel = codec::encode(&ClientMessage::Cancel { id });
        self.send(cancel.map_err(ProtocolError::Unreadable)?.into())
    }

    /// Puts a frame into the write buffer; `wake` flushes it.
    fn send(&mut self, frame: Bytes) -> Result<(), ClientError> {
        Pin::new(&mut self.writer)
            .start_send(frame)
            .map_err(|_too_long| ClientError::Closed)
    }

    fn receive(&mut self, frame: &[u8]) -> Result<(), ClientError> {
        match ServerMessage::read(frame) {
            Ok(ServerMessage::Answer { id, result }) => {
                self.answer(id, result.map_err(ClientError::Refused))
            }
            Ok(ServerMessage::Stream { id, item }) => self.stream(id, item, frame.len()),
            Err(BadMessage { id, error }) => {
                let error = ClientError::from(ProtocolError::Unreadable(error));
                match id {
                    Some(id) => self.answer(id, Err(error)),
                    None => Err(error),
                }
            }
        }
    }

    fn answer(
        &mut self,
        id: u64,
        result: Result<Response, ClientError>,
    ) -> Result<(), ClientError> {
        // A receiver that is gone has withdrawn its call, and the command is on its way.
        match self.waiting.remove(&id) {
            Some(Waiter::Call(answer)) => drop(answer.send(result)),
            Some(Waiter::Subscribing(answer, feed)) => match result {
                Ok(Response::Subscribed(_)) => {
                    self.waiting.insert(id, Waiter::Streaming(feed));
                    drop(answer.send(Ok(())));
                }
                Ok(_) => drop(answer.send(Err(ProtocolError::Misfit { id }.into()))),
                Err(error) => drop(answer.send(Err(error))),
            },
            Some(Waiter::Streaming(feed)) => feed.end(match result {
                Ok(_) => StreamEnd::Finished,
                Err(error) => StreamEnd::Failed(error),
            }),
            None => return self.stray(id),
        }
        Ok(())
    }

    fn stream(&mut self, id: u64, item: StreamItem, wire_bytes: usize) -> Result<(), ClientError> {
        match self.waiting.get(&id) {
            // A newer daemon tells more than this build can show.
            Some(Waiter::Streaming(_)) if item == StreamItem::Unknown => Ok(()),
            Some(Waiter::Streaming(feed)) => {
                self.stalled = feed.offer(id, item, wire_bytes);
                Ok(())
            }
            Some(Waiter::Call(_) | Waiter::Subscribing(..)) => {
                Err(ProtocolError::Misfit { id }.into())
            }
            None => self.stray(id),
        }
    }

    /// Goes on after the stalled item got its room, or cuts the subscription that had none.
    fn unstall(&mut self, room: Option<OwnedSemaphorePermit>) -> Result<(), ClientError> {
        let Some(stalled) = self.stalled.take() else {
            return Ok(());
        };
        let id = stalled.id;
        match (self.waiting.get(&id), room) {
            (Some(Waiter::Streaming(feed)), Some(room)) => {
                feed.put(stalled.item, room);
                Ok(())
            }
            (Some(Waiter::Streaming(feed)), None) => {
                feed.end(StreamEnd::Overflow);
                self.withdraw(id)
            }
            _ => Ok(()),
        }
    }

    /// A frame for no open call: normal after a withdrawal, otherwise nonsense.
    fn stray(&self, id: u64) -> Result<(), ClientError> {
        if (1..=self.last_id).contains(&id) {
            Ok(())
        } else {
            Err(ProtocolError::UnknownCall { id }.into())
        }
    }
}
