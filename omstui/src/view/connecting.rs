//! What is shown before the first picture of the daemon: the first paint, made before anything
//! is asked of anybody.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::stroke::{line, row_number};
use crate::clean;
use crate::model::{Link, Model};
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let width = usize::from(window.width.saturating_sub(8)).clamp(1, 72);
    let mut lines: Vec<Line<'static>> =
        vec![pen.own(text::PRODUCT, Tone::Title).into(), Line::default()];
    let asked = match model.link {
        Link::Loading | Link::Live | Link::Lost { .. } => text::loading_from(&model.options.socket),
        Link::Connecting { .. } => text::connecting_to(&model.options.socket),
    };
    push(pen, &mut lines, &asked, width, Tone::Plain);
    if let Link::Connecting {
        tries,
        error: Some(error),
    } = &model.link
    {
        lines.push(Line::default());
        push(
            pen,
            &mut lines,
            &text::try_failed(*tries, error),
            width,
            Tone::Bad,
        );
    }
    lines.push(Line::default());
    lines.push(pen.own(text::say(text::CONNECT_KEYS), Tone::Dim).into());

    let top = usize::from(window.height).saturating_sub(lines.len()) / 3;
    for (index, text) in lines.into_iter().enumerate() {
        line(buffer, window, row_number(top + index), text.centered());
    }
}

fn push(pen: &Pen<'_>, lines: &mut Vec<Line<'static>>, text: &str, width: usize, tone: Tone) {
    for part in clean::wrap(&clean::clean(text), width) {
        lines.push(pen.own(part, tone).into());
    }
}
