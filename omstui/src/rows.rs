//! Chooses and orders the rows of the open view.
//!
//! This costs n log n of the view's rows, so it is done once for a picture and not for each event;
//! what a picture draws is then only the window.

use oms_proto::view::{EntryView, InstanceView};

use crate::layout;
use crate::model::{Model, Pane, RowKey};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::{ACCOUNTS, EVENTS, INSTANCES, QUEUE, Rank, Table, entries};
use crate::world::World;

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
    match model.view {
        View::Overview => {
            let active = world.entries().filter(|entry| entries::is_active(entry));
            let keyed = active.map(|entry| (RowKey::Entry(entry.id), entry));
            fill(pane, &QUEUE, keyed, &pen);
        }
        View::Queue => {
            let keyed = world
                .entries()
                .map(|entry| (RowKey::Entry(entry.id), entry));
            fill(pane, &QUEUE, keyed, &pen);
        }
        View::Instances => {
            let keyed =
                instances(world).map(|(entry, instance)| (RowKey::Instance(entry.id), instance));
            fill(pane, &INSTANCES, keyed, &pen);
        }
        View::Accounts => {
            let keyed = world
                .accounts()
                .map(|account| (RowKey::Account(account.name.clone()), account));
            fill(pane, &ACCOUNTS, keyed, &pen);
        }
        View::Events => {
            let keyed = world
                .events()
                .map(|event| (RowKey::Event(event.seq), event));
            fill(pane, &EVENTS, keyed, &pen);
        }
    }
    let visible = layout::table_rows(model);
    follow(model.panes.get_mut(model.view), visible);
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
    let mut ranked: Vec<(Rank, RowKey)> = Vec::new();
    for (key, item) in items {
        all += 1;
        let shown = (!pane.problems || (table.is_problem)(item))
            && (pane.filter.is_empty() || pane.filter.admits(&words(table, item, pen)));
        if shown {
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
}

/// A row as one text, for the filter.
fn words<T>(table: &Table<T>, item: &T, pen: &Pen<'_>) -> String {
    let cells: Vec<String> = table
        .columns
        .iter()
        .map(|column| (column.cell)(item, pen).text)
        .collect();
    cells.join(" ")
}
