//! Tables without lines, so that they can be read, cut and searched. On a terminal they fit: columns
//! that matter least go first, sentences are cut, and nothing is broken in the midst of a word.

use std::fmt::{self, Write as _};

use clap::builder::styling::{AnsiColor, Style as Look};
use oms_proto::columns::{Column, Tone, Width};
use unicode_width::UnicodeWidthStr as _;

use super::record::{self, Cell, Record};
use super::{Style, human};
use crate::cli::Format;

/// Blanks between two columns.
const GAP: usize = 2;

/// A sentence that has less room than this is not broken into lines.
const LINE_MIN: usize = 20;

/// A text with its meaning.
struct Shown {
    text: String,
    tone: Option<Tone>,
}

/// What becomes of a sentence that is longer than there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Long {
    /// It is cut.
    Cut,
    /// It goes on in the next line.
    Wrap,
}

/// A column with the width that it gets.
struct Placed<T: 'static> {
    column: &'static Column<T>,
    width: usize,
    /// What it would take if there were room for all.
    natural: usize,
}

/// The columns that are asked for, or those that a format shows.
fn wanted<T: Record>(style: &Style) -> Vec<&'static Column<T>> {
    if let Some(chosen) = super::chosen::<T>(style) {
        return chosen;
    }
    let wide = style.format == Format::Wide;
    let all = T::TABLE.columns.iter();
    all.filter(|column| wide || !column.wide).collect()
}

/// A list. Nothing is printed for an empty one but the header.
pub(super) fn table<T: Record>(items: &[T], style: &Style, long: Long) -> String {
    let columns = wanted::<T>(style);
    let cells: Vec<Vec<Shown>> = items
        .iter()
        .map(|item| row(item, &columns, style))
        .collect();
    let natural = columns.iter().enumerate().map(|(index, column)| {
        let cells = cells.iter().filter_map(|row| row.get(index));
        let widest = cells.map(|cell| cell.text.width()).max().unwrap_or(0);
        let title = if style.headers {
            column.title.width()
        } else {
            0
        };
        widest.max(title)
    });
    let mut places: Vec<Option<Placed<T>>> = columns
        .iter()
        .zip(natural)
        .map(|(column, natural)| {
            Some(Placed {
                column,
                width: natural,
                natural,
            })
        })
        .collect();
    if let Some(room) = style.width {
        fit(&mut places, room, style);
    }
    let mut out = String::new();
    if style.headers {
        out += &header(&places, style);
    }
    for row in &cells {
        line(&mut out, &places, row, style, long);
    }
    out
}

fn row<T: Record>(item: &T, columns: &[&'static Column<T>], style: &Style) -> Vec<Shown> {
    let shown = |column: &&'static Column<T>| {
        let value = (column.value)(item, style.now);
        Shown {
            text: record::shown(&value, style),
            tone: record::tone(&value),
        }
    };
    columns.iter().map(shown).collect()
}

/// A column whose `spare` is as great as this goes before names are cut.
const TRIFLE: u8 = 4;

/// Takes from sentences, leaves out what is a trifle, takes from names, and leaves out more, until all
/// fits. Columns that were asked for stay, as do all of a wide table, where only sentences give.
fn fit<T: 'static>(places: &mut [Option<Placed<T>>], room: usize, style: &Style) {
    let is_sentence = |column: &Column<T>| column.width.max == Width::REST;
    let is_text = |column: &Column<T>| !column.kind.is_number();
    let over = taken(places).saturating_sub(room);
    let given = shrink(places, over, is_sentence);
    if style.format == Format::Wide {
        if given < over {
            // It goes over the edge in any case, and then better whole.
            grow(places, taken(places) + given);
        }
        return;
    }
    let stays = !style.columns.is_empty();
    while !stays && taken(places) > room && leave_out(places, TRIFLE) {}
    let over = taken(places).saturating_sub(room);
    shrink(places, over, is_text);
    while !stays && taken(places) > room && leave_out(places, 1) {}
    // What was taken from a sentence may now be too much.
    grow(places, room);
}

/// Leaves out the column that matters least, if there is one that matters as little as this.
fn leave_out<T: 'static>(places: &mut [Option<Placed<T>>], least: u8) -> bool {
    let spare = |place: &Option<Placed<T>>| place.as_ref().map_or(0, |it| it.column.spare);
    let worst = places.iter_mut().max_by_key(|place| spare(place));
    let Some(place) = worst.filter(|place| spare(place) >= least) else {
        return false;
    };
    *place = None;
    true
}

/// How many columns of the terminal are taken.
fn taken<T: 'static>(places: &[Option<Placed<T>>]) -> usize {
    let widths = places.iter().flatten().map(|place| place.width + GAP);
    widths.sum::<usize>().saturating_sub(GAP)
}

/// Takes so much from columns of a kind, the widest first; tells how much they gave.
fn shrink<T: 'static>(
    places: &mut [Option<Placed<T>>],
    over: usize,
    gives: impl Fn(&Column<T>) -> bool,
) -> usize {
    for given in 0..over {
        let able = places.iter_mut().flatten().filter(|place| {
            gives(place.column) && place.width > usize::from(place.column.width.min)
        });
        let Some(widest) = able.max_by_key(|place| place.width) else {
            return given;
        };
        widest.width -= 1;
    }
    over
}

