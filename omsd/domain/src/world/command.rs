//! What people ask, turned into facts or a refusal.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::{EntrySpec, Window};
use oms_proto::{AccountId, EntryId, Time};

use crate::ground::limits::{ACCOUNTS_MAX, ENTRIES_MAX, WINDOWS_MAX};
use crate::ground::maintenance;
use crate::ground::resource::Identity;
use crate::ground::sealed::Sealed;
use crate::rows::account::{Account, Auth};
use crate::rows::entry::{Asked, EntryKey, Idempotency, brought};
use crate::rows::pass::{self, Pass};
use crate::rows::room::Room;
use crate::rows::stray;
use crate::world::event::{Deed, Event};
pub use crate::world::verdict::{Answer, Recall, Rejection};
use crate::world::{World, passes, wishes};

/// A wish that changes the world.
#[derive(Debug, Clone)]
pub enum Command {
    /// Accept an entry.
    AcceptEntry(Box<NewEntry>),
    /// Remove an entry and all that was made for it. Asked again, it is done again without effect.
    RemoveEntry(EntryId),
    /// Add an account; its id is given here.
    AddAccount(Box<Account>),
    /// Replace what a person set of an account, if its revision is still the given one's.
    EditAccount {
        /// The account as it is to be.
        account: Box<Account>,
        /// Whose objects it was seen to show with other credentials.
        leads_to: Option<Identity>,
    },
    /// Forget an account.
    RemoveAccount(AccountId),
    /// Say when no entries are to be placed at an account.
    SetMaintenance {
        /// Where.
        account: AccountId,
        /// All windows from now on; past ones are dropped.
        windows: Vec<Window>,
        /// What they are to be before, past ones aside.
        expected: Option<Vec<Window>>,
    },
    /// Lift what is blocked at an account before its time: all of it, or what people know by that
    /// name.
    Unblock {
        /// Where.
        account: AccountId,
        /// What, in words; `None` is all.
        scope: Option<String>,
    },
    /// Try an entry again that has failed.
    RetryEntry(EntryId),
    /// Keep an entry from being removed until it is released, or release it.
    HoldEntry {
        /// Which.
        entry: EntryId,
        /// Whether it is to be held.
        held: bool,
    },
    /// Look for strays at all accounts now.
    Hunt,
    /// Remove an object that carries our mark and has no owner, whoever made it.
    RemoveStray {
        /// Where.
        account: AccountId,
        /// Which.
        id: stray::Id,
    },
    /// Go on with launches and removals: no other daemon is at work on this database.
    TakeOver,
    /// Make a token or a user.
    MakePass(Box<Pass>),
    /// Give a user another role or password.
    ChangePass {
        /// Which.
        id: pass::Id,
        /// What is to be another.
        new: pass::New,
    },
    /// Let nobody in with a token any more, or as a user.
    RevokePass(pass::Id),
    /// A token was shown, or a user has signed in.
    NoteUse {
        /// Which.
        id: pass::Id,
        /// As it was then.
        stamp: u64,
    },
    /// Show the private key of an entry to whom it is shown once.
    ShowKey(EntryId),
    /// Write down what somebody asked.
    Note(Box<Deed>),
}

/// A new entry, its key made and sealed.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// What is asked.
    pub spec: EntrySpec,
    /// The key to put in.
    pub key: EntryKey,
    /// Text for the guest, sealed; then the spec has none.
    pub user_data: Option<Sealed>,
    /// What makes a repeated request the same.
    pub idempotency: Option<Idempotency>,
    /// When it gives up, counted from acceptance.
    pub patience: Duration,
}

impl Command {
    /// The entry that it names, of which the world may not know any more.
    pub const fn entry(&self) -> Option<EntryId> {
        match self {
            Self::RemoveEntry(id)
            | Self::RetryEntry(id)
            | Self::HoldEntry { entry: id, .. }
            | Self::ShowKey(id) => Some(*id),
            Self::AcceptEntry(_)
            | Self::AddAccount(_)
            | Self::EditAccount { .. }
            | Self::RemoveAccount(_)
            | Self::SetMaintenance { .. }
            | Self::Unblock { .. }
            | Self::RemoveStray { .. }
            | Self::TakeOver
            | Self::MakePass(_)
            | Self::ChangePass { .. }
            | Self::RevokePass(_)
            | Self::NoteUse { .. }
            | Self::Note(_)
            | Self::Hunt => None,
        }
    }

