//! What the domain knows of a cloud: what is wanted there and what is seen there.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::{AttemptId, EntryId, Time};

use crate::ground::failure::Fault;

/// What an entry wants of an account, by name or id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Wanted {
    /// Image.
    pub image: String,
    /// Flavor.
    pub flavor: String,
    /// Networks in order; empty lets Nova choose.
    pub networks: Vec<String>,
    /// Security groups; empty means the project's `default`.
    pub security_groups: Vec<String>,
    /// Availability zone.
    pub availability_zone: Option<String>,
}

/// The parts of what is wanted that a cloud may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The image.
    Image,
    /// The flavor.
    Flavor,
    /// A network.
    Network,
    /// A security group.
    SecurityGroup,
    /// The availability zone.
    Zone,
}

/// A part of what is wanted that a refusal names, and so the cause of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Which part.
    pub part: Part,
    /// Which of several, in the order of what is wanted, from 0.
    pub nth: usize,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Image,
        Self::Flavor,
        Self::Network,
        Self::SecurityGroup,
        Self::Zone,
    ];

    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Flavor => "flavor",
            Self::Network => "network",
            Self::SecurityGroup => "security group",
            Self::Zone => "zone",
        }
    }

    /// The only one of its kind, or the first.
    pub const fn first(self) -> Named {
        Named { part: self, nth: 0 }
    }
}

impl Wanted {
    /// What is wanted of a kind, by the names it was given; of most kinds one or none.
    pub fn each(&self, part: Part) -> &[String] {
        match part {
            Part::Image => std::slice::from_ref(&self.image),
            Part::Flavor => std::slice::from_ref(&self.flavor),
            Part::Network => &self.networks,
            Part::SecurityGroup => &self.security_groups,
            Part::Zone => self.availability_zone.as_slice(),
        }
    }
}

/// Whose a server is. Carried as the server's metadata, because Nova's create has no idempotency
/// key and names are not unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The installation's id.
    pub installation: String,
    /// The start of the daemon that made it.
    pub incarnation: String,
    /// The entry.
    pub entry: EntryId,
    /// The attempt.
    pub attempt: AttemptId,
}

/// Metadata key of [`Mark::installation`].
pub const MARK_INSTALLATION: &str = "oms_installation";

/// Metadata key of [`Mark::incarnation`].
pub const MARK_INCARNATION: &str = "oms_incarnation";
/// Metadata key of [`Mark::entry`].
pub const MARK_ENTRY: &str = "oms_entry";

/// Metadata key of [`Mark::attempt`].
pub const MARK_ATTEMPT: &str = "oms_attempt";

/// Metadata key of the entries that a test of an account boots, whose makers wait for them.
pub const MARK_CANARY: &str = "oms_canary";

impl Mark {
    /// Reads the mark off a server's metadata; `None` if any part is missing or malformed.
    pub fn read(metadata: &BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            installation: metadata.get(MARK_INSTALLATION)?.clone(),
            // A mark without one is of nobody known: shown, never taken.
            incarnation: metadata.get(MARK_INCARNATION).cloned().unwrap_or_default(),
            entry: metadata.get(MARK_ENTRY)?.parse().ok()?,
            attempt: metadata.get(MARK_ATTEMPT)?.parse().ok()?,
        })
    }

    /// Writes the mark into a server's metadata.
    pub fn write(&self, metadata: &mut BTreeMap<String, String>) {
        metadata.insert(MARK_INSTALLATION.to_owned(), self.installation.clone());
        metadata.insert(MARK_INCARNATION.to_owned(), self.incarnation.clone());
        metadata.insert(MARK_ENTRY.to_owned(), self.entry.to_string());
        metadata.insert(MARK_ATTEMPT.to_owned(), self.attempt.to_string());
    }
}

/// The servers of a project as one call showed them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The servers, every page of them.
    pub servers: Vec<ServerSeen>,
    /// When the list was begun, by the cloud's own clock: the `since` of the next call.
    pub as_of: Option<Time>,
}

/// Nova's status of a server that was deleted and is kept for a while (`reclaim_instance_interval`).
/// It still counts against the quota, and deleting it again does nothing.
pub const SOFT_DELETED: &str = "SOFT_DELETED";

/// An address of a server as a cloud shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The address.
    pub ip: String,
    /// The name of its network.
    pub network: String,
    /// Which of the server's networks that is in the cloud's order, from 0.
    pub nth: usize,
    /// Whether it is a floating one, which leads to a fixed one.
    pub is_floating: bool,
}

/// Which address of a network a server is to be reached at: a floating one of IPv4, unless told
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preferred {
    /// A fixed one rather than a floating one.
    pub fixed: bool,
    /// One of IPv6 rather than of IPv4.
    pub ipv6: bool,
}

impl Address {
    /// The addresses of a server that was asked for with these networks, the one to be reached at
    /// first: those of the network that was asked for first before those of others. The cloud shows
    /// names, so what was asked for by id is what no name is for, in the cloud's own order, which is
    /// that of the request. Of one network those of the preferred family, and of those the ones of the
    /// preferred type.
    pub fn best_first(shown: &[Self], networks: &[String], preferred: Preferred) -> Vec<String> {
        let named = |it: &Self| networks.iter().position(|name| *name == it.network);
        let others = shown.iter().filter(|it| named(it).is_none());
        let others: BTreeSet<usize> = others.map(|it| it.nth).collect();
        let is_shown = |name: &&String| shown.iter().any(|it| it.network == **name);
        let by_id = networks.iter().enumerate();
        let by_id: Vec<usize> = by_id
            .filter(|(_, name)| !is_shown(name))
            .map(|(place, _)| place)
            .collect();
        let place = |it: &Self| {
            named(it).unwrap_or_else(|| {
                let before = others.range(..it.nth).count();
                let beyond = networks.len().saturating_add(before);
                by_id.get(before).copied().unwrap_or(beyond)
            })
        };
        let is_ipv6 = |it: &Self| it.ip.contains(':');
        let mut all: Vec<&Self> = shown.iter().collect();
        all.sort_by_key(|it| {
            let other_family = is_ipv6(it) != preferred.ipv6;
            (place(it), other_family, it.is_floating == preferred.fixed)
        });
        all.into_iter().map(|it| it.ip.clone()).collect()
    }
}

/// A server as a cloud shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerSeen {
    /// Nova's id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Nova's status in capitals: `BUILD`, `ACTIVE`, `ERROR`, `DELETED`, ...
    pub status: String,
    /// What Nova is doing with it, such as `deleting`.
    pub task_state: Option<String>,
    /// Why it is in ERROR, where Nova says so.
    pub fault: Option<Fault>,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Whose it is, if it is any installation's.
    pub mark: Option<Mark>,
    /// When Nova says it was created.
    pub created: Option<Time>,
}

/// What a removal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The cloud has taken the wish; the object may still be there for a while.
    Accepted,
    /// The object is not there.
    Gone,
}
