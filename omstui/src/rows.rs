//! Chooses and orders the rows of the open view, and keeps them so.
//!
//! Where the view, its order or what it is narrowed by changes, all rows are looked at once. What
//! the daemon tells after that costs what has changed: the rows concerned are taken out and put in
//! again at their places, in one pass. What a picture draws is then only the window.

use std::collections::BTreeSet;

use oms_proto::EntryId;
use oms_proto::view::{AccountView, EntryView, EventView};

use crate::causes::Cause;
use crate::clean;
use crate::filter::{Haystack, Parts};
use crate::history::Scope;
use crate::layout;
use crate::model::{Model, Pane, Unsettled};
use crate::pen::Pen;
use crate::row::RowKey;
use crate::screen::View;
use crate::tables::{ACCOUNTS, ALERTS, EVENTS, INSTANCES, QUEUE, Row, Table};
use crate::world::World;

/// Rows whose cells are measured: all, but of the largest lists.
const MEASURED_MAX: usize = 500;

/// Brings the open view's rows up to date and keeps the cursor on its row.
pub fn arrange(model: &mut Model, unsettled: &Unsettled) {
    let pen = Pen::new(
        model.now,
        &model.options.zone,
        model.options.theme,
        model.options.glyphs,
    );
    let pane = model.panes.get_mut(model.view);
    let world = &model.world;
    let scope = model.scope.as_ref();
    let entries = Source {
        key: |entry: &EntryView| RowKey::Entry(entry.id),
        has: &|entry: &EntryView| has_entry(scope, entry),
    };
    let active = Source {
        key: entries.key,
        has: &|entry: &EntryView| World::is_active(entry.status),
    };
    let instances = Source {
        key: |entry: &EntryView| RowKey::Instance(entry.id),
        has: &|entry: &EntryView| entry.instance.is_some() && has_entry(scope, entry),
    };
    // How many there are in a part of them is not known without looking at all.
    let unsettled = if scope.is_some() {
        &Unsettled::All
    } else {
        unsettled
    };
    match (model.view, unsettled) {
        (View::Overview, Unsettled::Entries(changed)) => {
            change(pane, &QUEUE, world, &active, changed, &pen);
            pane.all = world.active_total();
        }
        (View::Overview, _) => fill(pane, &QUEUE, world.active(), &active, &pen),
        (View::Queue, Unsettled::Entries(changed)) => {
            change(pane, &QUEUE, world, &entries, changed, &pen);
            pane.all = world.entries_total();
        }
        (View::Queue, _) => fill(pane, &QUEUE, world.entries(), &entries, &pen),
        (View::Instances, Unsettled::Entries(changed)) => {
            change(pane, &INSTANCES, world, &instances, changed, &pen);
            pane.all = world.instances_total();
        }
        (View::Instances, _) => fill(pane, &INSTANCES, world.entries(), &instances, &pen),
        (View::Accounts, _) => {
            let all = Source {
                key: |account: &AccountView| RowKey::Account(account.name.clone()),
                has: &|_| true,
            };
            fill(pane, &ACCOUNTS, world.accounts(), &all, &pen);
        }
        (View::Events, _) => {
            let of_scope = Source {
                key: |event: &EventView| RowKey::Event(event.seq),
                has: &|event: &EventView| has_event(scope, event),
            };
            fill(pane, &EVENTS, world.events(), &of_scope, &pen);
        }
        (View::Alerts, _) => {
            let all = Source {
                key: |cause: &Cause| RowKey::Cause(Box::new(cause.key.clone())),
                has: &|_| true,
            };
            fill(pane, &ALERTS, model.causes.iter(), &all, &pen);
        }
    }
    let visible = layout::table_rows(model);
    follow(model.panes.get_mut(model.view), visible);
}

/// Which rows belong to a view, whatever narrows it, and what they are called.
struct Source<'a, S> {
    key: fn(&S) -> RowKey,
    has: &'a dyn Fn(&S) -> bool,
}

fn has_entry(scope: Option<&Scope>, entry: &EntryView) -> bool {
    match scope {
        None => true,
        Some(Scope::Account(name)) => entry.account.as_ref() == Some(name),
        Some(Scope::Entry(id)) => entry.id == *id,
    }
}

