//! A subscription as its reader sees it, and the bounded buffer between it and the connection.
//!
//! The buffer is bounded in bytes. When it is full, the connection waits [`STALL_MAX`] for the
//! reader to take something; that slows the daemon down for a reader that is merely busy. After
//! that the stream is cut, so that other calls go on. Nothing is lost by a cut: the journal of the
//! daemon is the buffer, and the subscription goes on from where the reader is as soon as the
//! reader has taken what was buffered.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::connection::Waiter;
use super::error::ClientError;
use super::{Client, Ticket};
use crate::frame::ANSWER_FRAME_MAX_BYTES;
use crate::request::{Request, Subscribe};
use crate::response::{Snapshot, StreamEvent, StreamItem};

/// How long the connection waits for a reader whose buffer is full. Longer than one redraw of a
/// dashboard, shorter than what a person who waits for another answer would notice.
pub(super) const STALL_MAX: Duration = Duration::from_millis(250);

/// Wire bytes that a subscription buffers: the largest item, and as much again beside it.
const BUFFER_BYTES: usize = 2 * ANSWER_FRAME_MAX_BYTES;

/// What each item counts at least, to bound their number.
const ITEM_BYTES_MIN: usize = 4 * 1024;

/// As many items as there can be; whatever has room in bytes has room in the queue.
const BUFFER_ITEMS: usize = BUFFER_BYTES / ITEM_BYTES_MIN;

/// A stream of what happens in the daemon.
///
/// Items come in order: parts of a snapshot until one is `last`, then events. After
/// [`StreamItem::Missed`], and whenever the first part of a snapshot comes, what was known is to
/// be replaced by the snapshot. A reader that is too slow for the daemon costs nobody else
/// anything; it is served from the journal when it has caught up, and sees `Missed` only if that
/// is impossible.
///
/// Dropping it ends the stream. It keeps the connection open.
pub struct Subscription {
    client: Client,
    state: State,
    cursor: Cursor,
}

enum State {
    Live(Live),
    /// Cut, and being opened anew. The future is kept here, so that [`Subscription::next`] may be
    /// dropped at any time.
    Resuming(BoxFuture<'static, Result<Live, ClientError>>),
    Ended,
}

struct Live {
    /// Ends the stream when dropped.
    _ticket: Ticket,
    parcels: mpsc::Receiver<Parcel>,
    end: Arc<OnceLock<StreamEnd>>,
}

impl Subscription {
    pub(super) async fn open(client: Client, since: Option<u64>) -> Result<Self, ClientError> {
        let live = Live::open(client.clone(), since).await?;
        Ok(Self {
            client,
            state: State::Live(live),
            cursor: Cursor(since),
        })
    }

    /// The next item; waits for it. `None` after an error and after the daemon ended the stream.
    /// May be dropped before it is done without losing an item.
    pub async fn next(&mut self) -> Option<Result<StreamItem, ClientError>> {
        let error = loop {
            match &mut self.state {
                State::Ended => return None,
                State::Resuming(opening) => match opening.await {
                    Ok(live) => self.state = State::Live(live),
                    Err(error) => break error,
                },
                State::Live(live) => {
                    if let Some(parcel) = live.parcels.recv().await {
                        self.cursor.see(&parcel.item);
                        return Some(Ok(parcel.item));
                    }
                    match live.end.get() {
                        Some(StreamEnd::Overflow) => {
                            let since = self.cursor.0;
                            let client = self.client.clone();
                            self.state = State::Resuming(Live::open(client, since).boxed());
                            if since.is_none() {
                                return Some(Ok(StreamItem::MISSED));
                            }
                        }
                        Some(StreamEnd::Finished) => self.state = State::Ended,
                        Some(StreamEnd::Failed(error)) => break error.clone(),
                        None => break self.client.shared.link.error(),
                    }
                }
            }
        };
        self.state = State::Ended;
        Some(Err(error))
    }

