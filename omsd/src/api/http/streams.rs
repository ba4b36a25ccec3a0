//! What goes on in a connection, in HTTP/2 with requests side by side: which of them are open, and
//! whose turn it is with each. A peer of HTTP/2 may leave its connection idle, or its answers unread,
//! for no longer than one that speaks HTTP/1.1 may.
//!
//! Flow control lets a peer take an answer's head and then no more of it, without a write that ever
//! gets stuck. So answers are handed on in small pieces, and when the next one is fetched is what tells
//! that the peer reads.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, interval};

/// The largest piece of an answer that is handed on: a frame's.
const PIECE_BYTES: usize = 16 * 1024;

/// So often within the shortest patience a connection is looked at.
const LOOKS: u32 = 8;

/// Why a connection should be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwanted {
    /// Nothing was asked for too long.
    Idle,
    /// An answer was left unread for too long.
    Unread,
}

/// The requests of one connection; cheap to copy.
#[derive(Clone)]
pub(super) struct Streams(Arc<Mutex<State>>);

struct State {
    next: u64,
    /// The largest piece of an answer that is handed on.
    piece_bytes: usize,
    /// Since when the peer has had to take the next piece of an answer; nothing while we make it.
    open: BTreeMap<u64, Option<Instant>>,
    /// When the first of those that are open came, or the last one ended.
    since: Instant,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            next: 0,
            piece_bytes: usize::MAX,
            open: BTreeMap::new(),
            since: Instant::now(),
        })))
    }

    /// From now on answers go out in the pieces of HTTP/2.
    pub(super) fn in_pieces(&self) {
        self.lock().piece_bytes = PIECE_BYTES;
    }

    /// Whether a request is open, and since when it is so.
    pub(super) fn standing(&self) -> (bool, Instant) {
        let state = self.lock();
        (!state.open.is_empty(), state.since)
    }

    /// A request has come, which may take a place of its own; it is over when what is returned is
    /// dropped.
    pub(super) fn open(&self, place: Option<OwnedSemaphorePermit>) -> Open {
        let mut state = self.lock();
        if state.open.is_empty() {
            state.since = Instant::now();
        }
        let id = state.next;
        state.next += 1;
        state.open.insert(id, None);
        Open {
            id,
            streams: self.clone(),
            _place: place,
        }
    }

    /// Waits until the connection should be ended: nothing was open for `idle`, or an answer was not
    /// read for `unread`.
    pub(super) async fn unwanted(&self, idle: Duration, unread: Duration) -> Unwanted {
        let mut looks = interval((idle.min(unread) / LOOKS).max(Duration::from_millis(1)));
        loop {
            looks.tick().await;
            let state = self.lock();
            if state.open.is_empty() && state.since.elapsed() >= idle {
                return Unwanted::Idle;
            }
            let mut waited_for = state.open.values().flatten();
            if waited_for.any(|since| since.elapsed() >= unread) {
                return Unwanted::Unread;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is not over.
pub(super) struct Open {
    id: u64,
    streams: Streams,
    _place: Option<OwnedSemaphorePermit>,
}

impl Open {
    /// The body of its answer, which is over when it was read or is dropped.
    pub(super) fn answer(self, body: Body) -> Body {
        self.turn(Some(Instant::now()));
        let piece_bytes = self.streams.lock().piece_bytes;
        Body::new(Pieces {
            body,
            rest: Bytes::new(),
            piece_bytes,
            open: self,
        })
    }

    fn turn(&self, since: Option<Instant>) {
        self.streams.lock().open.insert(self.id, since);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.streams.lock();
        state.open.remove(&self.id);
        if state.open.is_empty() {
            state.since = Instant::now();
        }
    }
}

/// A body in pieces.
struct Pieces {
    body: Body,
    rest: Bytes,
    piece_bytes: usize,
    open: Open,
}

impl Pieces {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(self.piece_bytes));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let next = self.next(cx);
        self.open.turn(next.is_ready().then(Instant::now));
        next
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
