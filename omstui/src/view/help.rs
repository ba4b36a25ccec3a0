//! The help page, drawn from the keymap and the tables.

use oms_proto::view::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::stroke::{cut, line, row_number, rule};
use crate::keymap::Mode;
use crate::layer::{Help, Layer};
use crate::layout;
use crate::model::Model;
use crate::pen::Pen;
use crate::text;
use crate::theme::{Tone, status_tone};

/// Columns for the keys.
const KEYS: usize = 18;

/// How many lines it has.
pub fn height(model: &Model) -> usize {
    match model.layers.last() {
        Some(Layer::Help(help)) => lines(model, help, &model.pen()).len(),
        _ => 0,
    }
}

pub(super) fn draw(model: &Model, help: &Help, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let title = vec![
        pen.own(text::say(text::HELP_TITLE), Tone::Title),
        pen.own(format!("  omstui {}", env!("CARGO_PKG_VERSION")), Tone::Dim),
    ];
    rule(buffer, window, 0, pen, title);
    let all = lines(model, help, pen);
    let visible = layout::page_rows(model);
    let scroll = help.scroll.min(all.len().saturating_sub(visible));
    let shown = text::lines_shown(scroll, visible, all.len());
    for (index, text) in all.into_iter().skip(scroll).take(visible).enumerate() {
        line(buffer, window, row_number(index + 1), text);
    }
    let last = window.height.saturating_sub(1);
    let filter = help.filter.text();
    let footer = if help.typing || !filter.is_empty() {
        let filter = cut(pen, filter, usize::from(window.width) / 2);
        pen.own(format!(" /{filter}  {shown}"), Tone::Accent)
    } else {
        pen.own(
            format!(" {}  {shown}", text::say(text::HELP_KEYS)),
            Tone::Dim,
        )
    };
    line(buffer, window, last, footer.into());
}

/// The lines, those alone that have what is filtered by.
fn lines(model: &Model, help: &Help, pen: &Pen<'_>) -> Vec<Line<'static>> {
    let wanted = help.filter.text().to_lowercase();
    let mut lines = all(model, pen);
    if !wanted.is_empty() {
        lines.retain(|line| line.to_string().to_lowercase().contains(&wanted));
    }
    lines
}

fn all(model: &Model, pen: &Pen<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for bound in model.options.keymap.iter() {
        let binding = bound.binding;
        let name = format!("  :{}", binding.name);
        let named = binding.modes.contains(&Mode::Table) || binding.modes.contains(&Mode::Detail);
        let mut line = entry(pen, &bound.label(), binding.help);
        if named {
            line.push_span(pen.own(name, Tone::Dim));
        }
        lines.push(line);
    }
    lines.push(Line::default());
    lines.push(heading(
        pen,
        &text::help_sort(text::say(model.view.title())),
    ));
    for heading in model.view.headings() {
        let Some(letter) = heading.letter else {
            continue;
        };
        let keys = format!("Shift-{}", letter.to_ascii_lowercase());
        lines.push(entry(pen, &keys, heading.title));
    }
    lines.push(Line::default());
    lines.push(heading(pen, text::say(text::HELP_STATUS)));
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
        pen.own(text::say(words), Tone::Plain),
    ])
}
