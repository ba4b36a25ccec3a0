//! The tables: the columns that all programs share, as this one shows, sorts and filters them.
//!
//! Which columns there are, what stands in them and what a row means is said once, in
//! [`oms_proto::columns`]; what is wrong now, which only this program lists, has its columns in
//! [`alerts`]. How a value looks is said here.

pub mod accounts;
mod alerts;
mod parts;

use std::cmp::Ordering;

use compact_str::CompactString;
use oms_proto::Time;
use oms_proto::columns::{
    self, Column, Condition, ConditionError, Kind, Share, Tone as Meaning, Value,
};
use oms_proto::view::{AccountView, EntryView, EventView, InstanceView, Status};

use crate::pen::Pen;
use crate::row::{Cause, RowKey};
use crate::theme::Tone;

/// Room for what is known of a usual row.
const TEXT_BYTES: usize = 256;

/// A table whose rows are `S`, and show the `T` of each.
#[derive(Debug)]
pub struct Table<S, T: 'static> {
    /// Its columns.
    pub shown: &'static columns::Table<T>,
    /// What a row shows.
    pub of: fn(&S) -> Option<&T>,
    /// Columns that are shown here although they are for whoever wants much, by their keys.
    pub also: &'static [&'static str],
    /// How it is sorted at first.
    pub sort: Sort,
    /// Tells what is known of a row beside what its columns show.
    beside: fn(&S, parts::Tell<'_>),
}

/// The queue, the newest entry first.
pub const QUEUE: Table<EntryView, EntryView> = Table {
    shown: &columns::ENTRIES,
    of: |row| Some(row),
    also: &[],
    sort: Sort::new(0, true),
    beside: parts::entry,
};

/// The instances, the newest first. The rows are the entries that have one.
pub const INSTANCES: Table<EntryView, InstanceView> = Table {
    shown: &columns::INSTANCES,
    of: |entry| entry.instance.as_ref(),
    also: &["image", "flavor", "zone", "region", "server_id"],
    sort: Sort::new(0, true),
    beside: parts::entry,
};

/// The accounts by name.
pub const ACCOUNTS: Table<AccountView, AccountView> = Table {
    shown: &columns::ACCOUNTS,
    of: |row| Some(row),
    also: &["used", "slow_boot_seconds"],
    sort: Sort::new(0, false),
    beside: parts::account,
};

/// The events, the latest first.
pub const EVENTS: Table<EventView, EventView> = Table {
    shown: &columns::EVENTS,
    of: |row| Some(row),
    also: &[],
    sort: Sort::new(0, true),
    beside: parts::event,
};

/// What is wrong now, the worst first.
pub const ALERTS: Table<Cause, Cause> = Table {
    shown: &alerts::ALERTS,
    of: |row| Some(row),
    also: &[],
    sort: Sort::new(0, false),
    beside: |_, _| {},
};

/// A heading without its table's type, for help and sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// The heading.
    pub title: &'static str,
    /// The letter that sorts by it, where it has one.
    pub letter: Option<char>,
    /// Whether it is shown only where much is wanted.
    pub wide: bool,
}

impl<S, T> Table<S, T> {
    /// The headings, from the left.
    pub fn headings(&self) -> Vec<Heading> {
        let heading = |column: &Column<T>| Heading {
            title: column.title,
            letter: column.letter,
            wide: !self.is_shown(column, false),
        };
        self.shown.columns.iter().map(heading).collect()
    }

    /// Whether a column is shown, where much is wanted or not.
    pub fn is_shown(&self, column: &Column<T>, wide: bool) -> bool {
        wide || !column.wide || self.also.contains(&column.key)
    }

    /// Whether somebody may want to look at a row.
    pub fn is_problem(&self, row: &S, now: Time) -> bool {
        let tone = |shown| (self.shown.tone)(shown, now);
        (self.of)(row).is_some_and(|shown| tone(shown).is_problem())
    }

    /// All that is known of a row, in small letters: what the filter looks through.
    pub fn text(&self, row: &S, now: Time) -> String {
        let mut text = String::with_capacity(TEXT_BYTES);
        let mut add = |part: &str| {
            if !part.is_empty() {
                if !text.is_empty() {
                    text.push(' ');
                }
                let start = text.len();
                text.push_str(part);
                if part.is_ascii() {
                    if let Some(part) = text.get_mut(start..) {
                        part.make_ascii_lowercase();
                    }
                } else {
                    text.truncate(start);
                    text.push_str(&part.to_lowercase());
                }
            }
        };
        if let Some(shown) = (self.of)(row) {
            for column in self.shown.columns.iter().filter(|it| is_text(it.kind)) {
                add(&(column.value)(shown, now).plain());
            }
        }
        (self.beside)(row, &mut add);
        text
    }

    /// Reads a condition on a row.
    pub fn condition(&self, word: &str) -> Result<Condition, ConditionError> {
        Condition::read(word, self.shown)
    }

    /// Whether a row is as all of these have it.
    pub fn holds(&self, conditions: &[Condition], row: &S, now: Time) -> bool {
        let shown = (self.of)(row);
        shown.is_some_and(|it| conditions.iter().all(|one| one.holds(self.shown, it, now)))
    }

    /// Whether anything but zero or nothing stands in a row's column.
    pub fn says(&self, row: &S, column: &Column<T>, now: Time) -> bool {
        (self.of)(row).is_some_and(|shown| {
            let value = (column.value)(shown, now);
            !value.is_nothing() && value.size() != Some(0)
        })
    }

