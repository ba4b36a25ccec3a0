//! One connection after its hello: calls that overlap, subscriptions, and answers in the order in
//! which they are ready.
//!
//! The connection's own task reads, writes and draws the subscriptions; each call runs in a task
//! of its own, because a call that waits in some queue of the daemon must go on even while this
//! peer does not read. What a peer can make the daemon hold is bounded: calls by number, large
//! answers to one at a time, stream items by the write buffer, since a subscription holds no items
//! and is not asked for one before there is room.

use std::collections::BTreeMap;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, AbortHandle, SelectAll};
use futures::{FutureExt, Stream, StreamExt};
use oms_proto::codec;
use oms_proto::frame::{self, ANSWER_FRAME_MAX_BYTES, CALLS_IN_FLIGHT_MAX};
use oms_proto::message::BadMessage;
use oms_proto::request::AnswerSize;
use oms_proto::response::Subscribed;
use oms_proto::version::Agreed;
use oms_proto::{
    ClientMessage, ErrorCode, Request, Response, ServerMessage, StreamItem, WireError,
};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::codec::{Encoder, FramedRead, LengthDelimitedCodec};

use super::half::Whole;
use super::shared::Shared;
use crate::service::Caller;

/// Nothing more is read or drawn while more than this many bytes wait to be written: enough to
/// keep a reader busy, little enough for every connection to have it. One frame may go beyond.
const WRITE_BACKLOG_BYTES: usize = 256 * 1024;

/// A peer that takes not one byte for this long is dead. A program stopped in a debugger is, too.
const WRITE_STALL_MAX: Duration = Duration::from_secs(30);

/// How long calls may go on and answers be written once the daemon stops. What is durable stays
/// so; clients ask again.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// One connection.
pub(super) struct Connection {
    reader: FramedRead<Whole<OwnedReadHalf>, LengthDelimitedCodec>,
    writer: OwnedWriteHalf,
    /// Frames on their way out.
    backlog: BytesMut,
    frames: LengthDelimitedCodec,
    /// Since when the peer has taken nothing of the backlog.
    stalled: Instant,
    caller: Caller,
    shared: Shared,
    /// What the peer understands.
    agreed: Agreed,
    open: BTreeMap<u64, Open>,
    /// Numbers the calls, for the peer may use an id again after it withdrew one.
    serial: u64,
    calls: JoinSet<Finished>,
    streams: SelectAll<Items>,
    /// Turns at large answers.
    large: Arc<Semaphore>,
}

/// The items of one subscription, under its call's id.
type Items = stream::BoxStream<'static, (u64, Item)>;

enum Item {
    Next(Box<Result<StreamItem, WireError>>),
    End,
}

/// A call or subscription that the peer may still withdraw.
enum Open {
    Call {
        serial: u64,
        task: task::AbortHandle,
        /// Whether it may take long by nature, so that stopping does not wait for it.
        waits: bool,
    },
    Stream(AbortHandle),
}

/// A call's end.
struct Finished {
    id: u64,
    serial: u64,
    answer: Bytes,
    _large: Option<OwnedSemaphorePermit>,
    _slot: OwnedSemaphorePermit,
}

enum Wake {
    Frame(Option<io::Result<BytesMut>>),
    Wrote(io::Result<usize>),
    Stalled,
    Finished(Result<Finished, JoinError>),
    Item(u64, Item),
    Stop,
    DrainOver,
}