fn has_event(scope: Option<&Scope>, event: &EventView) -> bool {
    match scope {
        None => true,
        Some(Scope::Account(name)) => event.account.as_ref() == Some(name),
        Some(Scope::Entry(id)) => event.entry == Some(*id),
    }
}

/// Keeps the cursor on its row, and the row in the window.
fn follow(pane: &mut Pane, visible: usize) {
    let is_there = |index: &usize, key: &RowKey| {
        let row = pane.rows.get(*index);
        row.is_some_and(|row| row.key == *key)
    };
    let place = |key: &RowKey| {
        // Where it was is where it mostly is.
        let before = Some(pane.index).filter(|index| is_there(index, key));
        before.or_else(|| pane.rows.iter().position(|row| row.key == *key))
    };
    pane.index = match &pane.cursor {
        None => 0,
        Some(key) => place(key).unwrap_or(pane.index),
    };
    let last = pane.rows.len().saturating_sub(1);
    pane.index = pane.index.min(last);
    if pane.cursor.is_some() {
        // Its row may be gone; the one in its place takes over.
        pane.cursor = pane.current().cloned();
    }
    scroll(pane, visible);
}

/// Moves the window as little as possible so that the cursor is in it and no row is wasted.
pub fn scroll(pane: &mut Pane, visible: usize) {
    let visible = visible.max(1);
    let furthest = pane.rows.len().saturating_sub(visible);
    let lowest = (pane.index + 1).saturating_sub(visible);
    pane.top = pane.top.clamp(lowest, pane.index.max(lowest)).min(furthest);
}

/// The row of a thing, if the view shows it as it is narrowed.
fn row<S, T>(
    pane: &Pane,
    table: &Table<S, T>,
    source: &Source<'_, S>,
    item: &S,
    haystack: &mut Haystack,
    pen: &Pen<'_>,
) -> Option<Row> {
    let tell = |parts: Parts<'_>| (table.parts)(item, parts);
    let shown = (!pane.problems || table.is_problem(item, pen.now))
        && (pane.filter.is_empty() || pane.filter.admits(tell, haystack));
    shown.then(|| Row {
        rank: table.rank(item, pane.sort.column, pen.now),
        key: (source.key)(item),
    })
}

/// Looks at all there is.
fn fill<'a, S: 'a, T>(
    pane: &mut Pane,
    table: &Table<S, T>,
    items: impl Iterator<Item = &'a S>,
    source: &Source<'_, S>,
    pen: &Pen<'_>,
) {
    let mut haystack = Haystack::default();
    let mut all = 0;
    let mut rows = Vec::new();
    let mut widths = std::mem::take(&mut pane.widths);
    widths.resize(table.shown.columns.len(), 0);
    for item in items.filter(|item| (source.has)(item)) {
        all += 1;
        if let Some(row) = row(pane, table, source, item, &mut haystack, pen) {
            if rows.len() < MEASURED_MAX {
                measure(&mut widths, table, item, pen);
            }
            rows.push(row);
        }
    }
    if pane.sort.descending {
        rows.sort_unstable_by(|one, other| other.cmp(one));
    } else {
        rows.sort_unstable();
    }
    pane.all = all;
    pane.widths = widths;
    pane.rows = rows;
    forget_marks(pane);
}

/// Leaves out the entries that a filter hides which only asks for more than the one before: their order
/// stays, and what was hidden stays so.
pub fn narrow(model: &mut Model) {
    let pane = model.panes.get_mut(model.view);
    let mut haystack = Haystack::default();
    let mut rows = std::mem::take(&mut pane.rows);
    rows.retain(|row| {
        let (RowKey::Entry(id) | RowKey::Instance(id)) = &row.key else {
            return true;
        };
        let entry = model.world.entry(*id);
        entry.is_some_and(|entry| {
            let tell = |parts: Parts<'_>| (QUEUE.parts)(entry, parts);
            pane.filter.admits(tell, &mut haystack)
        })
    });
    pane.rows = rows;
    forget_marks(pane);
}

