//! What the domain knows, as clients see it. The only place where the one becomes the other.

use std::time::Duration;

use oms_proto::Time;
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::ground::maintenance;
use omsd_domain::rows::account::{Account, Auth};
use omsd_domain::rows::attempt::{Attempt, Kind, State};
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::offering::Lessons;
use omsd_domain::rows::scope::{Block, Scope};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::tell::words;
use omsd_domain::world::World;

use crate::secrets::Vault;
use oms_proto::view::{
    self, AccountStatus, AccountView, AttemptState, AttemptView, AuthType, BlockView, EntryView,
    EventView, FailureView, InstanceAccount, InstanceView, LessonsView, Trust,
};

/// Blocks shown of one account. Those of an answer full of accounts fit a frame; those that end last
/// tell most.
const BLOCKS_SHOWN: usize = 16;

/// Offerings shown of one account, for the same reason; what was learned last tells most.
const OFFERINGS_SHOWN: usize = 16;

/// Addresses shown of one instance; more than any real server has.
const ADDRESSES_SHOWN: usize = 64;

/// Whether private keys are part of the picture.
#[derive(Clone, Copy)]
pub(super) enum Keys<'a> {
    /// They are left out.
    Hidden,
    /// They are opened.
    Shown(&'a Vault),
}

/// The context under which an entry's private key is sealed.
pub(super) fn key_context(public: &str) -> String {
    format!("key/{public}")
}

/// A view of a world at a time.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) world: &'a World,
    pub(super) now: Time,
    pub(super) keys: Keys<'a>,
}

