//! Draws the window of a table: headings, then only the rows that are visible.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{cut, line, row_number};
use crate::clean;
use crate::model::Pane;
use crate::pen::Pen;
use crate::tables::{Align, Cell, Column, Sort, Table, Width};
use crate::text;
use crate::theme::Tone;

/// Columns between two cells.
const GAP: usize = 1;
/// Columns for the cursor's sign before the first cell.
const CURSOR: usize = 2;

/// What is drawn of a table.
pub(super) struct Window<'a, T> {
    /// The visible rows.
    pub(super) items: Vec<&'a T>,
    /// The visible row under the cursor.
    pub(super) cursor: Option<usize>,
    /// The order, for the heading's arrow.
    pub(super) sort: Option<Sort>,
    /// Said when there is no row.
    pub(super) empty: &'static str,
}

impl<'a, T> Window<'a, T> {
    /// The window of a pane, with the items that its rows name.
    pub(super) fn of(pane: &Pane, items: Vec<&'a T>, empty: &'static str) -> Self {
        Self {
            cursor: (!items.is_empty()).then(|| pane.index.saturating_sub(pane.top)),
            items,
            sort: Some(pane.sort),
            empty: if pane.is_narrowed() && pane.all > 0 {
                text::NONE_MATCH
            } else {
                empty
            },
        }
    }
}

/// How many rows fit below the headings.
pub(super) fn rows_in(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws headings and rows.
pub(super) fn draw<T>(
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    area: Rect,
    table: &Table<T>,
    window: &Window<'_, T>,
) {
    let cells: Vec<Vec<Cell>> = window
        .items
        .iter()
        .map(|item| {
            let cell = |column: &Column<T>| (column.cell)(item, pen);
            table.columns.iter().map(cell).collect()
        })
        .collect();
    let titles = titles(pen, table, window.sort);
    let widths = widths(table, &titles, &cells, usize::from(area.width));
    let headings = titles
        .iter()
        .map(|title| Cell::new(title.clone(), Tone::Title))
        .collect();
    line(buffer, area, 0, row(pen, table, &widths, headings, false));
    if cells.is_empty() {
        let empty = format!("{:CURSOR$}{}", "", window.empty);
        line(buffer, area, 1, pen.own(empty, Tone::Dim).into());
    }
    for (index, cells) in cells.into_iter().enumerate() {
        let y = row_number(index + 1);
        let selected = window.cursor == Some(index);
        line(buffer, area, y, row(pen, table, &widths, cells, selected));
        if selected && y < area.height {
            let strip = Rect {
                y: area.y + y,
                height: 1,
                ..area
            };
            buffer.set_style(strip, pen.theme.selected());
        }
    }
}

fn titles<T>(pen: &Pen<'_>, table: &Table<T>, sort: Option<Sort>) -> Vec<String> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(index, column)| match sort {
            Some(sort) if sort.column == index => {
                format!("{}{}", column.title, pen.glyphs.sorted(sort.descending))
            }
            _ => column.title.to_owned(),
        })
        .collect()
}

fn row<T>(
    pen: &Pen<'_>,
    table: &Table<T>,
    widths: &[Option<usize>],
    cells: Vec<Cell>,
    selected: bool,
) -> Line<'static> {
    let sign = if selected { pen.glyphs.cursor() } else { "" };
    let mut spans = vec![Span::raw(format!("{sign:CURSOR$}"))];
    for ((column, cell), width) in table.columns.iter().zip(cells).zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let text = cut(pen, &cell.text, width);
        let padding = " ".repeat(width.saturating_sub(clean::width(&text)));
        let written = pen.own(text, cell.tone);
        match column.align {
            Align::Left => spans.extend([written, Span::raw(padding)]),
            Align::Right => spans.extend([Span::raw(padding), written]),
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    Line::from(spans)
}

/// The width of each column; `None` for those that there is no room for.
fn widths<T>(
    table: &Table<T>,
    titles: &[String],
    cells: &[Vec<Cell>],
    columns: usize,
) -> Vec<Option<usize>> {
    let room = columns.saturating_sub(CURSOR);
    let mut widths: Vec<Option<usize>> = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let title = titles.get(index).map_or(0, |title| clean::width(title));
        let widest = cells
            .iter()
            .filter_map(|row| row.get(index))
            .map(|cell| clean::width(&clean::clean(&cell.text)))
            .max()
            .unwrap_or(0);
        widths.push(Some(match column.width {
            Width::Fit { min, max } => widest.max(title).clamp(min, max),
            Width::Rest { min } => min,
        }));
    }
    shrink(table, &mut widths, room);
    while taken(&widths) > room {
        let spare = |(index, column): (usize, &Column<T>)| {
            let there = widths.get(index).copied().flatten().is_some();
            (there && column.spare > 0).then_some((column.spare, index))
        };
        let Some((_, index)) = table.columns.iter().enumerate().filter_map(spare).max() else {
            break;
        };
        if let Some(width) = widths.get_mut(index) {
            *width = None;
        }
    }
    let left = room.saturating_sub(taken(&widths));
    let is_rest = |column: &Column<T>| matches!(column.width, Width::Rest { .. });
    for (column, width) in table.columns.iter().zip(&mut widths) {
        if let Some(width) = width.as_mut().filter(|_| is_rest(column)) {
            *width += left;
        }
    }
    widths
}

/// Takes from the texts that are wider than they must be, the widest first. Numbers stay whole:
/// one that is cut reads as another.
fn shrink<T>(table: &Table<T>, widths: &mut [Option<usize>], room: usize) {
    for _ in room..taken(widths) {
        let surplus = |(column, width): (&Column<T>, &Option<usize>)| match column.width {
            Width::Fit { min, .. } if column.align == Align::Left => width.unwrap_or(0) - min,
            Width::Fit { .. } | Width::Rest { .. } => 0,
        };
        let surpluses = table.columns.iter().zip(widths.iter()).map(surplus);
        let Some((most, index)) = surpluses.zip(0_usize..).max() else {
            return;
        };
        match widths.get_mut(index) {
            Some(Some(width)) if most > 0 => *width -= 1,
            _ => return,
        }
    }
}

fn taken(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().map(|width| width + GAP).sum()
}
