//! What is at a place of the window, for the mouse.

use super::{header, panes};
use crate::layout::{self, Wants};
use crate::model::Model;
use crate::screen::View;

/// Something that can be clicked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The name of a view.
    Tab(View),
    /// The heading of a column of the open view's table.
    Heading(usize),
    /// A row of it.
    Row(usize),
}

/// What is there, as long as nothing lies over the view.
pub fn spot(model: &Model, x: u16, y: u16) -> Option<Spot> {
    let areas = layout::areas(model);
    // With a pen of its own: nothing is drawn.
    let pen = model.pen();
    if y == areas.header.y + 2 && areas.header.height > 2 {
        return header::tab_at(model, &pen, areas.header, x).map(Spot::Tab);
    }
    let mut table = areas.table;
    if model.view == View::Overview {
        table = layout::overview(table, Wants::of(model)).active;
        // Its title.
        table.y += 1;
        table.height = table.height.saturating_sub(1);
    }
    let below = y
        .checked_sub(table.y)
        .filter(|below| *below < table.height)?;
    let Some(line) = below.checked_sub(1) else {
        return panes::column_at(model, &pen, table, x).map(Spot::Heading);
    };
    let pane = model.pane();
    let row = pane.top + usize::from(line);
    (row < pane.rows.len()).then_some(Spot::Row(row))
}
