//! Chooses and orders the rows of the open view, and keeps them so.
//!
//! Where the view or its order changes, all rows are looked at once. What the daemon tells after
//! that costs what has changed: the rows concerned are taken out and put in again at their places,
//! in one pass. A filter looks through the texts that are kept of entries, and changes no order.
//! What a picture draws is then only the window.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeSet;

use oms_proto::columns::{Kind, Width, account_blocks};
use oms_proto::view::{AccountView, EntryView, EventView};
use oms_proto::{EntryId, Time};
use roaring::RoaringTreemap;

use crate::clean;
use crate::history::Scope;
use crate::kept::Kept;
use crate::layout;
use crate::model::{Model, Pane, Seen, Unsettled};
use crate::pen::Pen;
use crate::row::{Cause, RowKey};
use crate::screen::View;
use crate::tables::{ACCOUNTS, ALERTS, EVENTS, INSTANCES, QUEUE, Row, Table};
use crate::world::World;

/// Rows whose cells are measured when all are looked at: all, but of the largest lists.
const MEASURED_MAX: usize = 500;

/// Columns that a sentence is given before columns that hardly matter are.
const SENTENCE: usize = 90;

/// Columns of the longest age, such as `119 s`.
const AGE: usize = 5;

/// Brings the open view's rows up to date and keeps the cursor on its row.
pub fn arrange(model: &mut Model, unsettled: &Unsettled) {
    let pen = model.options.pen(model.now);
    let pane = model.panes.get_mut(model.view);
    let world = &model.world;
    let scope = model.scope.as_ref();
    match model.view {
        View::Overview => {
            let source = Source {
                table: &QUEUE,
                key: RowKey::Entry,
                has: &|entry| World::is_active(entry.status),
            };
            source.arrange(pane, world, world.active(), unsettled, &pen);
        }
        View::Queue => {
            let source = Source {
                table: &QUEUE,
                key: RowKey::Entry,
                has: &|entry| has_entry(scope, entry),
            };
            source.arrange(pane, world, world.entries(), unsettled, &pen);
        }
        View::Instances => {
            let source = Source {
                table: &INSTANCES,
                key: RowKey::Instance,
                has: &|entry| entry.instance.is_some() && has_entry(scope, entry),
            };
            source.arrange(pane, world, world.entries(), unsettled, &pen);
        }
        View::Accounts => {
            let key = |account: &AccountView| RowKey::Account(account.name.clone());
            fill(pane, &ACCOUNTS, world.accounts(), key, &pen);
        }
        View::Events => {
            let events = world.events().filter(|event| has_event(scope, event));
            let key = |event: &EventView| RowKey::Event(event.seq);
            fill(pane, &EVENTS, events, key, &pen);
        }
        View::Alerts => {
            let key = |cause: &Cause| RowKey::Cause(Box::new(cause.key.clone()));
            fill(pane, &ALERTS, model.causes.iter(), key, &pen);
        }
    }
    let visible = layout::table_rows(model);
    follow(model.panes.get_mut(model.view), visible);
}

/// Where the rows of a view of entries come from.
struct Source<'a, T: 'static> {
    table: &'static Table<EntryView, T>,
    key: fn(EntryId) -> RowKey,
    /// Which entries belong there, whatever it is filtered by.
    has: &'a dyn Fn(&EntryView) -> bool,
}

impl<T> Source<'_, T> {
    fn arrange<'a>(
        &self,
        pane: &mut Pane,
        world: &World,
        entries: impl Iterator<Item = Cow<'a, EntryView>>,
        unsettled: &Unsettled,
        pen: &Pen<'_>,
    ) {
        if let Unsettled::Entries(changed) = unsettled {
            self.change(pane, world, changed, pen);
            return;
        }
        let entries = entries.filter(|entry| (self.has)(entry));
        let rows = entries.enumerate().map(|(index, entry)| {
            if index < MEASURED_MAX {
                measure(&mut pane.seen, self.table, &entry, pen);
            }
            self.row(pane.sort.column, &entry, pen)
        });
        let rows = rows.collect();
        order(pane, rows);
        sift(pane, self.table, world, pen);
    }

    fn row(&self, column: usize, entry: &EntryView, pen: &Pen<'_>) -> Row {
        Row {
            rank: self.table.rank(entry, column, pen.now),
            key: (self.key)(entry.id),
            problem: self.table.is_problem(entry, pen.now),
            admitted: true,
        }
    }

    /// Takes the rows out that have changed and puts them in again as they are, in one pass.
    fn change(&self, pane: &mut Pane, world: &World, changed: &BTreeSet<EntryId>, pen: &Pen<'_>) {
        let mut fresh = Vec::with_capacity(changed.len());
        let mut moved = changed.clone();
        for id in changed {
            let (Some(entry), Some(kept)) = (world.entry(*id), world.kept_of(*id)) else {
                continue;
            };
            if !(self.has)(&entry) {
                continue;
            }
            let holds = |conditions: &[_]| self.table.holds(conditions, &entry, pen.now);
            let row = Row {
                admitted: pane.filter.admits(kept.text(), holds),
                ..self.row(pane.sort.column, &entry, pen)
            };
            // Most of what changes stays where it is.
            match pane.order.binary_search_by(|it| pane.sort.order(it, &row)) {
                Ok(place) => {
                    moved.remove(id);
                    if let Some(old) = pane.order.get_mut(place) {
                        *old = row;
                    }
                }
                Err(_) => fresh.push(row),
            }
        }
        if !moved.is_empty() {
            replace(pane, &moved, fresh);
        }
        show(pane);
    }
}

