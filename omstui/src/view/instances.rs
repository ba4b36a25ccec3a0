//! The instances.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{self, Window};
use crate::model::{Model, RowKey};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::INSTANCES;
use crate::text;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let pane = model.panes.get(View::Instances);
    let instance = |key: &RowKey| match key {
        RowKey::Instance(id) => model.world.entry(*id)?.instance.as_ref(),
        RowKey::Entry(_) | RowKey::Account(_) | RowKey::Event(_) => None,
    };
    let rows = pane.window(table::rows_in(area));
    let items = rows.iter().filter_map(instance).collect();
    let window = Window::of(pane, items, text::NO_INSTANCES);
    table::draw(pen, buffer, area, &INSTANCES, &window);
}