    /// The idempotency key that it brings.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::AcceptEntry(new) => new.idempotency.as_ref().map(|it| it.key.as_str()),
            Self::RemoveEntry(_)
            | Self::RetryEntry(_)
            | Self::HoldEntry { .. }
            | Self::AddAccount(_)
            | Self::EditAccount { .. }
            | Self::RemoveAccount(_)
            | Self::SetMaintenance { .. }
            | Self::Unblock { .. }
            | Self::RemoveStray { .. }
            | Self::TakeOver
            | Self::MakePass(_)
            | Self::ChangePass { .. }
            | Self::RevokePass(_)
            | Self::NoteUse { .. }
            | Self::ShowKey(_)
            | Self::Note(_)
            | Self::Hunt => None,
        }
    }
}

/// What a command comes to.
///
/// # Errors
/// [`Rejection`], and nothing happens.
pub fn decide(
    world: &World,
    recall: &Recall,
    command: &Command,
    now: Time,
) -> Result<(Vec<Event>, Answer), Rejection> {
    match command {
        Command::AcceptEntry(new) => accept(world, recall, new, now),
        Command::RemoveEntry(id) => wishes::remove(world, recall, *id),
        Command::RetryEntry(id) => wishes::retry(world, recall, *id, now),
        Command::HoldEntry { entry, held } => wishes::hold(world, recall, *entry, *held),
        Command::Unblock { account, scope } => wishes::unblock(world, *account, scope.as_deref()),
        Command::AddAccount(account) => add(world, account),
        Command::EditAccount { account, leads_to } => edit(world, account, leads_to.as_ref()),
        Command::Hunt => Ok((Vec::new(), Answer::Done)),
        Command::TakeOver => {
            let held = world.lineage.held.is_some();
            let event = held.then_some(Event::TakenOver);
            Ok((event.into_iter().collect(), Answer::Done))
        }
        Command::RemoveStray { account, id } => {
            let stray = world.stray(*account, id).ok_or(Rejection::NoStray)?;
            let event = Event::Stray {
                account: *account,
                id: id.clone(),
                change: stray::Change::Ordered,
            };
            let news = !stray.ordered;
            Ok((news.then_some(event).into_iter().collect(), Answer::Done))
        }
        Command::SetMaintenance {
            account,
            windows,
            expected,
        } => maintain(world, *account, windows, expected.as_deref(), now),
        Command::MakePass(pass) => passes::make(world, pass),
        Command::ChangePass { id, new } => passes::change(world, id, new, now),
        Command::RevokePass(id) => passes::revoke(world, id),
        Command::NoteUse { id, stamp } => passes::note_use(world, id, *stamp),
        Command::ShowKey(id) => passes::show_key(world, recall, *id),
        Command::Note(deed) => Ok((vec![Event::Asked(deed.clone())], Answer::Done)),
        Command::RemoveAccount(id) => {
            let account = world.accounts.get(id).ok_or(Rejection::NoAccount)?;
            let objects = objects(world, account);
            if objects > 0 {
                return Err(Rejection::AccountInUse {
                    name: account.name.clone(),
                    objects,
                });
            }
            Ok((vec![Event::AccountRemoved(*id)], Answer::Done))
        }
    }
}

fn accept(
    world: &World,
    recall: &Recall,
    new: &NewEntry,
    now: Time,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let NewEntry {
        spec,
        key,
        user_data,
        idempotency,
        patience,
    } = new;
    if let Some(idempotency) = idempotency
        && let Some((before, digest)) = world.under(&idempotency.key).or(recall.key)
    {
        return if digest == idempotency.digest {
            Ok((Vec::new(), Answer::Entry(before)))
        } else {
            Err(Rejection::KeyReused(before))
        };
    }
    if world.entries.len() >= ENTRIES_MAX {
        return Err(Rejection::Full);
    }
    if !world.has_room_for(brought(spec, user_data.as_ref())) {
        return Err(Rejection::FullOfData);
    }
    let id = EntryId(world.next.entry);
    let asked = Asked {
        id,
        spec: Arc::new(spec.clone()),
        key: key.clone(),
        user_data: user_data.clone(),
        accepted: now,
        patience: *patience,
        idempotency: idempotency.clone(),
    };
    Ok((
        vec![Event::EntryAccepted(Arc::new(asked))],
        Answer::Entry(id),
    ))
}

