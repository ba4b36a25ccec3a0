//! Chooses and orders the rows of the open view.
//!
//! This costs n log n of the view's rows, so it is done once for a picture and not for each event;
//! what a picture draws is then only the window.

use std::collections::BTreeSet;

use oms_proto::view::{AccountView, EntryView, EventView, InstanceView};

use crate::causes::Cause;
use crate::clean;
use crate::filter::{Haystack, Parts};
use crate::history::Scope;
use crate::layout;
use crate::model::{Model, Pane};
use crate::pen::Pen;
use crate::row::RowKey;
use crate::screen::View;
use crate::tables::{ACCOUNTS, ALERTS, EVENTS, INSTANCES, QUEUE, Rank, Table, Width};
use crate::world::World;

/// Rows whose cells are measured: all, but of the largest lists.
const MEASURED_MAX: usize = 500;

/// The instances and the entries that they serve.
pub fn instances(world: &World) -> impl Iterator<Item = (&EntryView, &InstanceView)> {
    let with = |entry: &'_ EntryView| entry.instance.is_some();
    world
        .entries()
        .filter(move |entry| with(entry))
        .filter_map(|entry| entry.instance.as_ref().map(|instance| (entry, instance)))
}

/// Brings the open view's rows up to date and keeps the cursor on its row.
pub fn arrange(model: &mut Model) {
    let pen = Pen::new(
        model.now,
        &model.options.zone,
        model.options.theme,
        model.options.glyphs,
    );
    let pane = model.panes.get_mut(model.view);
    let world = &model.world;
    let scope = model.scope.as_ref();
    match model.view {
        View::Overview => {
            let keyed = world.active().map(|entry| (RowKey::Entry(entry.id), entry));
            fill(pane, &QUEUE, keyed, &pen);
        }
        View::Queue => {
            let entries = world.entries().filter(|entry| has_entry(scope, entry));
            let keyed = entries.map(|entry| (RowKey::Entry(entry.id), entry));
            fill(pane, &QUEUE, keyed, &pen);
        }
        View::Instances => {
            let served = instances(world).filter(|(entry, _)| has_entry(scope, entry));
            let keyed = served.map(|(entry, _)| (RowKey::Instance(entry.id), entry));
            fill(pane, &INSTANCES, keyed, &pen);
        }
        View::Accounts => {
            let keyed = world
                .accounts()
                .map(|account| (RowKey::Account(account.name.clone()), account));
            fill(pane, &ACCOUNTS, keyed, &pen);
        }
        View::Events => {
            let events = world.events().filter(|event| has_event(scope, event));
            let keyed = events.map(|event| (RowKey::Event(event.seq), event));
            fill(pane, &EVENTS, keyed, &pen);
        }
        View::Alerts => {
            let keyed = model.causes.iter().map(|cause| {
                let key = RowKey::Cause(Box::new(cause.key.clone()));
                (key, cause)
            });
            fill(pane, &ALERTS, keyed, &pen);
        }
    }
    let visible = layout::table_rows(model);
    follow(model.panes.get_mut(model.view), visible);
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
    let place = |key: &RowKey| pane.rows.iter().position(|row| row == key);
    pane.index = match &pane.cursor {
        None => 0,
        Some(key) => place(key).unwrap_or(pane.index),
    };
    let last = pane.rows.len().saturating_sub(1);
    pane.index = pane.index.min(last);
    if pane.cursor.is_some() {
        // Its row may be gone; the one in its place takes over.
        pane.cursor = pane.rows.get(pane.index).cloned();
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

fn fill<'a, T: 'a>(
    pane: &mut Pane,
    table: &Table<T>,
    items: impl Iterator<Item = (RowKey, &'a T)>,
    pen: &Pen<'_>,
) {
    let column = table.columns.get(pane.sort.column);
    let mut all = 0;
    let mut haystack = Haystack::default();
    let mut ranked: Vec<(Rank, RowKey)> = Vec::new();
    pane.widths.resize(table.columns.len(), 0);
    for (key, item) in items {
        all += 1;
        let tell = |parts: Parts<'_>| (table.parts)(item, parts);
        let shown = (!pane.problems || (table.is_problem)(item))
            && (pane.filter.is_empty() || pane.filter.admits(tell, &mut haystack));
        if shown {
            if ranked.len() < MEASURED_MAX {
                measure(&mut pane.widths, table, item, pen);
            }
            let rank = column.map_or(Rank::Nothing, |column| (column.rank)(item));
            ranked.push((rank, key));
        }
    }
    // The key settles ties, so that equal rows do not dance.
    if pane.sort.descending {
        ranked.sort_unstable_by(|one, other| other.cmp(one));
    } else {
        ranked.sort_unstable();
    }
    pane.all = all;
    pane.rows = ranked.into_iter().map(|(_, key)| key).collect();
    // What is gone cannot be meant any more.
    if !pane.marks.is_empty() {
        let shown: BTreeSet<&RowKey> = pane.rows.iter().collect();
        pane.marks.retain(|row| shown.contains(row));
    }
}

/// Notes how wide a row's cells are. Widths only grow while a view is open: columns that come and
/// go with the rows in sight would dance.
pub fn measure<T>(widths: &mut [usize], table: &Table<T>, item: &T, pen: &Pen<'_>) {
    for (column, width) in table.columns.iter().zip(widths) {
        if let Width::Fit { max, .. } = column.width
            && *width < max
        {
            let cell = (column.cell)(item, pen);
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
