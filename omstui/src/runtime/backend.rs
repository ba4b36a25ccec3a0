//! The daemon as the loop sees it: one stream of messages, and effects that are started here.

use std::error::Error;
use std::path::PathBuf;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use oms_proto::client::{Client, ClientError, Followed, Follower};
use oms_proto::request::Request;
use oms_proto::view::StatusView;

use crate::call::CallError;
use crate::effect::Ticket;
use crate::msg::Msg;
use crate::text;

/// The connection and the requests that wait for an answer. Those are few: the model makes each of
/// its own once at a time, and asks for bulk actions in small parts.
pub(super) struct Daemon {
    socket: PathBuf,
    follower: Follower,
    client: Option<Client>,
    calls: FuturesUnordered<BoxFuture<'static, Msg>>,
    /// The state that was told last: an idle daemon tells the same again and again.
    status: Option<Box<StatusView>>,
}

impl Daemon {
    /// Follows the daemon at a socket; nothing happens before [`Daemon::next`].
    pub(super) fn new(socket: PathBuf) -> Self {
        Self {
            follower: Follower::new(&socket),
            socket,
            client: None,
            calls: FuturesUnordered::new(),
            status: None,
        }
    }

    /// What happens next. May be dropped before it is done without losing anything.
    pub(super) async fn next(&mut self) -> Msg {
        loop {
            tokio::select! {
                followed = self.follower.next() => match followed {
                    Followed::Connected(client) => {
                        self.client = Some(client);
                        return Msg::Connected;
                    }
                    Followed::Item(item) => return Msg::Item(item),
                    Followed::Status(status) => {
                        if self.status.as_ref() != Some(&status) {
                            self.status = Some(status.clone());
                            return Msg::Status(status);
                        }
                    }
                    Followed::Lost { error, .. } => {
                        self.hang_up();
                        return Msg::Lost { error: chain(&error) };
                    }
                },
                Some(answer) = self.calls.next() => return answer,
            }
        }
    }

    /// Makes a request; its answer comes out of [`Daemon::next`].
    pub(super) fn call(&mut self, ticket: Ticket, request: Request) {
        let client = self.client.clone();
        let call = async move {
            let result = match client {
                Some(client) => client.call(request).await.map_err(|error| refusal(&error)),
                None => Err(CallError::from(text::say(text::NOT_CONNECTED))),
            };
            Msg::Answer { ticket, result }
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

fn refusal(error: &ClientError) -> CallError {
    let fields = match error {
        ClientError::Refused(refused) => refused.fields.clone(),
        _ => std::collections::BTreeMap::new(),
    };
    let text = chain(error);
    CallError { text, fields }
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
