//! What a list is asked for beyond its order, made ready to be held against many rows.

use oms_proto::request::{EntryList, EventList, InstanceList};
use oms_proto::{AccountId, EntryId, EventKind, Time, WireError};
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::Entry;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;

use super::accounts::named;
use oms_proto::check::{Check, LIST_MAX};

/// Rows that are looked at before others have their turn: a millisecond's worth.
pub(super) const LOOKED_AT_ONCE: usize = 2000;

/// A name, in which a `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn of(text: &str) -> Self {
        Self(text.split('*').map(str::to_owned).collect())
    }

    /// Whether a name is of that kind. Each part is looked for once, at the first place where it
    /// stands, so the work is bounded by the two lengths multiplied.
    pub(super) fn fits(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else {
            return name.is_empty();
        };
        let Some(mut left) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, between)) = rest.split_last() else {
            return left.is_empty();
        };
        for part in between {
            let Some((_, after)) = left.split_once(part.as_str()) else {
                return false;
            };
            left = after;
        }
        left.ends_with(last.as_str())
    }
}

/// A key of metadata, and the value that it is to have, if it matters.
type Label = (String, Option<String>);

/// Which entries are asked for.
#[derive(Debug, Default)]
pub(super) struct Entries {
    account: Option<AccountId>,
    name: Option<Pattern>,
    metadata: Vec<Label>,
    since: Option<Time>,
}

impl Entries {
    /// # Errors
    /// An account that is not there, or a filter that nothing can fit.
    pub(super) fn of(world: &World, list: &EntryList) -> Result<Self, WireError> {
        let EntryList {
            status: _,
            after: _,
            limit: _,
            skip: _,
            account,
            name,
            metadata,
            since,
        } = list;
        let mut check = Check::default();
        check.line_if_any("name", name.as_deref());
        check.names("metadata", metadata, LIST_MAX);
        check.finish()?;
        let label = |text: &String| match text.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (text.clone(), None),
        };
        Ok(Self {
            account: at(world, account.as_deref())?,
            name: name.as_deref().map(Pattern::of),
            metadata: metadata.iter().map(label).collect(),
            since: *since,
        })
    }

    /// Whether all are asked for.
    pub(super) const fn is_all(&self) -> bool {
        let Self {
            account,
            name,
            metadata,
            since,
        } = self;
        account.is_none() && name.is_none() && metadata.is_empty() && since.is_none()
    }

    /// Whether one that has ended may be among them: nothing of it is at any account.
    pub(super) const fn may_have_ended(&self) -> bool {
        self.account.is_none()
    }

    pub(super) fn fits(&self, entry: &Entry) -> bool {
        let spec = &entry.asked.spec;
        let at = |account: AccountId| {
            let current = entry.current().filter(|attempt| attempt.is_hopeful());
            current.is_some_and(|attempt| attempt.account == account)
        };
        let labelled = |(key, value): &Label| {
            let found = spec.metadata.as_ref().and_then(|all| all.get(key));
            found.is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
        };
        self.since.is_none_or(|since| entry.asked.accepted >= since)
            && self.account.is_none_or(at)
            && fits(self.name.as_ref(), spec.name.as_deref())
            && self.metadata.iter().all(labelled)
    }
}

/// Which instances are asked for.
#[derive(Debug)]
pub(super) struct Instances {
    account: Option<AccountId>,
    name: Option<Pattern>,
}

impl Instances {
    /// # Errors
    /// An account that is not there, or a filter that nothing can fit.
    pub(super) fn of(world: &World, list: &InstanceList) -> Result<Self, WireError> {
        let InstanceList {
            after: _,
            limit: _,
            account,
            name,
        } = list;
        let mut check = Check::default();
        check.line_if_any("name", name.as_deref());
        check.finish()?;
        Ok(Self {
            account: at(world, account.as_deref())?,
            name: name.as_deref().map(Pattern::of),
        })
    }

    pub(super) fn fits(&self, attempt: &Attempt) -> bool {
        self.account
            .is_none_or(|account| account == attempt.account)
            && fits(self.name.as_ref(), Some(&attempt.server_name))
    }
}

/// Which events are asked for.
#[derive(Debug, Clone)]
pub(super) struct Events {
    entry: Option<EntryId>,
    account: Option<String>,
    kinds: Vec<EventKind>,
    pub(super) from: Option<Time>,
    actor: Option<String>,
}

impl Events {
    /// An account need not be there any more: what has happened stays.
    ///
    /// # Errors
    /// A filter that nothing can fit.
    pub(super) fn of(list: &EventList) -> Result<Self, WireError> {
        let EventList {
            since: _,
            limit: _,
            entry,
            account,
            kinds,
            from,
            actor,
        } = list;
        let mut check = Check::default();
        check.line_if_any("account", account.as_deref());
        check.line_if_any("actor", actor.as_deref());
        if kinds.len() > EventKind::ALL.len() {
            check.refuse("kinds", "names a kind twice");
        }
        check.finish()?;
        Ok(Self {
            entry: *entry,
            account: account.clone(),
            kinds: kinds.clone(),
            from: *from,
            actor: actor.clone(),
        })
    }

    /// How many to read at once for so many: no more than that where all are asked for.
    pub(super) const fn at_once(&self, limit: usize) -> usize {
        let Self {
            entry,
            account,
            kinds,
            from,
            actor,
        } = self;
        let is_all = entry.is_none()
            && account.is_none()
            && kinds.is_empty()
            && from.is_none()
            && actor.is_none();
        if is_all && limit < LOOKED_AT_ONCE {
            limit
        } else {
            LOOKED_AT_ONCE
        }
    }

    pub(super) fn fits(&self, row: &JournalRow) -> bool {
        self.entry.is_none_or(|entry| row.entry == Some(entry))
            && (self.account.is_none() || self.account == row.account)
            && (self.kinds.is_empty() || self.kinds.contains(&row.kind))
            && self.from.is_none_or(|from| row.at >= from)
            && self.by(row)
    }

    fn by(&self, row: &JournalRow) -> bool {
        let actor = self.actor.as_ref();
        actor.is_none_or(|actor| row.by.to_string().contains(actor))
    }
}

fn at(world: &World, account: Option<&str>) -> Result<Option<AccountId>, WireError> {
    account.map(|name| Ok(named(world, name)?.id)).transpose()
}

fn fits(pattern: Option<&Pattern>, name: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| name.is_some_and(|name| pattern.fits(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("web", "web", true),
            ("web", "web-1", false),
            ("web-*", "web-1", true),
            ("web-*", "web-", true),
            ("web-*", "web", false),
            ("*-1", "web-1", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*b*", "abc", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(
                Pattern::of(pattern).fits(name),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
