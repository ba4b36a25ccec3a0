//! The last row: the filter while it is typed, what is wrong with the connection, or key hints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{cut, line};
use crate::keymap::Mode;
use crate::model::{Link, Model};
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let words = if model.typing {
        typing(model, pen, area)
    } else if let Link::Lost { error, .. } = &model.link {
        let room = usize::from(area.width).saturating_sub(1);
        pen.own(format!(" {}", cut(pen, error, room)), Tone::Bad)
            .into()
    } else {
        hints(model, pen)
    };
    line(buffer, area, 0, words);
}

fn typing(model: &Model, pen: &Pen<'_>, area: Rect) -> Line<'static> {
    let filter = &model.pane().filter;
    // The end is where the typing happens, so it is the beginning that goes.
    let room = usize::from(area.width).saturating_sub(24);
    let typed: Vec<char> = filter.text().chars().collect();
    let from = typed.len().saturating_sub(room);
    let tail: String = typed.into_iter().skip(from).collect();
    let mut spans = vec![
        pen.own(" /", Tone::Accent),
        pen.foreign(&tail, Tone::Plain),
        pen.own(pen.glyphs.caret(), Tone::Accent),
    ];
    if filter.is_literal() {
        spans.push(pen.own(format!(" {}", text::LITERAL), Tone::Dim));
    }
    Line::from(spans)
}

fn hints(model: &Model, pen: &Pen<'_>) -> Line<'static> {
    let hints: &[(&str, &str)] = match model.mode() {
        Mode::Detail => &text::DETAIL_HINTS,
        Mode::Table | Mode::Typing | Mode::Help => &text::TABLE_HINTS,
    };
    let mut spans = Vec::new();
    for (key, words) in hints {
        spans.push(Span::raw(" "));
        spans.push(pen.own(*key, Tone::Accent));
        spans.push(pen.own(format!(" {words} "), Tone::Dim));
    }
    Line::from(spans)
}