/// Why the connection ends.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the peer hung up")]
    HungUp,
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    #[error("the peer takes nothing")]
    Stalled,
    #[error("a frame is too long")]
    FrameTooLong,
    #[error("a message is unreadable")]
    Unreadable(#[source] BadMessage),
    #[error("call {0} is open already")]
    DoubleId(u64),
    #[error("the daemon stops")]
    Drained,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, caller: Caller, shared: Shared, agreed: Agreed) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            reader: frame::read_requests(Whole::new(reader)),
            writer,
            backlog: BytesMut::new(),
            frames: frame::answer_codec(),
            stalled: Instant::now(),
            caller,
            shared,
            agreed,
            open: BTreeMap::new(),
            serial: 0,
            calls: JoinSet::new(),
            streams: SelectAll::new(),
            large: Arc::new(Semaphore::new(1)),
        }
    }

    /// Serves the peer until it goes, misbehaves, or the daemon stops. Calls that are still under
    /// way are dropped with the connection.
    pub(super) async fn run(mut self) {
        let mut drain = None;
        let ended = loop {
            let wake = self.wake(drain).await;
            let handled = match wake {
                Wake::Stop => {
                    drain = Some(Instant::now() + DRAIN_MAX);
                    self.withdraw_what_waits()
                }
                wake => self.handle(wake),
            };
            if let Err(ended) = handled {
                break ended;
            }
            if drain.is_some() && self.open.is_empty() && self.backlog.is_empty() {
                break Ended::Drained;
            }
        };
        match ended {
            Ended::HungUp | Ended::Drained => {
                tracing::debug!(caller = %self.caller.actor, "connection closed: {ended}");
            }
            Ended::Broken(_)
            | Ended::Stalled
            | Ended::FrameTooLong
            | Ended::Unreadable(_)
            | Ended::DoubleId(_) => {
                let source = std::error::Error::source(&ended).map(ToString::to_string);
                tracing::info!(caller = %self.caller.actor, source, "connection cut: {ended}");
            }
        }
    }

    async fn wake(&mut self, drain: Option<Instant>) -> Wake {
        let room = self.backlog.len() <= WRITE_BACKLOG_BYTES;
        let draining = drain.is_some();
        tokio::select! {
            wrote = self.writer.write_buf(&mut self.backlog), if !self.backlog.is_empty() => {
                Wake::Wrote(wrote)
            }
            () = sleep_until(self.stalled + WRITE_STALL_MAX), if !self.backlog.is_empty() => {
                Wake::Stalled
            }
            () = self.shared.stop.cancelled(), if !draining => Wake::Stop,
            () = sleep_until(drain.unwrap_or(self.stalled)), if draining => Wake::DrainOver,
            Some(finished) = self.calls.join_next(), if room => Wake::Finished(finished),
            Some((id, item)) = self.streams.next(), if room => Wake::Item(id, item),
            frame = self.reader.next(), if room && !draining => Wake::Frame(frame),
        }
    }

    fn handle(&mut self, wake: Wake) -> Result<(), Ended> {
        match wake {
            Wake::Frame(None) | Wake::Wrote(Ok(0)) => Err(Ended::HungUp),
            Wake::Frame(Some(Ok(frame))) => {
                let next_has_begun = !self.reader.read_buffer().is_empty();
                self.reader.get_mut().is_whole(next_has_begun);
                self.receive(&frame)
            }
            Wake::Frame(Some(Err(error))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Ended::FrameTooLong)
            }
            Wake::Frame(Some(Err(error))) | Wake::Wrote(Err(error)) => Err(error.into()),
            Wake::Wrote(Ok(_)) => {
                self.stalled = Instant::now();
                Ok(())
            }
            Wake::Stalled => Err(Ended::Stalled),
            Wake::Finished(Ok(finished)) => self.finish(&finished),
            // Withdrawn; a call that panics answers for itself.
            Wake::Finished(Err(_)) | Wake::Stop => Ok(()),
            Wake::Item(id, item) => self.stream(id, item),
            Wake::DrainOver => Err(Ended::Drained),
        }
    }

    fn receive(&mut self, frame: &[u8]) -> Result<(), Ended> {
        match ClientMessage::read(frame) {
            Ok(ClientMessage::Call { id, request }) => self.call(id, request),
            Ok(ClientMessage::Cancel { id }) => {
                self.withdraw(id);
                Ok(())
            }
            Err(bad) => match bad.answer(self.agreed) {
                Some(answer) => self.send(&answer),
                None => Err(Ended::Unreadable(bad)),
            },
        }
    }

    fn call(&mut self, id: u64, request: Request) -> Result<(), Ended> {
        if self.open.contains_key(&id) {
            return Err(Ended::DoubleId(id));
        }
        if self.open.len() >= CALLS_IN_FLIGHT_MAX {
            let detail = format!(
                "{CALLS_IN_FLIGHT_MAX} calls of this connection are under way; wait for one to end"
            );
            return self.answer(id, Err(WireError::new(ErrorCode::Unavailable, detail)));
        }
        let Ok(slot) = Arc::clone(&self.shared.calls).try_acquire_owned() else {
            let busy = "omsd has as many calls under way as it takes; try again later";
            return self.answer(id, Err(WireError::new(ErrorCode::Unavailable, busy)));
        };
        match request {
            Request::Subscribe(subscribe) => self.subscribe(id, subscribe.since, slot),
            request => {
                self.start(id, request, slot);
                Ok(())
            }
        }
    }

    fn start(&mut self, id: u64, request: Request, slot: OwnedSemaphorePermit) {
        self.serial += 1;
        let serial = self.serial;
        let manner = request.manner();
        let name = request.name();
        let large = (manner.answer == AnswerSize::Large).then(|| Arc::clone(&self.large));
        let service = self.shared.service.clone();
        let caller = self.caller.clone();
        let task = self.calls.spawn(async move {
            let permit = match large {
                // The semaphore is never closed.
                Some(turns) => turns.acquire_owned().await.ok(),
                None => None,
            };
            let call = AssertUnwindSafe(service.handle(&caller, request)).catch_unwind();
            let result = call.await.unwrap_or_else(|_panic| {
                tracing::error!(caller = %caller.actor, request = name, "a request made omsd panic");
                let detail = "omsd failed; its log has the details";
                Err(WireError::new(ErrorCode::Internal, detail))
            });
            Finished {
                id,
                serial,
                answer: encode_answer(id, result),
                _large: permit,
                _slot: slot,
            }
        });
        let call = Open::Call {
            serial,
            task,
            waits: manner.waits,
        };
        self.open.insert(id, call);
    }

    fn subscribe(
        &mut self,
        id: u64,
        since: Option<u64>,
        slot: OwnedSemaphorePermit,
    ) -> Result<(), Ended> {
        let subscription = match self.shared.service.subscribe(&self.caller, since) {
            Ok(subscription) => subscription,
            Err(error) => return self.answer(id, Err(error)),
        };
        let (items, withdraw) = stream::abortable(items(id, subscription.into_stream(), slot));
        self.streams.push(items.boxed());
        self.open.insert(id, Open::Stream(withdraw));
        self.answer(id, Ok(Response::Subscribed(Subscribed {})))
    }

    /// Ends what a peer no longer waits for; an id that is not open has ended by itself meanwhile.
    fn withdraw(&mut self, id: u64) {
        match self.open.remove(&id) {
            Some(Open::Call { task, .. }) => task.abort(),
            Some(Open::Stream(stream)) => stream.abort(),
            None => {}
        }
    }

    /// Answers what would not end by itself while the daemon stops.
    fn withdraw_what_waits(&mut self) -> Result<(), Ended> {
        let waits = |(id, open): (&u64, &Open)| match open {
            Open::Call { waits: false, .. } => None,
            Open::Call { waits: true, .. } | Open::Stream(_) => Some(*id),
        };
        let ids: Vec<_> = self.open.iter().filter_map(waits).collect();
        for id in ids {
            self.withdraw(id);
            let stopping = WireError::new(ErrorCode::Unavailable, "omsd is stopping");
            self.answer(id, Err(stopping))?;
        }
        Ok(())
    }

    fn finish(&mut self, finished: &Finished) -> Result<(), Ended> {
        match self.open.get(&finished.id) {
            Some(Open::Call { serial, .. }) if *serial == finished.serial => {
                self.open.remove(&finished.id);
                self.put(&finished.answer)
            }
            // Withdrawn, though too late to stop it.
            Some(_) | None => Ok(()),
        }
    }

    fn stream(&mut self, id: u64, item: Item) -> Result<(), Ended> {
        match item {
            Item::Next(item) => match *item {
                Ok(item) => self.send(&ServerMessage::Stream { id, item }),
                Err(error) => {
                    self.withdraw(id);
                    self.answer(id, Err(error))
                }
            },
            Item::End => {
                self.open.remove(&id);
                self.answer(id, Ok(Response::DONE))
            }
        }
    }

    fn answer(&mut self, id: u64, result: Result<Response, WireError>) -> Result<(), Ended> {
        self.put(&encode_answer(id, result))
    }

    /// Puts a message that has its bound from elsewhere into the backlog.
    fn send(&mut self, message: &ServerMessage) -> Result<(), Ended> {
        let frame = codec::encode(message).map_err(io::Error::other)?;
        self.put(&frame.into())
    }

    /// Puts a frame into the backlog.
    fn put(&mut self, frame: &Bytes) -> Result<(), Ended> {
        if self.backlog.is_empty() {
            self.stalled = Instant::now();
        }
        Ok(self.frames.encode(frame.clone(), &mut self.backlog)?)
    }
}

