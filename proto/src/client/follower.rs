//! A subscription that outlives the connection: it reconnects for ever and goes on where it was.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::backoff;
use super::error::ClientError;
use super::handle::Client;
use super::subscription::Subscription;
use crate::request::StatusShow;
use crate::response::StreamItem;
use crate::view::StatusView;

/// A connection that lasted this long was a good one, even if nothing happened on it: the next
/// wait is the shortest again.
const GOOD_CONNECTION: Duration = Duration::from_secs(10);

/// How often the daemon is asked for a sign of life: a hung one sends nothing, like an idle one,
/// and what is on the screen would be stale without anybody knowing.
const PULSE_EVERY: Duration = Duration::from_secs(10);

/// How long the sign of life may take; a busy daemon answers within a fraction of it.
const PULSE_DEADLINE: Duration = Duration::from_secs(10);

/// Follows the daemon at a socket over its restarts, without end.
///
/// A snapshot whose parts were interrupted by [`Followed::Lost`] is not continued; what follows
/// is a new one from its first part.
pub struct Follower {
    socket: PathBuf,
    state: State,
    /// The last event that the reader knows.
    since: Option<u64>,
    /// In a row.
    failures: u32,
}

enum State {
    Connecting(BoxFuture<'static, Result<(Client, Subscription), ClientError>>),
    Following {
        subscription: Box<Subscription>,
        /// The next sign of life, or that there is none.
        pulse: BoxFuture<'static, Result<Option<StatusView>, ClientError>>,
        client: Client,
        since: Instant,
    },
    Waiting(Pin<Box<Sleep>>),
}

/// What a [`Follower`] has to tell.
#[derive(Debug)]
pub enum Followed {
    /// The daemon is there; calls can be made with this client until the connection is lost.
    Connected(Client),
    /// Something happened.
    Item(StreamItem),
    /// How the daemon stands, every ten seconds: what needs a person grows old without an event.
    Status(Box<StatusView>),
    /// The daemon cannot be reached, or not any more.
    Lost {
        /// Why.
        error: ClientError,
        /// When the next try begins.
        retry_in: Duration,
    },
}

impl Follower {
    /// Follows the daemon at this socket. Nothing happens before [`Follower::next`].
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        let socket = socket.into();
        Self {
            state: State::Connecting(connect(socket.clone(), None).boxed()),
            socket,
            since: None,
            failures: 0,
        }
    }

    /// What happens next; waits for it. May be dropped before it is done without losing anything.
    pub async fn next(&mut self) -> Followed {
        loop {
            match &mut self.state {
                State::Connecting(connecting) => match connecting.await {
                    Ok((client, subscription)) => {
                        self.state = State::Following {
                            subscription: Box::new(subscription),
                            pulse: pulse(client.clone()).boxed(),
                            client: client.clone(),
                            since: Instant::now(),
                        };
                        return Followed::Connected(client);
                    }
                    Err(error) => return self.lose(error),
                },
                State::Following {
                    subscription,
                    pulse: beat,
                    client,
                    since,
                } => {
                    let next = tokio::select! {
                        next = subscription.next() => next,
                        sign = &mut *beat => match sign {
                            Ok(status) => {
                                *beat = pulse(client.clone()).boxed();
                                match status {
                                    Some(status) => return Followed::Status(Box::new(status)),
                                    None => continue,
                                }
                            }
                            Err(error) => Some(Err(error)),
                        },
                    };
                    self.since = subscription.seq();
                    if next.as_ref().is_some_and(Result::is_ok)
                        || since.elapsed() >= GOOD_CONNECTION
                    {
                        self.failures = 0;
                    }
                    match next {
                        Some(Ok(item)) => return Followed::Item(item),
                        Some(Err(error)) => return self.lose(error),
                        None => return self.lose(ClientError::Closed),
                    }
                }
                State::Waiting(wait) => {
                    wait.await;
                    self.state =
                        State::Connecting(connect(self.socket.clone(), self.since).boxed());
                }
            }
        }
    }

    fn lose(&mut self, error: ClientError) -> Followed {
        self.failures = self.failures.saturating_add(1);
        // Without randomness clients come back in step, which is a nuisance and no failure.
        let random = getrandom::u32().unwrap_or(u32::MAX);
        let retry_in = backoff::delay(self.failures, random);
        self.state = State::Waiting(Box::pin(sleep(retry_in)));
        Followed::Lost { error, retry_in }
    }
}

async fn connect(
    socket: PathBuf,
    since: Option<u64>,
) -> Result<(Client, Subscription), ClientError> {
    let client = Client::connect(&socket).await?;
    let subscription = client.subscribe(since).await?;
    Ok((client, subscription))
}

/// The daemon's next sign of life. Answers of any kind are one, and a connection that breaks is the
/// subscription's to tell.
async fn pulse(client: Client) -> Result<Option<StatusView>, ClientError> {
    sleep(PULSE_EVERY).await;
    match timeout(PULSE_DEADLINE, client.ask(StatusShow {})).await {
        Ok(answer) => Ok(answer.ok()),
        Err(_elapsed) => Err(ClientError::Timeout),
    }
}
