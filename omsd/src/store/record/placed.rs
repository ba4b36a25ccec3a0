//! The lists of parts in an entry's row, and the places that refer to them.
//!
//! Two hundred accounts that each of twenty attempts passed over for the same few failures would
//! otherwise make a row of megabytes, written anew with every change of the entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::bad::Bad;
use super::cause::{counted, uncounted};
use super::parts::{mirror, read_duration, write_duration};
use super::shared::{Met, Shared};
use super::v1;
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::ground::failure::Failure;
use omsd_domain::rows::passed::{Passed, PassedOver, Reason};
use omsd_domain::rows::room::Shortage;
use omsd_domain::rows::scope::Scope;
use omsd_domain::rows::spur::Spur;

/// Collects the parts of a row that is written.
#[derive(Default)]
pub(super) struct Gathered {
    wanted: Listed<v1::Wanted>,
    failures: Listed<v1::Failure>,
}

/// Different parts in the order of their places.
struct Listed<K> {
    places: BTreeMap<K, v1::Place>,
    count: v1::Place,
}

impl<K> Default for Listed<K> {
    fn default() -> Self {
        Self {
            places: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<K: Ord> Listed<K> {
    fn place(&mut self, part: K) -> v1::Place {
        let next = self.count;
        let place = *self.places.entry(part).or_insert(next);
        if place == next {
            self.count += 1;
        }
        place
    }

    fn into_list(self) -> Vec<K> {
        let mut parts: Vec<_> = self.places.into_iter().collect();
        parts.sort_unstable_by_key(|(_, place)| *place);
        parts.into_iter().map(|(part, _)| part).collect()
    }
}

impl Gathered {
    pub(super) fn wanted(&mut self, wanted: &Wanted) -> v1::Place {
        self.wanted.place(wanted.into())
    }

    pub(super) fn failure(&mut self, failure: &Failure) -> v1::Place {
        self.failures.place(failure.into())
    }

    pub(super) fn passed(&mut self, passed: &Passed) -> v1::Passed {
        v1::Passed {
            named: passed.named.iter().map(|it| self.passed_over(it)).collect(),
            others: passed.others.iter().copied().map(counted).collect(),
            newest: passed.newest.0,
        }
    }

    fn passed_over(&mut self, over: &PassedOver) -> v1::PassedOver {
        let reason = match &over.reason {
            Reason::Held => v1::Reason::Held,
            Reason::Unseen => v1::Reason::Unseen,
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
                scope: self.scope(scope),
                until: until.0,
                failure: self.failure(failure),
            },
            Reason::Probing { scope } => v1::Reason::Probing {
                scope: self.scope(scope),
            },
            Reason::Busy { launches } => v1::Reason::Busy {
                launches: *launches,
            },
            Reason::Maintenance { until, reason } => v1::Reason::Maintenance {
                until: until.map(|until| until.0),
                reason: reason.clone(),
            },
            Reason::NoRoom(short) => v1::Reason::NoRoom {
                resource: short.resource.into(),
                max: short.max,
                used: short.used,
                needed: short.needed,
            },
            Reason::Budget { window } => v1::Reason::Budget { window: *window },
            Reason::Trying => v1::Reason::Trying,
            Reason::Overtaken {
                attempt,
                cause,
                waited,
            } => v1::Reason::Overtaken {
                attempt: attempt.0,
                cause: (*cause).into(),
                waited: write_duration(*waited),
            },
            Reason::Rejected => v1::Reason::Rejected,
        };
        v1::PassedOver {
            account: over.account.0,
            reason,
        }
    }

    fn scope(&mut self, scope: &Scope) -> v1::PlacedScope {
        match scope {
            Scope::Account => v1::PlacedScope::Account,
            Scope::Quota => v1::PlacedScope::Quota,
            Scope::Launch => v1::PlacedScope::Launch,
            Scope::Offering(offering) => v1::PlacedScope::Offering(offering.into()),
            Scope::Request(wanted) => v1::PlacedScope::Request(self.wanted(wanted)),
            Scope::Named(part, name) => v1::PlacedScope::Named((*part).into(), name.clone()),
            Scope::Entry(entry) => v1::PlacedScope::Entry(entry.0),
        }
    }

    pub(super) fn into_lists(self) -> (Vec<v1::Wanted>, Vec<v1::Failure>) {
        (self.wanted.into_list(), self.failures.into_list())
    }
}

/// The parts of a row that is read.
pub(super) struct Placed {
    wanted: Vec<Met<Arc<Wanted>>>,
    failures: Vec<Met<Arc<Failure>>>,
}

impl Placed {
    pub(super) fn new(
        wanted: Vec<v1::Wanted>,
        failures: Vec<v1::Failure>,
        shared: &mut Shared,
    ) -> Result<Self, Bad> {
        let wanted = wanted.into_iter().map(|record| shared.wanted(record));
        let wanted = wanted.collect::<Result<_, Bad>>()?;
        let failures = failures.into_iter().map(|record| shared.failure(record));
        let failures = failures.collect::<Result<_, Bad>>()?;
        Ok(Self { wanted, failures })
    }

    pub(super) fn wanted(&self, place: v1::Place) -> Result<Arc<Wanted>, Bad> {
        Ok(Arc::clone(&at(&self.wanted, place)?.value))
    }

    pub(super) fn failure_if_any(
        &self,
        place: Option<v1::Place>,
    ) -> Result<Option<Arc<Failure>>, Bad> {
        place.map(|place| self.failure(place)).transpose()
    }

    fn failure(&self, place: v1::Place) -> Result<Arc<Failure>, Bad> {
        Ok(Arc::clone(&at(&self.failures, place)?.value))
    }

    pub(super) fn passed(
        &self,
        record: v1::Passed,
        shared: &mut Shared,
    ) -> Result<Arc<Passed>, Bad> {
        let v1::Passed {
            named,
            others,
            newest,
        } = record;
        let numbered: Option<Vec<_>> = named.iter().map(|record| self.numbered(record)).collect();
        let key = numbered.map(|named| v1::Passed {
            named,
            others: others.clone(),
            newest,
        });
        let read = || {
            let named = named.into_iter().map(|record| self.read(record));
            Ok(Passed {
                named: named.collect::<Result<_, Bad>>()?,
                others: others.into_iter().map(uncounted).collect(),
                newest: AccountId(newest),
            })
        };
        match key {
            Some(key) => shared.passed(key, read),
            None => Ok(Arc::new(read()?)),
        }
    }

    /// The record with the parts' own numbers for places, which says the same in every row.
    fn numbered(&self, record: &v1::PassedOver) -> Option<v1::PassedOver> {
        let mut record = record.clone();
        match &mut record.reason {
            v1::Reason::Blocked { scope, failure, .. } => {
                *failure = at(&self.failures, *failure).ok()?.number?;
                self.number_scope(scope)?;
            }
            v1::Reason::Probing { scope } => self.number_scope(scope)?,
            v1::Reason::Held
            | v1::Reason::Unseen
            | v1::Reason::Disabled
            | v1::Reason::NotAmongAccounts
            | v1::Reason::Avoided
            | v1::Reason::NoImage
            | v1::Reason::NoFlavor
            | v1::Reason::Maintenance { .. }
            | v1::Reason::NoRoom { .. }
            | v1::Reason::Budget { .. }
            | v1::Reason::Busy { .. }
            | v1::Reason::Trying
            | v1::Reason::Overtaken { .. }
            | v1::Reason::Rejected => {}
        }
        Some(record)
    }

    fn number_scope(&self, scope: &mut v1::PlacedScope) -> Option<()> {
        if let v1::PlacedScope::Request(wanted) = scope {
            *wanted = at(&self.wanted, *wanted).ok()?.number?;
        }
        Some(())
    }

    fn read(&self, record: v1::PassedOver) -> Result<PassedOver, Bad> {
        let reason = match record.reason {
            v1::Reason::Held => Reason::Held,
            v1::Reason::Unseen => Reason::Unseen,
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
                scope: self.read_scope(scope)?,
                until: Time(until),
                failure: self.failure(failure)?,
            },
            v1::Reason::Probing { scope } => Reason::Probing {
                scope: self.read_scope(scope)?,
            },
            v1::Reason::Busy { launches } => Reason::Busy { launches },
            v1::Reason::Maintenance { until, reason } => Reason::Maintenance {
                until: until.map(Time),
                reason,
            },
            v1::Reason::NoRoom {
                resource,
                max,
                used,
                needed,
            } => Reason::NoRoom(Shortage {
                resource: resource.into(),
                max,
                used,
                needed,
            }),
            v1::Reason::Budget { window } => Reason::Budget { window },
            v1::Reason::Trying => Reason::Trying,
            v1::Reason::Overtaken {
                attempt,
                cause,
                waited,
            } => Reason::Overtaken {
                attempt: AttemptId(attempt),
                cause: cause.into(),
                waited: read_duration(waited)?,
            },
            v1::Reason::Rejected => Reason::Rejected,
        };
        Ok(PassedOver {
            account: AccountId(record.account),
            reason,
        })
    }

    fn read_scope(&self, record: v1::PlacedScope) -> Result<Scope, Bad> {
        Ok(match record {
            v1::PlacedScope::Account => Scope::Account,
            v1::PlacedScope::Quota => Scope::Quota,
            v1::PlacedScope::Launch => Scope::Launch,
            v1::PlacedScope::Offering(offering) => Scope::Offering(offering.into()),
            v1::PlacedScope::Request(place) => Scope::Request(self.wanted(place)?),
            v1::PlacedScope::Named(part, name) => Scope::Named(part.into(), name),
            v1::PlacedScope::Entry(entry) => Scope::Entry(EntryId(entry)),
        })
    }
}

mirror!(v1::Spur, Spur: Silence Hang Patience LostAnswer Restart Hedge Drain);

fn at<V>(parts: &[V], place: v1::Place) -> Result<&V, Bad> {
    usize::try_from(place)
        .ok()
        .and_then(|place| parts.get(place))
        .ok_or_else(|| Bad(format!("there is no part {place}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use omsd_domain::ground::failure::FailureClass;

    fn blocked(account: u64, message: &str) -> PassedOver {
        PassedOver {
            account: AccountId(account),
            reason: Reason::Blocked {
                scope: Scope::Request(Arc::default()),
                until: Time(5),
                failure: Arc::new(Failure {
                    class: FailureClass::Timeout,
                    operation: "create server".to_owned(),
                    http_status: None,
                    message: message.to_owned(),
                    request_id: None,
                    retry_after: None,
                    at: Time(3),
                }),
            },
        }
    }

    fn passed(overs: &[PassedOver]) -> Passed {
        Passed::of(overs.to_vec(), AccountId(9))
    }

    #[test]
    fn a_part_is_written_once_and_read_at_each_place() {
        let overs = [blocked(1, "a"), blocked(2, "b"), blocked(3, "a")];
        let mut parts = Gathered::default();
        let record = parts.passed(&passed(&overs));
        let (wanted, failures) = parts.into_lists();
        assert_eq!((wanted.len(), failures.len()), (1, 2));

        let mut shared = Shared::default();
        let placed = Placed::new(wanted, failures, &mut shared).unwrap();
        let read = placed.passed(record, &mut shared).unwrap();
        assert_eq!(*read, passed(&overs));
    }

    #[test]
    fn rows_share_equal_lists_whatever_their_places_are() {
        let (one, two) = (blocked(1, "a"), blocked(2, "b"));
        let mut shared = Shared::default();
        let mut read = |order: [&PassedOver; 2]| {
            let mut parts = Gathered::default();
            for over in order {
                parts.passed_over(over);
            }
            let record = parts.passed(&passed(&[one.clone(), two.clone()]));
            let (wanted, failures) = parts.into_lists();
            let placed = Placed::new(wanted, failures, &mut shared).unwrap();
            placed.passed(record, &mut shared).unwrap()
        };
        let (first, second) = (read([&one, &two]), read([&two, &one]));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(*first, passed(&[one, two]));
    }

    #[test]
    fn every_spur_of_a_second_attempt_is_read_as_it_was_written() {
        let overs = Spur::ALL.map(|cause| PassedOver {
            account: AccountId(1),
            reason: Reason::Overtaken {
                attempt: AttemptId(7),
                cause,
                waited: std::time::Duration::from_millis(2_500),
            },
        });
        let passed = Passed::of(overs.to_vec(), AccountId(1));
        let record = Gathered::default().passed(&passed);
        let mut shared = Shared::default();
        let placed = Placed::new(vec![], vec![], &mut shared).unwrap();
        assert_eq!(*placed.passed(record, &mut shared).unwrap(), passed);
    }

    #[test]
    fn a_place_that_is_not_there_is_refused() {
        let mut shared = Shared::default();
        let placed = Placed::new(vec![], vec![], &mut shared).unwrap();
        assert!(placed.wanted(0).is_err());
        let record = Gathered::default().passed(&passed(&[blocked(1, "a")]));
        let error = placed.passed(record, &mut shared).unwrap_err();
        assert_eq!(error.to_string(), "there is no part 0");
    }
}
