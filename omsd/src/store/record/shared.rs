//! The sharing of equal parts between rows while loading, as they were shared before they were
//! written: a hundred thousand entries usually want the same few things.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, codec};
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::ground::failure::Failure;
use omsd_domain::rows::passed::{Passed, Waits};
use omsd_domain::rows::scope::Scope;

use super::bad::Bad;
use super::v1;

/// Different parts of one kind that are remembered while loading. Most installations have a
/// handful; the bound keeps one where every entry is different from paying for the search.
const POOL_MAX: u32 = 256;

/// Parts that were met before.
#[derive(Default)]
pub(in crate::store) struct Shared {
    /// Keyed by their bytes.
    specs: Pool<Vec<u8>, Arc<EntrySpec>>,
    wanted: Pool<v1::Wanted, Arc<Wanted>>,
    failures: Pool<v1::Failure, Arc<Failure>>,
    waits: Pool<v1::Waits, Arc<Waits>>,
    /// Keyed by records whose places are the parts' numbers here.
    passed: Pool<v1::Passed, Arc<Passed>>,
}

/// A part, and its number if it is remembered.
#[derive(Clone)]
pub(super) struct Met<V> {
    pub(super) value: V,
    pub(super) number: Option<u32>,
}

struct Pool<K, V> {
    parts: BTreeMap<K, Met<V>>,
    count: u32,
}

impl<K, V> Default for Pool<K, V> {
    fn default() -> Self {
        Self {
            parts: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<K: Ord + Clone, V: Clone> Pool<K, V> {
    fn met(&mut self, key: K, make: impl FnOnce(K) -> Result<V, Bad>) -> Result<Met<V>, Bad> {
        if let Some(known) = self.parts.get(&key) {
            return Ok(known.clone());
        }
        if self.count >= POOL_MAX {
            return Ok(Met {
                value: make(key)?,
                number: None,
            });
        }
        let met = Met {
            value: make(key.clone())?,
            number: Some(self.count),
        };
        self.count += 1;
        self.parts.insert(key, met.clone());
        Ok(met)
    }
}

impl Shared {
    pub(super) fn spec(&mut self, spec: EntrySpec) -> Result<Arc<EntrySpec>, Bad> {
        let key = codec::encode(&spec)?;
        Ok(self.specs.met(key, |_| Ok(Arc::new(spec)))?.value)
    }

    pub(super) fn wanted(&mut self, record: v1::Wanted) -> Result<Met<Arc<Wanted>>, Bad> {
        self.wanted
            .met(record, |record| Ok(Arc::new(record.into())))
    }

    pub(super) fn failure(&mut self, record: v1::Failure) -> Result<Met<Arc<Failure>>, Bad> {
        self.failures
            .met(record, |record| Ok(Arc::new(record.try_into()?)))
    }

    pub(super) fn waits(&mut self, record: v1::Waits) -> Result<Arc<Waits>, Bad> {
        let met = self.waits.met(record, |record| Ok(Arc::new(record.into())));
        Ok(met?.value)
    }

    pub(super) fn passed(
        &mut self,
        numbered: v1::Passed,
        make: impl FnOnce() -> Result<Passed, Bad>,
    ) -> Result<Arc<Passed>, Bad> {
        Ok(self.passed.met(numbered, |_| Ok(Arc::new(make()?)))?.value)
    }

    pub(super) fn scope(&mut self, record: v1::Scope) -> Result<Scope, Bad> {
        Ok(match record {
            v1::Scope::Account => Scope::Account,
            v1::Scope::Quota => Scope::Quota,
            v1::Scope::Launch => Scope::Launch,
            v1::Scope::Offering(offering) => Scope::Offering(offering.into()),
            v1::Scope::Request(wanted) => Scope::Request(self.wanted(wanted)?.value),
            v1::Scope::Named(part, name) => Scope::Named(part.into(), name),
            v1::Scope::Entry(entry) => Scope::Entry(EntryId(entry)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_share_memory() {
        let mut shared = Shared::default();
        let record = v1::Wanted::from(&Wanted::default());
        let first = shared.wanted(record.clone()).unwrap();
        let second = shared.wanted(record).unwrap();
        assert!(Arc::ptr_eq(&first.value, &second.value));
        assert_eq!(first.number, second.number);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut shared = Shared::default();
        for number in 0..2 * POOL_MAX {
            let spec = EntrySpec {
                name: Some(number.to_string()),
                ..EntrySpec::default()
            };
            assert_eq!(*shared.spec(spec.clone()).unwrap(), spec);
        }
        assert_eq!(shared.specs.parts.len(), 256);
        assert_eq!(shared.specs.count, POOL_MAX);
    }
}
