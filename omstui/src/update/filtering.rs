//! The filter's line and the order of rows.

use crate::filter::{FILTER_BYTES_MAX, Filter};
use crate::input::Input;
use crate::keymap::Command;
use crate::layout;
use crate::model::{Model, Unsettled};
use crate::rows;
use crate::screen::Shows;

/// Opens the filter's line with what is in force.
pub(super) fn begin(model: &mut Model) {
    let text = model.pane().filter.text().to_owned();
    model.typing = Some(Input::new(&text, FILTER_BYTES_MAX));
}

/// Does what a key asks for while the filter is typed.
pub(super) fn edit(model: &mut Model, command: Command) {
    match command {
        Command::Accept => model.typing = None,
        Command::Escape => {
            model.typing = None;
            clear(model);
        }
        _ => {
            if let Some(input) = &mut model.typing
                && input.obey(command)
            {
                apply(model);
            }
        }
    }
}

/// Filters by what is typed.
pub(super) fn apply(model: &mut Model) {
    if let Some(input) = &model.typing {
        let view = model.view;
        model.pane_mut().filter = Filter::new(input.text(), |word| view.condition(word));
        refilter(model);
    }
}

/// Shows all there is.
pub(super) fn clear(model: &mut Model) {
    model.pane_mut().filter = Filter::default();
    refilter(model);
}

/// What is shown follows the filter. Of entries there may be very many, whose order stays.
fn refilter(model: &mut Model) {
    if model.view.spec().shows == Shows::Entries && model.unsettled != Unsettled::All {
        rows::refilter(model);
        model.unsettled.touch();
    } else {
        model.unsettled = Unsettled::All;
    }
}

/// Sorts by a column; by the same one again, the other way round.
pub(super) fn sort_by(model: &mut Model, column: usize) {
    let sort = &mut model.pane_mut().sort;
    sort.descending = sort.column == column && !sort.descending;
    sort.column = column;
    model.unsettled = Unsettled::All;
}

/// Changes the order of rows.
pub(super) fn sort(model: &mut Model, command: Command) {
    let headings = model.view.headings();
    let wide = layout::is_wide(model);
    let sort = &mut model.panes.get_mut(model.view).sort;
    match command {
        Command::SortBy(letter) => {
            let Some(column) = headings.iter().position(|it| it.letter == Some(letter)) else {
                return model.tell(crate::text::no_such_key(), crate::theme::Tone::Dim);
            };
            return sort_by(model, column);
        }
        Command::SortLeft | Command::SortRight => {
            // Columns that are not shown are passed over.
            let shown = |index: &usize| headings.get(*index).is_some_and(|it| wide || !it.wide);
            let next = if command == Command::SortLeft {
                (0..sort.column).rev().find(shown)
            } else {
                (sort.column + 1..headings.len()).find(shown)
            };
            sort.column = next.unwrap_or(sort.column);
        }
        _ => sort.descending = !sort.descending,
    }
    model.unsettled = Unsettled::All;
}
