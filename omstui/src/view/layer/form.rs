//! A form: its fields, what the field with the keys may become, and its buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::{buttons, frame, typed};
use crate::clean;
use crate::layer::Form;
use crate::layer::form::{Button, Field, Kind};
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;
use crate::view::stroke::{cut, line, row_number};

/// The widest that a form gets.
const COLUMNS: usize = 84;
/// Columns for labels.
const LABEL: usize = 20;
/// Lines below the fields: offers, what is wrong, buttons.
const BELOW: usize = 4;

pub(super) fn draw(form: &Form, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    let shown: Vec<(usize, &Field)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| form.is_shown(field))
        .collect();
    let columns = COLUMNS.min(usize::from(window.width).saturating_sub(4));
    let rows = row_number(shown.len() + BELOW);
    let fits = usize::from(window.height).saturating_sub(2 + BELOW).max(1);
    // The field with the keys is always in sight.
    let at = shown.iter().position(|(index, _)| *index == form.at);
    let at = at.unwrap_or(shown.len().saturating_sub(1));
    let top = (at + 1).saturating_sub(fits);
    let mut title = form.title();
    if shown.len() > fits {
        let part = text::fields_shown(top + 1, (top + fits).min(shown.len()), shown.len());
        title = format!("{title}  {part}");
    }
    let inside = frame(pen, buffer, window, &title, row_number(columns), rows);
    let room = usize::from(inside.width);
    let visible = usize::from(inside.height).saturating_sub(BELOW).max(1);
    for (row, (index, field)) in shown.iter().skip(top).take(visible).enumerate() {
        let has_keys = *index == form.at;
        line(
            buffer,
            inside,
            row_number(row),
            written(pen, field, has_keys, room),
        );
    }
    let below = inside.height.saturating_sub(row_number(BELOW));
    line(buffer, inside, below, offers(pen, form, room));
    line(buffer, inside, below + 1, state(pen, form, room));
    let labels: Vec<(String, Tone)> = form.buttons.iter().map(|it| label(form, *it)).collect();
    let labels: Vec<(&str, Tone)> = labels
        .iter()
        .map(|(text, tone)| (text.as_str(), *tone))
        .collect();
    let chosen = form.at.checked_sub(form.fields.len());
    line(buffer, inside, below + 2, buttons(pen, &labels, chosen));
    line(
        buffer,
        inside,
        below + 3,
        pen.own(text::say(text::FORM_KEYS), Tone::Dim).into(),
    );
}

fn written(pen: &Pen<'_>, field: &Field, has_keys: bool, room: usize) -> Line<'static> {
    let sign = if has_keys { pen.glyphs.cursor() } else { " " };
    let tone = match (&field.error, has_keys) {
        (Some(_), _) => Tone::Bad,
        (None, true) => Tone::Accent,
        (None, false) => Tone::Dim,
    };
    let label = cut(pen, text::say(field.label), LABEL - 3);
    let padding = " ".repeat((LABEL - 2).saturating_sub(clean::width(&label)));
    let mut spans = vec![pen.own(format!("{sign} {label}{padding}"), tone)];
    let room = room.saturating_sub(LABEL);
    let text = field.input.text();
    match field.kind {
        Kind::Choice(_) => {
            let choice = if has_keys {
                format!("< {text} >")
            } else {
                text.to_owned()
            };
            spans.push(pen.own(choice, Tone::Plain));
        }
        Kind::Secret => spans.extend(value(pen, field, has_keys, room, true)),
        Kind::Text | Kind::List => spans.extend(value(pen, field, has_keys, room, false)),
    }
    if let Some(error) = &field.error {
        let used: usize = spans.iter().map(Span::width).sum();
        let left = (room + LABEL).saturating_sub(used + 2);
        spans.push(pen.own(format!("  {}", cut(pen, error, left)), Tone::Bad));
    }
    Line::from(spans)
}

fn value(
    pen: &Pen<'_>,
    field: &Field,
    has_keys: bool,
    room: usize,
    hidden: bool,
) -> Vec<Span<'static>> {
    let text = field.input.text();
    // What is wrong stands behind it and must be read.
    let room = if field.error.is_some() {
        room / 2
    } else {
        room
    };
    let mut spans = if has_keys {
        typed(pen, &field.input, room, hidden)
    } else if hidden {
        vec![pen.own(
            pen.glyphs.hidden().repeat(text.chars().count().min(room)),
            Tone::Plain,
        )]
    } else {
        vec![pen.own(cut(pen, text, room), Tone::Plain)]
    };
    if text.is_empty() && field.error.is_none() {
        let left = room.saturating_sub(2);
        let gap = if has_keys { " " } else { "" };
        let hint = format!("{gap}{}", cut(pen, field.hint, left));
        spans.push(pen.own(hint, Tone::Dim));
    }
    spans
}

fn offers(pen: &Pen<'_>, form: &Form, room: usize) -> Line<'static> {
    let Some(field) = form.current() else {
        return Line::default();
    };
    let offers = field.offers();
    if offers.is_empty() {
        return Line::default();
    }
    let words = cut(pen, &offers.join("  "), room.saturating_sub(8));
    Line::from(vec![
        pen.own("Ctrl-n ", Tone::Accent),
        pen.own(words, Tone::Dim),
    ])
}

fn state(pen: &Pen<'_>, form: &Form, room: usize) -> Line<'static> {
    if let Some(since) = form.since {
        let seconds = pen.seconds_since(since);
        return pen.own(text::asking_for(seconds), Tone::Busy).into();
    }
    match &form.error {
        Some(error) => pen.own(cut(pen, error, room), Tone::Bad).into(),
        None => Line::default(),
    }
}

fn label(form: &Form, button: Button) -> (String, Tone) {
    let verb = form.purpose.verb();
    match button {
        Button::Cancel => (text::say(text::CANCEL).to_owned(), Tone::Plain),
        Button::Submit => (verb.to_owned(), Tone::Good),
        Button::SubmitAndTest => (text::and_test(verb), Tone::Good),
        Button::Preview => (form.purpose.preview().to_owned(), Tone::Plain),
    }
}
