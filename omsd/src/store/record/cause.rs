//! What keeps an account from an entry, to records and back.

use omsd_domain::rows::passed::Cause;
use omsd_domain::rows::scope::ScopeKind;

use super::parts::mirror;
use super::v1;

/// The record of a number of accounts.
pub(super) fn counted((cause, count): (Cause, u32)) -> (v1::Cause, u32) {
    (cause.into(), count)
}

/// The number of accounts of a record.
pub(super) fn uncounted((cause, count): (v1::Cause, u32)) -> (Cause, u32) {
    (cause.into(), count)
}

impl From<Cause> for v1::Cause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Held => Self::Held,
            Cause::Unseen => Self::Unseen,
            Cause::NoRoom(resource) => Self::NoRoom(resource.into()),
            Cause::Blocked(scope, class) => Self::Blocked(scope.into(), class.into()),
            Cause::Maintenance => Self::Maintenance,
            Cause::Budget => Self::Budget,
            Cause::Busy => Self::Busy,
            Cause::Probing => Self::Probing,
            Cause::Trying => Self::Trying,
            Cause::Rejected => Self::Rejected,
            Cause::Disabled => Self::Disabled,
            Cause::NoImage => Self::NoImage,
            Cause::NoFlavor => Self::NoFlavor,
            Cause::Avoided => Self::Avoided,
            Cause::NotAmongAccounts => Self::NotAmongAccounts,
            Cause::Overtaken(spur) => Self::Overtaken(spur.into()),
        }
    }
}

impl From<v1::Cause> for Cause {
    fn from(record: v1::Cause) -> Self {
        match record {
            v1::Cause::Held => Self::Held,
            v1::Cause::Unseen => Self::Unseen,
            v1::Cause::NoRoom(resource) => Self::NoRoom(resource.into()),
            v1::Cause::Blocked(scope, class) => Self::Blocked(scope.into(), class.into()),
            v1::Cause::Maintenance => Self::Maintenance,
            v1::Cause::Budget => Self::Budget,
            v1::Cause::Busy => Self::Busy,
            v1::Cause::Probing => Self::Probing,
            v1::Cause::Trying => Self::Trying,
            v1::Cause::Rejected => Self::Rejected,
            v1::Cause::Disabled => Self::Disabled,
            v1::Cause::NoImage => Self::NoImage,
            v1::Cause::NoFlavor => Self::NoFlavor,
            v1::Cause::Avoided => Self::Avoided,
            v1::Cause::NotAmongAccounts => Self::NotAmongAccounts,
            v1::Cause::Overtaken(spur) => Self::Overtaken(spur.into()),
        }
    }
}

mirror!(v1::ScopeKind, ScopeKind: Account Quota Launch Offering Request
    Image Flavor Network SecurityGroup Zone Entry);
