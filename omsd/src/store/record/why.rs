//! Why an entry stands as it does, to records and back.

use std::sync::Arc;

use oms_proto::AccountId;
use omsd_domain::rows::passed::{Cause, Waits};
use omsd_domain::rows::scope::ScopeKind;
use omsd_domain::rows::why::{End, Failed, Why};

use super::parts::mirror;
use super::placed::{Gathered, Placed};
use super::shared::Shared;
use super::{Bad, v1};

pub(super) fn write(why: &Why, parts: &mut Gathered) -> v1::Why {
    match why {
        Why::Waits(waits) => v1::Why::Waits((&**waits).into()),
        Why::Failed(why) => {
            let Failed { end, last, waited } = &**why;
            v1::Why::GaveUp {
                end: (*end).into(),
                last: last.as_ref().map(|failure| parts.failure(failure)),
                waited: waited.as_deref().map(v1::Waits::from),
            }
        }
    }
}

pub(super) fn read(record: v1::Why, placed: &Placed, shared: &mut Shared) -> Result<Why, Bad> {
    Ok(match record {
        v1::Why::Waits(waits) => Why::Waits(shared.waits(waits)?),
        v1::Why::GaveUp { end, last, waited } => Why::Failed(Arc::new(Failed {
            end: end.into(),
            last: placed.failure_if_any(last)?,
            waited: waited.map(|waits| shared.waits(waits)).transpose()?,
        })),
    })
}

impl From<&Waits> for v1::Waits {
    fn from(waits: &Waits) -> Self {
        let named = waits.named.iter();
        Self {
            named: named.map(|(id, cause)| (id.0, (*cause).into())).collect(),
            others: waits.others.iter().copied().map(counted).collect(),
        }
    }
}

impl From<v1::Waits> for Waits {
    fn from(record: v1::Waits) -> Self {
        let named = record.named.into_iter();
        Self {
            named: named
                .map(|(id, cause)| (AccountId(id), cause.into()))
                .collect(),
            others: record.others.into_iter().map(uncounted).collect(),
        }
    }
}

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
mirror!(v1::End, End: Deadline Attempts);
