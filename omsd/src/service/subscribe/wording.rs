//! Which entries are told of otherwise than before although no fact concerns them: an entry that waits
//! is told of in the words of the failures that block accounts, and those change with the blocks.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use oms_proto::{AccountId, EntryId};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::health::Health;
use omsd_domain::rows::passed::Cause;
use omsd_domain::rows::scope::{Block, ScopeKind};
use omsd_domain::rows::why::Why;
use omsd_domain::world::World;

/// The accounts and blocks that the words were told from which a reader has.
pub(super) struct Wording(Option<Arc<World>>);

/// What has changed of an account.
enum Changed {
    /// What entries get there, or how it is called.
    Whole,
    /// Its blocks of these kinds.
    Blocks(BTreeSet<ScopeKind>),
}

impl Wording {
    /// A reader whose words are from nobody knows when.
    pub(super) const fn unknown() -> Self {
        Self(None)
    }

    /// A reader that is told of every entry from this world.
    pub(super) fn of(world: &Arc<World>) -> Self {
        Self(Some(Arc::clone(world)))
    }

    /// The entries of which other words are to be told in this world than before; from now on the
    /// reader has those.
    pub(super) fn turn_to(&mut self, world: &Arc<World>) -> VecDeque<EntryId> {
        let before = self.0.replace(Arc::clone(world));
        let news = |account: &Arc<Account>| match &before {
            Some(before) => changed(before, world, account),
            None => Some(Changed::Whole),
        };
        let accounts = world.accounts.values();
        let changed: Vec<_> = accounts
            .filter_map(|account| Some((account.id, news(account)?)))
            .collect();
        if changed.is_empty() {
            return VecDeque::new();
        }
        let concerns = |account: AccountId, cause: Cause| {
            let Cause::Blocked(kind, _) = cause else {
                return false;
            };
            changed.iter().any(|(id, changed)| {
                *id == account
                    && match changed {
                        Changed::Whole => true,
                        Changed::Blocks(kinds) => kinds.contains(&kind),
                    }
            })
        };
        let entries = world.entries.values().filter(|entry| match &entry.why {
            Some(Why::Waits(waits)) => waits.named.iter().any(|(id, why)| concerns(*id, *why)),
            Some(Why::Failed(_)) | None => false,
        });
        entries.map(|entry| entry.id).collect()
    }
}

fn changed(before: &World, world: &World, account: &Arc<Account>) -> Option<Changed> {
    let known = before.accounts.get(&account.id)?;
    let is_same = Arc::ptr_eq(known, account)
        || (&known.name, &known.defaults) == (&account.name, &account.defaults);
    if !is_same {
        return Some(Changed::Whole);
    }
    let (was, is) = (before.health(account.id), world.health(account.id));
    if std::ptr::eq(was, is) {
        return None;
    }
    let mut kinds = missing(was, is);
    kinds.extend(missing(is, was));
    (!kinds.is_empty()).then_some(Changed::Blocks(kinds))
}

/// The kinds of the blocks of which the one tells and not the other. A block that lasts on is told of
/// in the same words.
fn missing(of: &Health, other: &Health) -> BTreeSet<ScopeKind> {
    let same = |a: &Block, b: &Block| {
        a.scope == b.scope
            && a.failure.class == b.failure.class
            && a.failure.message == b.failure.message
    };
    let is_there = |block: &Block| other.blocks.iter().any(|it| same(it, block));
    let blocks = of.blocks.iter().filter(|block| !is_there(block));
    blocks.map(|block| block.scope.kind()).collect()
}

#[cfg(test)]
mod tests {
    use omsd_domain::ground::failure::FailureClass;
    use omsd_domain::rows::entry::Status;
    use omsd_domain::rows::passed::Waits;
    use omsd_domain::rows::scope::Scope;
    use omsd_domain::world::Rows;

    use super::*;
    use crate::service::tests::samples::{account, entry, failure};
    use oms_proto::Time;

    /// Alpha is blocked so; one entry waits for that, one for something else, and one runs.
    fn world(message: Option<&str>, until: i64) -> Arc<World> {
        let waiting = |id, cause| {
            let mut entry = entry(id, Status::Recive);
            entry.why = Some(Why::Waits(Arc::new(Waits {
                named: vec![(AccountId(1), cause)],
                others: Vec::new(),
            })));
            entry
        };
        let blocked = Cause::Blocked(ScopeKind::Quota, FailureClass::Quota);
        let block = |message: &str| {
            let mut said = (*failure(FailureClass::Quota)).clone();
            message.clone_into(&mut said.message);
            Block {
                scope: Scope::Quota,
                until: Time(until),
                failures: 1,
                failure: Arc::new(said),
                probe: None,
                over: false,
            }
        };
        let health = Health {
            blocks: message.map(block).into_iter().collect(),
            last_failure: None,
        };
        Arc::new(World::from_rows(Rows {
            installation: "here".to_owned(),
            accounts: vec![account(1, "alpha"), account(2, "beta")],
            entries: vec![
                waiting(1, blocked),
                waiting(2, Cause::Maintenance),
                entry(3, Status::Request),
            ],
            healths: vec![(AccountId(1), health)],
            ..Rows::default()
        }))
    }

    #[test]
    fn entries_are_told_of_again_when_the_words_of_their_block_change() {
        let full = world(Some("full"), 1);
        let mut wording = Wording::of(&full);
        assert_eq!(wording.turn_to(&full), []);
        // How long it lasts stands in no words.
        assert_eq!(wording.turn_to(&world(Some("full"), 2)), []);
        assert_eq!(wording.turn_to(&world(Some("fuller"), 2)), [EntryId(1)]);
        assert_eq!(wording.turn_to(&world(Some("fuller"), 3)), []);
        assert_eq!(wording.turn_to(&world(None, 3)), [EntryId(1)]);
        assert_eq!(wording.turn_to(&world(Some("full"), 3)), [EntryId(1)]);
    }

    #[test]
    fn a_reader_that_goes_on_is_told_of_all_that_wait_for_a_block() {
        let mut wording = Wording::unknown();
        assert_eq!(wording.turn_to(&world(None, 1)), [EntryId(1)]);
        assert_eq!(wording.turn_to(&world(None, 1)), []);
    }
}
