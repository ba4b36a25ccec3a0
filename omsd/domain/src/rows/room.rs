//! What an account has room for, as the last survey told.

use std::collections::BTreeSet;

use oms_proto::Time;

use crate::ground::limits::{FLAVORS_MAX, ROOM_TOLD_EVERY};
use crate::ground::resource::{FlavorSize, Identity, Resource, Survey};

/// What an account has room for, as the last survey told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// When it was told.
    pub read: Time,
    /// What the cloud told of, in the order of resources.
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
    /// Where the flavor of each name and id is, in the order of those.
    places: Vec<(String, usize)>,
}

impl Flavors {
    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &FlavorSize> {
        self.all.iter()
    }

    /// The flavor of that name or id; the first, where there are several.
    pub fn get(&self, flavor: &str) -> Option<&FlavorSize> {
        let called = |(called, _): &(String, usize)| called.as_str().cmp(flavor);
        let (_, place) = self
            .places
            .get(self.places.binary_search_by(called).ok()?)?;
        self.all.get(*place)
    }
}

impl FromIterator<FlavorSize> for Flavors {
    fn from_iter<I: IntoIterator<Item = FlavorSize>>(flavors: I) -> Self {
        let all: Vec<_> = flavors.into_iter().collect();
        let called = all
            .iter()
            .enumerate()
            .flat_map(|(place, size)| [&size.name, &size.id].map(|called| (called.clone(), place)));
        let mut places: Vec<_> = called.collect();
        places.sort_unstable();
        places.dedup_by(|next, first| next.0 == first.0);
        Self { all, places }
    }
}

/// How much there may be of one resource, and what others have of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Of what.
    pub resource: Resource,
    /// There may be so much; `None` is as much as one likes.
    pub max: Option<u64>,
    /// So much is in use that is not ours.
    pub unmanaged: u64,
}

impl Bound {
    /// Whether so much of ours leaves less than `needed`, and the limit where it does.
    pub fn exceeded(&self, ours: u64, needed: u64) -> Option<u64> {
        let used = self.unmanaged.saturating_add(ours);
        self.max.filter(|max| used.saturating_add(needed) > *max)
    }
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

/// What servers and their key pairs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    servers: u64,
    cores: u64,
    ram_mib: u64,
    ports: u64,
    keypairs: u64,
}

impl Taken {
    /// So many key pairs and nothing else.
    pub fn keypairs(count: u32) -> Self {
        Self {
            keypairs: count.into(),
            ..Self::default()
        }
    }

    /// What so many such servers take, their key pairs apart.
    #[must_use]
    pub fn servers(self, count: u32) -> Self {
        let count = u64::from(count);
        Self {
            servers: self.servers.saturating_mul(count),
            cores: self.cores.saturating_mul(count),
            ram_mib: self.ram_mib.saturating_mul(count),
            ports: self.ports.saturating_mul(count),
            keypairs: 0,
        }
    }

    /// What both take.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            servers: self.servers.saturating_add(other.servers),
            cores: self.cores.saturating_add(other.cores),
            ram_mib: self.ram_mib.saturating_add(other.ram_mib),
            ports: self.ports.saturating_add(other.ports),
            keypairs: self.keypairs.saturating_add(other.keypairs),
        }
    }

    /// How much of a resource that is.
    pub const fn of(self, resource: Resource) -> u64 {
        match resource {
            Resource::Instances => self.servers,
            Resource::Keypairs => self.keypairs,
            Resource::Cores => self.cores,
            Resource::RamMib => self.ram_mib,
            Resource::Ports => self.ports,
            // Servers get none of these from us.
            Resource::FloatingIps | Resource::Volumes | Resource::Gigabytes => 0,
        }
    }
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
            .map(|quota| Bound {
                resource: quota.resource,
                max: quota.max,
                unmanaged: quota.used.saturating_sub(ours(quota.resource)),
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

    /// What a server of that flavor with so many ports takes; the least there is where the flavor's
    /// size is not known.
    pub fn takes(&self, flavor: &str, ports: u32) -> Taken {
        let size = self.flavors.get(flavor);
        Taken {
            servers: 1,
            keypairs: 1,
            cores: size.map_or(1, |size| size.vcpus.into()),
            ram_mib: size.map_or(1, |size| size.ram_mib.into()),
            ports: ports.into(),
        }
    }

    /// Whether it says anything that `before` did not, be it only that it is still so after long.
    pub fn tells_more_than(&self, before: &Self) -> bool {
        self.read.since(before.read) >= ROOM_TOLD_EVERY
            || (&self.bounds, &self.flavors) != (&before.bounds, &before.flavors)
            || (&self.identity, &self.project_name) != (&before.identity, &before.project_name)
    }
}

/// The ports of a server in so many networks: one for each, or the one that Nova chooses.
pub fn ports(networks: usize) -> u32 {
    u32::try_from(networks).unwrap_or(u32::MAX).max(1)
}
