//! What needs a person: told from the accounts and the indexes, never by a look at every row.

use oms_proto::{EntryId, Time};

use crate::ground::failure::{Failure, FailureClass};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, State};
use crate::rows::lineage::Kin;
use crate::rows::scope::{Block, Scope};
use crate::rows::stray::Stray;
use crate::rules::machine::merge;
use crate::tell::words;
use crate::world::World;

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What kind of thing.
    pub kind: Kind,
    /// The account concerned, by name.
    pub account: Option<String>,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// What it is and what to do about it.
    pub message: String,
    /// Since when, where that is known.
    pub since: Option<Time>,
    /// When it is tried again, where it is.
    pub until: Option<Time>,
    /// How many things are concerned.
    pub count: u32,
}

/// The kinds, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing is launched and nothing is removed, for another daemon may be at work.
    Held,
    /// The database went back, and not every account has been looked at since.
    WentBack,
    /// Something that is paid for is not gone although it should be.
    RemovalOverdue,
    /// An account's credentials are refused.
    Credentials,
    /// An account lacks what entries get there by default.
    Configuration,
    /// Instances are no longer there although nobody removed them.
    Vanished,
    /// Objects carry our mark and are not known to this database.
    Unknown,
    /// Objects of ours have no owner.
    Strays,
    /// Two accounts are one.
    Shared,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::WentBack,
        Self::RemovalOverdue,
        Self::Credentials,
        Self::Configuration,
        Self::Vanished,
        Self::Unknown,
        Self::Strays,
        Self::Shared,
    ];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::WentBack => "went_back",
            Self::RemovalOverdue => "removal_overdue",
            Self::Credentials => "credentials",
            Self::Configuration => "configuration",
            Self::Vanished => "vanished",
            Self::Unknown => "strangers",
            Self::Strays => "strays",
            Self::Shared => "shared",
        }
    }
}

/// The most urgent alerts, so many at most.
pub fn alerts(world: &World, count_max: usize) -> Vec<Alert> {
    let of_removals = world.overdue().filter_map(|(entry, attempt)| {
        let attempt = world.entries.get(&entry)?.attempt(attempt)?;
        Some(overdue(world, entry, attempt))
    });
    let mut alerts: Vec<_> = held(world)
        .into_iter()
        .chain(went_back(world))
        .chain(of_removals.take(count_max))
        .collect();
    let kinds = [
        Kind::Credentials,
        Kind::Configuration,
        Kind::Vanished,
        Kind::Unknown,
        Kind::Strays,
    ];
    for kind in kinds {
        let accounts = world.accounts.values();
        alerts.extend(accounts.filter_map(|account| of_account(world, account, kind)));
    }
    alerts.extend(shared(world).into_iter().map(|(first, other)| Alert {
        kind: Kind::Shared,
        account: Some(other.name.clone()),
        entry: None,
        message: format!(
            "account {} leads to the same project and user as {}: there is no more room with both \
             than with one, and what breaks one breaks the other; one of them is enough: omsctl \
             account remove {}",
            other.name, first.name, other.name
        ),
        since: None,
        until: None,
        count: 2,
    }));
    alerts.truncate(count_max);
    alerts
}

/// How many alerts of a kind there are.
pub fn count(world: &World, kind: Kind) -> usize {
    match kind {
        Kind::Held => usize::from(held(world).is_some()),
        Kind::WentBack => usize::from(went_back(world).is_some()),
        Kind::RemovalOverdue => world.overdue_count(),
        Kind::Credentials => count_accounts(world, |it| refused(world, it).is_some()),
        Kind::Configuration => count_accounts(world, |it| misconfigured(world, it).is_some()),
        Kind::Vanished => count_accounts(world, |it| world.vanished(it.id) > 0),
        Kind::Unknown => count_accounts(world, |it| strays(world, it, false).next().is_some()),
        Kind::Strays => count_accounts(world, |it| strays(world, it, true).next().is_some()),
        Kind::Shared => shared(world).len(),
    }
}

/// Accounts that lead to the project, user and region of an earlier one, after that one.
fn shared(world: &World) -> Vec<(&Account, &Account)> {
    let row = |id| world.accounts.get(&id).map(|it| &**it);
    let shared = world.accounts.values().filter_map(|account| {
        let mut earlier = world.mates(account.id).take_while(|id| *id < account.id);
        let first = earlier.find(|id| world.share_user(*id, account.id))?;
        Some((row(first)?, &**account))
    });
    shared.collect()
}

/// Why nothing is launched and nothing is removed.
fn held(world: &World) -> Option<Alert> {
    let held = world.lineage.held.as_ref()?;
    let why = words::doubt(world, &held.doubt);
    Some(Alert {
        kind: Kind::Held,
        account: None,
        entry: None,
        message: format!(
            "nothing is launched and nothing is removed: {why}; stop the other daemon, then say here: \
             omsctl takeover"
        ),
        since: Some(held.since),
        until: None,
        count: 1,
    })
}

