//! The parts that rows have in common, and the sharing of equal ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, Time};

use super::{Bad, v1};
use crate::domain::account::Scope;
use crate::domain::cloud::Wanted;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::placement::{PassedOver, Reason};

/// Different parts of one kind that are remembered while loading. Most installations have a
/// handful; the bound keeps one where every entry is different from paying for the search.
const POOL_MAX: usize = 256;

/// Nanoseconds in a second.
const NANOS: u32 = 1_000_000_000;

/// Parts that were met before, so that equal ones of different rows share their memory again, as
/// they did before they were written.
#[derive(Default)]
pub(in crate::store) struct Shared {
    specs: Pool<v1::Spec, Arc<EntrySpec>>,
    wanted: Pool<v1::Wanted, Arc<Wanted>>,
    failures: Pool<v1::Failure, Arc<Failure>>,
    passed_over: Pool<Vec<v1::PassedOver>, Arc<Vec<PassedOver>>>,
    reasons: Pool<String, Arc<str>>,
}

struct Pool<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Pool<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: Clone> Pool<K, V> {
    fn known(&self, key: &K) -> Option<V> {
        self.0.get(key).cloned()
    }

    fn learn(&mut self, key: K, value: V) -> V {
        if self.0.len() < POOL_MAX {
            self.0.insert(key, value.clone());
        }
        value
    }
}

impl Shared {
    pub(super) fn spec(&mut self, record: v1::Spec) -> Arc<EntrySpec> {
        self.specs.known(&record).unwrap_or_else(|| {
            let spec = Arc::new(EntrySpec::from(record.clone()));
            self.specs.learn(record, spec)
        })
    }

    pub(super) fn wanted(&mut self, record: v1::Wanted) -> Arc<Wanted> {
        self.wanted.known(&record).unwrap_or_else(|| {
            let wanted = Arc::new(Wanted::from(record.clone()));
            self.wanted.learn(record, wanted)
        })
    }

    pub(super) fn failure(&mut self, record: v1::Failure) -> Result<Arc<Failure>, Bad> {
        if let Some(known) = self.failures.known(&record) {
            return Ok(known);
        }
        let failure = Arc::new(Failure::try_from(record.clone())?);
        Ok(self.failures.learn(record, failure))
    }

    pub(super) fn failure_if_any(
        &mut self,
        record: Option<v1::Failure>,
    ) -> Result<Option<Arc<Failure>>, Bad> {
        record.map(|record| self.failure(record)).transpose()
    }

    pub(super) fn passed_over(
        &mut self,
        records: Vec<v1::PassedOver>,
    ) -> Result<Arc<Vec<PassedOver>>, Bad> {
        if let Some(known) = self.passed_over.known(&records) {
            return Ok(known);
        }
        let all: Result<Vec<_>, Bad> = records
            .iter()
            .cloned()
            .map(|record| self.one_passed_over(record))
            .collect();
        Ok(self.passed_over.learn(records, Arc::new(all?)))
    }

    fn one_passed_over(&mut self, record: v1::PassedOver) -> Result<PassedOver, Bad> {
        let reason = match record.reason {
            v1::Reason::Disabled => Reason::Disabled,
            v1::Reason::NotAmongAccounts => Reason::NotAmongAccounts,
            v1::Reason::Avoided => Reason::Avoided,
            v1::Reason::NoImage => Reason::NoImage,
            v1::Reason::NoFlavor => Reason::NoFlavor,
            v1::Reason::Blocked {
                scope,
                until,
                failure,
            } => Reason::Blocked {
                scope: self.scope(scope),
                until: Time(until),
                failure: self.failure(failure)?,
            },
            v1::Reason::Probing { scope } => Reason::Probing {
                scope: self.scope(scope),
            },
            v1::Reason::Busy { launches } => Reason::Busy { launches },
            v1::Reason::Trying => Reason::Trying,
            v1::Reason::Outscored { by } => Reason::Outscored { by: AccountId(by) },
        };
        Ok(PassedOver {
            account: AccountId(record.account),
            reason,
        })
    }

    pub(super) fn reason(&mut self, text: String) -> Arc<str> {
        self.reasons.known(&text).unwrap_or_else(|| {
            let shared = Arc::from(text.as_str());
            self.reasons.learn(text, shared)
        })
    }

    pub(super) fn scope(&mut self, record: v1::Scope) -> Scope {
        match record {
            v1::Scope::Account => Scope::Account,
            v1::Scope::Quota => Scope::Quota,
            v1::Scope::Launch => Scope::Launch,
            v1::Scope::Offering {
                availability_zone,
                flavor,
            } => Scope::Offering {
                availability_zone,
                flavor,
            },
            v1::Scope::Request(wanted) => Scope::Request(self.wanted(wanted)),
        }
    }
}