/// Gives what is left to the first sentence again, as far as it has more to say.
fn grow<T: 'static>(places: &mut [Option<Placed<T>>], room: usize) {
    let left = room.saturating_sub(taken(places));
    let mut sentences = places.iter_mut().flatten();
    if let Some(place) = sentences.find(|place| place.column.width.max == Width::REST) {
        place.width = place.natural.min(place.width + left);
    }
}

fn header<T: 'static>(places: &[Option<Placed<T>>], style: &Style) -> String {
    let bold = Look::new().bold();
    let mut out = String::new();
    for place in places.iter().flatten() {
        pad(&mut out, place.column.title, place.width, Some(bold), style);
    }
    end(&out)
}

/// One row, in several lines where a sentence has more to say than its line holds.
fn line<T: 'static>(
    out: &mut String,
    places: &[Option<Placed<T>>],
    row: &[Shown],
    style: &Style,
    long: Long,
) {
    let mut first = String::new();
    let mut more: Vec<(usize, Vec<String>)> = Vec::new();
    let mut begin = 0;
    for (place, cell) in places.iter().zip(row) {
        let Some(place) = place else {
            continue;
        };
        let wraps = long == Long::Wrap && style.width.is_some() && place.width >= LINE_MIN;
        let look = cell.tone.map(look);
        if wraps && cell.text.width() > place.width {
            let mut lines = human::lines(&cell.text, place.width).into_iter();
            pad(
                &mut first,
                &lines.next().unwrap_or_default(),
                place.width,
                look,
                style,
            );
            more.push((begin, lines.collect()));
        } else {
            // What cannot fit in any way is shown as it is in a table that was to show all.
            let wide = long == Long::Wrap && style.format == Format::Wide;
            let whole = wide || style.width.is_none();
            let text = if whole {
                cell.text.clone()
            } else {
                human::clip(&cell.text, place.width)
            };
            pad(&mut first, &text, place.width, look, style);
        }
        begin += place.width + GAP;
    }
    *out += &end(&first);
    for (begin, lines) in more {
        for line in lines {
            put(out, format_args!("{:begin$}{line}\n", ""));
        }
    }
}

fn pad(out: &mut String, text: &str, width: usize, look: Option<Look>, style: &Style) {
    let blanks = (width + GAP).saturating_sub(text.width()).max(GAP);
    match look.filter(|_| style.colour) {
        Some(look) => put(out, format_args!("{look}{text}{look:#}{:blanks$}", "")),
        None => put(out, format_args!("{text}{:blanks$}", "")),
    }
}

/// Writing to a text cannot fail.
fn put(out: &mut String, text: fmt::Arguments<'_>) {
    let _: fmt::Result = out.write_fmt(text);
}

fn end(line: &str) -> String {
    format!("{}\n", line.trim_end())
}

fn look(tone: Tone) -> Look {
    let colour = match tone {
        Tone::Quiet => return Look::new(),
        Tone::Good => AnsiColor::Green,
        Tone::Busy => AnsiColor::Cyan,
        Tone::Warn => AnsiColor::Yellow,
        Tone::Bad => AnsiColor::Red,
    };
    colour.on_default()
}

/// Labels and values, one below the other.
pub(super) fn detail(fields: &[(&'static str, Cell<'_>)], style: &Style) -> String {
    let labels = fields.iter().map(|(label, _)| label.width() + 1);
    let width = labels.max().unwrap_or(0);
    let begin = width + GAP;
    let room = style.width.map(|room| room.saturating_sub(begin));
    let room = room.filter(|room| *room >= LINE_MIN).unwrap_or(usize::MAX);
    let mut out = String::new();
    for (label, value) in fields {
        let mut label = sentence(label);
        for cell in value.lines().iter() {
            let shown = cell.shown(style);
            let mut first = String::new();
            pad(&mut first, &label, width, Some(Look::new().bold()), style);
            let mut lines = human::lines(&shown, room).into_iter();
            let text = lines.next().unwrap_or_default();
            pad(&mut first, &text, 0, cell.tone().map(look), style);
            out += &end(&first);
            for line in lines {
                put(&mut out, format_args!("{:begin$}{line}\n", ""));
            }
            label.clear();
        }
    }
    out
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

/// The columns of a list that is printed line by line, with fixed widths.
fn fixed<T: Record>(style: &Style) -> Vec<Option<Placed<T>>> {
    let place = |column: &'static Column<T>| {
        let width = usize::from(column.width.min).max(column.title.width());
        Some(Placed {
            column,
            width,
            natural: usize::MAX,
        })
    };
    let mut places: Vec<_> = wanted::<T>(style).into_iter().map(place).collect();
    match style.width {
        Some(room) => {
            fit(&mut places, room, style);
            grow(&mut places, room);
        }
        None => {
            for place in places.iter_mut().flatten() {
                if place.column.width.max == Width::REST {
                    place.width = 0;
                }
            }
        }
    }
    places
}

/// The header of a list that is printed line by line.
pub(super) fn stream_header<T: Record>(style: &Style) -> String {
    if !style.headers {
        return String::new();
    }
    header(&fixed::<T>(style), style)
}

/// One row of such a list.
pub(super) fn stream_row<T: Record>(item: &T, style: &Style) -> String {
    let row = row(item, &wanted::<T>(style), style);
    let mut out = String::new();
    line(&mut out, &fixed::<T>(style), &row, style, Long::Wrap);
    out
}
