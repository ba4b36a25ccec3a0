//! The views that are one table each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{self, Window};
use crate::layout;
use crate::model::Model;
use crate::pen::Pen;
use crate::row::RowKey;
use crate::rows;
use crate::screen::View;
use crate::tables::{ACCOUNTS, ALERTS, EVENTS, INSTANCES, QUEUE, Table};
use crate::text;

/// Draws the open view's table, unless it is the overview, which has more than one.
pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    match model.view {
        View::Overview => {}
        View::Queue => {
            let entry = |row: &_| rows::entry_of(model, row);
            pane(
                model,
                pen,
                buffer,
                area,
                &QUEUE,
                entry,
                text::say(text::NO_ENTRIES),
            );
        }
        View::Instances => {
            let entry = |row: &_| rows::entry_of(model, row);
            pane(
                model,
                pen,
                buffer,
                area,
                &INSTANCES,
                entry,
                text::say(text::NO_INSTANCES),
            );
        }
        View::Accounts => {
            let account = |row: &_| rows::account_of(model, row);
            pane(
                model,
                pen,
                buffer,
                area,
                &ACCOUNTS,
                account,
                text::say(text::NO_ACCOUNTS),
            );
        }
        View::Events => {
            let event = |row: &_| rows::event_of(model, row);
            pane(
                model,
                pen,
                buffer,
                area,
                &EVENTS,
                event,
                text::say(text::NO_EVENTS),
            );
        }
        View::Alerts => {
            let cause = |row: &_| rows::cause_of(model, row);
            pane(
                model,
                pen,
                buffer,
                area,
                &ALERTS,
                cause,
                text::say(text::NO_ALERTS),
            );
        }
    }
}

/// A table that fills the view.
fn pane<'a, S: 'a, T>(
    model: &'a Model,
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    area: Rect,
    shown: &Table<S, T>,
    item: impl Fn(&RowKey) -> Option<&'a S>,
    empty: &'static str,
) {
    let rows = table::rows_in(area);
    let wide = layout::is_wide(model);
    let window = Window::of(model.pane(), rows, item, wide, empty);
    table::draw(pen, buffer, area, shown, &window);
}