/// That the database went back, until every account has been looked at.
fn went_back(world: &World) -> Option<Alert> {
    let names: Vec<_> = world.unseen().map(|it| it.name.as_str()).collect();
    (!names.is_empty()).then(|| Alert {
        kind: Kind::WentBack,
        account: None,
        entry: None,
        message: format!(
            "the database may not be the one that was written last; nothing is launched at these \
             accounts until what stands there has been listed: {}",
            names.join(", ")
        ),
        since: Some(world.lineage.alone_since()),
        until: None,
        count: many(names.len()),
    })
}

/// Objects without an owner that this database has given out, or that it has not.
fn strays<'a>(world: &'a World, account: &Account, known: bool) -> impl Iterator<Item = &'a Stray> {
    let strays = world.strays_at(account.id);
    strays.filter(move |stray| (stray.kin == Kin::Known) == known)
}

fn count_accounts(world: &World, is_told: impl Fn(&Account) -> bool) -> usize {
    let accounts = world.accounts.values();
    accounts.filter(|account| is_told(account)).count()
}

fn overdue(world: &World, entry: EntryId, attempt: &Attempt) -> Alert {
    let account = world.accounts.get(&attempt.account);
    let blocked = world.health(attempt.account).block(&Scope::Account);
    let asked = matches!(attempt.state, State::RemovingServer { asked: Some(_) });
    let why = match (&attempt.removal.failure, blocked) {
        (Some(failure), _) => words::failure(failure),
        (None, Some(block)) => words::blocked(&block.scope, &block.failure),
        (None, None) if asked => "the cloud took the wish and does not carry it out".to_owned(),
        (None, None) => "it waits for its turn among the calls to this account".to_owned(),
    };
    Alert {
        kind: Kind::RemovalOverdue,
        account: account.map(|account| account.name.clone()),
        entry: Some(entry),
        message: format!(
            "{} of entry {entry} is still not removed, and is tried again: {why}",
            attempt.server_name
        ),
        since: Some(attempt.since),
        until: match (&attempt.removal.failure, blocked) {
            (Some(_), _) => Some(attempt.removal.next),
            (None, Some(block)) => Some(block.until),
            (None, None) => None,
        },
        count: 1,
    }
}

/// The block of an account whose credentials are refused. Where they were good, once is a trouble that
/// passes and needs nobody.
fn refused<'a>(world: &'a World, account: &Account) -> Option<&'a Block> {
    let block = world.health(account.id).block(&Scope::Account)?;
    let is_refused = block.failure.class == FailureClass::Unauthorized;
    (is_refused && (block.closes() || block.failures > 1)).then_some(block)
}

/// The failure that tells that an account lacks what its own defaults name.
fn misconfigured<'a>(world: &'a World, account: &Account) -> Option<&'a Failure> {
    let wanted = merge(&[&account.defaults]).ok()?;
    let lacks = |block: &&Block| {
        let named = match &block.scope {
            Scope::Request(asked) => **asked == wanted,
            Scope::Named(part, name) => wanted.each(*part).contains(name),
            Scope::Account
            | Scope::Quota
            | Scope::Launch
            | Scope::Offering(_)
            | Scope::Entry(_) => false,
        };
        named && block.failure.class == FailureClass::Configuration
    };
    let block = world.health(account.id).blocks.iter().find(lacks)?;
    Some(&block.failure)
}

fn of_account(world: &World, account: &Account, kind: Kind) -> Option<Alert> {
    let name = &account.name;
    let (message, since, until, count) = match kind {
        Kind::Held | Kind::WentBack | Kind::RemovalOverdue | Kind::Shared => return None,
        Kind::Credentials => {
            let block = refused(world, account)?;
            let what = if block.closes() {
                "are refused; give them anew with".to_owned()
            } else {
                "were good and are refused, which may pass and is tried again; if they were \
                 changed, give them anew with"
                    .to_owned()
            };
            let message = format!(
                "the credentials of account {name} {what}: omsctl account edit {name} --help"
            );
            (message, Some(block.failure.at), Some(block.until), 1)
        }
        Kind::Configuration => {
            let failure = misconfigured(world, account)?;
            let message = format!(
                "account {name} lacks what entries get there by default: {}; see: omsctl account \
                 test {name}",
                failure.message
            );
            (message, Some(failure.at), None, 1)
        }
        Kind::Vanished => {
            let count = Some(world.vanished(account.id)).filter(|count| *count > 0)?;
            let message = format!(
                "instances at {name} that are no longer there: {count}; remove their entries, or \
                 ask the provider"
            );
            (message, None, None, count)
        }
        Kind::Unknown => {
            let since = strays(world, account, false).map(|it| it.since).min()?;
            let count = strays(world, account, false).count();
            let message = format!(
                "objects at {name} that carry our mark and are not known to this database: {count}; it \
                 is not the newest, or another daemon works on a copy of it; see: omsctl gc --dry-run \
                 --account {name}"
            );
            (message, Some(since), None, many(count))
        }
        Kind::Strays => {
            let since = strays(world, account, true).map(|it| it.since).min()?;
            let count = strays(world, account, true).count();
            let message = format!(
                "objects of ours without an owner at {name}: {count}; they are removed in time, see: \
                 omsctl gc --dry-run --account {name}"
            );
            (message, Some(since), None, many(count))
        }
    };
    Some(Alert {
        kind,
        account: Some(name.clone()),
        entry: None,
        message,
        since,
        until,
        count,
    })
}

fn many(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