    /// The number of the last event that the reader knows: what to subscribe with to go on from
    /// here. `None` while the picture is incomplete.
    pub fn seq(&self) -> Option<u64> {
        self.cursor.0
    }
}

impl Live {
    async fn open(client: Client, since: Option<u64>) -> Result<Self, ClientError> {
        let request = Request::from(Subscribe { since });
        let deadline = request.manner().deadline;
        let opening = async {
            let (feed, parcels, end) = Feed::new();
            let (answer, answered) = oneshot::channel();
            let mut ticket = client
                .open(request, |_| Waiter::Subscribing(answer, feed))
                .await?;
            let outcome = answered
                .await
                .unwrap_or_else(|_closed| Err(client.shared.link.error()));
            if let Err(error) = outcome {
                ticket.close();
                return Err(error);
            }
            Ok(Self {
                _ticket: ticket,
                parcels,
                end,
            })
        };
        timeout(deadline, opening)
            .await
            .map_err(|_elapsed| ClientError::Timeout)?
    }
}

/// How far the reader's picture reaches.
struct Cursor(Option<u64>);

impl Cursor {
    fn see(&mut self, item: &StreamItem) {
        self.0 = match item {
            StreamItem::Snapshot(Snapshot { seq, last, .. }) => last.then_some(*seq),
            StreamItem::Event(StreamEvent { event, .. }) => {
                self.0.map(|known| known.max(event.seq))
            }
            StreamItem::Missed(_) => None,
            StreamItem::Changed(_) | StreamItem::Unknown => self.0,
        };
    }
}

/// An item on its way to the reader; the room it takes is free once it is dropped.
struct Parcel {
    item: StreamItem,
    _room: OwnedSemaphorePermit,
}

/// Why a stream gives no more items.
pub(super) enum StreamEnd {
    /// The reader was too slow.
    Overflow,
    /// The daemon ended it.
    Finished,
    /// The daemon ended it with an error.
    Failed(ClientError),
}

/// The connection's side of the buffer.
pub(super) struct Feed {
    parcels: mpsc::Sender<Parcel>,
    room: Arc<Semaphore>,
    end: Arc<OnceLock<StreamEnd>>,
}

/// An item that found no room.
pub(super) struct Stalled {
    /// The subscription's call id.
    pub(super) id: u64,
    /// The item.
    pub(super) item: StreamItem,
    /// When the stream is cut.
    pub(super) deadline: Instant,
    cost: u32,
    room: Arc<Semaphore>,
}

impl Stalled {
    /// Waits for room. `None` if there never will be any.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.room);
        room.acquire_many_owned(self.cost).await.ok()
    }
}

impl Feed {
    fn new() -> (Self, mpsc::Receiver<Parcel>, Arc<OnceLock<StreamEnd>>) {
        let (sender, parcels) = mpsc::channel(BUFFER_ITEMS);
        let end = Arc::new(OnceLock::new());
        let feed = Self {
            parcels: sender,
            room: Arc::new(Semaphore::new(BUFFER_BYTES)),
            end: Arc::clone(&end),
        };
        (feed, parcels, end)
    }

    /// Takes an item, or gives it back if there is no room for it now.
    pub(super) fn offer(&self, id: u64, item: StreamItem, wire_bytes: usize) -> Option<Stalled> {
        let cost = wire_bytes.clamp(ITEM_BYTES_MIN, BUFFER_BYTES);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        if let Ok(room) = room.try_acquire_many_owned(cost) {
            self.put(item, room);
            return None;
        }
        Some(Stalled {
            id,
            item,
            deadline: Instant::now() + STALL_MAX,
            cost,
            room: Arc::clone(&self.room),
        })
    }

    /// Hands an item on into the room it got.
    pub(super) fn put(&self, item: StreamItem, room: OwnedSemaphorePermit) {
        // Never full, see [`BUFFER_ITEMS`]; closed means that the reader has gone, and the
        // command to withdraw is on its way.
        drop(self.parcels.try_send(Parcel { item, _room: room }));
    }

    /// Says why the stream ends; the reader sees it after the buffered items, once this feed is
    /// dropped.
    pub(super) fn end(&self, end: StreamEnd) {
        drop(self.end.set(end));
    }
}
