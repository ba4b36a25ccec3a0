//! What can be done to entries and accounts, and the requests that do it.

use std::fmt;

use oms_proto::request::{
    AccountEdit, AccountMaintain, AccountRemove, AccountTest, AccountUnblock, EntryHold,
    EntryRemove, EntryRetry,
};
use oms_proto::spec::{AccountPatch, Window};
use oms_proto::view::{AccountView, Status};
use oms_proto::{EntryId, Request, Time};

use crate::row::RowKey;
use crate::text;
use crate::world::World;

/// Something that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Ask for an instance, or add an account.
    New,
    /// Remove an entry with its instance, or an account.
    Remove,
    /// Place no entries at the account.
    Cordon,
    /// The same, and move what does not run yet.
    Drain,
    /// End the account's maintenance.
    Uncordon,
    /// Switch the account on.
    Enable,
    /// Switch the account off.
    Disable,
    /// Sign in at the account and look up its defaults.
    Test,
    /// Edit the account's defaults.
    Edit,
    /// Change the account's secret.
    Password,
    /// Lift what is blocked at the account.
    Unblock,
    /// Try the entry again that has failed.
    Retry,
    /// Keep the entry from being removed.
    Hold,
    /// Let the entry be removed again.
    Release,
}

/// What something is done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// An entry, its instance included.
    Entry(EntryId),
    /// An account.
    Account(String),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(id) => f.write_str(&text::entry_named(&id.to_string())),
            Self::Account(name) => f.write_str(&text::account_named(name)),
        }
    }
}

impl Object {
    /// What it is called, and what of it there is: nobody knows machines by numbers.
    pub fn named(&self, world: &World) -> String {
        let mut parts = vec![self.to_string()];
        if let Self::Entry(id) = self
            && let Some(entry) = world.entry(*id)
        {
            let instance = entry.instance.as_ref();
            parts.extend(entry.name.clone());
            parts.push(entry.status.as_str().to_owned());
            parts.extend(entry.account.clone());
            parts.extend(instance.and_then(|it| it.ip_addr.clone()));
        }
        parts.join("  ")
    }

    /// What a row is about.
    pub fn of(world: &World, row: &RowKey) -> Option<Self> {
        match row {
            RowKey::Entry(id) | RowKey::Instance(id) => Some(Self::Entry(*id)),
            RowKey::Account(name) => Some(Self::Account(name.clone())),
            RowKey::Event(seq) => {
                let event = world.event(*seq)?;
                Self::either(event.entry, event.account.as_deref())
            }
            RowKey::Cause(cause) => Self::either(cause.entry, cause.account.as_deref()),
        }
    }

    /// The row that stands for it.
    pub fn row(&self) -> RowKey {
        match self {
            Self::Entry(id) => RowKey::Entry(*id),
            Self::Account(name) => RowKey::Account(name.clone()),
        }
    }

    fn either(entry: Option<EntryId>, account: Option<&str>) -> Option<Self> {
        match (entry, account) {
            (Some(id), _) => Some(Self::Entry(id)),
            (None, Some(name)) => Some(Self::Account(name.to_owned())),
            (None, None) => None,
        }
    }
}

impl Act {
    /// What can be done to one that is there already, in the order of the menu.
    pub const ALL: [Self; 13] = [
        Self::Remove,
        Self::Retry,
        Self::Hold,
        Self::Release,
        Self::Test,
        Self::Edit,
        Self::Cordon,
        Self::Drain,
        Self::Uncordon,
        Self::Unblock,
        Self::Enable,
        Self::Disable,
        Self::Password,
    ];

