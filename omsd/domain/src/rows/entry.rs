//! A queue entry: one request for one instance, and how it stands.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::view;
use oms_proto::{AttemptId, EntryId, Time};

use super::attempt::{Attempt, State};
use super::why::Why;
use crate::ground::sealed::Sealed;

/// One request for one instance, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id that people use.
    pub id: EntryId,
    /// What was asked; it never changes.
    pub asked: Arc<Asked>,
    /// How it stands.
    pub status: Status,
    /// When its status last changed.
    pub changed: Time,
    /// When it gives up unless it runs.
    pub deadline: Time,
    /// Why it waits or failed.
    pub why: Option<Why>,
    /// Its attempts, in the order of their ids; those of before it was tried again are left away once
    /// nothing of them is left.
    pub attempts: Vec<Arc<Attempt>>,
    /// Whether it is not to be removed until it is released.
    pub held: bool,
    /// Whether its private key was shown to whom it is shown once.
    pub key_shown: bool,
}

/// An entry of which nothing is left at any cloud, for those who ask for it by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// How it stood in the end.
    pub entry: Entry,
    /// When nothing of it was left.
    pub ended: Time,
}

/// Text for the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserData {
    /// As it is: where nobody seals, and in databases of before.
    Clear(String),
    /// Sealed.
    Sealed(Sealed),
}

/// What was asked, once and for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The entry's id.
    pub id: EntryId,
    /// What was asked.
    pub spec: Arc<EntrySpec>,
    /// The key to put into the instance.
    pub key: EntryKey,
    /// Text for the guest, sealed; then the spec has none.
    pub user_data: Option<Sealed>,
    /// When it was accepted.
    pub accepted: Time,
    /// How long it may take.
    pub patience: Duration,
    /// The key under which the request may be repeated, and the digest of what it asked.
    pub idempotency: Option<Idempotency>,
}

impl Asked {
    /// What somebody might ask next, to see what would come of it: without a key, and never accepted.
    pub fn next(id: EntryId, spec: Arc<EntrySpec>, now: Time) -> Self {
        Self {
            id,
            spec,
            key: EntryKey {
                public: String::new(),
                private: None,
            },
            user_data: None,
            accepted: now,
            patience: Duration::ZERO,
            idempotency: None,
        }
    }

    /// Text for the guest.
    pub fn user_data(&self) -> Option<UserData> {
        let clear = || self.spec.user_data.clone().map(UserData::Clear);
        let sealed = self.user_data.clone().map(UserData::Sealed);
        sealed.or_else(clear)
    }

    /// Bytes of what it brings for its machine, which may be many.
    pub fn brought(&self) -> u64 {
        brought(&self.spec, self.user_data.as_ref())
    }
}

/// Bytes of what an entry brings for its machine.
pub fn brought(spec: &EntrySpec, user_data: Option<&Sealed>) -> u64 {
    let clear = spec.user_data.iter().map(String::len);
    let sealed = user_data.iter().map(|sealed| sealed.0.len());
    let metadata = spec.metadata.iter().flatten();
    let metadata = metadata.map(|(key, value)| key.len() + value.len());
    let bytes: usize = clear.chain(sealed).chain(metadata).sum();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// How an entry stands, in the words of the 2016 interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Accepted and durable.
    Request,
    /// Being placed, or waiting for an account. The spelling is the original's.
    Recive,
    /// An attempt has a server building.
    Boot,
    /// The instance is usable.
    Run,
    /// Being removed; the row lives until every object is confirmed gone.
    Destroy,
    /// Deadline or attempts used up; final.
    Failed,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Request,
        Self::Recive,
        Self::Boot,
        Self::Run,
        Self::Destroy,
        Self::Failed,
    ];

    /// What clients call it; `None` for one that only a newer daemon has.
    pub const fn of(shown: view::Status) -> Option<Self> {
        match shown {
            view::Status::Request => Some(Self::Request),
            view::Status::Recive => Some(Self::Recive),
            view::Status::Boot => Some(Self::Boot),
            view::Status::Run => Some(Self::Run),
            view::Status::Destroy => Some(Self::Destroy),
            view::Status::Failed => Some(Self::Failed),
            view::Status::Unknown => None,
        }
    }

    /// As clients see it. They may have to do with a newer daemon's; the daemon knows its own.
    pub const fn shown(self) -> view::Status {
        match self {
            Self::Request => view::Status::Request,
            Self::Recive => view::Status::Recive,
            Self::Boot => view::Status::Boot,
            Self::Run => view::Status::Run,
            Self::Destroy => view::Status::Destroy,
            Self::Failed => view::Status::Failed,
        }
    }

    /// The word that people see.
    pub const fn as_str(self) -> &'static str {
        self.shown().as_str()
    }

    /// Whether an entry that waits to run has got there or never will.
    pub const fn is_settled(self) -> bool {
        self.shown().is_settled()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The key to put into an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryKey {
    /// The public half in OpenSSH form.
    pub public: String,
    /// The private half in OpenSSH form, where OMS made the key.
    pub private: Option<Sealed>,
}

/// What makes a repeated request the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: String,
    /// SHA-256 of what was asked.
    pub digest: [u8; 32],
}

