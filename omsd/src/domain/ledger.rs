//! The quota ledger: what an account has room for. A survey tells the limits and what is in use;
//! what of it is not ours is subtracted once, and what is ours is counted from the rows, launches
//! under way included. So a launch that is known not to fit is never sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::{AccountId, Time};

use super::account::{Account, Scope};
use super::agenda::Agenda;
use super::cloud::Wanted;
use super::effect::{Effect, Flight};
use super::event::Event;
use super::failure::Failure;
use super::limits::{FLAVORS_MAX, SURVEY_EVERY, SURVEY_SOON};
use super::plan::Due;
use super::resource::{FlavorSize, Identity, Resource, Survey};
use super::watch;
use super::world::World;

/// What an account has room for, as the last survey told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// When it was told.
    pub read: Time,
    /// What is limited, in the order of resources.
    pub bounds: Vec<Bound>,
    /// The sizes of flavors.
    pub flavors: Vec<FlavorSize>,
    /// Whose objects the account shows.
    pub identity: Option<Identity>,
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
    fn of(
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
            flavors,
            identity: survey.identity.clone(),
        }
    }

    /// What a server of that flavor with so many ports takes of a resource; the least there is where
    /// the flavor's size is not known.
    pub fn takes(&self, flavor: &str, ports: u32, resource: Resource) -> u64 {
        let size = || {
            let mut flavors = self.flavors.iter();
            flavors.find(|size| size.name == flavor || size.id == flavor)
        };
        match resource {
            Resource::Instances | Resource::Keypairs => 1,
            Resource::Cores => size().map_or(1, |size| size.vcpus.into()),
            Resource::RamMib => size().map_or(1, |size| size.ram_mib.into()),
            Resource::Ports => ports.into(),
            // Servers get none of these from us.
            Resource::FloatingIps | Resource::Volumes | Resource::Gigabytes => 0,
        }
    }

    /// What of it there is too little of for a launch.
    fn lacks(&self, world: &World, account: AccountId, wanted: &Wanted) -> Option<Shortage> {
        self.bounds.iter().find_map(|bound| {
            let needed = self.takes(&wanted.flavor, ports(wanted), bound.resource);
            let used = bound.unmanaged + ours(world, account, self, bound.resource);
            (needed > 0 && used.saturating_add(needed) > bound.max).then_some(Shortage {
                resource: bound.resource,
                max: bound.max,
                used,
                needed,
            })
        })
    }

    fn tells_more_than(&self, before: &Self) -> bool {
        (&self.bounds, &self.flavors, &self.identity)
            != (&before.bounds, &before.flavors, &before.identity)
    }
}

/// The ports of a server: one for each network, or the one that Nova chooses.
pub fn ports(wanted: &Wanted) -> u32 {
    u32::try_from(wanted.networks.len())
        .unwrap_or(u32::MAX)
        .max(1)
}

/// How much of a resource what is ours at an account takes, launches under way included.
pub fn ours(world: &World, account: AccountId, room: &Room, resource: Resource) -> u64 {
    if resource == Resource::Keypairs {
        return world.load(account).total().into();
    }
    world
        .held(account)
        .map(|(flavor, ports, count)| u64::from(count) * room.takes(flavor, ports, resource))
        .sum()
}

/// What there is too little of for a launch at an account; `None` if it fits, as far as is known.
pub fn shortage(world: &World, account: &Account, wanted: &Wanted) -> Option<Shortage> {
    account.room.as_ref()?.lacks(world, account.id, wanted)
}

/// A survey of an account, if it is time for one.
pub(super) fn survey(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    if agenda.is_flying(Flight::Survey(account.id)) || !watch::answers(world, agenda, account, now)
    {
        return None;
    }
    let watch = *agenda.watch(account.id);
    // While entries wait, room that others make is worth knowing soon.
    let pause = if agenda.waiting() > 0 {
        SURVEY_SOON
    } else {
        SURVEY_EVERY
    };
    match watch.surveyed.map(|at| at.plus(pause)) {
        Some(next) if now < next => {
            due.by(next);
            None
        }
        _ => Some(Effect::Survey {
            account: account.id,
        }),
    }
}

/// The flavors that an account's defaults name, that it holds, and that have taught something.
fn flavors_in_use(world: &World, account: &Account) -> BTreeSet<String> {
    let held = world.held(account.id).map(|(flavor, ..)| flavor.to_owned());
    let taught = account.lessons.iter();
    let taught = taught.map(|lessons| lessons.offering.flavor.clone());
    held.chain(taught)
        .chain(account.defaults.flavor.clone())
        .collect()
}

/// What a survey tells, where that is news.
pub(super) fn surveyed(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    result: &Result<Survey, Arc<Failure>>,
    now: Time,
) -> Vec<Event> {
    agenda.watch(account.id).surveyed = Some(now);
    // The looks tell how the account fares.
    let Ok(survey) = result else {
        return Vec::new();
    };
    let used = flavors_in_use(world, account);
    let mut room = Room::of(survey, |_| 0, &used, now);
    let counted = |resource| ours(world, account.id, &room, resource);
    room.bounds = Room::of(survey, counted, &used, now).bounds;
    let mut events = Vec::new();
    // A refusal that the ledger explains needs no block: what fits may go, what does not will not.
    let exhausted = room.bounds.iter().any(|bound| {
        let used = bound.unmanaged + ours(world, account.id, &room, bound.resource);
        bound.resource.is_taken_by_launches() && used >= bound.max
    });
    let too_large = agenda
        .refused(account.id)
        .is_some_and(|wanted| room.lacks(world, account.id, wanted).is_some());
    if (exhausted || too_large) && account.block(&Scope::Quota).is_some() {
        events.push(Event::Unblocked {
            account: account.id,
            scope: Scope::Quota,
        });
    }
    let known = account.room.as_ref();
    if known.is_none_or(|known| room.tells_more_than(known)) {
        events.push(Event::Surveyed {
            account: account.id,
            room: Box::new(room),
        });
    }
    events
}