/// The record of a duration.
pub(super) fn write_duration(duration: Duration) -> v1::Duration {
    (duration.as_secs(), duration.subsec_nanos())
}

/// The duration of a record.
pub(super) fn read_duration((seconds, nanos): v1::Duration) -> Result<Duration, Bad> {
    if nanos >= NANOS {
        return Err(Bad(format!("a second does not have {nanos} nanoseconds")));
    }
    Ok(Duration::new(seconds, nanos))
}

impl From<&Scope> for v1::Scope {
    fn from(scope: &Scope) -> Self {
        match scope {
            Scope::Account => Self::Account,
            Scope::Quota => Self::Quota,
            Scope::Launch => Self::Launch,
            Scope::Offering {
                availability_zone,
                flavor,
            } => Self::Offering {
                availability_zone: availability_zone.clone(),
                flavor: flavor.clone(),
            },
            Scope::Request(wanted) => Self::Request((&**wanted).into()),
        }
    }
}

impl From<&Wanted> for v1::Wanted {
    fn from(wanted: &Wanted) -> Self {
        Self {
            image: wanted.image.clone(),
            flavor: wanted.flavor.clone(),
            networks: wanted.networks.clone(),
            security_groups: wanted.security_groups.clone(),
            availability_zone: wanted.availability_zone.clone(),
        }
    }
}

impl From<v1::Wanted> for Wanted {
    fn from(record: v1::Wanted) -> Self {
        Self {
            image: record.image,
            flavor: record.flavor,
            networks: record.networks,
            security_groups: record.security_groups,
            availability_zone: record.availability_zone,
        }
    }
}

impl From<&Failure> for v1::Failure {
    fn from(failure: &Failure) -> Self {
        Self {
            class: failure.class.into(),
            operation: failure.operation.clone(),
            http_status: failure.http_status,
            message: failure.message.clone(),
            request_id: failure.request_id.clone(),
            retry_after: failure.retry_after.map(write_duration),
            at: failure.at.0,
        }
    }
}

impl TryFrom<v1::Failure> for Failure {
    type Error = Bad;

    fn try_from(record: v1::Failure) -> Result<Self, Bad> {
        Ok(Self {
            class: record.class.into(),
            operation: record.operation,
            http_status: record.http_status,
            message: record.message,
            request_id: record.request_id,
            retry_after: record.retry_after.map(read_duration).transpose()?,
            at: Time(record.at),
        })
    }
}

impl From<&PassedOver> for v1::PassedOver {
    fn from(passed_over: &PassedOver) -> Self {
        let reason = match &passed_over.reason {
            Reason::Disabled => v1::Reason::Disabled,
            Reason::NotAmongAccounts => v1::Reason::NotAmongAccounts,
            Reason::Avoided => v1::Reason::Avoided,
            Reason::NoImage => v1::Reason::NoImage,
            Reason::NoFlavor => v1::Reason::NoFlavor,
            Reason::Blocked {
                scope,
                until,
                failure,
            } => v1::Reason::Blocked {
                scope: scope.into(),
                until: until.0,
                failure: (&**failure).into(),
            },
            Reason::Probing { scope } => v1::Reason::Probing {
                scope: scope.into(),
            },
            Reason::Busy { launches } => v1::Reason::Busy {
                launches: *launches,
            },
            Reason::Trying => v1::Reason::Trying,
            Reason::Outscored { by } => v1::Reason::Outscored { by: by.0 },
        };
        Self {
            account: passed_over.account.0,
            reason,
        }
    }
}

/// Both ways between two enums of the same names without data.
macro_rules! mirror {
    ($record:path, $domain:path: $($name:ident)+) => {
        impl From<$domain> for $record {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$name => Self::$name,)+ }
            }
        }

        impl From<$record> for $domain {
            fn from(value: $record) -> Self {
                match value { $(<$record>::$name => Self::$name,)+ }
            }
        }
    };
}
pub(super) use mirror;

mirror!(v1::Class, FailureClass:
    Unreachable Tls Timeout Throttled ServerError Garbage Unauthorized Quota Forbidden
    Configuration Conflict NotFound NoCapacity BuildFailed BuildTimeout Vanished Interrupted);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_share_memory() {
        let mut shared = Shared::default();
        let record = v1::Wanted::from(&Wanted::default());
        let first = shared.wanted(record.clone());
        assert!(Arc::ptr_eq(&first, &shared.wanted(record)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut shared = Shared::default();
        for number in 0..2 * POOL_MAX {
            assert_eq!(&*shared.reason(number.to_string()), number.to_string());
        }
        assert_eq!(shared.reasons.0.len(), POOL_MAX);
    }

    #[test]
    fn a_second_of_too_many_nanoseconds_is_refused() {
        assert!(read_duration((1, NANOS)).is_err());
        assert_eq!(
            read_duration((1, NANOS - 1)).unwrap(),
            Duration::new(1, 999_999_999)
        );
    }
}
