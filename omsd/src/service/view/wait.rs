//! What entries wait for, as clients see it.

use oms_proto::Time;
use oms_proto::view::{WaitCause, WaitView};
use omsd_domain::ground::maintenance::in_force;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::Entry;
use omsd_domain::rows::passed::Cause;
use omsd_domain::rows::why::Why;
use omsd_domain::tell::waits::{Told, told};

use super::account::resource;
use super::{Picture, failure_class};

impl Picture<'_> {
    /// What an entry waits for, in parts.
    pub(super) fn waits(&self, entry: &Entry) -> Vec<WaitView> {
        let Some(Why::Waits(waits)) = &entry.why else {
            return Vec::new();
        };
        let told = told(self.world, entry, waits).into_iter();
        told.map(|told| self.wait(told)).collect()
    }

    /// What is told of so many accounts, or of the one that is named.
    fn wait(&self, told: Told) -> WaitView {
        let cause = told.cause;
        let account = told.account.and_then(|id| self.world.accounts.get(&id));
        let mut blocked = None;
        let mut lacks = None;
        if let Cause::Blocked(scope, class) = cause {
            blocked = Some((scope, class));
        } else if let Cause::NoRoom(resource) = cause {
            lacks = Some(resource);
        }
        WaitView {
            account: account.map(|account| account.name.clone()),
            count: told.count,
            cause: wait_cause(cause),
            scope: blocked.map(|(scope, _)| scope.as_str().to_owned()),
            class: blocked.map(|(_, class)| failure_class(class)),
            resource: lacks.map(resource),
            until: account.and_then(|account| self.end_of(account, cause)),
            message: told.words,
        }
    }

    /// Until when an account cannot take what it cannot take now.
    fn end_of(&self, account: &Account, cause: Cause) -> Option<Time> {
        match cause {
            Cause::Blocked(scope, _) => {
                let blocks = self.world.health(account.id).blocks.iter();
                let blocks = blocks.filter(|block| block.scope.kind() == scope);
                blocks.map(|block| block.until).max()
            }
            Cause::Maintenance => in_force(&account.maintenance, self.now)?.until,
            _ => None,
        }
    }
}

/// The word for a cause.
pub(in crate::service) const fn wait_cause(cause: Cause) -> WaitCause {
    match cause {
        Cause::Overtaken(_) => WaitCause::Overtaken,
        Cause::Held => WaitCause::Held,
        Cause::Unseen => WaitCause::Unseen,
        Cause::NoRoom(_) => WaitCause::NoRoom,
        Cause::Blocked(..) => WaitCause::Blocked,
        Cause::Maintenance => WaitCause::Maintenance,
        Cause::Budget => WaitCause::Budget,
        Cause::Busy => WaitCause::Busy,
        Cause::Probing => WaitCause::Probing,
        Cause::Trying => WaitCause::Trying,
        Cause::Rejected => WaitCause::Rejected,
        Cause::Disabled => WaitCause::Disabled,
        Cause::NoImage => WaitCause::NoImage,
        Cause::NoFlavor => WaitCause::NoFlavor,
        Cause::Avoided => WaitCause::Avoided,
        Cause::NotAmongAccounts => WaitCause::NotAmongAccounts,
    }
}
