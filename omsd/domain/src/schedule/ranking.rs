//! The accounts in the order in which an entry that has not been tried anywhere would have them, kept
//! as they change, so that a placement need not look at all of them.
//!
//! What answers in time comes first, so that one that does not costs nobody who can be served
//! elsewhere; then preference; then where we have least, so that one provider's bad day hits few; then
//! the older account.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use oms_proto::AccountId;

use crate::rows::account::Account;
use crate::world::World;

/// The lower the better: whether it is slow, its priority, what we have there, which it is.
type Rank = (bool, Reverse<i32>, u32, AccountId);

/// The accounts, the better ones first.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    order: BTreeSet<Rank>,
    ranks: BTreeMap<AccountId, Rank>,
}

impl Ranking {
    /// Those that are slow, which come last.
    pub(crate) fn slow(&self) -> impl Iterator<Item = AccountId> + '_ {
        let last = self.order.iter().rev();
        last.take_while(|(slow, ..)| *slow).map(|(.., id)| *id)
    }

    /// The accounts in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.order.iter().map(|(.., id)| *id)
    }

    /// An account has changed, or what we have there, or whether it is slow to answer. Tells whether
    /// it has become slow, or is so no more.
    pub(crate) fn set(&mut self, world: &World, account: AccountId, slow: bool) -> bool {
        let row = world.accounts.get(&account);
        let rank = row.map(|it| rank(world, it, slow));
        let before = match rank {
            Some(rank) => self.ranks.insert(account, rank),
            None => self.ranks.remove(&account),
        };
        if let Some(before) = before {
            self.order.remove(&before);
        }
        self.order.extend(rank);
        assert!(
            self.order.len() == self.ranks.len(),
            "account {account} has two places among the accounts, or none"
        );
        before.is_some_and(|(was_slow, ..)| was_slow) != rank.is_some_and(|(is_slow, ..)| is_slow)
    }
}

fn rank(world: &World, account: &Account, slow: bool) -> Rank {
    let load = world.load(account.id);
    let ours = load.launching + load.building + load.ready;
    (slow, Reverse(account.priority), ours, account.id)
}

/// All accounts in that order, given those that are slow.
pub fn ranked(world: &World, slow: &BTreeSet<AccountId>) -> Vec<AccountId> {
    let accounts = world.accounts.values();
    let ranks = accounts.map(|it| rank(world, it, slow.contains(&it.id)));
    let mut ranks: Vec<_> = ranks.collect();
    ranks.sort_unstable();
    ranks.into_iter().map(|(.., id)| id).collect()
}
