//! The events of the journal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{self, Window};
use crate::model::{Model, RowKey};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::EVENTS;
use crate::text;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let pane = model.panes.get(View::Events);
    let event = |key: &RowKey| match key {
        RowKey::Event(seq) => model.world.event(*seq),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Account(_) => None,
    };
    let rows = pane.window(table::rows_in(area));
    let items = rows.iter().filter_map(event).collect();
    let window = Window::of(pane, items, text::NO_EVENTS);
    table::draw(pen, buffer, area, &EVENTS, &window);
}