impl Picture<'_> {
    pub(super) fn entry(&self, entry: &Entry) -> EntryView {
        let current = entry.current();
        EntryView {
            id: entry.id,
            status: entry.status.shown(),
            regist_datetime: entry.asked.accepted,
            instance: self.instance(entry),
            name: entry.asked.spec.name.clone(),
            reason: self.reason(entry),
            deadline: entry.deadline,
            attempts: saturate(entry.attempts.len()),
            account: current
                .filter(|attempt| attempt.is_hopeful())
                .map(|attempt| self.account_name(attempt)),
            changed: entry.changed,
        }
    }

    /// Why an entry waits, has failed, or is not what it should be.
    fn reason(&self, entry: &Entry) -> Option<String> {
        if let Some(why) = &entry.why {
            return Some(words::why(self.world, why));
        }
        let sought = entry.attempts().find_map(|attempt| {
            let State::Unknown { until } = attempt.state else {
                return None;
            };
            let account = self.account_name(attempt);
            let until = words::clock(until);
            Some(format!(
                "{account} may have made a server, which is looked for until {until}"
            ))
        });
        let vanished = || {
            let kept = entry.kept().filter(|_| entry.status == Status::Run)?;
            let account = self.account_name(kept);
            let vanished = kept.server.as_ref().is_some_and(|server| server.vanished);
            vanished.then(|| format!("its instance is no longer there at {account}"))
        };
        let failing = || {
            let attempt = entry.attempts().find(|it| !it.is_gone())?;
            let failure = attempt.removal.failure.as_deref()?;
            let account = self.account_name(attempt);
            Some(format!("removal at {account}: {}", words::failure(failure)))
        };
        sought.or_else(vanished).or_else(failing)
    }

    /// The instance of an entry that runs.
    pub(super) fn instance(&self, entry: &Entry) -> Option<InstanceView> {
        if entry.status != Status::Run {
            return None;
        }
        let attempt = entry.kept()?;
        let server = attempt.server.as_ref()?;
        let addresses: Vec<_> = server
            .addresses
            .iter()
            .take(ADDRESSES_SHOWN)
            .cloned()
            .collect();
        Some(InstanceView {
            id: attempt.id.into(),
            name: attempt.server_name.clone(),
            instance_id: server.id.clone(),
            ip_addr: addresses.first().cloned(),
            key_name: Some(attempt.key_name.clone()),
            key_raw: self.private_key(entry),
            account: self.instance_account(attempt),
            entry: entry.id,
            server_status: server.status.clone(),
            addresses,
            ready: attempt.since,
            boot_seconds: seconds(attempt.boot.unwrap_or_default()),
            vanished: server.vanished,
        })
    }

    fn private_key(&self, entry: &Entry) -> Option<String> {
        let Keys::Shown(vault) = self.keys else {
            return None;
        };
        let sealed = entry.asked.key.private.as_ref()?;
        match vault.open(&key_context(&entry.asked.key.public), sealed) {
            Ok(key) => Some(key.expose().to_owned()),
            Err(error) => {
                tracing::error!(entry.id = %entry.id, error = %error, "cannot open a private key");
                None
            }
        }
    }

    fn account_name(&self, attempt: &Attempt) -> String {
        self.world
            .accounts
            .get(&attempt.account)
            .map_or_else(|| forgotten(attempt), |account| account.name.clone())
    }

    fn instance_account(&self, attempt: &Attempt) -> InstanceAccount {
        match self.world.accounts.get(&attempt.account) {
            Some(account) => InstanceAccount {
                provider: account.provider.clone(),
                region_name: account.region_name.clone(),
                tenant_name: self.project(account).0,
                name: account.name.clone(),
            },
            None => InstanceAccount {
                provider: String::new(),
                region_name: None,
                tenant_name: None,
                name: forgotten(attempt),
            },
        }
    }

    pub(super) fn attempt(&self, attempt: &Attempt) -> AttemptView {
        let ended = match (attempt.boot, attempt.failure.as_deref()) {
            (Some(boot), _) => attempt.started.plus(boot),
            (None, Some(failure)) => failure.at,
            (None, None) if attempt.is_hopeful() => self.now,
            (None, None) => attempt.since,
        };
        AttemptView {
            id: attempt.id,
            account: self.account_name(attempt),
            state: attempt_state(attempt.state.kind()),
            server_name: attempt.server_name.clone(),
            instance_id: attempt.server.as_ref().map(|server| server.id.clone()),
            image: attempt.wanted.image.clone(),
            flavor: attempt.wanted.flavor.clone(),
            availability_zone: attempt.wanted.availability_zone.clone(),
            started: attempt.started,
            seconds: seconds(ended.since(attempt.started)),
            failure: attempt.failure.as_deref().map(failure),
            removal_failure: match attempt.state {
                State::RemovingServer { .. } | State::Clearing => {
                    attempt.removal.failure.as_deref().map(failure)
                }
                State::Launching
                | State::Unknown { .. }
                | State::Building { .. }
                | State::Ready
                | State::Gone => None,
            },
        }
    }

    /// Name and id of an account's project: as they were given, and the rest as its cloud told.
    fn project(&self, account: &Account) -> (Option<String>, Option<String>) {
        let (name, id) = match &account.auth {
            Auth::Password {
                tenant_name,
                tenant_id,
                ..
            }
            | Auth::Token {
                tenant_name,
                tenant_id,
                ..
            } => (tenant_name.clone(), tenant_id.clone()),
            Auth::ApplicationCredential { .. } => (None, None),
        };
        let told = self.world.room(account.id);
        let told_id = || Some(told?.identity.as_ref()?.project.clone());
        (
            name.or_else(|| told?.project_name.clone()),
            id.or_else(told_id),
        )
    }

    pub(super) fn account(&self, account: &Account) -> AccountView {
        let load = self.world.load(account.id);
        let health = self.world.health(account.id);
        let reason = self.unavailable(account);
        let (tenant_name, tenant_id) = self.project(account);
        let (username, auth_type, credential) = match &account.auth {
            Auth::Password { username, .. } => (
                Some(username.clone()).filter(|name| !name.is_empty()),
                match (&account.totp, account.secret.0.is_empty()) {
                    (None, _) => AuthType::Password,
                    (Some(_), false) => AuthType::PasswordTotp,
                    (Some(_), true) => AuthType::Totp,
                },
                None,
            ),
            Auth::ApplicationCredential { id, name, .. } => (
                None,
                AuthType::ApplicationCredential,
                id.clone().or_else(|| name.clone()),
            ),
            Auth::Token { .. } => (None, AuthType::Token, None),
        };
        AccountView {
            name: account.name.clone(),
            provider: account.provider.clone(),
            username,
            tenant_name,
            tenant_id,
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            version: 3,
            status: if reason.is_none() {
                AccountStatus::Available
            } else {
                AccountStatus::Unavailable
            },
            reason,
            auth_type,
            application_credential: credential,
            interface: account.interface,
            defaults: account.defaults.clone(),
            priority: account.priority,
            enabled: account.enabled,
            trust: trust(account),
            blocks: blocks(health),
            maintenance: maintenance::ahead(&account.maintenance, self.now),
            building: load.launching + load.unknown + load.building,
            running: load.ready,
            removing: load.removing,
            boot_seconds: self.world.median_boot(account.id).map(seconds),
            offerings: offerings(self.world.lessons_at(account.id)),
            last_success: self.world.last_success(account.id),
            last_failure: health.last_failure.as_deref().map(failure),
            user_id: account.auth.user_id().cloned(),
            endpoints: account.reach.endpoints.clone(),
            proxy: account.reach.proxy.clone(),
            client_certificate: account.reach.client_cert_pem.is_some(),
        }
    }

    /// Whether entries are placed at an account now.
    pub(super) fn is_available(&self, account: &Account) -> bool {
        self.unavailable(account).is_none()
    }

    fn unavailable(&self, account: &Account) -> Option<String> {
        if !account.enabled {
            return Some(format!(
                "switched off; omsctl account enable {} switches it on",
                account.name
            ));
        }
        if let Some(window) = maintenance::in_force(&account.maintenance, self.now) {
            return Some(format!(
                "{}; omsctl account uncordon {} ends it",
                words::under_maintenance(window.until, &window.reason),
                account.name
            ));
        }
        let keeps_all = |block: &&Block| match block.scope {
            Scope::Account => true,
            // Once its time is over, the next launch is let through.
            Scope::Quota | Scope::Launch => block.until > self.now || block.probe.is_some(),
            Scope::Offering(_) | Scope::Request(_) | Scope::Named(..) | Scope::Entry(_) => false,
        };
        let block = self
            .world
            .health(account.id)
            .blocks
            .iter()
            .find(keeps_all)?;
        Some(format!(
            "{} is blocked until {}: {}",
            block.scope,
            block.until,
            words::failure(&block.failure)
        ))
    }
}