/// What an entry is told, mostly by its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// It is being placed or waits for an account; no attempt has a server.
    Placing,
    /// An attempt has a server building.
    Building,
    /// An attempt's server is usable.
    Ready,
    /// Its instance vanished and another is to take its place.
    Vanished,
    /// Its owner no longer wants it.
    Unwanted,
    /// Its deadline or its attempts are used up.
    Failed,
    /// It had failed and is tried again.
    Retried,
}

/// A signal that makes no sense in this status: a mistake of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry in {status} cannot be told {signal:?}")]
pub struct Illegal {
    /// How the entry stood.
    pub status: Status,
    /// What it was told.
    pub signal: Signal,
}

impl Signal {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Placing,
        Self::Building,
        Self::Ready,
        Self::Vanished,
        Self::Unwanted,
        Self::Failed,
        Self::Retried,
    ];
}

/// The status after a signal.
///
/// `Run`, `Failed` and `Destroy` stay what they are whatever the attempts do: FAILED is final unless
/// somebody has it tried again, and a running entry whose server breaks is still the owner's to remove, unless it was decided
/// that a vanished one is replaced.
///
/// # Errors
/// [`Illegal`] when an entry that runs or is being removed is given up, when one is tried again that
/// has not failed, or when an instance vanishes that there is not.
pub const fn next_status(status: Status, signal: Signal) -> Result<Status, Illegal> {
    match (status, signal) {
        (Status::Run, Signal::Vanished)
        | (Status::Failed, Signal::Retried)
        | (Status::Request | Status::Recive | Status::Boot, Signal::Placing) => Ok(Status::Recive),
        (Status::Destroy | Status::Run, Signal::Failed)
        | (_, Signal::Vanished | Signal::Retried) => Err(Illegal { status, signal }),
        (_, Signal::Unwanted) => Ok(Status::Destroy),
        (Status::Destroy | Status::Run | Status::Failed, _) => Ok(status),
        (Status::Request | Status::Recive | Status::Boot, Signal::Building) => Ok(Status::Boot),
        (Status::Request | Status::Recive | Status::Boot, Signal::Ready) => Ok(Status::Run),
        (Status::Request | Status::Recive | Status::Boot, Signal::Failed) => Ok(Status::Failed),
    }
}

impl Entry {
    /// As it stands right after it was accepted.
    pub fn new(asked: Arc<Asked>) -> Self {
        Self {
            id: asked.id,
            status: Status::Request,
            changed: asked.accepted,
            deadline: asked.accepted.plus(asked.patience),
            why: None,
            attempts: Vec::new(),
            asked,
            held: false,
            key_shown: false,
        }
    }

    /// As it stands when it is tried again: with time as at first, and without the attempts of which
    /// nothing is left.
    #[must_use]
    pub fn retried(&self, at: Time, deadline: Time) -> Self {
        let left = self.attempts.iter().filter(|attempt| !attempt.is_gone());
        Self {
            id: self.id,
            asked: Arc::clone(&self.asked),
            status: Status::Recive,
            changed: at,
            deadline,
            why: None,
            attempts: left.cloned().collect(),
            held: false,
            key_shown: self.key_shown,
        }
    }

    /// Whether it is still to be served.
    pub const fn is_wanted(&self) -> bool {
        matches!(
            self.status,
            Status::Request | Status::Recive | Status::Boot | Status::Run
        )
    }

    /// The attempt that it keeps: the first that became ready.
    pub fn kept(&self) -> Option<&Attempt> {
        self.attempts()
            .filter(|attempt| matches!(attempt.state, State::Ready))
            .min_by_key(|attempt| (attempt.since, attempt.id))
    }

    /// The attempt to show people: the one kept, else the latest hopeful one, else the latest.
    pub fn current(&self) -> Option<&Attempt> {
        self.kept()
            .or_else(|| self.attempts().rev().find(|attempt| attempt.is_hopeful()))
            .or_else(|| self.attempts().next_back())
    }

    /// One of its attempts.
    pub fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts().find(|attempt| attempt.id == id)
    }

    /// Its attempts, in the order of their ids.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().map(|attempt| &**attempt)
    }

    /// Whether nothing of it is left at any cloud.
    pub fn is_clean(&self) -> bool {
        self.attempts().all(Attempt::is_gone)
    }

    /// What its attempts tell it.
    pub fn signal(&self) -> Signal {
        let has = |wanted: fn(&State) -> bool| self.attempts().any(|it| wanted(&it.state));
        if has(|state| matches!(state, State::Ready)) {
            Signal::Ready
        } else if has(|state| matches!(state, State::Building { .. })) {
            Signal::Building
        } else {
            Signal::Placing
        }
    }
}
