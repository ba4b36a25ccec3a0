//! What stands at an account against what is known of it: a verdict for every object that the
//! cloud shows, and what it does not show although it should. Decides nothing; see
//! [`crate::settle`] for the removal of strays.

use std::collections::BTreeSet;
use std::time::Duration;

use oms_proto::{AttemptId, EntryId, Time};

use crate::ground::cloud::Listing;
use crate::rows::account::Account;
use crate::rows::attempt::State;
use crate::rows::lineage::Kin;
use crate::rows::stray::{Id, Kind, Stray};
use crate::world::{World, marks};

/// An object at a cloud, or one that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Which.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Nova's status, of a server.
    pub status: Option<String>,
    /// The entry and attempt that its mark names, if it carries one that can be read.
    pub mark: Option<(EntryId, AttemptId)>,
    /// What it is to us.
    pub verdict: Verdict,
}

/// What an object is to us, what matters most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It carries our mark and has no owner.
    Stray {
        /// Looks of the engine that showed it.
        seen: u32,
        /// When it may be removed, once it was seen often enough.
        removable: Time,
    },
    /// It carries our mark with ids that this database has not given out: it was made after the
    /// database was copied.
    FromAhead,
    /// It carries our mark, and this database has never heard of the daemon that made it.
    Stranger,
    /// An instance of ours that the cloud does not show.
    Missing,
    /// An attempt may yet find or remove it.
    Unsettled,
    /// An attempt has it.
    Owned,
    /// It carries the mark of another installation.
    OtherInstallation,
    /// It carries no mark.
    Alien,
}

impl Verdict {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stray { .. } => "stray",
            Self::FromAhead => "from_ahead",
            Self::Stranger => "stranger",
            Self::Missing => "missing",
            Self::Unsettled => "unsettled",
            Self::Owned => "owned",
            Self::OtherInstallation => "other_installation",
            Self::Alien => "alien",
        }
    }
}

/// What a look needs to know besides the world.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// When the list was begun.
    pub began: Time,
    /// How long a stray is left.
    pub grace: Duration,
}

/// The servers of a complete list, and the instances that it does not show.
pub fn servers(world: &World, account: &Account, listing: &Listing, look: Look) -> Vec<Object> {
    let mut shown = BTreeSet::new();
    let mut objects = Vec::new();
    for server in &listing.servers {
        // Pages may repeat.
        if server.status == "DELETED" || !shown.insert(server.id.as_str()) {
            continue;
        }
        let id = Id {
            kind: Kind::Server,
            id: server.id.clone(),
        };
        let verdict = match &server.mark {
            None => Verdict::Alien,
            Some(mark) if !marks::is_ours(world, mark) => Verdict::OtherInstallation,
            Some(mark) if !marks::is_owned_server(world, mark, &server.id) => {
                let since = server.created.unwrap_or(look.began).min(look.began);
                let known = world.stray(account.id, &id);
                unowned(marks::kin(world, mark), known, since, look)
            }
            Some(_) if world.owner(&server.id).is_some() => Verdict::Owned,
            Some(_) => Verdict::Unsettled,
        };
        objects.push(Object {
            id,
            name: server.name.clone(),
            status: Some(server.status.clone()),
            mark: server.mark.as_ref().map(|mark| (mark.entry, mark.attempt)),
            verdict,
        });
    }
    for (entry, attempt) in world.live_at(account.id) {
        let Some(server) = &attempt.server else {
            continue;
        };
        // What became an instance after the list was begun need not be on it.
        let due = attempt.state == State::Ready && attempt.since < look.began;
        if due && !shown.contains(server.id.as_str()) {
            objects.push(Object {
                id: Id {
                    kind: Kind::Server,
                    id: server.id.clone(),
                },
                name: attempt.server_name.clone(),
                status: None,
                mark: Some((entry.id, attempt.id)),
                verdict: Verdict::Missing,
            });
        }
    }
    objects
}

/// The key pairs of a list.
pub fn keypairs(world: &World, account: &Account, names: &[String], look: Look) -> Vec<Object> {
    let distinct: BTreeSet<&String> = names.iter().collect();
    let object = |name: &String| {
        let id = Id {
            kind: Kind::Keypair,
            id: name.clone(),
        };
        let mark = marks::read_key_name(world, name);
        let verdict = match &mark {
            Some(mark) if marks::is_owned_keypair(world, mark) => Verdict::Owned,
            Some(mark) => {
                let known = world.stray(account.id, &id);
                unowned(marks::kin(world, mark), known, look.began, look)
            }
            None if is_of_an_installation(name) => Verdict::OtherInstallation,
            None => Verdict::Alien,
        };
        Object {
            id,
            name: name.clone(),
            status: None,
            mark: mark.map(|mark| (mark.entry, mark.attempt)),
            verdict,
        }
    };
    distinct.into_iter().map(object).collect()
}

/// What has no owner: a stray, unless this database has not given it out and nobody has asked for its
/// removal.
fn unowned(kin: Kin, known: Option<&Stray>, since: Time, look: Look) -> Verdict {
    let ordered = known.is_some_and(|stray| stray.ordered);
    match kin {
        Kin::FromAhead if !ordered => Verdict::FromAhead,
        Kin::Stranger if !ordered => Verdict::Stranger,
        Kin::Known | Kin::FromAhead | Kin::Stranger => stray_verdict(known, since, look),
    }
}

fn stray_verdict(known: Option<&Stray>, since: Time, look: Look) -> Verdict {
    let since = known.map_or(since, |stray| stray.since);
    let next = known.map_or(Time(0), |stray| stray.removal.next);
    Verdict::Stray {
        seen: known.map_or(0, |stray| stray.seen),
        removable: since.plus(look.grace).max(next),
    }
}

/// Whether a key pair's name has the form `oms-INSTALLATION-INCARNATION-ENTRY-ATTEMPT`.
fn is_of_an_installation(name: &str) -> bool {
    let mut parts = name.split('-');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let short = |part: &str| part.len() == 8 && part.bytes().all(|it| it.is_ascii_hexdigit());
    parts.next() == Some("oms")
        && parts.next().is_some_and(short)
        && parts.next().is_some_and(short)
        && parts.next().is_some_and(number)
        && parts.next().is_some_and(number)
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_pairs_of_other_installations_are_told_from_those_of_people() {
        for ours in ["oms-5eed5eed-0a1b2c3d-7-12", "oms-0000000f-00000000-1-1"] {
            assert!(is_of_an_installation(ours), "{ours}");
        }
        for theirs in [
            "oms",
            "laptop",
            "oms-5eed5eed-0a1b2c3d-7",
            "oms-5eed5eed-7-12",
            "oms-lab-0a1b2c3d-7-12",
            "oms-5eed5eed-0a1b2c3d-7-x",
        ] {
            assert!(!is_of_an_installation(theirs), "{theirs}");
        }
    }

    #[test]
    fn a_stray_that_nobody_saw_before_has_its_grace_from_when_it_was_made() {
        let look = Look {
            began: Time(50),
            grace: Duration::from_micros(100),
        };
        let Verdict::Stray { seen, removable } = stray_verdict(None, Time(20), look) else {
            panic!("a stray");
        };
        assert_eq!((seen, removable), (0, Time(120)));
    }
}
