//! Draws the window of a table: headings, then only the rows that are visible.

use std::borrow::Cow;

use oms_proto::Time;
use oms_proto::columns::{Column, Kind, Width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::stroke::{cut, line, row_number};
use crate::clean;
use crate::model::{Model, Pane, Seen};
use crate::pen::Pen;
use crate::row::RowKey;
use crate::rows;
use crate::tables::{Sort, Table, is_reason};
use crate::text;
use crate::theme::Tone;

/// Columns between two cells.
const GAP: usize = 1;
/// Columns that are as much to be spared as this make room for it.
const MINOR: u8 = 7;
/// Columns of a time of day.
const STAMP: usize = 8;
/// Columns for the signs of cursor and mark before the first cell.
const SIGNS: usize = 2;

/// What is drawn of a table.
pub(super) struct Window<'a, S: Clone> {
    /// The visible rows.
    pub(super) items: Vec<Cow<'a, S>>,
    /// Until when their reasons hold, where that is known.
    pub(super) lasts: Vec<Option<Time>>,
    /// The visible row under the cursor.
    pub(super) cursor: Option<usize>,
    /// The visible rows that are marked.
    pub(super) marked: Vec<bool>,
    /// The order, for the heading's arrow.
    pub(super) sort: Option<Sort>,
    /// How wide the cells are, by all that has been seen.
    pub(super) seen: Vec<Seen>,
    /// Columns of long texts left out at their beginning.
    pub(super) shift: usize,
    /// Whether columns are shown that are for whoever wants much.
    pub(super) wide: bool,
    /// Said when there is no row.
    pub(super) empty: String,
}

