//! A subscription as its reader sees it.
//!
//! Nothing is lost by a cut of the stream, see [`super::feed`]: the journal of the daemon is the buffer,
//! and the subscription goes on from where the reader is as soon as the reader has taken what was
//! buffered.

use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::connection::Waiter;
use super::error::ClientError;
use super::feed::{Feed, Parcel, StreamEnd};
use super::handle::{Client, Ticket};
use crate::request::{Request, Subscribe};
use crate::response::{Snapshot, StreamEvent, StreamItem};

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

impl Client {
    /// Follows what happens: the events after `since`, or a snapshot and then events. See
    /// [`Subscription`].
    pub async fn subscribe(&self, since: Option<u64>) -> Result<Subscription, ClientError> {
        Subscription::open(self.clone(), since).await
    }
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
                        None => break self.client.lost(),
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
            let outcome = answered.await.unwrap_or_else(|_closed| Err(client.lost()));
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
