//! What the boxes over the view are made of: their frame, typed text, buttons and lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use crate::clean;
use crate::input::Input;
use crate::pen::Pen;
use crate::theme::Tone;
use crate::view::stroke::{cut, line, row_number};

/// Clears a box in the middle and draws its frame. What is inside it.
pub(super) fn frame(
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    window: Rect,
    title: &str,
    columns: u16,
    rows: u16,
) -> Rect {
    let width = columns.saturating_add(4).min(window.width);
    let height = rows.saturating_add(2).min(window.height);
    let area = Rect {
        x: window.x + (window.width - width) / 2,
        y: window.y + (window.height - height) / 3,
        width,
        height,
    };
    Clear.render(area, buffer);
    buffer.set_style(area, pen.theme.base());
    let glyphs = pen.glyphs;
    let across = usize::from(width.saturating_sub(2));
    let [corner, other, third, last] = glyphs.corners();
    let title = cut(pen, title, across.saturating_sub(4));
    let rest = across.saturating_sub(clean::width(&title) + 3);
    let rule = glyphs.rule();
    line(
        buffer,
        area,
        0,
        Line::from(vec![
            pen.own(format!("{corner}{rule} "), Tone::Accent),
            pen.own(title, Tone::Title),
            pen.own(format!(" {}{other}", rule.repeat(rest)), Tone::Accent),
        ]),
    );
    let side = glyphs.side();
    for y in 1..height.saturating_sub(1) {
        line(buffer, area, y, pen.own(side, Tone::Accent).into());
        let right = Line::from(pen.own(side, Tone::Accent)).right_aligned();
        line(buffer, area, y, right);
    }
    let bottom = format!("{third}{}{last}", rule.repeat(across));
    let end = height.saturating_sub(1);
    line(buffer, area, end, pen.own(bottom, Tone::Accent).into());
    Rect {
        x: area.x + 2.min(width),
        y: area.y + 1.min(height),
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    }
}

/// A line of text with its caret, the end of it where it is too long.
pub(in crate::view) fn typed(
    pen: &Pen<'_>,
    input: &Input,
    room: usize,
    hidden: bool,
) -> Vec<Span<'static>> {
    let shown = |text: &str| {
        if hidden {
            pen.glyphs.hidden().repeat(text.chars().count())
        } else {
            clean::clean(text).into_owned()
        }
    };
    let (before, after) = input.parts();
    let before = shown(before);
    let letters: Vec<char> = before.chars().collect();
    let from = letters.len().saturating_sub(room.saturating_sub(2));
    let tail: String = letters.into_iter().skip(from).collect();
    let left = room.saturating_sub(clean::width(&tail) + 1);
    let mut after = shown(after);
    let under = after.chars().next();
    if let Some(letter) = under {
        after = after.split_off(letter.len_utf8());
    }
    let caret = under.map_or_else(|| " ".to_owned(), String::from);
    vec![
        pen.own(tail, Tone::Plain),
        Span::styled(caret, pen.theme.selected()),
        pen.own(cut(pen, &after, left), Tone::Plain),
    ]
}

/// Buttons beside one another, one of them chosen.
pub(super) fn buttons(
    pen: &Pen<'_>,
    labels: &[(&str, Tone)],
    chosen: Option<usize>,
) -> Line<'static> {
    let mut spans = Vec::new();
    for (index, (label, tone)) in labels.iter().enumerate() {
        let (open, close) = if chosen == Some(index) {
            ("[>", "<]")
        } else {
            ("[ ", " ]")
        };
        let text = format!("{open}{label}{close}");
        spans.push(if chosen == Some(index) {
            Span::styled(text, pen.style(*tone).patch(pen.theme.selected()))
        } else {
            pen.own(text, *tone)
        });
        spans.push(Span::raw("  "));
    }
    Line::from(spans)
}

/// Writes lines into an area, those that fit.
pub(super) fn lines(buffer: &mut Buffer, area: Rect, from: usize, lines: Vec<Line<'static>>) {
    for (index, text) in lines.into_iter().enumerate() {
        line(buffer, area, row_number(from + index), text);
    }
}
