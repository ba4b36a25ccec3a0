//! The one door behind both transports: who may do what, what is valid, and how it is shown.
//!
//! A request over HTTP and the same request over the socket end in [`Service::handle`], so they
//! give the same answer. Nothing here knows of sockets or of HTTP, and nothing here decides: wishes
//! go to the engine as commands, and what is shown is read from committed worlds.

pub mod access;
mod accounts;
mod advice;
mod alerts;
mod audit;
mod check;
mod create;
mod database;
mod entries;
mod entry_spec;
pub mod error;
mod events;
mod explain;
mod filter;
mod following;
mod instances;
mod journal;
mod keys_once;
pub mod page;
mod parts;
mod passes;
mod preview;
mod select;
mod strays;
pub mod subscribe;
mod system;
mod view;

use std::sync::Arc;

use oms_proto::request::{Ask, Asked, Subscribe};
use oms_proto::spec::KeyPolicy;
use oms_proto::{ErrorCode, Request, Response, Time, WireError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use access::{Caller, Grant, Role};
pub use accounts::{Part, part_context, secret_context};
pub use error::http_status;
pub use following::Subscription;
pub use parts::Parts;
pub use select::Select;
pub use view::user_data_context;

use crate::telemetry::Health;
use audit::{Asked as Deed, Audit};
use database::Database;
use journal::JournalReader;
use omsd_domain::rows::pass::Kind;
use omsd_domain::world::World;
use omsd_domain::world::command::{Answer, Command};
use passes::Uses;
use passes::passwords::Passwords;
use subscribe::{Sources, Story};
use view::{Keys, Picture};

/// The one door; cheap to copy.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
    database: Database,
    journal: JournalReader,
    rsa_turns: Arc<Semaphore>,
    rsa_line: Arc<Semaphore>,
    backup_turn: Arc<Semaphore>,
    search_turns: Arc<Semaphore>,
    audit: Audit,
    passwords: Passwords,
    uses: Arc<Uses>,
    started: Time,
}

/// RSA keys made at a time: each takes a processor for a second or so, and the rest of the daemon
/// needs one too.
const RSA_AT_A_TIME: usize = 2;

/// RSA keys made or waited for at a time: an old processor needs ten seconds for one, and a caller over
/// HTTP waits for a minute at the most.
const RSA_WAITED_FOR: usize = 8;

/// Lists at a time that look at every row for those that are asked for; the others wait.
const SEARCHES_AT_A_TIME: usize = 4;

impl Service {
    /// Opens the door.
    pub fn new(parts: Parts) -> Self {
        let started = parts.clock.now();
        let database = Database::new(parts.store.clone());
        let journal = JournalReader::new(database.clone(), Arc::clone(&parts.entropy));
        Self {
            parts: Arc::new(parts),
            database,
            journal,
            rsa_turns: Arc::new(Semaphore::new(RSA_AT_A_TIME)),
            rsa_line: Arc::new(Semaphore::new(RSA_WAITED_FOR)),
            backup_turn: Arc::new(Semaphore::new(1)),
            search_turns: Arc::new(Semaphore::new(SEARCHES_AT_A_TIME)),
            audit: Audit::default(),
            passwords: Passwords::default(),
            uses: Arc::default(),
            started,
        }
    }

    /// What is wrong with the daemon itself.
    pub fn health(&self) -> &Health {
        &self.parts.health
    }

    /// Answers a request. What was refused of those that change something is in the journal then.
    ///
    /// # Errors
    /// A refusal with a stable code, for both transports.
    pub async fn handle(&self, caller: &Caller, request: Request) -> Result<Response, WireError> {
        let deed = Deed::to(&request);
        let answered = match caller.check(&request) {
            Ok(()) if request.manner().waits => tokio::select! {
                answered = self.answer(caller, request) => answered,
                () = self.ended(caller) => Err(following::no_longer()),
            },
            Ok(()) => self.answer(caller, request).await,
            Err(forbidden) => Err(forbidden),
        };
        if let Some(deed) = deed {
            self.audit(caller, deed, answered.as_ref().err()).await;
        }
        answered
    }

