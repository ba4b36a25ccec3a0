//! Looks at what stands at the clouds for objects of ours without an owner, and has the engine
//! collect them. It lists for itself, so that an answer is fresh; it removes nothing itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use oms_proto::request::{StrayRemove, Strays};
use oms_proto::view::{self, ObjectKind, ObjectView, StraysAtView, StraysView};
use oms_proto::{AccountId, ErrorCode, Response, WireError};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::stray::{Id, Kind, SEEN_ENOUGH, Stray};
use omsd_domain::tell::inventory::{self, Look, Object, Verdict};
use omsd_domain::tell::words;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use omsd_domain::ground::limits::ACCOUNTS_MAX;

use super::accounts::named;
use super::view::seconds;
use super::{Caller, Service};
use crate::ports::{Cloud, CloudError, CloudResult};
use oms_proto::check::quoted;

/// Accounts that are listed at a time.
const AT_A_TIME: usize = 16;

/// All lists together; an account that has not answered by then is reported as such. Transports
/// wait for twice this.
const LIST_WITHIN: Duration = Duration::from_secs(25);

/// How long the engine is waited for. It needs two looks at each account.
const SIGHT_WITHIN: Duration = Duration::from_secs(20);

/// The pause between two glances at what the engine has sighted.
const SIGHT_EVERY: Duration = Duration::from_millis(100);

/// The pause between two wishes to look, each of which costs every account two lists.
const WISH_EVERY: Duration = Duration::from_secs(2);

/// Objects in one answer, all accounts together; some 200 bytes each.
const OBJECTS_MAX: usize = 10_000;

/// Objects of one account that are shown in any case.
const OBJECTS_MIN: usize = OBJECTS_MAX / ACCOUNTS_MAX;

/// What one account showed.
struct Looked {
    account: AccountId,
    name: String,
    shown: CloudResult<Vec<Object>>,
}

impl Service {
    pub(super) async fn strays(
        &self,
        caller: &Caller,
        asked: Strays,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let accounts: Vec<Arc<Account>> = match &asked.account {
            Some(name) => vec![Arc::clone(named(&world, name)?)],
            None => world
                .accounts
                .values()
                .filter(|account| account.enabled || world.load(account.id).total() > 0)
                .cloned()
                .collect(),
        };
        let deadline = Instant::now() + LIST_WITHIN;
        let looks = accounts
            .into_iter()
            .map(|account| self.look_into(account, deadline));
        let mut looked: Vec<_> = stream::iter(looks)
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        looked.sort_by(|a, b| a.name.cmp(&b.name));
        let sighted = if asked.dry_run {
            None
        } else {
            tracing::info!(caller = %caller.actor, "collects strays");
            Some(self.sight(caller, &looked).await?)
        };
        let world = self.parts.handle.world();
        let share = (OBJECTS_MAX / looked.len().max(1)).max(OBJECTS_MIN);
        let accounts = looked.into_iter().map(|it| {
            let fate = |object: &Object| {
                let sighted = sighted.as_ref()?;
                let id = (it.account, object.id.clone());
                Some(self.fate(&world, it.account, object, sighted.contains(&id)))
            };
            view(&it.name, &it.shown, share, fate)
        });
        Ok(Response::Strays(StraysView {
            dry_run: asked.dry_run,
            accounts: accounts.collect(),
        }))
    }