    /// What stands in a row's column.
    pub fn cell(&self, row: &S, column: &Column<T>, pen: &Pen<'_>) -> Cell {
        let Some(shown) = (self.of)(row) else {
            return Cell::nothing();
        };
        let value = (column.value)(shown, pen.now);
        let mut cell = cell(&value, pen);
        if is_reason(column) && !value.is_nothing() {
            cell.tone = tone((self.shown.tone)(shown, pen.now));
        }
        cell
    }

    /// What a row is sorted by.
    pub fn rank(&self, row: &S, column: usize, now: Time) -> Rank {
        let column = self.shown.columns.get(column);
        match (column, (self.of)(row)) {
            (Some(column), Some(shown)) => Rank::of(&(column.value)(shown, now)),
            _ => Rank::Nothing,
        }
    }
}

/// Whether somebody may look for what stands in a column; nobody knows a moment by its digits.
const fn is_text(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Age | Kind::Stamp | Kind::Seconds | Kind::Bytes | Kind::Share
    )
}

/// Whether a column says why its row is as it is.
pub fn is_reason<T>(column: &Column<T>) -> bool {
    column.key == "reason"
}

/// Which column sorts, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

impl Sort {
    const fn new(column: usize, descending: bool) -> Self {
        Self { column, descending }
    }

    /// Which of two rows comes first.
    pub fn order(self, one: &Row, other: &Row) -> Ordering {
        let order = (&one.rank, &one.key).cmp(&(&other.rank, &other.key));
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

/// A cell's text, as it came, and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The text; not yet made harmless.
    pub text: String,
    /// The meaning.
    pub tone: Tone,
}

impl Cell {
    /// A cell.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        let text = text.into();
        Self { text, tone }
    }

    /// A cell that has nothing to say.
    pub fn nothing() -> Self {
        Self::new(crate::text::NONE, Tone::Dim)
    }
}

/// How a value looks.
fn cell(value: &Value<'_>, pen: &Pen<'_>) -> Cell {
    match value {
        Value::Prose(text) if text.as_deref().is_none_or(str::is_empty) => Cell::new("", Tone::Dim),
        _ if value.is_nothing() => Cell::nothing(),
        Value::State {
            tone: meaning,
            word,
            ..
        } => {
            let tone = tone(*meaning);
            let status = Status::ALL.into_iter().find(|it| it.as_str() == word);
            let sign = match status {
                Some(status) => pen.glyphs.status(status),
                None => pen.glyphs.tone(tone),
            };
            Cell::new(format!("{sign} {word}"), tone)
        }
        // A zero stands back.
        Value::Number(Some(0)) => Cell::new("0", Tone::Dim),
        Value::Age(Some(at)) => Cell::new(pen.age(*at), Tone::Plain),
        Value::Stamp(Some(at)) => Cell::new(pen.moment(*at), Tone::Plain),
        Value::Seconds(Some(seconds)) => Cell::new(format!("{seconds} s"), Tone::Plain),
        Value::Bytes(Some(bytes)) => Cell::new(crate::text::size(*bytes), Tone::Plain),
        Value::List(names) => Cell::new(names.join(", "), Tone::Plain),
        Value::Share(Some(share)) => Cell::new(
            format!("{} {share}", pen.bar(share, SHARE)),
            share_tone(share),
        ),
        plain => Cell::new(plain.plain(), Tone::Plain),
    }
}

/// Columns of a bar in a cell.
const SHARE: usize = 8;

/// What it means that so much is taken.
pub fn share_tone(share: &Share) -> Tone {
    match share.thousandths() {
        1_000.. => Tone::Bad,
        900.. => Tone::Warn,
        _ => Tone::Good,
    }
}

/// How a meaning looks.
pub const fn tone(meaning: Meaning) -> Tone {
    match meaning {
        Meaning::Quiet => Tone::Dim,
        Meaning::Good => Tone::Good,
        Meaning::Busy => Tone::Busy,
        Meaning::Warn => Tone::Warn,
        Meaning::Bad => Tone::Bad,
    }
}

/// What a row is sorted by, for keeps: values lie where they came from. Nothing comes before all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// No value.
    Nothing,
    /// By size.
    Number(i64),
    /// By number, so that .9 comes before .10.
    Address(std::net::IpAddr),
    /// By letters, among words of one place.
    Word(u8, CompactString),
}

impl Rank {
    /// By a value, in its order.
    pub fn of(value: &Value<'_>) -> Self {
        if value.is_nothing() {
            return Self::Nothing;
        }
        let number = |number: i128| Self::Number(i64::try_from(number).unwrap_or(i64::MAX));
        match value {
            Value::Number(Some(size)) => number(*size),
            Value::Bytes(Some(size)) => number((*size).into()),
            Value::Seconds(Some(size)) => number((*size).into()),
            Value::Share(Some(share)) => number(share.thousandths().into()),
            Value::Stamp(Some(at)) => Self::Number(at.0),
            // The later, the younger.
            Value::Age(Some(at)) => Self::Number(at.0.saturating_neg()),
            Value::State { order, word, .. } => Self::Word(*order, small(word)),
            Value::Address(Some(text)) => match text.parse() {
                Ok(address) => Self::Address(address),
                Err(_) => Self::Word(0, small(text)),
            },
            other => Self::Word(0, small(&other.plain())),
        }
    }
}

/// A text in small letters. Short ones lie in the row itself, where comparing them costs no way.
fn small(text: &str) -> CompactString {
    if text.is_ascii() {
        let mut small = CompactString::new(text);
        small.make_ascii_lowercase();
        small
    } else {
        CompactString::from_str_to_lowercase(text)
    }
}

/// A row at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is sorted by.
    pub rank: Rank,
    /// Which it is; it settles ties, so that equal rows do not dance.
    pub key: RowKey,
    /// Whether somebody may want to look at it.
    pub problem: bool,
    /// Whether the filter admits it.
    pub admitted: bool,
}
