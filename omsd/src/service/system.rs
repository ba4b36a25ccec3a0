//! How the daemon stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_proto::view::{BackupView, StatusView};
use oms_proto::{ErrorCode, Response, WireError};
use omsd_domain::plan::placement::unfit;
use omsd_domain::rows::attempt::{Attempt, State};
use omsd_domain::rows::entry::Status;
use omsd_domain::rows::spur::Spur;
use omsd_domain::schedule::pulse::Pulse;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use super::view::{Keys, Picture};
use super::{Caller, Service, alerts};

impl Service {
    pub(super) fn status(&self) -> Response {
        let world = self.parts.handle.world();
        let picture = Picture {
            world: &world,
            now: self.parts.clock.now(),
            keys: Keys::Hidden,
        };
        let accounts = world.accounts.values();
        let available = accounts.filter(|account| picture.is_available(account));
        let ready = world.accounts.values();
        let ready = ready.filter(|account| unfit(&world, account, picture.now).is_none());
        Response::Status(StatusView {
            version: self.parts.version.clone(),
            installation: world.installation.to_string(),
            started: self.started,
            entries: Status::ALL
                .iter()
                .map(|status| (status.shown(), world.count(*status)))
                .collect(),
            accounts: count(world.accounts.len()),
            accounts_available: count(available.count()),
            seq: world.seq,
            removing: removing(&world),
            // A file whose size cannot be told will be heard of from the next commit.
            database_bytes: self.parts.store.size_bytes().unwrap_or(0),
            // Worlds end with the engine, and without it nothing is accepted.
            draining: self.parts.handle.worlds().has_changed().is_err(),
            alerts: alerts::standing(&self.parts.health, &world),
            accounts_ready: count(ready.count()),
            extra_servers: extra_servers(&self.parts.handle.pulse()),
            state_dir: self
                .parts
                .store
                .folder()
                .map(|folder| folder.display().to_string()),
        })
    }

    /// A person says that this daemon is the one that is to go on.
    pub(super) async fn take_over(&self, caller: &Caller) -> Result<Response, WireError> {
        tracing::info!(caller = %caller.actor, "takes over");
        self.submit(caller, Command::TakeOver).await?;
        Ok(Response::DONE)
    }

    /// Writes a copy of the database beside it, one at a time.
    pub(super) async fn back_up(&self, caller: &Caller) -> Result<Response, WireError> {
        let failed = |what: &dyn std::fmt::Display| {
            let detail = format!("the database could not be copied: {what}");
            WireError::new(ErrorCode::Unavailable, detail)
        };
        let turn = Arc::clone(&self.backup_turn).acquire_owned().await;
        let turn = turn.map_err(|closed| failed(&closed))?;
        let mut random = [0; 4];
        self.parts.entropy.fill(&mut random);
        let file = self.parts.store.copy_path(u32::from_be_bytes(random));
        tracing::info!(caller = %caller.actor, file = %file.display(), "copies the database");
        let to = file.clone();
        let copied = self.database.read(move |store| {
            // Held to the end, even if nobody waits for it any more.
            let _turn = turn;
            store.back_up(&to)
        });
        copied.await.map_err(|cause| failed(&cause))?;
        let file = file.display().to_string();
        Ok(Response::Backup(BackupView { file }))
    }
}

/// What is still to be removed: what attempts have that are over, and what removed entries have besides,
/// which may be a create that nobody knows the end of.
fn removing(world: &World) -> u64 {
    let over = world.accounts.keys().map(|id| world.load(*id).removing);
    let over: u64 = over.map(u64::from).sum();
    let unsettled = |attempt: &&Attempt| match attempt.state {
        State::Launching | State::Unknown { .. } | State::Building { .. } | State::Ready => true,
        State::RemovingServer { .. } | State::Clearing | State::Gone => false,
    };
    let entries = world.with_status(Status::Destroy, None);
    let unsettled = entries.map(|entry| entry.attempts().filter(unsettled).count());
    over.saturating_add(count(unsettled.sum()))
}

/// Extra servers by cause, those included that have made none.
fn extra_servers(pulse: &Pulse) -> BTreeMap<String, u64> {
    let made = |cause: Spur| pulse.extras.get(&cause).copied().unwrap_or(0);
    let causes = Spur::ALL.into_iter();
    causes
        .map(|cause| (cause.as_str().to_owned(), made(cause)))
        .collect()
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