/// Takes the rows out that have changed and puts them in again as they are, in one pass.
fn change<T>(
    pane: &mut Pane,
    table: &Table<EntryView, T>,
    world: &World,
    source: &Source<'_, EntryView>,
    changed: &BTreeSet<EntryId>,
    pen: &Pen<'_>,
) {
    let mut haystack = Haystack::default();
    let mut fresh = Vec::with_capacity(changed.len());
    let mut widths = std::mem::take(&mut pane.widths);
    for item in changed.iter().filter_map(|id| world.entry(*id)) {
        if (source.has)(item)
            && let Some(row) = row(pane, table, source, item, &mut haystack, pen)
        {
            measure(&mut widths, table, item, pen);
            fresh.push(row);
        }
    }
    pane.widths = widths;
    let suspects = Suspects::of(changed);
    pane.rows.retain(|row| !suspects.has(&row.key, changed));
    merge(&mut pane.rows, fresh, pane.sort.descending);
    forget_marks(pane);
}

/// Puts rows in at their places, from the end so that each row moves once.
fn merge(rows: &mut Vec<Row>, mut fresh: Vec<Row>, descending: bool) {
    let order = |one: &Row, other: &Row| {
        if descending {
            other.cmp(one)
        } else {
            one.cmp(other)
        }
    };
    fresh.sort_unstable_by(order);
    let old = std::mem::take(rows);
    rows.reserve_exact(old.len() + fresh.len());
    let mut old = old.into_iter();
    for row in fresh {
        let before = old.as_slice().partition_point(|it| order(it, &row).is_lt());
        rows.extend(old.by_ref().take(before));
        rows.push(row);
    }
    rows.extend(old);
}

/// Tells quickly of most rows that they have not changed.
struct Suspects {
    bits: Vec<bool>,
}

impl Suspects {
    const BITS: u64 = 1 << 16;

    fn of(changed: &BTreeSet<EntryId>) -> Self {
        let mut bits = vec![false; 1 << 16];
        for id in changed {
            if let Some(bit) = bits.get_mut(Self::place(*id)) {
                *bit = true;
            }
        }
        Self { bits }
    }

    fn has(&self, key: &RowKey, changed: &BTreeSet<EntryId>) -> bool {
        match key {
            RowKey::Entry(id) | RowKey::Instance(id) => {
                self.bits.get(Self::place(*id)) == Some(&true) && changed.contains(id)
            }
            RowKey::Account(_) | RowKey::Event(_) | RowKey::Cause(_) => false,
        }
    }

    fn place(id: EntryId) -> usize {
        usize::try_from(id.0 % Self::BITS).unwrap_or(0)
    }
}

/// What is gone cannot be meant any more.
fn forget_marks(pane: &mut Pane) {
    if !pane.marks.is_empty() {
        let shown: BTreeSet<&RowKey> = pane.rows.iter().map(|row| &row.key).collect();
        pane.marks.retain(|row| shown.contains(row));
    }
}

/// Notes how wide a row's cells are. Widths only grow while a view is open: columns that come and
/// go with the rows in sight would dance.
pub fn measure<S, T>(widths: &mut [usize], table: &Table<S, T>, item: &S, pen: &Pen<'_>) {
    for (column, width) in table.shown.columns.iter().zip(widths) {
        let widest = usize::from(column.width.max);
        if column.width.max != oms_proto::columns::Width::REST && *width < widest {
            let cell = table.cell(item, column, pen);
            *width = clean::width(&clean::clean(&cell.text)).max(*width);
        }
    }
}

/// The entry of a row.
pub fn entry_of<'a>(model: &'a Model, row: &RowKey) -> Option<&'a EntryView> {
    match row {
        RowKey::Entry(id) | RowKey::Instance(id) => model.world.entry(*id),
        RowKey::Account(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

/// The account of a row.
pub fn account_of<'a>(model: &'a Model, row: &RowKey) -> Option<&'a AccountView> {
    match row {
        RowKey::Account(name) => model.world.account(name),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

/// The event of a row.
pub fn event_of<'a>(model: &'a Model, row: &RowKey) -> Option<&'a EventView> {
    match row {
        RowKey::Event(seq) => model.world.event(*seq),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Account(_) | RowKey::Cause(_) => None,
    }
}

/// The cause of a row.
pub fn cause_of<'a>(model: &'a Model, row: &RowKey) -> Option<&'a Cause> {
    match row {
        RowKey::Cause(key) => model.causes.iter().find(|cause| cause.key == **key),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Account(_) | RowKey::Event(_) => None,
    }
}
