//! Tables without lines, so that they can be read, cut and searched.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell as Styled, Color, ContentArrangement, Table};

use super::record::State;
use super::{Cell, Column, Record, Style};
use crate::cli::Format;

/// The columns that a format shows.
fn shown<T: Record>(style: &Style) -> impl Iterator<Item = (usize, &'static Column)> {
    let wide = style.format == Format::Wide;
    T::COLUMNS
        .iter()
        .enumerate()
        .filter(move |(_, column)| wide || !column.wide)
}

/// A list. Nothing is printed for an empty one but the header.
pub(super) fn table<T: Record>(items: &[T], style: &Style) -> String {
    let mut table = plain_table(style);
    if style.headers {
        table.set_header(shown::<T>(style).map(|(_, column)| header(column.title, style)));
    }
    for item in items {
        let cells = item.cells();
        table.add_row(
            shown::<T>(style)
                .filter_map(|(index, _)| cells.get(index))
                .map(|cell| styled(cell, style)),
        );
    }
    // Without headers there is nothing to print for no rows.
    if items.is_empty() && !style.headers {
        return String::new();
    }
    printed(&table)
}

/// Labels and values, one below the other.
pub(super) fn detail(fields: &[(&'static str, Cell)], style: &Style) -> String {
    let mut table = plain_table(style);
    for (label, value) in fields {
        for (index, line) in value.lines().iter().enumerate() {
            let label = if index == 0 {
                sentence(label)
            } else {
                String::new()
            };
            let mut shown = Styled::new(line.shown(style, false));
            if let (true, Some(state)) = (style.colour, line.state()) {
                shown = coloured(shown, state);
            }
            table.add_row([header(&label, style), shown]);
        }
    }
    printed(&table)
}

/// `SERVER-ID` as a label: `Server id:`.
fn sentence(title: &str) -> String {
    let mut chars = title.chars();
    let first: String = chars.by_ref().take(1).collect();
    format!(
        "{first}{}:",
        chars.as_str().to_lowercase().replace('-', " ")
    )
}

/// The header of a list that is printed line by line: columns have fixed widths.
pub(super) fn stream_header<T: Record>(style: &Style) -> String {
    if !style.headers {
        return String::new();
    }
    let titles = shown::<T>(style).map(|(_, column)| (column.width, column.title.to_owned()));
    stream_line(titles)
}

/// One row of such a list.
pub(super) fn stream_row<T: Record>(item: &T, style: &Style) -> String {
    let cells = item.cells();
    let texts = shown::<T>(style).filter_map(|(index, column)| {
        let cell = cells.get(index)?;
        Some((column.width, cell.shown(style, false)))
    });
    stream_line(texts)
}

fn stream_line(texts: impl Iterator<Item = (usize, String)>) -> String {
    let padded: Vec<String> = texts
        .map(|(width, text)| format!("{text:width$}"))
        .collect();
    format!("{}\n", padded.join("  ").trim_end())
}

fn plain_table(style: &Style) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    table
}

fn header(text: &str, style: &Style) -> Styled {
    let cell = Styled::new(text);
    if style.colour {
        cell.add_attribute(Attribute::Bold)
    } else {
        cell
    }
}

fn styled(cell: &Cell, style: &Style) -> Styled {
    let text = Styled::new(cell.shown(style, style.format == Format::Table));
    match cell.state() {
        Some(state) if style.colour => coloured(text, state),
        _ => text,
    }
}

fn coloured(cell: Styled, state: State) -> Styled {
    match state {
        State::Good => cell.fg(Color::Green),
        State::Busy => cell.fg(Color::Yellow),
        State::Bad => cell.fg(Color::Red),
        State::Quiet => cell,
    }
}

/// The lines without the blanks that fill the last column, columns two blanks apart.
fn printed(table: &Table) -> String {
    let mut table = table.clone();
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    lines.concat()
}