/// The items of a subscription and then its end; the slot is free when the stream is dropped.
fn items(
    id: u64,
    subscription: impl Stream<Item = Result<StreamItem, WireError>> + Send + 'static,
    slot: OwnedSemaphorePermit,
) -> impl Stream<Item = (u64, Item)> + Send + 'static {
    let end = stream::once(async move {
        drop(slot);
        Item::End
    });
    subscription
        .map(|item| Item::Next(Box::new(item)))
        .chain(end)
        .map(move |item| (id, item))
}

/// The frame of an answer, or of the refusal that takes its place where it would be too long.
fn encode_answer(id: u64, result: Result<Response, WireError>) -> Bytes {
    let encode = |result| codec::encode(&ServerMessage::Answer { id, result });
    let refused = |code, detail: &str| encode(Err(WireError::new(code, detail)));
    let frame = match encode(result) {
        Ok(frame) if frame.len() <= ANSWER_FRAME_MAX_BYTES => Ok(frame),
        Ok(_) => refused(
            ErrorCode::TooLarge,
            "the answer is too large for one message; ask for less at a time",
        ),
        Err(error) => {
            tracing::error!(%error, "cannot encode an answer");
            refused(ErrorCode::Internal, "omsd failed; its log has the details")
        }
    };
    frame.unwrap_or_default().into()
}
