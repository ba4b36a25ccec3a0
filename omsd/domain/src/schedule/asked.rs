//! Whether an account was asked lately, and whether it is worth asking.

use oms_proto::{AccountId, Time};

use crate::rows::account::Account;
use crate::schedule::agenda::Agenda;
use crate::world::World;

impl Agenda {
    /// Whether an account is worth asking for more than its servers: it is in use, and it lists them.
    pub fn answers(&mut self, world: &World, account: &Account, now: Time) -> bool {
        let watch = self.watch(account.id);
        world.is_in_use(account)
            && watch.full.is_some()
            && watch.failures == 0
            && world.health(account.id).quiet_until(now).is_none()
    }

    /// Whether an account was asked, well or in vain, by a look that began at `since` or later, which
    /// is seen to where it was not. An account that must not be called is past asking.
    pub fn has_asked_since(
        &mut self,
        world: &World,
        account: AccountId,
        since: Time,
        now: Time,
    ) -> bool {
        let closed = !world.accounts.contains_key(&account)
            || world.health(account).quiet_until(now).is_some();
        let asked = closed || self.watch(account).asked.is_some_and(|at| at >= since);
        if !asked {
            self.doubt(account);
        }
        asked
    }
}
