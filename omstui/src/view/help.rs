//! The help page, drawn from the keymap and the tables.

use oms_proto::view::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{line, row_number, rule};
use crate::keymap::BINDINGS;
use crate::layout;
use crate::model::Model;
use crate::pen::Pen;
use crate::text;
use crate::theme::{Tone, status_tone};

/// Columns for the keys.
const KEYS: usize = 18;

/// How many lines it has.
pub fn height(model: &Model) -> usize {
    lines(model, &model.pen()).len()
}

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let title = vec![
        pen.own(text::HELP_TITLE, Tone::Title),
        pen.own(format!("  omstui {}", env!("CARGO_PKG_VERSION")), Tone::Dim),
    ];
    rule(buffer, window, 0, pen, title);
    let all = lines(model, pen);
    let visible = layout::help_rows(model);
    let scroll = model
        .help
        .unwrap_or(0)
        .min(all.len().saturating_sub(visible));
    let footer = text::lines_shown(scroll, visible, all.len());
    for (index, text) in all.into_iter().skip(scroll).take(visible).enumerate() {
        line(buffer, window, row_number(index + 1), text);
    }
    let last = window.height.saturating_sub(1);
    let footer = format!(" {}  {footer}", text::HELP_KEYS);
    line(buffer, window, last, pen.own(footer, Tone::Dim).into());
}

fn lines(model: &Model, pen: &Pen<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for binding in BINDINGS {
        lines.push(entry(pen, &binding.label(), binding.help));
    }
    lines.push(Line::default());
    lines.push(heading(pen, &text::help_sort(model.view.title())));
    for heading in model.view.headings() {
        let keys = format!("Shift-{}", heading.letter.to_ascii_lowercase());
        lines.push(entry(pen, &keys, heading.title));
    }
    lines.push(Line::default());
    lines.push(heading(pen, text::HELP_STATUS));
    for status in Status::ALL {
        let sign = pen.glyphs.status(status);
        let word = format!("  {:<KEYS$}", format!("{sign} {status}"));
        lines.push(Line::from(vec![
            pen.own(word, status_tone(status)),
            pen.own(text::status_meaning(status), Tone::Plain),
        ]));
    }
    lines
}

fn heading(pen: &Pen<'_>, words: &str) -> Line<'static> {
    pen.own(format!(" {words}"), Tone::Title).into()
}

fn entry(pen: &Pen<'_>, keys: &str, words: &'static str) -> Line<'static> {
    Line::from(vec![
        pen.own(format!("  {keys:<KEYS$}"), Tone::Accent),
        pen.own(words, Tone::Plain),
    ])
}
