//! The accounts with their health.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{self, Window};
use crate::model::{Model, RowKey};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::ACCOUNTS;
use crate::text;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let pane = model.panes.get(View::Accounts);
    let account = |key: &RowKey| match key {
        RowKey::Account(name) => model.world.account(name),
        RowKey::Entry(_) | RowKey::Instance(_) | RowKey::Event(_) => None,
    };
    let rows = pane.window(table::rows_in(area));
    let items = rows.iter().filter_map(account).collect();
    let window = Window::of(pane, items, text::NO_ACCOUNTS);
    table::draw(pen, buffer, area, &ACCOUNTS, &window);
}