/// Applies a filter that has changed to entries: which rows there are, and their order, stays.
pub fn refilter(model: &mut Model) {
    let pen = model.options.pen(model.now);
    let pane = model.panes.get_mut(model.view);
    match model.view {
        View::Instances => sift(pane, &INSTANCES, &model.world, &pen),
        _ => sift(pane, &QUEUE, &model.world, &pen),
    }
}

fn sift<T>(pane: &mut Pane, table: &Table<EntryView, T>, world: &World, pen: &Pen<'_>) {
    let all = pane.filter.is_empty();
    let admits = |kept: &Kept| {
        let holds = |conditions: &[_]| {
            let entry = kept.view();
            entry.is_some_and(|entry| table.holds(conditions, &entry, pen.now))
        };
        pane.filter.admits(kept.text(), holds)
    };
    // One after the other as they lie in memory; in the order of the rows each would be a way.
    let admitted = world.kept().filter(|(_, kept)| !all && admits(kept));
    let admitted = RoaringTreemap::from_sorted_iter(admitted.map(|(id, _)| id.0));
    // Always sorted: it is a map that they come from.
    let admitted = admitted.unwrap_or_default();
    for row in &mut pane.order {
        row.admitted = match &row.key {
            RowKey::Entry(id) | RowKey::Instance(id) => all || admitted.contains(id.0),
            _ => true,
        };
    }
    show(pane);
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
    let is_there = |index: &usize, key: &RowKey| pane.key(*index) == Some(key);
    let place = |key: &RowKey| {
        // Where it was is where it mostly is.
        let before = Some(pane.index).filter(|index| is_there(index, key));
        before.or_else(|| pane.keys().position(|row| row == key))
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

/// Looks at all there is of what there are few of.
fn fill<'a, S: 'a, T>(
    pane: &mut Pane,
    table: &Table<S, T>,
    items: impl Iterator<Item = &'a S>,
    key: impl Fn(&S) -> RowKey,
    pen: &Pen<'_>,
) {
    let mut rows = Vec::new();
    for item in items {
        if rows.len() < MEASURED_MAX {
            measure(&mut pane.seen, table, item, pen);
        }
        let holds = |conditions: &[_]| table.holds(conditions, item, pen.now);
        rows.push(Row {
            rank: table.rank(item, pane.sort.column, pen.now),
            key: key(item),
            problem: table.is_problem(item, pen.now),
            admitted: pane.filter.is_empty()
                || pane.filter.admits(&table.text(item, pen.now), holds),
        });
    }
    order(pane, rows);
    show(pane);
}

fn order(pane: &mut Pane, mut rows: Vec<Row>) {
    let sort = pane.sort;
    rows.sort_unstable_by(|one, other| sort.order(one, other));
    pane.order = rows;
}

/// Finds the rows to show among all.
fn show(pane: &mut Pane) {
    let shown = |row: &Row| row.admitted && (row.problem || !pane.problems);
    pane.rows.clear();
    if pane.is_narrowed() {
        let rows = pane.order.iter().enumerate();
        pane.rows
            .extend(rows.filter_map(|(place, row)| shown(row).then_some(place)));
    } else {
        pane.rows.extend(0..pane.order.len());
    }
    forget_marks(pane);
}

/// Takes the rows of these entries out and puts the fresh ones in at their places, in one pass. What
/// was put together last time is the room for it.
fn replace(pane: &mut Pane, moved: &BTreeSet<EntryId>, mut fresh: Vec<Row>) {
    let sort = pane.sort;
    fresh.sort_unstable_by(|one, other| sort.order(one, other));
    let suspects = Suspects::of(moved);
    let stays = |row: &Row| !suspects.has(&row.key, moved);
    let mut rows = std::mem::take(&mut pane.spare);
    rows.reserve(pane.order.len() + fresh.len());
    let mut old = pane.order.drain(..);
    for row in fresh {
        let rest = old.as_slice();
        let before = rest.partition_point(|it| sort.order(it, &row).is_lt());
        rows.extend(old.by_ref().take(before).filter(stays));
        rows.push(row);
    }
    rows.extend(old.filter(stays));
    pane.spare = std::mem::replace(&mut pane.order, rows);
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
        let shown: BTreeSet<&RowKey> = pane.keys().collect();
        let gone = |row: &RowKey| !shown.contains(row);
        let gone: Vec<RowKey> = pane.marks.iter().filter(|row| gone(row)).cloned().collect();
        for row in gone {
            pane.marks.remove(&row);
        }
    }
}

/// Measures the rows that are in sight.
pub fn widen(model: &mut Model) {
    let visible = layout::table_rows(model);
    let mut seen = std::mem::take(&mut model.pane_mut().seen);
    let keys = model.pane().window(visible);
    let pen = model.pen();
    match model.view {
        View::Overview | View::Queue => {
            measure_all(
                &mut seen,
                &QUEUE,
                keys.filter_map(|it| entry_of(model, it)),
                &pen,
            );
        }
        View::Instances => {
            let entries = keys.filter_map(|it| entry_of(model, it));
            measure_all(&mut seen, &INSTANCES, entries, &pen);
        }
        View::Accounts => {
            let accounts = keys.filter_map(|it| account_of(model, it));
            measure_all(&mut seen, &ACCOUNTS, accounts, &pen);
        }
        View::Events => {
            measure_all(
                &mut seen,
                &EVENTS,
                keys.filter_map(|it| event_of(model, it)),
                &pen,
            );
        }
        View::Alerts => {
            measure_all(
                &mut seen,
                &ALERTS,
                keys.filter_map(|it| cause_of(model, it)),
                &pen,
            );
        }
    }
    model.pane_mut().seen = seen;
}

fn measure_all<S, T>(
    seen: &mut Vec<Seen>,
    table: &Table<S, T>,
    items: impl Iterator<Item = impl Borrow<S>>,
    pen: &Pen<'_>,
) {
    for item in items {
        measure(seen, table, item.borrow(), pen);
    }
}

/// Notes how wide a row's cells are. Widths only grow while a view is open: columns that come and
/// go with the rows in sight would dance. So an age takes what the longest one does.
pub fn measure<S, T>(seen: &mut Vec<Seen>, table: &Table<S, T>, item: &S, pen: &Pen<'_>) {
    seen.resize(table.shown.columns.len(), Seen::default());
    for (column, seen) in table.shown.columns.iter().zip(seen) {
        seen.says |= table.says(item, column, pen.now);
        let widest = usize::from(column.width.max);
        if column.kind == Kind::Age {
            seen.width = AGE;
        } else if column.width.max == Width::REST {
            let text = table.cell(item, column, pen).text;
            seen.width = clean::width(&text).clamp(seen.width, SENTENCE.max(seen.width));
        } else if seen.width < widest {
            let cell = table.cell(item, column, pen);
            seen.width = clean::width(&clean::clean(&cell.text)).max(seen.width);
        }
    }
}

/// Until when the reason of a row holds, where that is known.
pub fn lasts(model: &Model, row: &RowKey) -> Option<Time> {
    let now = model.now;
    match row {
        RowKey::Entry(_) => {
            let entry = entry_of(model, row)?;
            let first = entry.waits.first()?;
            model.world.end_of(first, now).filter(|end| *end > now)
        }
        RowKey::Account(name) => account_lasts(model.world.account(name)?, now),
        RowKey::Instance(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

/// Until when an account stands as it does, where that is known.
pub fn account_lasts(account: &AccountView, now: Time) -> Option<Time> {
    let mut maintained = account.maintenance.iter();
    match maintained.find(|window| window.covers(now)) {
        Some(window) => window.until,
        None => account_blocks(account, now).map(|block| block.until).next(),
    }
}

/// The entry of a row, unpacked.
pub fn entry_of<'a>(model: &'a Model, row: &RowKey) -> Option<Cow<'a, EntryView>> {
    match row {
        RowKey::Entry(id) | RowKey::Instance(id) => model.world.entry(*id),
        RowKey::Account(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

/// The account of a row.
pub fn account_of<'a>(model: &'a Model, row: &RowKey) -> Option<Cow<'a, AccountView>> {
    match row {
        RowKey::Account(name) => model.world.account(name).map(Cow::Borrowed),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

/// The event of a row.
pub fn event_of<'a>(model: &'a Model, row: &RowKey) -> Option<Cow<'a, EventView>> {
    match row {
        RowKey::Event(seq) => model.world.event(*seq).map(Cow::Borrowed),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Account(_) | RowKey::Cause(_) => None,
    }
}

/// The cause of a row.
pub fn cause_of<'a>(model: &'a Model, row: &RowKey) -> Option<Cow<'a, Cause>> {
    match row {
        RowKey::Cause(key) => {
            let mut causes = model.causes.iter();
            causes.find(|cause| cause.key == **key).map(Cow::Borrowed)
        }
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Account(_) | RowKey::Event(_) => None,
    }
}
