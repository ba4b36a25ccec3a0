//! Draws the window of a table: headings, then only the rows that are visible.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{cut, line, row_number};
use crate::clean;
use crate::model::Pane;
use crate::pen::Pen;
use crate::row::RowKey;
use crate::rows;
use crate::tables::{Align, Column, Sort, Table, Width};
use crate::text;
use crate::theme::Tone;

/// Columns between two cells.
const GAP: usize = 1;
/// Columns for the signs of cursor and mark before the first cell.
const SIGNS: usize = 2;

/// What is drawn of a table.
pub(super) struct Window<'a, T> {
    /// The visible rows.
    pub(super) items: Vec<&'a T>,
    /// The visible row under the cursor.
    pub(super) cursor: Option<usize>,
    /// The visible rows that are marked.
    pub(super) marked: Vec<bool>,
    /// The order, for the heading's arrow.
    pub(super) sort: Option<Sort>,
    /// How wide the cells are, by all that has been seen.
    pub(super) widths: Vec<usize>,
    /// Columns of long texts left out at their beginning.
    pub(super) shift: usize,
    /// Said when there is no row.
    pub(super) empty: &'static str,
}

impl<'a, T> Window<'a, T> {
    /// The window of a pane, with the items that its rows name.
    pub(super) fn of(
        pane: &Pane,
        rows: usize,
        item: impl Fn(&RowKey) -> Option<&'a T>,
        empty: &'static str,
    ) -> Self {
        let rows = pane.window(rows);
        let there: Vec<(&RowKey, &'a T)> = rows
            .iter()
            .filter_map(|row| Some((row, item(row)?)))
            .collect();
        let cursor = pane.index.saturating_sub(pane.top);
        Self {
            cursor: (!there.is_empty()).then_some(cursor),
            marked: there
                .iter()
                .map(|(row, _)| pane.marks.contains(row))
                .collect(),
            items: there.into_iter().map(|(_, item)| item).collect(),
            sort: Some(pane.sort),
            widths: pane.widths.clone(),
            shift: pane.shift,
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
    let mut natural = window.widths.clone();
    natural.resize(table.columns.len(), 0);
    for item in &window.items {
        rows::measure(&mut natural, table, item, pen);
    }
    let titles: Vec<Span<'static>> = (0..table.columns.len())
        .filter_map(|index| title(pen, table, window.sort, index))
        .collect();
    let widths = widths(table, &titles, &natural, usize::from(area.width));
    line(buffer, area, 0, headings(table, &widths, titles));
    if window.items.is_empty() {
        let empty = format!("{:SIGNS$}{}", "", window.empty);
        line(buffer, area, 1, pen.own(empty, Tone::Dim).into());
    }
    for (index, item) in window.items.iter().enumerate() {
        let y = row_number(index + 1);
        let selected = window.cursor == Some(index);
        let marked = window.marked.get(index).copied().unwrap_or(false);
        let mut spans = vec![signs(pen, selected, marked)];
        spans.extend(row(pen, table, &widths, item, window.shift));
        let mut text = Line::from(spans);
        if selected {
            // One look for the whole row; what it means stands in its signs and words.
            for span in &mut text.spans {
                span.style = pen.theme.selected();
            }
        }
        line(buffer, area, y, text);
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

fn signs(pen: &Pen<'_>, selected: bool, marked: bool) -> Span<'static> {
    let cursor = if selected { pen.glyphs.cursor() } else { " " };
    let mark = if marked { pen.glyphs.mark() } else { " " };
    pen.own(format!("{cursor}{mark}"), Tone::Warn)
}

/// A heading with the arrow of the order, and the letter that sorts by it.
fn title<T>(
    pen: &Pen<'_>,
    table: &Table<T>,
    sort: Option<Sort>,
    index: usize,
) -> Option<Span<'static>> {
    let column = table.columns.get(index)?;
    let arrow = match sort {
        Some(sort) if sort.column == index => pen.glyphs.sorted(sort.descending),
        _ => "",
    };
    Some(pen.own(format!("{}{arrow}", column.title), Tone::Title))
}

fn headings<T>(
    table: &Table<T>,
    widths: &[Option<usize>],
    titles: Vec<Span<'static>>,
) -> Line<'static> {
    let mut spans = vec![Span::raw(" ".repeat(SIGNS))];
    for ((column, title), width) in table.columns.iter().zip(titles).zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let padding = " ".repeat(width.saturating_sub(title.width()));
        let letters = lettered(&title, column.letter);
        match column.align {
            Align::Left => {
                spans.extend(letters);
                spans.push(Span::raw(padding));
            }
            Align::Right => {
                spans.push(Span::raw(padding));
                spans.extend(letters);
            }
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    Line::from(spans)
}

/// A heading with the letter underlined that sorts by it.
fn lettered(title: &Span<'static>, letter: char) -> Vec<Span<'static>> {
    let text = title.content.as_ref();
    let Some((before, after)) = text.split_once(letter) else {
        return vec![title.clone()];
    };
    let part = |text: String| Span::styled(text, title.style);
    let marked = title.style.add_modifier(Modifier::UNDERLINED);
    vec![
        part(before.to_owned()),
        Span::styled(letter.to_string(), marked),
        part(after.to_owned()),
    ]
}

fn row<T>(
    pen: &Pen<'_>,
    table: &Table<T>,
    widths: &[Option<usize>],
    item: &T,
    shift: usize,
) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (column, width) in table.columns.iter().zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let cell = (column.cell)(item, pen);
        let is_rest = matches!(column.width, Width::Rest { .. });
        let text = if is_rest && shift > 0 {
            let moved: String = clean::clean(&cell.text).chars().skip(shift).collect();
            cut(pen, &moved, width)
        } else {
            cut(pen, &cell.text, width)
        };
        let padding = " ".repeat(width.saturating_sub(clean::width(&text)));
        let written = pen.own(text, cell.tone);
        match column.align {
            Align::Left => spans.extend([written, Span::raw(padding)]),
            Align::Right => spans.extend([Span::raw(padding), written]),
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    spans
}

/// The width of each column; `None` for those that there is no room for.
fn widths<T>(
    table: &Table<T>,
    titles: &[Span<'static>],
    natural: &[usize],
    columns: usize,
) -> Vec<Option<usize>> {
    let room = columns.saturating_sub(SIGNS);
    let mut widths: Vec<Option<usize>> = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let title = titles.get(index).map_or(0, Span::width);
        let widest = natural.get(index).copied().unwrap_or(0);
        widths.push(Some(match column.width {
            // The arrow of the order must not move the columns.
            Width::Fit { min, max } => widest
                .max(title)
                .max(column.title.len() + 1)
                .clamp(min, max),
            Width::Rest { min } => min,
        }));
    }
    while narrowest(table, &widths) > room {
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
    shrink(table, &mut widths, room);
    let left = room.saturating_sub(taken(&widths));
    let is_rest = |column: &Column<T>| matches!(column.width, Width::Rest { .. });
    for (column, width) in table.columns.iter().zip(&mut widths) {
        if let Some(width) = width.as_mut().filter(|_| is_rest(column)) {
            *width += left;
        }
    }
    widths
}

/// What the columns take when texts are as narrow as they may be.
fn narrowest<T>(table: &Table<T>, widths: &[Option<usize>]) -> usize {
    let columns = table.columns.iter().zip(widths);
    let narrow = columns.filter_map(|(column, width)| {
        let width = (*width)?;
        Some(match column.width {
            Width::Fit { min, .. } if column.align == Align::Left => min.min(width) + GAP,
            Width::Fit { .. } | Width::Rest { .. } => width + GAP,
        })
    });
    narrow.sum()
}

/// Takes from the texts that are wider than they must be, the widest first. Numbers stay whole:
/// one that is cut reads as another.
fn shrink<T>(table: &Table<T>, widths: &mut [Option<usize>], room: usize) {
    for _ in room..taken(widths) {
        let surplus = |(column, width): (&Column<T>, &Option<usize>)| match column.width {
            Width::Fit { min, .. } if column.align == Align::Left => {
                width.unwrap_or(0).saturating_sub(min)
            }
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
