//! What the domain knows, as clients see it. The only place where the one becomes the other.

use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::EntrySpec;
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::rows::attempt::{Attempt, Kind, State};
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::tell::words;
use omsd_domain::world::World;

use crate::secrets::Vault;
use oms_proto::view::{
    self, AskedView, AttemptState, AttemptView, EntryView, EventView, FailureView, InstanceAccount,
    InstanceView,
};

pub(super) mod account;
pub(super) mod wait;

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

/// Roughly the bytes that an entry takes in a frame, or more: what somebody asked may be long.
pub(super) fn weight(entry: &EntryView) -> usize {
    /// Numbers, names and what else is bounded.
    const BOUNDED: usize = 1024;
    let texts = |texts: &[String]| texts.iter().map(|text| text.len() + 1).sum::<usize>();
    let asked = entry.asked.as_ref().map_or(0, |asked| {
        let AskedView {
            machine,
            metadata,
            accounts,
            avoid_accounts,
        } = &**asked;
        let lists = [&machine.networks, &machine.security_groups];
        let lists = lists.into_iter().flatten().map(|list| texts(list));
        let metadata = metadata.iter();
        let metadata = metadata.map(|(key, value)| key.len() + value.len() + 2);
        lists.sum::<usize>() + metadata.sum::<usize>() + texts(accounts) + texts(avoid_accounts)
    });
    let instance = entry.instance.as_ref().map_or(0, |instance| {
        let key = instance.key_raw.as_ref().map_or(0, String::len);
        texts(&instance.addresses) + instance.server_status.len() + key
    });
    let reason = entry.reason.as_ref().map_or(0, |reason| 3 * reason.len());
    BOUNDED + reason + asked + instance
}

/// The context under which an entry's private key is sealed.
pub(super) fn key_context(public: &str) -> String {
    format!("key/{public}")
}

/// What the user data of the entry with that public key are sealed for.
pub fn user_data_context(public: &str) -> String {
    format!("user-data/{public}")
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
            asked: asked(&entry.asked.spec),
            held: entry.held,
            waits: self.waits(entry),
        }
    }

    /// Why an entry waits, has failed, or is not what it should be.
    fn reason(&self, entry: &Entry) -> Option<String> {
        if let Some(why) = &entry.why {
            return Some(words::why(self.world, entry, why));
        }
        let sought = entry.attempts().find_map(|attempt| {
            let State::Unknown { .. } = attempt.state else {
                return None;
            };
            let account = self.account_name(attempt);
            Some(format!(
                "{account} may have made a server, which is looked for"
            ))
        });
        let vanished = || {
            let kept = entry.kept().filter(|_| entry.status == Status::Run)?;
            let account = self.account_name(kept);
            let vanished = kept.server.as_ref().is_some_and(|server| server.vanished);
            vanished.then(|| format!("its instance is no longer there at {account}"))
        };
        let unreachable = || {
            let kept = entry.kept().filter(|_| entry.status == Status::Run)?;
            let shown = kept.server.as_ref()?;
            let account = self.account_name(kept);
            shown.addresses.is_empty().then(|| {
                format!("{account} shows no address of its instance; look at its network there")
            })
        };
        let awaited = || {
            let mut attempts = entry.attempts().filter(|_| entry.status == Status::Destroy);
            let attempt = attempts.find(|it| it.state == State::Launching)?;
            let account = self.account_name(attempt);
            Some(format!(
                "{account} has not answered its create; what that made is removed then"
            ))
        };
        let failing = || {
            let attempt = entry.attempts().find(|it| !it.is_gone())?;
            let account = self.account_name(attempt);
            let why = match attempt.removal.failure.as_deref() {
                Some(failure) => words::failure(failure),
                None if attempt.removal.alerted => {
                    "the cloud took the wish and does not carry it out".to_owned()
                }
                None => return None,
            };
            Some(format!("removal at {account}: {why}"))
        };
        sought
            .or_else(vanished)
            .or_else(unreachable)
            .or_else(awaited)
            .or_else(failing)
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
            image: attempt.wanted.image.clone(),
            flavor: attempt.wanted.flavor.clone(),
            availability_zone: attempt.wanted.availability_zone.clone(),
        })
    }

    pub(super) fn private_key(&self, entry: &Entry) -> Option<String> {
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
}

/// What was asked. The name is shown beside it, user data is as secret as keys are, and keys are the
/// instance's.
fn asked(spec: &EntrySpec) -> Option<Box<AskedView>> {
    let EntrySpec {
        name: _,
        machine,
        user_data: _,
        metadata,
        public_key: _,
        key_type: _,
        accounts,
        avoid_accounts,
        deadline_seconds: _,
    } = spec;
    let asked = AskedView {
        machine: machine.clone(),
        metadata: metadata.clone().unwrap_or_default(),
        accounts: accounts.clone().unwrap_or_default(),
        avoid_accounts: avoid_accounts.clone().unwrap_or_default(),
    };
    (asked != AskedView::default()).then(|| Box::new(asked))
}

/// An account that is no longer there, as far as an attempt still knows it.
fn forgotten(attempt: &Attempt) -> String {
    format!("(removed account {})", attempt.account)
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

pub(super) const fn failure_class(class: FailureClass) -> view::FailureClass {
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
