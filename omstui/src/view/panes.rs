//! The views that are one table each.

use std::borrow::Cow;

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

/// What is done with a table, whatever its rows are.
trait Visitor {
    fn see<S: Clone, T>(&mut self, shown: &Table<S, T>, window: &Window<'_, S>);
}

/// Draws it.
struct Draws<'a> {
    pen: &'a Pen<'a>,
    buffer: &'a mut Buffer,
    area: Rect,
}

impl Visitor for Draws<'_> {
    fn see<S: Clone, T>(&mut self, shown: &Table<S, T>, window: &Window<'_, S>) {
        table::draw(self.pen, self.buffer, self.area, shown, window);
    }
}

/// Finds the column at a place.
struct Finds<'a> {
    pen: &'a Pen<'a>,
    area: Rect,
    x: u16,
    found: Option<usize>,
}

impl Visitor for Finds<'_> {
    fn see<S: Clone, T>(&mut self, shown: &Table<S, T>, window: &Window<'_, S>) {
        self.found = table::column_at(self.pen, self.area, shown, window, self.x);
    }
}

/// Draws the open view's table, unless it is the overview, which has more than one.
pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    if model.view != View::Overview {
        visit(model, area, &mut Draws { pen, buffer, area });
    }
}

/// The column of the open view's table at a place from the left.
pub(super) fn column_at(model: &Model, pen: &Pen<'_>, area: Rect, x: u16) -> Option<usize> {
    let mut finds = Finds {
        pen,
        area,
        x,
        found: None,
    };
    visit(model, area, &mut finds);
    finds.found
}

/// The table that the cursor is in.
fn visit(model: &Model, area: Rect, visitor: &mut impl Visitor) {
    let entry = |row: &_| rows::entry_of(model, row);
    let account = |row: &_| rows::account_of(model, row);
    let event = |row: &_| rows::event_of(model, row);
    let cause = |row: &_| rows::cause_of(model, row);
    match model.view {
        View::Overview | View::Queue => pane(model, area, &QUEUE, entry, visitor),
        View::Instances => pane(model, area, &INSTANCES, entry, visitor),
        View::Accounts => pane(model, area, &ACCOUNTS, account, visitor),
        View::Events => pane(model, area, &EVENTS, event, visitor),
        View::Alerts => pane(model, area, &ALERTS, cause, visitor),
    }
}

fn pane<'a, S: Clone + 'a, T>(
    model: &'a Model,
    area: Rect,
    shown: &Table<S, T>,
    item: impl Fn(&RowKey) -> Option<Cow<'a, S>>,
    visitor: &mut impl Visitor,
) {
    let rows = table::rows_in(area);
    let wide = layout::is_wide(model) && model.view != View::Overview;
    let empty = text::say(model.view.spec().empty);
    visitor.see(
        shown,
        &Window::of(model, model.pane(), rows, item, wide, empty),
    );
}