    #[expect(
        clippy::cognitive_complexity,
        reason = "one line a request, and the compiler counts them"
    )]
    async fn answer(&self, caller: &Caller, request: Request) -> Result<Response, WireError> {
        match request {
            Request::StatusShow(_) => Ok(self.status()),
            Request::EntryList(list) => self.entry_list(caller, &list).await,
            Request::EntryShow(show) => {
                let shown = self.entry_show(caller, show.id).await?;
                self.with_key_once(caller, shown).await
            }
            Request::EntryRemove(remove) => self.entry_remove(caller, remove.id).await,
            Request::EntryWait(wait) => {
                let waited = self.entry_wait(caller, wait).await?;
                self.with_key_once(caller, waited).await
            }
            Request::InstanceList(list) => self.instance_list(caller, &list).await,
            Request::InstanceShow(show) => {
                let shown = self.instance_show(caller, show.id)?;
                self.with_key_once(caller, shown).await
            }
            Request::EventList(list) => self.event_list(&list).await,
            Request::Subscribe(_) => Err(WireError::new(
                ErrorCode::Unsupported,
                "a subscription is a stream, not an answer",
            )),
            Request::EntryCreate(create) => self.entry_create(caller, *create).await,
            Request::EntryExplain(explain) => self.entry_explain(caller, explain.id).await,
            Request::AccountAdd(add) => self.account_add(caller, add.spec).await,
            Request::AccountList(list) => Ok(self.account_list(caller, &list)),
            Request::AccountShow(show) => self.account_show(caller, &show.name),
            Request::AccountEdit(edit) => {
                let edited = self.account_edit(caller, *edit, None).await?;
                edited.ok_or_else(|| self.internal("edit", &"it expects nothing".into()))
            }
            Request::AccountTest(test) => self.account_test(caller, &test).await,
            Request::AccountRemove(remove) => self.account_remove(caller, &remove.name).await,
            Request::Strays(strays) => self.strays(caller, strays).await,
            Request::StrayRemove(remove) => self.stray_remove(caller, remove).await,
            Request::TakeOver(_) => self.take_over(caller).await,
            Request::Backup(_) => self.back_up(caller).await,
            Request::AccountMaintain(maintain) => self.account_maintain(caller, maintain).await,
            Request::AccountUnblock(unblock) => self.account_unblock(caller, unblock).await,
            Request::EntryRetry(retry) => self.entry_retry(caller, retry.id).await,
            Request::EntryHold(hold) => self.entry_hold(caller, &hold).await,
            Request::AccountTry(tried) => self.account_try(tried.spec).await,
            Request::AccountOffers(offers) => self.account_offers(&offers.name).await,
            Request::EntryPreview(preview) => self.entry_preview(caller, preview.spec),
            Request::TokenCreate(create) => self.token_create(caller, create).await,
            Request::TokenList(_) => Ok(self.token_list()),
            Request::TokenRevoke(ask) => self.pass_revoke(caller, Kind::Token, ask.name).await,
            Request::UserAdd(add) => self.user_add(caller, add).await,
            Request::UserList(_) => Ok(self.user_list()),
            Request::UserEdit(edit) => self.user_edit(caller, edit).await,
            Request::UserRemove(ask) => self.pass_revoke(caller, Kind::User, ask.name).await,
        }
    }

    /// Answers something by its type, within its deadline. Everything below has shorter deadlines
    /// of its own; this one keeps a mistake there from holding a caller for ever.
    ///
    /// # Errors
    /// A refusal with a stable code.
    pub async fn ask<A: Ask>(&self, caller: &Caller, ask: A) -> Result<A::Answer, WireError> {
        let request = ask.into();
        let deadline = request.manner().deadline;
        let asked = timeout(deadline, self.handle(caller, request)).await;
        let response = asked.map_err(|_elapsed| {
            let seconds = deadline.as_secs();
            let detail = format!("omsd did not finish this within {seconds} s; it may still do it");
            WireError::new(ErrorCode::Timeout, detail)
        })??;
        A::answer(response).ok_or_else(|| {
            let cause = "the service gave an answer of the wrong kind";
            self.internal("answer this", &cause.into())
        })
    }

    /// Streams what happens: the events after `since` if the journal reaches back so far, else a
    /// snapshot and then events. Private keys are never streamed.
    ///
    /// # Errors
    /// A refusal; later failures end the stream.
    pub fn subscribe(
        &self,
        caller: &Caller,
        since: Option<u64>,
    ) -> Result<Subscription, WireError> {
        caller.check_role(Subscribe::ROLE)?;
        let sources = Sources {
            worlds: self.parts.handle.worlds(),
            feed: self.parts.handle.feed(),
            journal: self.journal.clone(),
            database: self.database.clone(),
            entropy: Arc::clone(&self.parts.entropy),
            clock: Arc::clone(&self.parts.clock),
            health: self.parts.health.clone(),
        };
        let (service, caller) = (self.clone(), caller.clone());
        let ended = async move { service.ended(&caller).await };
        Ok(Subscription::new(
            Story::new(sources, since),
            Box::pin(ended),
        ))
    }

    /// Has the engine carry out what a caller wants.
    async fn submit(&self, caller: &Caller, command: Command) -> Result<Answer, WireError> {
        let submitted = self.parts.handle.submit(caller.actor.clone(), command);
        submitted.await.map_err(|error| error::rejected(&error))
    }

    fn picture<'a>(&'a self, caller: &Caller, world: &'a World) -> Picture<'a> {
        Picture {
            world,
            now: self.parts.clock.now(),
            keys: match caller.keys() {
                KeyPolicy::Full => Keys::Shown(&self.parts.vault),
                KeyPolicy::Once | KeyPolicy::Never | KeyPolicy::Unknown => Keys::Hidden,
            },
        }
    }

    fn internal(&self, doing: &'static str, cause: &error::Cause) -> WireError {
        error::internal(&*self.parts.entropy, doing, &**cause)
    }
}

#[cfg(test)]
mod tests;
