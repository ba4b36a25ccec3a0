//! The bounded buffer between a connection and the reader of a subscription.
//!
//! It is bounded in bytes. When it is full, the connection waits [`STALL_MAX`] for the reader to take
//! something; that slows the daemon down for a reader that is merely busy. After that the stream is
//! cut, so that other calls go on.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::error::ClientError;
use crate::frame::ANSWER_FRAME_MAX_BYTES;
use crate::response::StreamItem;

/// How long the connection waits for a reader whose buffer is full. Longer than one redraw of a
/// dashboard, shorter than what a person who waits for another answer would notice.
pub(super) const STALL_MAX: Duration = Duration::from_millis(250);

/// Wire bytes that a subscription buffers: the largest item, and as much again beside it.
const BUFFER_BYTES: usize = 2 * ANSWER_FRAME_MAX_BYTES;

/// What each item counts at least, to bound their number.
const ITEM_BYTES_MIN: usize = 4 * 1024;

/// As many items as there can be; whatever has room in bytes has room in the queue.
const BUFFER_ITEMS: usize = BUFFER_BYTES / ITEM_BYTES_MIN;

/// An item on its way to the reader; the room it takes is free once it is dropped.
pub(super) struct Parcel {
    pub(super) item: StreamItem,
    pub(super) _room: OwnedSemaphorePermit,
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
    pub(super) fn new() -> (Self, mpsc::Receiver<Parcel>, Arc<OnceLock<StreamEnd>>) {
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
