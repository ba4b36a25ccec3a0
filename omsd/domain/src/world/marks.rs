//! Whose an object at a cloud is: told by the mark of a server, or by the name of a key pair.

use oms_proto::{AttemptId, EntryId};

use crate::ground::cloud::Mark;
use crate::rows::attempt::State;
use crate::rows::lineage::Kin;
use crate::world::World;

/// The mark of an attempt.
pub fn mark(world: &World, entry: EntryId, attempt: AttemptId) -> Mark {
    Mark {
        installation: world.installation.to_string(),
        incarnation: world.lineage.of(attempt).to_owned(),
        entry,
        attempt,
    }
}

/// Who made what carries a mark of this installation.
pub fn kin(world: &World, mark: &Mark) -> Kin {
    world.lineage.kin_of(mark, world.free())
}

/// Whether a mark is of this installation, whoever made what carries it.
pub fn is_ours(world: &World, mark: &Mark) -> bool {
    *mark.installation == *world.installation
}

/// Whether a server that carries our mark has an owner: an attempt whose server it is, or one
/// that may yet find or remove it. What this database did not give out has none.
pub fn is_owned_server(world: &World, mark: &Mark, server: &str) -> bool {
    if kin(world, mark) != Kin::Known {
        return false;
    }
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

/// The mark that a key pair's name tells, if it is of this installation.
pub fn read_key_name(world: &World, name: &str) -> Option<Mark> {
    let rest = name.strip_prefix("oms-")?;
    let rest = rest.strip_prefix(&*world.short_installation())?;
    let mut parts = rest.strip_prefix('-')?.splitn(3, '-');
    let (incarnation, entry, attempt) = (parts.next()?, parts.next()?, parts.next()?);
    let mark = Mark {
        installation: world.installation.to_string(),
        incarnation: incarnation.to_owned(),
        entry: entry.parse().ok()?,
        attempt: attempt.parse().ok()?,
    };
    // Only what we would have written ourselves, not `+1` or `01`.
    (key_name(world, &mark) == name).then_some(mark)
}

/// Key pairs belong to a user, whom other installations may share; so the name carries ours.
pub fn key_name(world: &World, mark: &Mark) -> String {
    let Mark {
        installation: _,
        incarnation,
        entry,
        attempt,
    } = mark;
    format!(
        "oms-{}-{incarnation}-{entry}-{attempt}",
        world.short_installation()
    )
}

/// Whether a key pair of ours has an owner: an attempt that is not gone.
pub fn is_owned_keypair(world: &World, mark: &Mark) -> bool {
    let entry = world.entries.get(&mark.entry);
    kin(world, mark) == Kin::Known
        && entry
            .and_then(|entry| entry.attempt(mark.attempt))
            .is_some_and(|attempt| !attempt.is_gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_name_is_read_as_it_is_written_and_nothing_else_is() {
        let world = World::new("5eed5eed-0000-4000-8000-000000000001");
        let mark = Mark {
            installation: world.installation.to_string(),
            incarnation: "0a1b2c3d".to_owned(),
            entry: EntryId(7),
            attempt: AttemptId(12),
        };
        let name = key_name(&world, &mark);
        assert_eq!(name, "oms-5eed5eed-0a1b2c3d-7-12");
        let read = |name: &str| read_key_name(&world, name);
        assert_eq!(read(&name), Some(mark));
        for foreign in [
            "oms-0a1b2c3d-7-12",
            "oms-5eed5eee-0a1b2c3d-7-12",
            "oms-5eed5eed-7-12",
            "oms-5eed5eed-0a1b2c3d-7",
            "oms-5eed5eed-0a1b2c3d-7-12-1",
            "oms-5eed5eed-0a1b2c3d-07-12",
            "oms-5eed5eed-0a1b2c3d-+7-12",
            "my-oms-5eed5eed-0a1b2c3d-7-12",
        ] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
    }
}
