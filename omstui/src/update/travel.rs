//! Movement over rows and lines.

use super::{places, settle};
use crate::effect::Effect;
use crate::keymap::Command;
use crate::layout;
use crate::model::Model;
use crate::rows;

/// Columns that a long text moves by.
const SHIFT: usize = 16;
/// Furthest that a long text moves.
const SHIFT_MAX: usize = 4_096;

/// A movement over rows or lines.
#[derive(Debug, Clone, Copy)]
pub(super) enum Motion {
    /// So many down, or up where negative.
    Rows(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Motion {
    /// What a command means where so many are visible; nothing for those that move nothing.
    pub(super) fn of(command: Command, visible: usize) -> Option<Self> {
        let page = isize::try_from(visible.max(1)).unwrap_or(isize::MAX);
        let half = (page / 2).max(1);
        Some(match command {
            Command::Up => Self::Rows(-1),
            Command::Down => Self::Rows(1),
            Command::PageUp => Self::Rows(-page),
            Command::PageDown => Self::Rows(page),
            Command::HalfUp => Self::Rows(-half),
            Command::HalfDown => Self::Rows(half),
            Command::Top => Self::First,
            Command::Bottom => Self::Last,
            _ => return None,
        })
    }

    /// Where it leads from there.
    pub(super) fn from(self, index: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        match self {
            Self::Rows(by) => index.saturating_add_signed(by).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

pub(super) fn travel(model: &mut Model, command: Command) {
    let pane = model.pane_mut();
    match command {
        Command::Left => pane.shift = pane.shift.saturating_sub(SHIFT),
        Command::Right => pane.shift = (pane.shift + SHIFT).min(SHIFT_MAX),
        _ => {}
    }
    let visible = match model.detail {
        Some(_) => layout::detail_rows(model),
        None => layout::table_rows(model),
    };
    let Some(motion) = Motion::of(command, visible) else {
        return;
    };
    // `settle` keeps the scroll positions within their texts.
    match &mut model.detail {
        Some(detail) => detail.scroll = motion.from(detail.scroll, usize::MAX),
        None => shift(model, motion),
    }
}

/// Looks closely at the row so many below.
pub(super) fn look_beside(model: &mut Model, by: isize) -> Vec<Effect> {
    shift(model, Motion::Rows(by));
    if model.detail.as_ref().map(|detail| &detail.target) == model.pane().current() {
        return Vec::new();
    }
    let Some(target) = model.pane().current().cloned() else {
        return Vec::new();
    };
    let effects = places::look_at(model, target);
    settle(model);
    effects
}

fn shift(model: &mut Model, motion: Motion) {
    let visible = layout::table_rows(model);
    let pane = model.pane_mut();
    pane.index = motion.from(pane.index, pane.rows.len());
    pane.cursor = match motion {
        Motion::First => None,
        Motion::Rows(_) | Motion::Last => pane.current().cloned(),
    };
    rows::scroll(pane, visible);
}
