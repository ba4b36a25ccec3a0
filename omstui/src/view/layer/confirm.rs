//! The question before something is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::frame::{buttons, frame, lines, typed};
use crate::action::Object;
use crate::clean;
use crate::layer::Confirm;
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;
use crate::view::stroke::{cut, row_number};

/// The widest that a question gets.
const COLUMNS: usize = 60;
/// Objects named before the others are counted.
const NAMED_MAX: usize = 6;

pub(super) fn draw(confirm: &Confirm, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let count = confirm.objects.len();
    let columns = COLUMNS.min(usize::from(window.width).saturating_sub(4));
    let mut body: Vec<Line<'static>> = Vec::new();
    for named in confirm.named.iter().take(NAMED_MAX) {
        let named = cut(pen, named, columns.saturating_sub(2));
        body.push(Line::from(vec![
            pen.own("  ", Tone::Plain),
            pen.foreign(&named, Tone::Title),
        ]));
    }
    if count > NAMED_MAX {
        let more = format!("  {}", text::and_more(count - NAMED_MAX));
        body.push(pen.own(more, Tone::Dim).into());
    }
    body.push(Line::default());
    let of_account = matches!(confirm.objects.first(), Some(Object::Account(_)));
    let warning = text::consequence(confirm.act, of_account);
    for part in clean::wrap(warning, columns) {
        body.push(pen.own(part, Tone::Warn).into());
    }
    if let Some(input) = &confirm.typed {
        body.push(Line::default());
        let mut spans = vec![pen.own(text::type_the_number(count), Tone::Plain)];
        spans.push(pen.own(": ", Tone::Plain));
        spans.extend(typed(pen, input, 12, false));
        body.push(Line::from(spans));
    }
    body.push(Line::default());
    let labels = [
        (text::say(text::CANCEL), Tone::Plain),
        (text::say(confirm.act.word()), Tone::Bad),
    ];
    let chosen = usize::from(confirm.goes_on);
    body.push(buttons(pen, &labels, Some(chosen)));
    let title = text::confirm(confirm.act.word(), count);
    let rows = row_number(body.len());
    let inside = frame(pen, buffer, window, &title, row_number(columns), rows);
    // In a low window the buttons are what must be seen.
    let skip = body.len().saturating_sub(usize::from(inside.height));
    lines(buffer, inside, 0, body.into_iter().skip(skip).collect());
}
