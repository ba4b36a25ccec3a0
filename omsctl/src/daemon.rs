//! The connection to the daemon, with one method for each question and its failures as exit codes.

use std::error::Error as _;
use std::path::{Path, PathBuf};

use oms_proto::client::{Client, ClientError, Subscription};
use oms_proto::request::{
    AccountEdit, AccountMaintain, AccountTest, Collect, EntryCreate, EntryList, EntryWait,
    EventList,
};
use oms_proto::spec::{AccountPatch, AccountSpec};
use oms_proto::view::{
    AccountTestView, AccountView, CollectionView, EntryView, EventView, ExplanationView,
    InstanceView, Status, StatusView,
};
use oms_proto::{AttemptId, EntryId, ErrorCode, Request, Response};

use crate::exit::{Exit, Failure};

/// Most events of one question.
pub(crate) const EVENTS_PER_PAGE: u32 = 1000;

/// The kind of the event that ends an entry: nothing of it is left at any cloud.
const ENTRY_ENDED: &str = "entry_ended";

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
            ClientError::NotPermitted { .. } => Exit::NotPermitted,
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
        | ClientError::VersionMismatch { .. }
        | ClientError::Protocol(_) => false,
    }
}

/// An answer that does not fit its question.
fn misfit() -> Failure {
    Failure::new(
        Exit::Version,
        "omsd answered something else than was asked; upgrade the older of the two",
    )
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
        self.client.version()
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

    /// How the daemon stands.
    pub(crate) async fn status(&self) -> Result<StatusView, Failure> {
        match self.client.call(Request::Status).await? {
            Response::Status(status) => Ok(status),
            _ => Err(misfit()),
        }
    }

    /// Hands in an entry.
    pub(crate) async fn create(&self, create: EntryCreate) -> Result<EntryView, Failure> {
        entry(
            self.client
                .call(Request::EntryCreate(Box::new(create)))
                .await?,
        )
    }

    /// Shows an entry.
    pub(crate) async fn entry(&self, id: EntryId) -> Result<EntryView, Failure> {
        entry(self.client.call(Request::EntryShow(id)).await?)
    }

    /// Waits for an entry on the daemon's side. The error is kept apart, because the caller goes
    /// on over a restart.
    pub(crate) async fn wait(
        &self,
        id: EntryId,
        timeout_ms: u32,
    ) -> Result<Result<EntryView, Failure>, ClientError> {
        let wait = Request::EntryWait(EntryWait { id, timeout_ms });
        self.client.call(wait).await.map(entry)
    }

    /// All entries that stand so, however many answers it takes.
    pub(crate) async fn entries(&self, status: &[Status]) -> Result<Vec<EntryView>, Failure> {
        let mut all: Vec<EntryView> = Vec::new();
        loop {
            let last = all.last().map(|entry| entry.id);
            let question = EntryList {
                status: status.to_vec(),
                after: last,
                limit: None,
            };
            let Response::Entries { entries, more } =
                self.client.call(Request::EntryList(question)).await?
            else {
                return Err(misfit());
            };
            // Ids that do not grow would have this go round for ever.
            if entries.first().is_some_and(|first| Some(first.id) <= last) {
                return Err(misfit());
            }
            let done = !more || entries.is_empty();
            all.extend(entries);
            if done {
                return Ok(all);
            }
        }
    }

    /// The entry if it is being removed; it is listed then, but no longer shown.
    pub(crate) async fn removing(
        &self,
        id: EntryId,
    ) -> Result<Result<Option<EntryView>, Failure>, ClientError> {
        let list = EntryList {
            status: vec![Status::Destroy],
            after: id.0.checked_sub(1).map(EntryId),
            limit: Some(1),
        };
        Ok(match self.client.call(Request::EntryList(list)).await? {
            Response::Entries { entries, .. } => {
                Ok(entries.into_iter().find(|entry| entry.id == id))
            }
            _ => Err(misfit()),
        })
    }

    /// Whether the journal after `since` tells that nothing of the entry is left. The row itself
    /// may stay for a while after that. Moves `since` on.
    pub(crate) async fn ended(
        &self,
        id: EntryId,
        since: &mut u64,
    ) -> Result<Result<bool, Failure>, ClientError> {
        loop {
            let question = Request::EventList(EventList {
                since: Some(*since),
                limit: EVENTS_PER_PAGE,
            });
            let Response::Events(events) = self.client.call(question).await? else {
                return Ok(Err(misfit()));
            };
            let told = |event: &EventView| event.kind == ENTRY_ENDED && event.entry == Some(id);
            if events.iter().any(told) {
                return Ok(Ok(true));
            }
            match events.last() {
                Some(last) if last.seq > *since => *since = last.seq,
                _ => return Ok(Ok(false)),
            }
        }
    }

    /// Removes an entry.
    pub(crate) async fn delete(&self, id: EntryId) -> Result<(), Failure> {
        // The answer is `Done` or the entry as it stands; either way the wish is durable.
        self.client.call(Request::EntryDelete(id)).await?;
        Ok(())
    }

    /// Explains an entry.
    pub(crate) async fn explain(&self, id: EntryId) -> Result<ExplanationView, Failure> {
        match self.client.call(Request::EntryExplain(id)).await? {
            Response::Explanation(story) => Ok(*story),
            _ => Err(misfit()),
        }
    }

    /// All instances.
    pub(crate) async fn instances(&self) -> Result<Vec<InstanceView>, Failure> {
        match self.client.call(Request::InstanceList).await? {
            Response::Instances(instances) => Ok(instances),
            _ => Err(misfit()),
        }
    }

    /// One instance.
    pub(crate) async fn instance(&self, id: AttemptId) -> Result<InstanceView, Failure> {
        match self.client.call(Request::InstanceShow(id)).await? {
            Response::Instance(instance) => Ok(*instance),
            _ => Err(misfit()),
        }
    }

    /// Adds an account.
    pub(crate) async fn add_account(&self, spec: AccountSpec) -> Result<AccountView, Failure> {
        account(
            self.client
                .call(Request::AccountAdd(Box::new(spec)))
                .await?,
        )
    }

    /// All accounts.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountView>, Failure> {
        match self.client.call(Request::AccountList).await? {
            Response::Accounts(accounts) => Ok(accounts),
            _ => Err(misfit()),
        }
    }

    /// One account.
    pub(crate) async fn account(&self, name: String) -> Result<AccountView, Failure> {
        account(self.client.call(Request::AccountShow(name)).await?)
    }

    /// Changes an account.
    pub(crate) async fn edit_account(
        &self,
        name: String,
        patch: AccountPatch,
    ) -> Result<AccountView, Failure> {
        let edit = Request::AccountEdit(Box::new(AccountEdit { name, patch }));
        account(self.client.call(edit).await?)
    }

    /// Says when no entries are to be placed at an account.
    pub(crate) async fn maintain_account(
        &self,
        maintain: AccountMaintain,
    ) -> Result<AccountView, Failure> {
        account(self.client.call(Request::AccountMaintain(maintain)).await?)
    }

    /// What is at an account, or whether the daemon went away.
    pub(crate) async fn occupied(
        &self,
        name: &str,
    ) -> Result<Result<AccountView, Failure>, ClientError> {
        let show = Request::AccountShow(name.to_owned());
        self.client.call(show).await.map(account)
    }

    /// Tests an account.
    pub(crate) async fn test_account(
        &self,
        name: String,
        boot: bool,
    ) -> Result<AccountTestView, Failure> {
        let test = Request::AccountTest(AccountTest { name, boot });
        match self.client.call(test).await? {
            Response::AccountTest(test) => Ok(test),
            _ => Err(misfit()),
        }
    }

    /// What stands at the clouds, and what becomes of what has no owner.
    pub(crate) async fn collect(&self, collect: Collect) -> Result<CollectionView, Failure> {
        match self.client.call(Request::Collect(collect)).await? {
            Response::Collection(collection) => Ok(collection),
            _ => Err(misfit()),
        }
    }

    /// Forgets an account.
    pub(crate) async fn remove_account(&self, name: String) -> Result<(), Failure> {
        self.client.call(Request::AccountRemove(name)).await?;
        Ok(())
    }

    /// A part of the journal.
    pub(crate) async fn events(
        &self,
        since: Option<u64>,
        limit: u32,
    ) -> Result<Vec<EventView>, Failure> {
        let list = Request::EventList(EventList { since, limit });
        match self.client.call(list).await? {
            Response::Events(events) => Ok(events),
            _ => Err(misfit()),
        }
    }
}

fn entry(response: Response) -> Result<EntryView, Failure> {
    match response {
        Response::Entry(entry) => Ok(*entry),
        _ => Err(misfit()),
    }
}

fn account(response: Response) -> Result<AccountView, Failure> {
    match response {
        Response::Account(account) => Ok(*account),
        _ => Err(misfit()),
    }
}