/// An account that is no longer there, as far as an attempt still knows it.
fn forgotten(attempt: &Attempt) -> String {
    format!("(removed account {})", attempt.account)
}

fn blocks(health: &Health) -> Vec<BlockView> {
    let mut longest: Vec<&Block> = health.blocks.iter().collect();
    longest.sort_by(|a, b| b.until.cmp(&a.until).then_with(|| a.scope.cmp(&b.scope)));
    longest
        .into_iter()
        .take(BLOCKS_SHOWN)
        .map(|block| BlockView {
            scope: block.scope.to_string(),
            until: block.until,
            reason: words::failure(&block.failure),
            failures: block.failures,
        })
        .collect()
}

/// What launches have taught, the latest first.
fn offerings<'a>(lessons: impl Iterator<Item = &'a Lessons>) -> Vec<LessonsView> {
    let mut latest: Vec<&Lessons> = lessons.collect();
    latest.sort_by(|a, b| {
        let by_time = b.learned.cmp(&a.learned);
        by_time.then_with(|| a.offering.cmp(&b.offering))
    });
    latest
        .into_iter()
        .take(OFFERINGS_SHOWN)
        .map(|lessons| LessonsView {
            availability_zone: lessons.offering.availability_zone.clone(),
            flavor: lessons.offering.flavor.clone(),
            boots: saturate(lessons.boots.len()),
            boot_seconds: lessons.median_boot().map(seconds),
            slow_boot_seconds: lessons.slow_boot().map(seconds),
            budget: lessons.budget.map(|budget| budget.window),
            learned: lessons.learned,
        })
        .collect()
}

/// How the account's cloud proves who it is.
pub(super) fn trust(account: &Account) -> Trust {
    if account.auth_url.starts_with("http://") {
        Trust::None
    } else if account.pinned_cert_pem.is_some() {
        Trust::Pinned
    } else if account.ca_pem.is_some() {
        Trust::Ca
    } else {
        Trust::System
    }
}

pub(super) fn failure(failure: &Failure) -> FailureView {
    FailureView {
        class: failure_class(failure.class),
        operation: failure.operation.clone(),
        http_status: failure.http_status,
        message: failure.message.clone(),
        request_id: failure.request_id.clone(),
        at: failure.at,
    }
}

pub(super) fn event(row: JournalRow) -> EventView {
    EventView {
        seq: row.seq,
        at: row.at,
        kind: row.kind,
        entry: row.entry,
        attempt: row.attempt,
        account: row.account,
        message: row.message,
        by: row.by,
        severity: row.kind.severity(),
    }
}

const fn attempt_state(kind: Kind) -> AttemptState {
    match kind {
        Kind::Launching => AttemptState::Launching,
        Kind::Unknown => AttemptState::InDoubt,
        Kind::Building => AttemptState::Building,
        Kind::Ready => AttemptState::Ready,
        Kind::Removing => AttemptState::Removing,
        Kind::Gone => AttemptState::Gone,
    }
}

const fn failure_class(class: FailureClass) -> view::FailureClass {
    use view::FailureClass as Shown;
    match class {
        FailureClass::Unreachable => Shown::Unreachable,
        FailureClass::Tls => Shown::Tls,
        FailureClass::Timeout => Shown::Timeout,
        FailureClass::Throttled => Shown::Throttled,
        FailureClass::ServerError => Shown::ServerError,
        FailureClass::Garbage => Shown::Garbage,
        FailureClass::Unauthorized => Shown::Unauthorized,
        FailureClass::Quota => Shown::Quota,
        FailureClass::Forbidden => Shown::Forbidden,
        FailureClass::Configuration => Shown::Configuration,
        FailureClass::Conflict => Shown::Conflict,
        FailureClass::NotFound => Shown::NotFound,
        FailureClass::NoCapacity => Shown::NoCapacity,
        FailureClass::BuildFailed => Shown::BuildFailed,
        FailureClass::BuildTimeout => Shown::BuildTimeout,
        FailureClass::Vanished => Shown::Vanished,
        FailureClass::Interrupted => Shown::Interrupted,
        FailureClass::Rejected => Shown::Rejected,
    }
}

/// Whole seconds, rounded.
pub(super) fn seconds(duration: Duration) -> u32 {
    let rounded = duration.saturating_add(Duration::from_millis(500));
    u32::try_from(rounded.as_secs()).unwrap_or(u32::MAX)
}

fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
