//! What an account has room for, as the last survey told.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::Time;

use crate::ground::limits::FLAVORS_MAX;
use crate::ground::resource::{FlavorSize, Identity, Resource, Survey};

/// What an account has room for, as the last survey told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// When it was told.
    pub read: Time,
    /// What is limited, in the order of resources.
    pub bounds: Vec<Bound>,
    /// The sizes of flavors.
    pub flavors: Flavors,
    /// Whose objects the account shows.
    pub identity: Option<Identity>,
    /// The project's name, which an application credential does not say.
    pub project_name: Option<String>,
}

/// The sizes of flavors, to be found by name and by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flavors {
    all: Vec<FlavorSize>,
    places: BTreeMap<String, usize>,
}

impl Flavors {
    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &FlavorSize> {
        self.all.iter()
    }

    /// The flavor of that name or id; the first, where there are several.
    pub fn get(&self, flavor: &str) -> Option<&FlavorSize> {
        self.all.get(*self.places.get(flavor)?)
    }
}

impl FromIterator<FlavorSize> for Flavors {
    fn from_iter<I: IntoIterator<Item = FlavorSize>>(flavors: I) -> Self {
        let all: Vec<_> = flavors.into_iter().collect();
        let mut places = BTreeMap::new();
        for (place, size) in all.iter().enumerate() {
            for called in [&size.name, &size.id] {
                places.entry(called.clone()).or_insert(place);
            }
        }
        Self { all, places }
    }
}

/// The limit of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Of what.
    pub resource: Resource,
    /// There may be so much.
    pub max: u64,
    /// So much is in use that is not ours.
    pub unmanaged: u64,
}

/// Too little of something for a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// Of what.
    pub resource: Resource,
    /// How much there may be.
    pub max: u64,
    /// How much is in use or spoken for.
    pub used: u64,
    /// How much a launch takes.
    pub needed: u64,
}

impl Room {
    /// The room that a survey tells of, with `ours` of each resource taken out of what is in use;
    /// `used` are flavors that are asked for.
    pub fn of(
        survey: &Survey,
        ours: impl Fn(Resource) -> u64,
        used: &BTreeSet<String>,
        now: Time,
    ) -> Self {
        let mut bounds: Vec<_> = survey
            .quotas
            .iter()
            .filter_map(|quota| {
                Some(Bound {
                    resource: quota.resource,
                    max: quota.max?,
                    unmanaged: quota.used.saturating_sub(ours(quota.resource)),
                })
            })
            .collect();
        bounds.sort_by_key(|bound| bound.resource);
        bounds.dedup_by_key(|bound| bound.resource);
        let mut flavors = survey.flavors.clone();
        // What is in use is worth more than what is not.
        flavors.sort_by_key(|size| !(used.contains(&size.name) || used.contains(&size.id)));
        flavors.truncate(FLAVORS_MAX);
        Self {
            read: now,
            bounds,
            flavors: flavors.into_iter().collect(),
            identity: survey.identity.clone(),
            project_name: survey.project_name.clone(),
        }
    }

    /// What a server of that flavor with so many ports takes of a resource; the least there is where
    /// the flavor's size is not known.
    pub fn takes(&self, flavor: &str, ports: u32, resource: Resource) -> u64 {
        let size = || self.flavors.get(flavor);
        match resource {
            Resource::Instances | Resource::Keypairs => 1,
            Resource::Cores => size().map_or(1, |size| size.vcpus.into()),
            Resource::RamMib => size().map_or(1, |size| size.ram_mib.into()),
            Resource::Ports => ports.into(),
            // Servers get none of these from us.
            Resource::FloatingIps | Resource::Volumes | Resource::Gigabytes => 0,
        }
    }

    /// Whether it says anything that `before` did not.
    pub fn tells_more_than(&self, before: &Self) -> bool {
        (&self.bounds, &self.flavors) != (&before.bounds, &before.flavors)
            || (&self.identity, &self.project_name) != (&before.identity, &before.project_name)
    }
}

/// The ports of a server in so many networks: one for each, or the one that Nova chooses.
pub fn ports(networks: usize) -> u32 {
    u32::try_from(networks).unwrap_or(u32::MAX).max(1)
}