    /// In a word, as `:` takes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Remove => "remove",
            Self::Cordon => "cordon",
            Self::Drain => "drain",
            Self::Uncordon => "uncordon",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Test => "test",
            Self::Edit => "edit",
            Self::Password => "password",
            Self::Unblock => "unblock",
            Self::Retry => "retry",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }

    /// Whether it can be done to such an object at all.
    pub const fn fits(self, object: &Object) -> bool {
        match object {
            Object::Entry(_) => {
                matches!(
                    self,
                    Self::Remove | Self::Retry | Self::Hold | Self::Release
                )
            }
            Object::Account(_) => {
                !matches!(self, Self::New | Self::Retry | Self::Hold | Self::Release)
            }
        }
    }

    /// Whether there is anything to do for it, as the object stands.
    pub fn applies(self, object: &Object, world: &World, now: Time) -> bool {
        if !self.fits(object) {
            return false;
        }
        match object {
            Object::Entry(id) => world.entry(*id).is_none_or(|entry| match self {
                Self::Retry => entry.status == Status::Failed,
                Self::Hold => !entry.held,
                Self::Release => entry.held,
                _ => true,
            }),
            Object::Account(name) => world.account(name).is_none_or(|account| {
                let maintained = account.maintenance.iter().any(|window| window.covers(now));
                match self {
                    Self::Cordon => !maintained,
                    Self::Uncordon => maintained,
                    Self::Enable => !account.enabled,
                    Self::Disable => account.enabled,
                    Self::Unblock => !account.blocks.is_empty(),
                    _ => true,
                }
            }),
        }
    }

    /// Whether it takes something away from somebody, so that it is asked about first.
    pub const fn is_destructive(self) -> bool {
        matches!(self, Self::Remove | Self::Drain | Self::Disable)
    }

    /// Whether it is done in a form, one object at a time.
    pub const fn has_form(self) -> bool {
        matches!(self, Self::New | Self::Edit | Self::Password)
    }
}

/// The request that does it.
///
/// # Errors
/// Why there is nothing to do, in words.
pub fn request(act: Act, object: &Object, world: &World, now: Time) -> Result<Request, String> {
    let account = match object {
        Object::Entry(id) => {
            return of_entry(act, *id)
                .ok_or_else(|| text::does_not_fit(act.word(), &object.to_string()));
        }
        Object::Account(name) => world
            .account(name)
            .ok_or_else(|| text::no_such_object(&object.to_string()))?,
    };
    let name = account.name.clone();
    Ok(match act {
        Act::Remove => AccountRemove { name }.into(),
        Act::Test => AccountTest { name, boot: false }.into(),
        Act::Enable => enabled(name, true),
        Act::Disable => enabled(name, false),
        Act::Cordon => maintain(account, now, Some(false)),
        Act::Drain => maintain(account, now, Some(true)),
        Act::Uncordon => {
            if !account.maintenance.iter().any(|it| it.covers(now)) {
                return Err(text::not_under_maintenance(&name));
            }
            maintain(account, now, None)
        }
        Act::Unblock => AccountUnblock { name, scope: None }.into(),
        Act::New | Act::Edit | Act::Password | Act::Retry | Act::Hold | Act::Release => {
            return Err(text::does_not_fit(act.word(), &object.to_string()));
        }
    })
}

/// What is done to an entry; whether it can be, the daemon knows best.
fn of_entry(act: Act, id: EntryId) -> Option<Request> {
    Some(match act {
        Act::Remove => EntryRemove { id }.into(),
        Act::Retry => EntryRetry { id }.into(),
        Act::Hold => EntryHold { id, held: true }.into(),
        Act::Release => EntryHold { id, held: false }.into(),
        _ => return None,
    })
}

fn enabled(name: String, enabled: bool) -> Request {
    let patch = AccountPatch {
        enabled: Some(enabled),
        ..AccountPatch::default()
    };
    AccountEdit { name, patch }.into()
}

/// Ends what is in force, or begins a maintenance that drains or does not.
fn maintain(account: &AccountView, now: Time, begin: Option<bool>) -> Request {
    let known = account.maintenance.clone();
    let past_or_over = |window: &Window| begin.is_none() && window.covers(now);
    let mut windows = known.clone();
    windows.retain(|window| !past_or_over(window));
    windows.extend(begin.map(|drain| Window {
        from: now,
        until: None,
        drain,
        reason: String::new(),
    }));
    AccountMaintain {
        name: account.name.clone(),
        windows,
        // Somebody else may have changed them since this was on screen.
        expected: Some(known),
    }
    .into()
}
