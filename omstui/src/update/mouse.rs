//! What the mouse does: a click goes to a row, a second one into it; on a heading it sorts, on the name
//! of a view it opens it; the wheel moves as the arrows do. Nothing needs it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{filtering, obey, places, rows, settle};
use crate::effect::Effect;
use crate::keymap::{Command, Mode};
use crate::layout;
use crate::model::{Model, Unsettled};
use crate::view::spot::{Spot, spot};

/// Rows that a notch of the wheel moves by.
const NOTCH: usize = 3;

pub(super) fn take(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollDown => wheel(model, Command::Down),
        MouseEventKind::ScrollUp => wheel(model, Command::Up),
        MouseEventKind::Down(MouseButton::Left) => click(model, event.column, event.row),
        _ => Vec::new(),
    }
}

fn wheel(model: &mut Model, command: Command) -> Vec<Effect> {
    // Where arrows choose among fields or buttons, a wheel would do so by accident.
    if model.mode().is_writing() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for _ in 0..NOTCH {
        settle(model);
        effects.extend(obey(model, command));
    }
    effects
}

fn click(model: &mut Model, x: u16, y: u16) -> Vec<Effect> {
    // Rows must be the ones on screen.
    settle(model);
    if !matches!(model.mode(), Mode::Table | Mode::Detail) || !model.world.is_loaded() {
        return Vec::new();
    }
    match spot(model, x, y) {
        Some(Spot::Tab(view)) => {
            places::open(model, view);
            Vec::new()
        }
        Some(Spot::Heading(column)) => {
            filtering::sort_by(model, column);
            Vec::new()
        }
        Some(Spot::Row(row)) => on_row(model, row),
        None => Vec::new(),
    }
}

fn on_row(model: &mut Model, row: usize) -> Vec<Effect> {
    let visible = layout::table_rows(model);
    let looks = model.detail.is_some();
    let pane = model.pane_mut();
    let is_there = pane.cursor.is_some() && pane.index == row;
    pane.index = row;
    pane.cursor = pane.current().cloned();
    rows::scroll(pane, visible);
    model.unsettled = Unsettled::All;
    let target = model.pane().current().cloned();
    match target {
        Some(target) if looks => places::look_at(model, target),
        Some(_) if is_there => obey(model, Command::Deeper),
        _ => Vec::new(),
    }
}
