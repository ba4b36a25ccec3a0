//! The last row: the filter while it is typed, news, what is wrong with the connection, or key
//! hints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layer::frame::typed;
use super::stroke::{cut, line};
use crate::input::Input;
use crate::model::{Link, Model};
use crate::notice::Notice;
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;

/// Columns that a filter leaves to the keys.
const FILTER_LEAVES: usize = 20;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let room = usize::from(area.width).saturating_sub(2);
    let words = if let Some(input) = &model.typing {
        typing(model, pen, input, room)
    } else if let Some(notice) = &model.notice {
        pen.until(notice.until);
        let sign = pen.glyphs.tone(notice.tone);
        let words = cut(pen, &notice.text, room.saturating_sub(2));
        pen.own(format!(" {sign} {words}"), notice.tone).into()
    } else if let Link::Lost { error, .. } = &model.link {
        pen.own(format!(" {}", cut(pen, error, room)), Tone::Bad)
            .into()
    } else {
        hints(model, pen, room)
    };
    line(buffer, area, 0, words);
}

/// News over a layer, in the window's last row.
pub(super) fn notice(notice: &Notice, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let room = usize::from(window.width);
    let sign = pen.glyphs.tone(notice.tone);
    let words = cut(pen, &notice.text, room.saturating_sub(4));
    let words = format!(" {sign} {words}");
    let padding = room.saturating_sub(crate::clean::width(&words));
    let words = format!("{words}{}", " ".repeat(padding));
    let last = window.height.saturating_sub(1);
    line(buffer, window, last, pen.own(words, notice.tone).into());
}

fn typing(model: &Model, pen: &Pen<'_>, input: &Input, room: usize) -> Line<'static> {
    let mut spans = vec![pen.own(" /", Tone::Accent)];
    spans.extend(typed(pen, input, room.saturating_sub(24), false));
    if let Some(note) = model.pane().filter.note() {
        spans.push(pen.own(format!("  {note}"), Tone::Dim));
    }
    Line::from(spans)
}

/// The keys that fit.
fn hints(model: &Model, pen: &Pen<'_>, room: usize) -> Line<'static> {
    let hints: &[(&str, &str)] = match model.detail {
        Some(_) => &text::DETAIL_HINTS,
        None => &text::TABLE_HINTS,
    };
    let marked = model.pane().marks.len();
    let mut spans = Vec::new();
    if marked > 0 {
        spans.push(pen.own(format!(" {} ", text::chosen(marked)), Tone::Warn));
    }
    let filter = model.pane().filter.text();
    if !filter.is_empty() && model.detail.is_none() {
        // The whole of it: beside the tabs there is room for its beginning only.
        let filter = cut(pen, filter, room.saturating_sub(FILTER_LEAVES));
        spans.push(pen.own(format!(" /{filter} "), Tone::Accent));
    }
    let mut used: usize = spans.iter().map(Span::width).sum();
    for (key, words) in hints {
        let words = format!(" {} ", text::say(words));
        used += key.len() + crate::clean::width(&words) + 1;
        if used > room + 1 {
            break;
        }
        spans.push(Span::raw(" "));
        spans.push(pen.own(*key, Tone::Accent));
        spans.push(pen.own(words, Tone::Dim));
    }
    Line::from(spans)
}
