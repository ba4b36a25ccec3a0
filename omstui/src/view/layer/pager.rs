//! A page of text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::layer::Pager;
use crate::layout;
use crate::model::Model;
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;
use crate::view::stroke::rule;
use crate::view::stroke::{cut, line, row_number};

pub(super) fn draw(model: &Model, pager: &Pager, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let visible = layout::page_rows(model);
    let room = layout::page_columns(model);
    let all = pager.shown(room);
    let scroll = pager.scroll.min(all.len().saturating_sub(visible));
    let shown = text::lines_shown(scroll, visible, all.len());
    let title = vec![
        pen.foreign(&pager.title, Tone::Title),
        pen.own(format!("  {shown}"), Tone::Dim),
    ];
    rule(buffer, window, 0, pen, title);
    for (index, text) in all.iter().skip(scroll).take(visible).enumerate() {
        let text = format!(" {}", cut(pen, text, room));
        line(
            buffer,
            window,
            row_number(index + 1),
            pen.own(text, Tone::Plain).into(),
        );
    }
    if let Some(since) = pager.since {
        let words = format!(" {}", text::asking_for(pen.seconds_since(since)));
        line(buffer, window, 1, pen.own(words, Tone::Busy).into());
    }
    let last = window.height.saturating_sub(1);
    let keys = format!(" {}", text::say(text::PAGER_KEYS));
    line(buffer, window, last, pen.own(keys, Tone::Dim).into());
}
