//! The connection to the daemon, the questions that take several answers, and its failures as exit
//! codes.

use std::error::Error as _;
use std::path::{Path, PathBuf};

use oms_proto::client::{Client, ClientError, Subscription};
use oms_proto::request::{EntryList, EventList, Paged};
use oms_proto::response::{EntryPage, EventPage};
use oms_proto::view::{EntryView, EventView, Status};
use oms_proto::{Ask, EntryId, ErrorCode, EventKind};

use crate::exit::{Exit, Failure};

/// Where the daemon listens unless told otherwise.
pub(crate) const DEFAULT_SOCKET: &str = "/run/oms/omsd.sock";

/// Most events of one question.
pub(crate) const EVENTS_PER_PAGE: u32 = 1000;

/// A connection.
pub(crate) struct Daemon {
    client: Client,
    socket: PathBuf,
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Refused(refusal) => return refusal.clone().into(),
            ClientError::Unreachable { .. }
            | ClientError::NotOms { .. }
            | ClientError::Closed
            | ClientError::Timeout => Exit::Unreachable,
            ClientError::NotPermitted { .. } | ClientError::Stranger { .. } => Exit::NotPermitted,
            ClientError::VersionMismatch { .. } | ClientError::Protocol(_) => Exit::Version,
        };
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str("\n  because: ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::new(exit, message)
    }
}

/// Whether the daemon may answer when it is asked again in a moment, as after a restart.
pub(crate) fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } | ClientError::Closed | ClientError::Timeout => true,
        ClientError::Refused(refusal) => refusal.code == ErrorCode::Unavailable,
        ClientError::NotPermitted { .. }
        | ClientError::NotOms { .. }
        | ClientError::Stranger { .. }
        | ClientError::VersionMismatch { .. }
        | ClientError::Protocol(_) => false,
    }
}

impl Daemon {
    /// Connects.
    pub(crate) async fn connect(socket: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            client: Client::connect(socket).await?,
            socket: socket.to_owned(),
        })
    }

    /// The protocol version that was agreed.
    pub(crate) fn version(&self) -> u16 {
        self.client.agreed().version
    }

    /// Connects anew.
    pub(crate) async fn reconnect(&mut self) -> Result<(), ClientError> {
        self.client = Client::connect(&self.socket).await?;
        Ok(())
    }

    /// Follows events after `since`.
    pub(crate) async fn subscribe(&self, since: u64) -> Result<Subscription, ClientError> {
        self.client.subscribe(Some(since)).await
    }

    /// Asks something.
    pub(crate) async fn ask<A: Ask>(&self, ask: A) -> Result<A::Answer, ClientError> {
        self.client.ask(ask).await
    }

    /// Asks for a whole list, however many answers it takes.
    pub(crate) async fn ask_all<P: Paged>(&self, ask: P) -> Result<Vec<P::Item>, ClientError> {
        self.client.ask_all(ask).await
    }

    /// The entry, however it stands; while it is being removed it is listed, but no longer shown.
    pub(crate) async fn row(&self, id: EntryId) -> Result<Option<EntryView>, ClientError> {
        let list = EntryList {
            status: Status::ALL.to_vec(),
            after: id.0.checked_sub(1).map(EntryId),
            limit: Some(1),
            ..EntryList::default()
        };
        let EntryPage { entries, .. } = self.ask(list).await?;
        Ok(entries.into_iter().find(|entry| entry.id == id))
    }

    /// Whether the journal after `since` tells that nothing of the entry is left. The row itself
    /// may stay for a while after that. Moves `since` on.
    pub(crate) async fn ended(&self, id: EntryId, since: &mut u64) -> Result<bool, ClientError> {
        loop {
            let question = EventList {
                since: Some(*since),
                limit: EVENTS_PER_PAGE,
                ..EventList::default()
            };
            let EventPage { events, .. } = self.ask(question).await?;
            let told =
                |event: &EventView| event.kind == EventKind::EntryEnded && event.entry == Some(id);
            if events.iter().any(told) {
                return Ok(true);
            }
            match events.last() {
                Some(last) if last.seq > *since => *since = last.seq,
                _ => return Ok(false),
            }
        }
    }
}
