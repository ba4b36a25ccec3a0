//! What must be true of an act before it is begun. Each line is something that would cost somebody a
//! machine, or leave one running that nobody knows of; one that fails is a mistake of this program, and
//! stops the daemon before anything is written or done.

use crate::ground::cloud::Mark;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::lineage::Kin;
use crate::rows::stray;
use crate::schedule::effect::{Effect, Launch, Target};
use crate::world::{World, marks};

/// Checks an act that is planned.
///
/// # Panics
/// When it must not be begun.
pub(super) fn effect(world: &World, effect: &Effect) {
    let account = effect.account();
    assert!(
        world.accounts.contains_key(&account),
        "something is to be done at account {account}, which is not there"
    );
    match effect {
        Effect::Launch(launch) => self::launch(world, launch),
        Effect::LookAt(target) => {
            owner(world, target);
        }
        Effect::RemoveServer { target, .. } => removal(world, target),
        Effect::Collect { id, mark, .. } => collection(world, effect, id, mark),
        Effect::Clear {
            entry,
            attempt,
            keypair,
            server,
            ..
        } => {
            not_held(world);
            let mark = marks::mark(world, *entry, *attempt);
            let (owner, row) = attempt_of(world, &mark);
            assert!(
                owner.kept().is_none_or(|kept| kept.id != row.id),
                "attempt {attempt} is cleared, on which entry {entry} runs"
            );
            assert!(
                row.account == account,
                "attempt {attempt} is cleared at account {account}, where it never was"
            );
            assert!(
                row.state == State::Clearing,
                "attempt {attempt} is cleared, though it may have a server"
            );
            assert!(
                *keypair == row.key_name,
                "attempt {attempt} is cleared of a key pair that is not its own"
            );
            let own = row.server.as_ref().map(|server| &server.id);
            assert!(
                own == server.as_ref(),
                "attempt {attempt} is cleared of ports of another's server"
            );
        }
        Effect::Look { .. } | Effect::Survey { .. } | Effect::ListKeypairs { .. } => {}
    }
}

/// Nothing is launched or removed while another daemon may be at work.
fn not_held(world: &World) {
    assert!(
        world.lineage.held.is_none(),
        "something is to be launched or removed while another daemon may be at work"
    );
}

/// The entry and the attempt that a mark of ours names.
#[expect(
    clippy::panic,
    reason = "a mark that names nothing must not get to a cloud"
)]
fn attempt_of<'a>(world: &'a World, mark: &Mark) -> (&'a Entry, &'a Attempt) {
    let entry = world.entries.get(&mark.entry);
    let attempt = entry.and_then(|entry| entry.attempt(mark.attempt));
    match (entry, attempt) {
        (Some(entry), Some(attempt)) => (entry, attempt),
        _ => panic!(
            "attempt {} of entry {} is not in the database",
            mark.attempt, mark.entry
        ),
    }
}

fn launch(world: &World, launch: &Launch) {
    not_held(world);
    let Mark { attempt: id, .. } = &launch.mark;
    let (entry, attempt) = attempt_of(world, &launch.mark);
    assert!(
        entry.is_wanted(),
        "a server is launched for entry {}, which nobody wants",
        entry.id
    );
    assert!(
        attempt.state == State::Launching,
        "attempt {id} is launched without its intent, or twice"
    );
    assert!(
        entry.kept().is_none(),
        "attempt {id} is launched for entry {}, which runs",
        entry.id
    );
    assert!(
        !world.lineage.unseen.contains(&launch.account),
        "attempt {id} is launched where machines may stand that the database does not know"
    );
    assert!(
        attempt.account == launch.account,
        "attempt {id} is launched elsewhere than was written"
    );
    assert!(
        attempt.server.is_none(),
        "attempt {id} is launched and has a server already"
    );
    assert!(
        attempt.key_name == launch.key_name && attempt.server_name == launch.server_name,
        "attempt {id} is launched under names that were not written"
    );
    assert!(
        attempt.wanted == launch.wanted,
        "attempt {id} is launched with another wish than was written"
    );
    assert!(
        launch.mark == marks::mark(world, entry.id, attempt.id),
        "attempt {id} is launched under a mark that would not be known again"
    );
    assert!(
        marks::kin(world, &launch.mark) == Kin::Known,
        "attempt {id} is launched under a mark that would be a stranger's"
    );
}

/// The entry and the attempt whose server a target is.
fn owner<'a>(world: &'a World, target: &Target) -> (&'a Entry, &'a Attempt) {
    let (entry, attempt) = attempt_of(world, &target.mark);
    assert!(
        attempt.account == target.account,
        "server {} is looked for at an account where it never was",
        target.server
    );
    let own = attempt.server.as_ref();
    assert!(
        own.is_some_and(|own| own.id == target.server),
        "server {} is not that of attempt {}",
        target.server,
        attempt.id
    );
    (entry, attempt)
}

fn removal(world: &World, target: &Target) {
    not_held(world);
    assert!(
        !target.server.is_empty(),
        "a server without an id is removed, which may be all of them"
    );
    let (entry, attempt) = owner(world, target);
    assert!(
        matches!(attempt.state, State::RemovingServer { .. }),
        "server {} is removed, and it is not written that it is unwanted",
        target.server
    );
    let kept = entry.kept().filter(|_| entry.is_wanted());
    assert!(
        kept.is_none_or(|kept| kept.id != attempt.id),
        "server {} is removed, on which entry {} runs",
        target.server,
        entry.id
    );
    assert!(
        target.mark == marks::mark(world, entry.id, attempt.id),
        "server {} is removed under a mark that it does not carry",
        target.server
    );
}

fn collection(world: &World, effect: &Effect, id: &stray::Id, mark: &Mark) {
    not_held(world);
    let stray = world.stray(effect.account(), id);
    assert!(
        stray.is_some(),
        "{} is collected, and it is not known to have no owner",
        id.id
    );
    assert!(
        stray.is_none_or(|stray| stray.kin == Kin::Known || stray.ordered),
        "{} is collected, which another daemon may have made",
        id.id
    );
    assert!(
        marks::is_ours(world, mark),
        "{} is collected, which is another installation's",
        id.id
    );
    assert!(
        !is_needed(world, id, mark),
        "{} is collected, which an entry needs",
        id.id
    );
}

/// Whether an object is that of an attempt which serves its entry or may yet. What belongs to any other
/// attempt is removed by that one as well, and it does no harm if it is collected before: a server may
/// turn up long after its attempt was over.
fn is_needed(world: &World, id: &stray::Id, mark: &Mark) -> bool {
    let entry = world.entries.get(&mark.entry);
    let attempt = entry.and_then(|entry| entry.attempt(mark.attempt));
    let Some(attempt) = attempt.filter(|_| marks::kin(world, mark) == Kin::Known) else {
        return false;
    };
    let serves = match attempt.state {
        State::Launching | State::Unknown { .. } | State::Building { .. } | State::Ready => true,
        State::RemovingServer { .. } | State::Clearing | State::Gone => false,
    };
    let its_own = match id.kind {
        stray::Kind::Keypair => true,
        stray::Kind::Server => attempt.server.as_ref().is_none_or(|own| own.id == id.id),
    };
    serves && its_own
}
