//! Accounts that lead to one project: whatever one of them makes takes room from the others.

use oms_proto::AccountId;

use crate::rows::account::Account;
use crate::world::World;

impl World {
    /// The other accounts of an account's project and region, in the order of their ids.
    pub fn mates(&self, account: AccountId) -> impl Iterator<Item = AccountId> + '_ {
        let mates = self.index.mates.get(&account);
        mates.into_iter().flatten().copied()
    }

    /// Whether two accounts have one user, whose key pairs both of them see.
    pub fn share_user(&self, one: AccountId, other: AccountId) -> bool {
        let user = |id| Some(&self.room(id)?.identity.as_ref()?.user);
        user(one).is_some() && user(one) == user(other)
    }

    /// Finds an account's mates, after it has changed or what is known of its project.
    pub(super) fn find_mates(&mut self, account: AccountId) {
        for mate in self.index.mates.remove(&account).into_iter().flatten() {
            if let Some(of_mate) = self.index.mates.get_mut(&mate) {
                of_mate.remove(&account);
                if of_mate.is_empty() {
                    self.index.mates.remove(&mate);
                }
            }
        }
        let Some(row) = self.accounts.get(&account) else {
            return;
        };
        let others = self.accounts.values().filter(|it| it.id != account);
        let found = others.filter(|it| self.is_one_project(row, it));
        let found: Vec<_> = found.map(|it| it.id).collect();
        for mate in found {
            for (one, other) in [(account, mate), (mate, account)] {
                self.index.mates.entry(one).or_default().insert(other);
            }
        }
    }

    /// Ids of projects alone do not tell: databases of Keystone are copied, and then they are those of
    /// another cloud. One that names no region is in the only one.
    fn is_one_project(&self, one: &Account, other: &Account) -> bool {
        let project = |it: &Account| Some(&self.room(it.id)?.identity.as_ref()?.project);
        let (here, there) = (&one.region_name, &other.region_name);
        project(one).is_some()
            && project(one) == project(other)
            && place(&one.auth_url).eq_ignore_ascii_case(place(&other.auth_url))
            && (here == there || here.is_none() || there.is_none())
    }
}

/// The host of an address, with its port.
fn place(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.split(['/', '?', '#']).next().unwrap_or(behind)
}
