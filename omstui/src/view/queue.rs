//! The queue: all entries.

use oms_proto::view::EntryView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{self, Window};
use crate::model::{Model, Pane, RowKey};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::QUEUE;
use crate::text;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let pane = model.panes.get(View::Queue);
    let items = entries(model, pane, table::rows_in(area));
    let window = Window::of(pane, items, text::NO_ENTRIES);
    table::draw(pen, buffer, area, &QUEUE, &window);
}

/// The entries in the window of a pane.
pub(super) fn entries<'a>(model: &'a Model, pane: &Pane, rows: usize) -> Vec<&'a EntryView> {
    let entry = |key: &RowKey| match key {
        RowKey::Entry(id) => model.world.entry(*id),
        RowKey::Instance(_) | RowKey::Account(_) | RowKey::Event(_) => None,
    };
    pane.window(rows).iter().filter_map(entry).collect()
}
