//! The parts that accounts and entries have in common.

use std::time::Duration;

use oms_proto::Time;
use omsd_domain::ground::cloud::{Part, Wanted};
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::rows::offering::Offering;
use omsd_domain::rows::scope::Scope;

use super::bad::Bad;
use super::v1;

/// Nanoseconds in a second.
const NANOS: u32 = 1_000_000_000;

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
            Scope::Offering(offering) => Self::Offering(offering.into()),
            Scope::Request(wanted) => Self::Request((&**wanted).into()),
            Scope::Named(part, name) => Self::Named((*part).into(), name.clone()),
            Scope::Entry(entry) => Self::Entry(entry.0),
        }
    }
}

impl From<&Offering> for v1::Offering {
    fn from(offering: &Offering) -> Self {
        Self {
            availability_zone: offering.availability_zone.clone(),
            flavor: offering.flavor.clone(),
        }
    }
}

impl From<v1::Offering> for Offering {
    fn from(record: v1::Offering) -> Self {
        Self {
            availability_zone: record.availability_zone,
            flavor: record.flavor,
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

mirror!(v1::Part, Part: Image Flavor Network SecurityGroup Zone);

mirror!(v1::Class, FailureClass:
    Unreachable Tls Timeout Throttled ServerError Garbage Unauthorized Quota Forbidden
    Configuration Conflict NotFound NoCapacity BuildFailed BuildTimeout Vanished Interrupted
    Rejected);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_too_many_nanoseconds_is_refused() {
        assert!(read_duration((1, NANOS)).is_err());
        assert_eq!(
            read_duration((1, NANOS - 1)).unwrap(),
            Duration::new(1, 999_999_999)
        );
    }
}
