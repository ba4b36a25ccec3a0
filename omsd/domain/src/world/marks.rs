//! Whose an object at a cloud is: told by the mark of a server, or by the name of a key pair.

use oms_proto::{AttemptId, EntryId};

use crate::ground::cloud::Mark;
use crate::rows::attempt::State;
use crate::world::World;

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
