//! The strokes that the view is drawn with: lines, rules, edges and cuts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use crate::clean;
use crate::pen::Pen;
use crate::theme::Tone;

/// Writes a line into the area's row `y`, if there is one.
pub(super) fn line(buffer: &mut Buffer, area: Rect, y: u16, line: Line<'_>) {
    if y < area.height {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        line.render(row, buffer);
    }
}

/// Writes a heading with a rule to the right edge into the area's row `y`.
pub(super) fn rule(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    pen: &Pen<'_>,
    title: Vec<Span<'static>>,
) {
    let sign = pen.glyphs.rule();
    let mut spans = vec![pen.own(sign.repeat(2), Tone::Dim), Span::raw(" ")];
    spans.extend(title);
    spans.push(Span::raw(" "));
    let used: usize = spans.iter().map(Span::width).sum();
    let rest = usize::from(area.width).saturating_sub(used);
    spans.push(pen.own(sign.repeat(rest), Tone::Dim));
    line(buffer, area, y, Line::from(spans));
}

/// Puts `left` at the left edge and `right` at the right one; where both do not fit, `right`
/// stays and `left` is cut.
pub(super) fn edges(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
) {
    let right = Line::from(right);
    let room = usize::from(area.width).saturating_sub(right.width() + 1);
    let left_area = Rect {
        width: u16::try_from(room).unwrap_or(area.width).min(area.width),
        ..area
    };
    line(buffer, left_area, y, Line::from(left));
    line(buffer, area, y, right.right_aligned());
}

/// Text from outside, cut to so many columns.
pub(super) fn cut(pen: &Pen<'_>, text: &str, columns: usize) -> String {
    clean::fit(&clean::clean(text), columns, pen.glyphs.cut())
}

pub(super) fn row_number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