fn add(world: &World, account: &Account) -> Result<(Vec<Event>, Answer), Rejection> {
    if world.accounts.len() >= ACCOUNTS_MAX {
        return Err(Rejection::TooManyAccounts);
    }
    if world.account_named(&account.name).is_some() {
        return Err(Rejection::NameTaken(account.name.clone()));
    }
    let id = AccountId(world.next.account);
    let account = Account {
        id,
        ..account.clone()
    };
    Ok((
        vec![Event::AccountAdded(Box::new(account))],
        Answer::Account(id),
    ))
}

/// `expected` are the windows that are to be there before.
fn maintain(
    world: &World,
    account: AccountId,
    windows: &[Window],
    expected: Option<&[Window]>,
    now: Time,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let known = world.accounts.get(&account).ok_or(Rejection::NoAccount)?;
    let ahead = |windows: &[Window]| maintenance::ahead(windows, now);
    let before = ahead(&known.maintenance);
    if expected.is_some_and(|it| ahead(it) != before) {
        return Err(Rejection::Stale);
    }
    let windows = ahead(windows);
    if windows.len() > WINDOWS_MAX {
        return Err(Rejection::TooManyWindows);
    }
    let news = before != windows;
    let change = Event::MaintenanceSet { account, windows };
    Ok((
        news.then_some(change).into_iter().collect(),
        Answer::Account(account),
    ))
}

/// What is ours at an account, strays included.
fn objects(world: &World, account: &Account) -> u32 {
    let strays = u32::try_from(world.stray_count(account.id)).unwrap_or(u32::MAX);
    world.load(account.id).total().saturating_add(strays)
}

/// Whether the account as edited shows the same objects as before.
fn leads(room: Option<&Room>, old: &Account, new: &Account, leads_to: Option<&Identity>) -> Leads {
    // Servers are Nova's and ports Neutron's.
    let services = |account: &Account| {
        let endpoints = account.reach.endpoints.clone();
        (endpoints.compute, endpoints.network)
    };
    if old.auth_url != new.auth_url
        || old.region_name != new.region_name
        || services(old) != services(new)
    {
        return Leads::Elsewhere;
    }
    // Whose a token is, it does not say, and a credential's name may be another's by now.
    let says_whose = old.secret == new.secret
        || !matches!(
            new.auth,
            Auth::Token { .. } | Auth::ApplicationCredential { id: None, .. }
        );
    if old.auth == new.auth && says_whose {
        return Leads::Here;
    }
    let known = room.and_then(|room| room.identity.as_ref());
    match (known, leads_to) {
        (Some(_), None) => Leads::Perhaps,
        (Some(known), Some(seen)) if known == seen => Leads::Here,
        _ => Leads::Elsewhere,
    }
}

/// Where an edited account leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// To the same project and user.
    Here,
    /// To another project or user, or nobody can tell.
    Elsewhere,
    /// Signing in would tell.
    Perhaps,
}

fn edit(
    world: &World,
    account: &Account,
    leads_to: Option<&Identity>,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let old = world
        .accounts
        .get(&account.id)
        .ok_or(Rejection::NoAccount)?;
    if old.revision != account.revision {
        return Err(Rejection::Stale);
    }
    let objects = objects(world, old);
    let room = world.room(old.id);
    let leads = leads(room, old, account, leads_to);
    if objects > 0 && leads != Leads::Here {
        let name = old.name.clone();
        return Err(if leads == Leads::Perhaps {
            Rejection::Unproven { name, objects }
        } else {
            Rejection::AccountInUse { name, objects }
        });
    }
    let id = account.id;
    let edited = Account {
        revision: old.revision + 1,
        maintenance: old.maintenance.clone(),
        ..account.clone()
    };
    let mut events = vec![Event::AccountEdited(Box::new(edited))];
    // What a person changed may be just what was wrong, so what was blocked is tried anew.
    if world.healths.contains_key(&id) {
        events.push(Event::BlocksForgotten(id));
    }
    if leads != Leads::Here && room.is_some() {
        events.push(Event::RoomForgotten(id));
    }
    Ok((events, Answer::Account(id)))
}
