//! Strays: objects at a cloud that carry this installation's mark and have no owner here, such as
//! the twin of a server whose create was carried out twice. They are seen twice and left for a
//! grace time before they are removed, because what a look shows may be about to find its owner.

use std::sync::Arc;

use oms_proto::{AttemptId, EntryId, EventKind, Time};

use super::attempt::{Removing, State};
use super::cloud::Mark;
use super::failure::Failure;
use super::policy::Policy;
use super::world::World;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A server, known by its metadata.
    Server,
    /// A key pair, known by its name.
    Keypair,
}

impl Kind {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Keypair => "keypair",
        }
    }
}

/// What a stray is known by within its account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Its kind.
    pub kind: Kind,
    /// The cloud's id; of a key pair, its name.
    pub id: String,
}

/// An object of ours without an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Which.
    pub id: Id,
    /// The entry and attempt that its mark names.
    pub entry: EntryId,
    /// See `entry`.
    pub attempt: AttemptId,
    /// When the cloud says it was made, or when it was first seen.
    pub since: Time,
    /// Looks that showed it.
    pub seen: u32,
    /// Whether the cloud took the wish to remove it.
    pub asked: bool,
    /// How its removal fares.
    pub removal: Removing,
}

/// What can happen to a stray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A look showed it, for the first time or again.
    Seen(Box<Stray>),
    /// It is gone, or has found an owner.
    Gone {
        /// Whether it was removed by us.
        removed: bool,
    },
    /// The cloud took the wish to remove it.
    RemovalAsked {
        /// When to ask again, should it still be there.
        next: Time,
    },
    /// Its removal failed.
    RemovalFailed {
        /// What happened.
        failure: Arc<Failure>,
        /// When to try again.
        next: Time,
    },
}

impl Change {
    /// What kind of fact it makes.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Seen(_) => EventKind::StraySeen,
            Self::Gone { .. } => EventKind::StrayGone,
            Self::RemovalAsked { .. } => EventKind::StrayRemovalAsked,
            Self::RemovalFailed { .. } => EventKind::StrayRemovalFailed,
        }
    }
}

/// Looks that must have shown a stray before it is removed.
pub const SEEN_ENOUGH: u32 = 2;

impl Stray {
    /// When it may be removed; `None` until it was seen often enough.
    pub fn due(&self, policy: &Policy) -> Option<Time> {
        let ripe = self.since.plus(policy.stray_grace);
        (self.seen >= SEEN_ENOUGH).then(|| ripe.max(self.removal.next))
    }

    /// The mark that it carries.
    pub fn mark(&self, world: &World) -> Mark {
        Mark {
            installation: world.installation.to_string(),
            entry: self.entry,
            attempt: self.attempt,
        }
    }
}

/// Whether a server that carries our mark has an owner: an attempt whose server it is, or one
/// that may yet find or remove it.
pub fn is_owned_server(world: &World, mark: &Mark, server: &str) -> bool {
    let attempt = world.entries.get(&mark.entry);
    let Some(attempt) = attempt.and_then(|entry| entry.attempt(mark.attempt)) else {
        return false;
    };
    match attempt.state {
        State::Launching | State::Unknown { .. } | State::Clearing | State::Gone => true,
        State::Building { .. } | State::Ready | State::RemovingServer { .. } => {
            attempt.server.as_ref().is_some_and(|own| own.id == server)
        }
    }
}

/// The entry and attempt that a key pair's name tells, if it is one of ours.
pub fn read_key_name(world: &World, name: &str) -> Option<(EntryId, AttemptId)> {
    let rest = name.strip_prefix("oms-")?;
    let rest = rest.strip_prefix(&*world.short_installation())?;
    let (entry, attempt) = rest.strip_prefix('-')?.split_once('-')?;
    let ids = (
        EntryId(entry.parse().ok()?),
        AttemptId(attempt.parse().ok()?),
    );
    // Only what we would have written ourselves, not `+1` or `01`.
    (key_name(world, ids.0, ids.1) == name).then_some(ids)
}

/// Key pairs belong to a user, whom other installations may share; so the name carries ours.
pub fn key_name(world: &World, entry: EntryId, attempt: AttemptId) -> String {
    format!("oms-{}-{entry}-{attempt}", world.short_installation())
}

/// Whether a key pair of ours has an owner: an attempt that is not gone.
pub fn is_owned_keypair(world: &World, entry: EntryId, attempt: AttemptId) -> bool {
    let entry = world.entries.get(&entry);
    entry
        .and_then(|entry| entry.attempt(attempt))
        .is_some_and(|attempt| !attempt.is_gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_name_is_read_as_it_is_written_and_nothing_else_is() {
        let world = World::new("5eed5eed-0000-4000-8000-000000000001");
        let name = key_name(&world, EntryId(7), AttemptId(12));
        assert_eq!(name, "oms-5eed5eed-7-12");
        let read = |name: &str| read_key_name(&world, name);
        assert_eq!(read(&name), Some((EntryId(7), AttemptId(12))));
        for foreign in [
            "oms-7-12",
            "oms-5eed5eee-7-12",
            "oms-5eed5eed-7",
            "oms-5eed5eed-7-12-1",
            "oms-5eed5eed-07-12",
            "oms-5eed5eed-+7-12",
            "my-oms-5eed5eed-7-12",
        ] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
    }
}
