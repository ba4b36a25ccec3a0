//! Why an entry stands as it does, to records and back.

use std::sync::Arc;

use oms_proto::AccountId;
use omsd_domain::rows::passed::Waits;
use omsd_domain::rows::why::{End, Failed, Why};

use super::bad::Bad;
use super::cause::{counted, uncounted};
use super::parts::mirror;
use super::placed::{Gathered, Placed};
use super::shared::Shared;
use super::v1;

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

mirror!(v1::End, End: Deadline Attempts);