    /// Has one object removed that has no owner. One that the scheduler has not met yet is looked for
    /// first, if it is there at all.
    pub(super) async fn stray_remove(
        &self,
        caller: &Caller,
        asked: StrayRemove,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let owner = named(&world, &asked.account)?;
        let account = owner.id;
        let kind = match asked.kind {
            ObjectKind::Server => Kind::Server,
            ObjectKind::Keypair => Kind::Keypair,
            ObjectKind::Unknown => {
                let detail = "no such kind of object; expected server or keypair";
                return Err(WireError::field("kind", detail));
            }
        };
        let id = Id { kind, id: asked.id };
        if known(&world, account, &id).is_none() {
            let absent = || {
                let detail = format!(
                    "no {} {} without an owner was seen at account {}; `omsctl gc --dry-run` lists \
                     what is there",
                    kind.as_str(),
                    quoted(&id.id),
                    asked.account,
                );
                WireError::new(ErrorCode::NotFound, detail)
            };
            if !self.is_there(owner, &id).await? {
                return Err(absent());
            }
            self.submit(caller, Command::Hunt).await?;
            let mut worlds = self.parts.handle.worlds();
            let met = worlds.wait_for(|world| known(world, account, &id).is_some());
            let met = timeout(SIGHT_WITHIN, met).await;
            if !matches!(met, Ok(Ok(_))) {
                return Err(absent());
            }
        }
        tracing::info!(caller = %caller.actor, kind = kind.as_str(), id = id.id, "removes a stray");
        let order = Command::RemoveStray { account, id };
        self.submit(caller, order).await?;
        Ok(Response::DONE)
    }

    /// Whether a cloud shows an object that could be without an owner. One that an entry has is told.
    async fn is_there(&self, account: &Arc<Account>, id: &Id) -> Result<bool, WireError> {
        let deadline = Instant::now() + LIST_WITHIN;
        let looked = self.look_into(Arc::clone(account), deadline).await;
        let objects = looked.shown.map_err(|error| {
            let detail = format!("cannot look at account {}: {error}", account.name);
            WireError::new(ErrorCode::Unavailable, detail)
        })?;
        let Some(object) = objects.iter().find(|object| object.id == *id) else {
            return Ok(false);
        };
        match (object.verdict, object.mark) {
            (Verdict::Owned, Some((entry, _))) => {
                let detail = format!(
                    "{} belongs to entry {entry}; remove the entry instead",
                    quoted(&id.id)
                );
                Err(WireError::new(ErrorCode::Conflict, detail))
            }
            (Verdict::Alien | Verdict::OtherInstallation, _) => Ok(false),
            _ => Ok(true),
        }
    }

    async fn look_into(&self, account: Arc<Account>, deadline: Instant) -> Looked {
        let began = self.parts.clock.now();
        let looked = timeout_at(deadline, self.lists(&account)).await;
        let shown = match looked {
            Ok(Ok((listing, names))) => {
                // What was made since the list was begun has its owner in this world.
                let world = self.parts.handle.world();
                let now = world.accounts.get(&account.id).unwrap_or(&account);
                let look = Look {
                    began,
                    grace: self.parts.policy.stray_grace,
                };
                let mut objects = inventory::servers(&world, now, &listing, look);
                objects.extend(inventory::keypairs(&world, now, &names, look));
                objects.sort_by(|a, b| a.verdict.cmp(&b.verdict).then_with(|| a.id.cmp(&b.id)));
                Ok(objects)
            }
            Ok(Err(error)) => Err(error),
            Err(_elapsed) => Err(timed_out()),
        };
        Looked {
            account: account.id,
            name: account.name.clone(),
            shown,
        }
    }

    async fn lists(
        &self,
        account: &Account,
    ) -> CloudResult<(omsd_domain::ground::cloud::Listing, Vec<String>)> {
        let cloud: Arc<dyn Cloud> = self.parts.handle.cloud(account)?;
        futures::try_join!(cloud.list_servers(None), cloud.list_keypairs())
    }

    /// Has the engine look until it has sighted every stray, and gives those that it has.
    async fn sight(
        &self,
        caller: &Caller,
        looked: &[Looked],
    ) -> Result<BTreeSet<(AccountId, Id)>, WireError> {
        let strays = looked.iter().flat_map(|it| {
            let objects = it.shown.iter().flatten();
            let strays = objects.filter(|it| matches!(it.verdict, Verdict::Stray { .. }));
            strays.map(move |object| (it.account, object.id.clone()))
        });
        let mut left: BTreeSet<_> = strays.collect();
        let mut sighted = BTreeSet::new();
        let mut wish_next = Instant::now();
        let deadline = wish_next + SIGHT_WITHIN;
        loop {
            let world = self.parts.handle.world();
            left.retain(|(account, id)| match known(&world, *account, id) {
                Some(stray) => {
                    sighted.insert((*account, id.clone()));
                    stray.seen < SEEN_ENOUGH
                }
                // Seen before and gone now: it was removed, or has found its owner.
                None => !sighted.contains(&(*account, id.clone())),
            });
            if left.is_empty() || Instant::now() >= deadline {
                return Ok(sighted);
            }
            if Instant::now() >= wish_next {
                self.submit(caller, Command::Hunt).await?;
                wish_next = Instant::now() + WISH_EVERY;
            }
            sleep(SIGHT_EVERY).await;
        }
    }

