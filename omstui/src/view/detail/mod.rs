//! A close look at one object: title and a sheet of lines that scrolls.

mod account;
mod attempt;
mod cause;
mod entry;
mod event;
mod instance;
mod room;
mod sheet;
mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use self::sheet::Sheet;
use super::stroke::{line, row_number, rule};
use crate::layout;
use crate::model::{Detail, Model};
use crate::pen::Pen;
use crate::row::RowKey;
use crate::rows;
use crate::text;
use crate::theme::Tone;

/// How many lines it has at the window's width.
pub fn height(model: &Model, detail: &Detail) -> usize {
    let pen = model.pen();
    let (columns, _) = model.size;
    sheet(model, detail, &pen, usize::from(columns))
        .into_lines()
        .len()
}

pub(super) fn draw(model: &Model, detail: &Detail, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let visible = layout::detail_rows(model);
    let lines = sheet(model, detail, pen, usize::from(area.width)).into_lines();
    let scroll = detail.scroll.min(lines.len().saturating_sub(visible));
    let mut title = title(model, detail, pen);
    let shown = text::lines_shown(scroll, visible, lines.len());
    if !shown.is_empty() {
        title.push(pen.own(format!("  {shown}"), Tone::Dim));
    }
    rule(buffer, area, 0, pen, title);
    for (index, text) in lines.into_iter().skip(scroll).take(visible).enumerate() {
        line(buffer, area, row_number(index + 1), text);
    }
}

fn title(model: &Model, detail: &Detail, pen: &Pen<'_>) -> Vec<Span<'static>> {
    match &detail.target {
        RowKey::Entry(id) => {
            let entry = model.world.entry(*id);
            entry::title(pen, *id, entry.as_deref())
        }
        RowKey::Instance(id) => {
            let instance = model.world.instance(*id);
            instance::title(pen, instance.as_ref())
        }
        RowKey::Account(name) => account::title(pen, name, model.world.account(name)),
        RowKey::Event(seq) => vec![pen.own(text::titled("Event", &seq.to_string()), Tone::Title)],
        RowKey::Cause(key) => vec![pen.foreign(&key.kind, Tone::Title)],
    }
}

fn sheet<'a>(model: &Model, detail: &Detail, pen: &'a Pen<'a>, width: usize) -> Sheet<'a> {
    let mut sheet = Sheet::new(pen, width);
    let world = &model.world;
    let there = match &detail.target {
        RowKey::Entry(id) => world
            .entry(*id)
            .map(|it| entry::write(&mut sheet, &it, world, detail, model.is_asking())),
        RowKey::Instance(id) => world
            .instance(*id)
            .map(|it| instance::write(&mut sheet, &it)),
        RowKey::Account(name) => world
            .account(name)
            .map(|it| account::write(&mut sheet, it, world)),
        RowKey::Event(seq) => world.event(*seq).map(|it| event::write(&mut sheet, it)),
        RowKey::Cause(_) => {
            rows::cause_of(model, &detail.target).map(|it| cause::write(&mut sheet, &it))
        }
    };
    if there.is_none() {
        sheet.own(text::say(text::GONE), Tone::Dim);
    }
    sheet
}