impl<'a, S: Clone> Window<'a, S> {
    /// The window of a pane, with the items that its rows name.
    pub(super) fn of(
        model: &Model,
        pane: &Pane,
        rows: usize,
        item: impl Fn(&RowKey) -> Option<Cow<'a, S>>,
        wide: bool,
        empty: &'static str,
    ) -> Self {
        let rows = pane.window(rows);
        let there: Vec<(&RowKey, Cow<'a, S>)> =
            rows.filter_map(|row| Some((row, item(row)?))).collect();
        let cursor = pane.index.saturating_sub(pane.top);
        Self {
            lasts: there
                .iter()
                .map(|(row, _)| rows::lasts(model, row))
                .collect(),
            cursor: (!there.is_empty()).then_some(cursor),
            marked: there
                .iter()
                .map(|(row, _)| pane.marks.contains(row))
                .collect(),
            items: there.into_iter().map(|(_, item)| item).collect(),
            sort: Some(pane.sort),
            seen: pane.seen.clone(),
            shift: pane.shift,
            wide,
            empty: match pane.filter.note() {
                Some(note) => note.to_owned(),
                None if pane.is_narrowed() && pane.all() > 0 => {
                    text::say(text::NONE_MATCH).to_owned()
                }
                None => empty.to_owned(),
            },
        }
    }
}

/// How many rows fit below the headings.
pub(super) fn rows_in(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws headings and rows.
pub(super) fn draw<S: Clone, T>(
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    area: Rect,
    table: &Table<S, T>,
    window: &Window<'_, S>,
) {
    let (titles, widths) = laid(pen, area, table, window);
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
        let left = window.lasts.get(index).copied().flatten();
        spans.extend(row(pen, table, &widths, item, (window.shift, left)));
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

/// The headings, and how wide each column is.
fn laid<S: Clone, T>(
    pen: &Pen<'_>,
    area: Rect,
    table: &Table<S, T>,
    window: &Window<'_, S>,
) -> (Vec<Span<'static>>, Vec<Option<usize>>) {
    let titles: Vec<Span<'static>> = (0..table.shown.columns.len())
        .filter_map(|index| title(pen, table, window.sort, index))
        .collect();
    let columns = usize::from(area.width);
    let widths = widths(table, &titles, &window.seen, columns, window.wide);
    (titles, widths)
}

/// The column at a place from the left.
pub(super) fn column_at<S: Clone, T>(
    pen: &Pen<'_>,
    area: Rect,
    table: &Table<S, T>,
    window: &Window<'_, S>,
    x: u16,
) -> Option<usize> {
    let (_, widths) = laid(pen, area, table, window);
    let mut rest = usize::from(x.checked_sub(area.x)?).checked_sub(SIGNS)?;
    for (index, width) in widths.into_iter().enumerate() {
        let Some(width) = width else {
            continue;
        };
        match rest.checked_sub(width + GAP) {
            Some(left) => rest = left,
            None => return Some(index),
        }
    }
    None
}

fn signs(pen: &Pen<'_>, selected: bool, marked: bool) -> Span<'static> {
    let cursor = if selected { pen.glyphs.cursor() } else { " " };
    let mark = if marked { pen.glyphs.mark() } else { " " };
    pen.own(format!("{cursor}{mark}"), Tone::Warn)
}

/// A heading with the arrow of the order, and the letter that sorts by it.
fn title<S, T>(
    pen: &Pen<'_>,
    table: &Table<S, T>,
    sort: Option<Sort>,
    index: usize,
) -> Option<Span<'static>> {
    let column = table.shown.columns.get(index)?;
    let heading = text::say(column.title);
    let arrow = match sort {
        Some(sort) if sort.column == index => pen.glyphs.sorted(sort.descending),
        _ => "",
    };
    Some(pen.own(format!("{heading}{arrow}"), Tone::Title))
}

fn headings<S, T>(
    table: &Table<S, T>,
    widths: &[Option<usize>],
    titles: Vec<Span<'static>>,
) -> Line<'static> {
    let mut spans = vec![Span::raw(" ".repeat(SIGNS))];
    for ((column, title), width) in table.shown.columns.iter().zip(titles).zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let padding = " ".repeat(width.saturating_sub(title.width()));
        let letters = lettered(&title, column.letter);
        if column.kind.is_number() {
            spans.push(Span::raw(padding));
            spans.extend(letters);
        } else {
            spans.extend(letters);
            spans.push(Span::raw(padding));
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    Line::from(spans)
}

/// A heading with the letter underlined that sorts by it.
fn lettered(title: &Span<'static>, letter: Option<char>) -> Vec<Span<'static>> {
    let text = title.content.as_ref();
    let Some((letter, (before, after))) =
        letter.and_then(|letter| Some((letter, text.split_once(letter)?)))
    else {
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

fn row<S, T>(
    pen: &Pen<'_>,
    table: &Table<S, T>,
    widths: &[Option<usize>],
    item: &S,
    (shift, lasts): (usize, Option<Time>),
) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (column, width) in table.shown.columns.iter().zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let mut cell = table.cell(item, column, pen);
        if let Some(until) = lasts.filter(|_| is_reason(column) && !cell.text.is_empty()) {
            // How long it lasts is what one looks for, and must not be cut off.
            cell.text = format!("{}: {}", text::left(&pen.until(until)), cell.text);
        }
        let text = if is_rest(column) && shift > 0 {
            let moved: String = clean::clean(&cell.text).chars().skip(shift).collect();
            cut(pen, &moved, width)
        } else {
            cut(pen, &cell.text, width)
        };
        let padding = " ".repeat(width.saturating_sub(clean::width(&text)));
        let written = pen.own(text, cell.tone);
        if column.kind.is_number() {
            spans.extend([Span::raw(padding), written]);
        } else {
            spans.extend([written, Span::raw(padding)]);
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    spans
}

/// Whether a column takes whatever is left over.
fn is_rest<T>(column: &Column<T>) -> bool {
    column.width.max == Width::REST
}

/// The least that a column may take: a moment of today is shorter than its date.
fn least<T>(column: &Column<T>) -> usize {
    match column.kind {
        Kind::Stamp => STAMP,
        _ => usize::from(column.width.min),
    }
}

/// The width of each column; `None` for those that are not shown or that there is no room for.
fn widths<S, T>(
    table: &Table<S, T>,
    titles: &[Span<'static>],
    seen: &[Seen],
    columns: usize,
    wide: bool,
) -> Vec<Option<usize>> {
    let room = columns.saturating_sub(SIGNS);
    let mut widths: Vec<Option<usize>> = Vec::new();
    for (index, column) in table.shown.columns.iter().enumerate() {
        let title = titles.get(index).map_or(0, Span::width);
        let widest = seen.get(index).map_or(0, |it| it.width);
        // The arrow of the order must not move the columns.
        let heading = clean::width(text::say(column.title)) + 1;
        let wanted = widest.max(title).max(heading);
        let width = if is_rest(column) {
            least(column)
        } else {
            let most = usize::from(column.width.max);
            wanted.clamp(least(column).min(most), most)
        };
        widths.push(table.is_shown(column, wide).then_some(width));
    }
    let says = |index: usize| seen.get(index).is_some_and(|it| it.says);
    // A sentence that is cut helps nobody: what hardly matters, and zeros, make room for it.
    let prose = table.shown.columns.iter().zip(seen);
    let prose = prose.filter(|(column, seen)| is_rest(column) && seen.says);
    // With the time before it that it still lasts.
    let prose = prose.map(|(column, seen)| (seen.width + STAMP).saturating_sub(least(column)));
    let prose = prose.max().unwrap_or(0);
    loop {
        let least = narrowest(table, &widths);
        let spare = |(index, column): (usize, &Column<T>)| {
            let there = widths.get(index).copied().flatten().is_some();
            let silent = !says(index);
            let minor = silent || column.spare >= MINOR;
            (there && column.spare > 0).then_some((silent, minor, column.spare, index))
        };
        let columns = table.shown.columns.iter().enumerate();
        let Some((_, minor, _, index)) = columns.filter_map(spare).max() else {
            break;
        };
        let short = minor && least + prose > room && prose > 0;
        if least <= room && !short {
            break;
        }
        if let Some(width) = widths.get_mut(index) {
            *width = None;
        }
    }
    shrink(table, &mut widths, room);
    let left = room.saturating_sub(taken(&widths));
    for (column, width) in table.shown.columns.iter().zip(&mut widths) {
        if let Some(width) = width.as_mut().filter(|_| is_rest(column)) {
            *width += left;
        }
    }
    widths
}

/// Whether a column may be narrower than its cells. Numbers stay whole: one that is cut reads as
/// another.
fn is_shrunk<T>(column: &Column<T>) -> bool {
    !is_rest(column) && !column.kind.is_number() && column.kind != Kind::Share
}

/// What the columns take when texts are as narrow as they may be.
fn narrowest<S, T>(table: &Table<S, T>, widths: &[Option<usize>]) -> usize {
    let columns = table.shown.columns.iter().zip(widths);
    let narrow = columns.filter_map(|(column, width)| {
        let width = (*width)?;
        let least = if is_shrunk(column) {
            least(column).min(width)
        } else {
            width
        };
        Some(least + GAP)
    });
    narrow.sum()
}

/// Takes from the texts that are wider than they must be, the widest first.
fn shrink<S, T>(table: &Table<S, T>, widths: &mut [Option<usize>], room: usize) {
    for _ in room..taken(widths) {
        let surplus = |(column, width): (&Column<T>, &Option<usize>)| match width {
            Some(width) if is_shrunk(column) => width.saturating_sub(least(column)),
            _ => 0,
        };
        let surpluses = table.shown.columns.iter().zip(widths.iter()).map(surplus);
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
