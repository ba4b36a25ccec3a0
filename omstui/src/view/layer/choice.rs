//! A list to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::frame;
use crate::clean;
use crate::layer::Menu;
use crate::pen::Pen;
use crate::theme::Tone;
use crate::view::stroke::{cut, line, row_number};

/// The widest that a list gets.
const COLUMNS_MAX: usize = 76;

pub(super) fn draw(menu: &Menu, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let widest = |text: fn(&crate::layer::Item) -> &str| {
        let widths = menu.items.iter().map(|item| clean::width(text(item)));
        widths.max().unwrap_or(0)
    };
    let label = widest(|item| &item.label);
    let columns = (label + 2 + widest(|item| &item.hint)).clamp(24, COLUMNS_MAX);
    let inside = frame(
        pen,
        buffer,
        window,
        &menu.title,
        row_number(columns),
        row_number(menu.items.len()),
    );
    let visible = usize::from(inside.height).max(1);
    let top = (menu.at + 1).saturating_sub(visible);
    let room = usize::from(inside.width);
    for (index, item) in menu.items.iter().enumerate().skip(top).take(visible) {
        let text = cut(pen, &item.label, room);
        let padding = " ".repeat(label.min(room).saturating_sub(clean::width(&text)) + 2);
        let used = clean::width(&text) + padding.len();
        let hint = cut(pen, &item.hint, room.saturating_sub(used));
        let mut written = Line::from(vec![
            pen.own(text, Tone::Plain),
            Span::raw(padding),
            pen.own(hint, Tone::Accent),
        ]);
        if index == menu.at {
            let rest = room.saturating_sub(written.width());
            written.push_span(Span::raw(" ".repeat(rest)));
            written = written.patch_style(pen.theme.selected());
        }
        line(buffer, inside, row_number(index - top), written);
    }
}
