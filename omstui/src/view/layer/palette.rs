//! The command line at the bottom, and above it what the word may become.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use super::frame::typed;
use crate::layer::Palette;
use crate::model::Model;
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;
use crate::view::stroke::{cut, line, row_number};

/// Offers shown at a time.
const OFFERS: usize = 8;
/// Columns for a name.
const NAME: usize = 18;

pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    window: Rect,
) {
    let offers = offers(model, palette, pen, usize::from(window.width));
    let visible = OFFERS.min(usize::from(window.height).saturating_sub(2));
    let top = (palette.at + 1).saturating_sub(visible);
    let shown: Vec<_> = offers
        .into_iter()
        .enumerate()
        .skip(top)
        .take(visible)
        .collect();
    let rows = row_number(shown.len() + 1).min(window.height);
    let area = Rect {
        y: window.y + window.height - rows,
        height: rows,
        ..window
    };
    Clear.render(area, buffer);
    buffer.set_style(area, pen.theme.base());
    let room = usize::from(window.width);
    for (row, (index, mut written)) in shown.into_iter().enumerate() {
        if index == palette.at {
            let rest = room.saturating_sub(written.width());
            written.push_span(Span::raw(" ".repeat(rest)));
            written = written.patch_style(pen.theme.selected());
        }
        line(buffer, area, row_number(row), written);
    }
    let mut spans = vec![pen.own(" :", Tone::Accent)];
    spans.extend(typed(pen, &palette.input, room.saturating_sub(4), false));
    line(buffer, area, rows.saturating_sub(1), Line::from(spans));
}

/// What the word may become: commands, and behind a command what it takes.
fn offers(model: &Model, palette: &Palette, pen: &Pen<'_>, room: usize) -> Vec<Line<'static>> {
    if let Some(arguments) = palette.arguments(&model.arguments()) {
        let written = |argument: String| {
            let text = cut(pen, &argument, room.saturating_sub(4));
            Line::from(pen.own(format!("  {text}"), Tone::Accent))
        };
        return arguments.into_iter().map(written).collect();
    }
    let offers = palette.offers(&model.options.keymap).into_iter();
    let written = offers.map(|offer| {
        let bound = offer.bound;
        let name = format!("  {:<NAME$}", bound.binding.name);
        let help = text::say(bound.binding.help);
        let help = cut(pen, help, room.saturating_sub(NAME + 16));
        Line::from(vec![
            pen.own(name, Tone::Accent),
            pen.own(help, Tone::Plain),
            pen.own(format!("  {}", bound.label()), Tone::Dim),
        ])
    });
    written.collect()
}