    /// What becomes of a stray.
    fn fate(&self, world: &World, account: AccountId, object: &Object, sighted: bool) -> String {
        let Some(stray) = known(world, account, &object.id) else {
            return if sighted {
                "removed".to_owned()
            } else {
                "not sighted by the scheduler yet; it looks again by itself".to_owned()
            };
        };
        if stray.asked {
            return "being removed".to_owned();
        }
        if let Some(failure) = &stray.removal.failure {
            return format!(
                "its removal failed and is tried again: {}",
                words::failure(failure)
            );
        }
        let at = stray.since.plus(self.parts.policy.stray_grace);
        let left = at.since(self.parts.clock.now());
        if seconds(left) == 0 {
            "about to be removed".to_owned()
        } else {
            format!("removed in {}", words::span(left))
        }
    }
}

fn known<'a>(world: &'a World, account: AccountId, id: &Id) -> Option<&'a Stray> {
    world.stray(account, id)
}

fn timed_out() -> CloudError {
    let message = format!("took longer than {} s", LIST_WITHIN.as_secs());
    CloudError::new(FailureClass::Timeout, "list servers and key pairs", message)
}

/// What is told of one account; `share` of its objects, those that matter most first.
fn view(
    name: &str,
    shown: &CloudResult<Vec<Object>>,
    share: usize,
    fate: impl Fn(&Object) -> Option<String>,
) -> StraysAtView {
    let (objects, error) = match shown {
        Ok(objects) => (objects.as_slice(), None),
        Err(error) => (&[][..], Some(error)),
    };
    StraysAtView {
        account: name.to_owned(),
        error: error.map(|error| match error.http_status {
            Some(status) => format!("{}: HTTP {status}: {}", error.operation, error.message),
            None => error.to_string(),
        }),
        objects: objects
            .iter()
            .take(share)
            .map(|it| object(it, &fate))
            .collect(),
        left_out: u32::try_from(objects.len().saturating_sub(share)).unwrap_or(u32::MAX),
    }
}

fn object(object: &Object, fate: impl Fn(&Object) -> Option<String>) -> ObjectView {
    let (seen, removable, fate) = match object.verdict {
        Verdict::Stray { seen, removable } => (Some(seen), Some(removable), fate(object)),
        _ => (None, None, None),
    };
    ObjectView {
        kind: match object.id.kind {
            Kind::Server => ObjectKind::Server,
            Kind::Keypair => ObjectKind::Keypair,
        },
        id: object.id.id.clone(),
        name: object.name.clone(),
        status: object.status.clone(),
        verdict: shown(object.verdict),
        entry: object.mark.map(|(entry, _)| entry),
        attempt: object.mark.map(|(_, attempt)| attempt),
        seen,
        removable,
        fate,
    }
}

const fn shown(verdict: Verdict) -> view::Verdict {
    match verdict {
        Verdict::Stray { .. } => view::Verdict::Stray,
        Verdict::FromAhead => view::Verdict::FromAhead,
        Verdict::Stranger => view::Verdict::Stranger,
        Verdict::Missing => view::Verdict::Missing,
        Verdict::Unsettled => view::Verdict::Unsettled,
        Verdict::Owned => view::Verdict::Owned,
        Verdict::OtherInstallation => view::Verdict::OtherInstallation,
        Verdict::Alien => view::Verdict::Alien,
    }
}
