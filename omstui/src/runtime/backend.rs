//! The daemon as the loop sees it: one stream of messages, and effects that are started here.

use std::error::Error;
use std::path::PathBuf;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use oms_proto::Request;
use oms_proto::client::{Client, Followed, Follower};
use oms_proto::request::{EntryExplain, EventList, StatusShow};

use crate::msg::{Ask, Msg};
use crate::text;
use crate::world::EVENTS_MAX;

/// The connection and the questions that wait for an answer. Those are few: the model asks each
/// question once at a time.
pub(super) struct Daemon {
    socket: PathBuf,
    follower: Follower,
    client: Option<Client>,
    calls: FuturesUnordered<BoxFuture<'static, Msg>>,
}

impl Daemon {
    /// Follows the daemon at a socket; nothing happens before [`Daemon::next`].
    pub(super) fn new(socket: PathBuf) -> Self {
        Self {
            follower: Follower::new(&socket),
            socket,
            client: None,
            calls: FuturesUnordered::new(),
        }
    }

    /// What happens next. May be dropped before it is done without losing anything.
    pub(super) async fn next(&mut self) -> Msg {
        tokio::select! {
            followed = self.follower.next() => match followed {
                Followed::Connected(client) => {
                    self.client = Some(client);
                    Msg::Connected
                }
                Followed::Item(item) => Msg::Item(item),
                Followed::Lost { error, .. } => {
                    self.hang_up();
                    Msg::Lost { error: chain(&error) }
                }
            },
            Some(answer) = self.calls.next() => answer,
        }
    }

    /// Starts asking; the answer comes out of [`Daemon::next`]. Without a connection there is
    /// none: the model asks again when there is one.
    pub(super) fn ask(&mut self, ask: Ask) {
        let Some(client) = self.client.clone() else {
            return;
        };
        let call = async move {
            let result = client.call(request(ask)).await;
            Msg::Answer {
                ask,
                result: result.map_err(|error| chain(&error)),
            }
        };
        self.calls.push(call.boxed());
    }

    /// Connects anew at once and reads everything again.
    pub(super) fn reconnect(&mut self) {
        self.hang_up();
        self.follower = Follower::new(&self.socket);
    }

    fn hang_up(&mut self) {
        self.client = None;
        self.calls.clear();
    }
}

fn request(ask: Ask) -> Request {
    match ask {
        Ask::Status => Request::StatusShow(StatusShow {}),
        Ask::Events => Request::EventList(EventList {
            since: None,
            limit: u32::try_from(EVENTS_MAX).unwrap_or(u32::MAX),
        }),
        Ask::Explain(id) => Request::EntryExplain(EntryExplain { id }),
    }
}

/// An error and everything below it as one sentence.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        words = text::because(&words, &error.to_string());
        below = error.source();
    }
    words
}
