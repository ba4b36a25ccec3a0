//! The tables as data: which columns, what stands in a cell, what it sorts by, what is a problem.
//!
//! Update sorts and filters by them, the views draw them, and help lists their letters. The
//! letters of columns keep their meaning between releases, as do the keys.

pub mod accounts;
pub mod alerts;
pub mod entries;
pub mod events;
pub mod instances;
mod parts;

use crate::filter::Parts;
use crate::pen::Pen;
use crate::theme::Tone;

pub use accounts::ACCOUNTS;
pub use alerts::ALERTS;
pub use entries::QUEUE;
pub use events::EVENTS;
pub use instances::INSTANCES;

/// A table of `T`.
#[derive(Debug)]
pub struct Table<T: 'static> {
    /// The columns, from the left.
    pub columns: &'static [Column<T>],
    /// How it is sorted at first.
    pub sort: Sort,
    /// Whether a row stays when only problems are shown.
    pub is_problem: fn(&T) -> bool,
    /// Tells all that is known of a row.
    pub parts: fn(&T, Parts<'_>),
}

/// One column.
#[derive(Debug)]
pub struct Column<T: 'static> {
    /// The heading.
    pub title: &'static str,
    /// Sorts by this column, with Shift.
    pub letter: char,
    /// How wide.
    pub width: Width,
    /// 0 stays always; of the others the greatest go first where the window is narrow.
    pub spare: u8,
    /// Alignment.
    pub align: Align,
    /// What stands there.
    pub cell: fn(&T, &Pen<'_>) -> Cell,
    /// What it is sorted by.
    pub rank: fn(&T) -> Rank,
}

/// A heading without its table's type, for help and sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// The heading.
    pub title: &'static str,
    /// Its letter.
    pub letter: char,
}

impl<T> Table<T> {
    /// The headings, from the left.
    pub fn headings(&self) -> Vec<Heading> {
        let heading = |column: &Column<T>| Heading {
            title: column.title,
            letter: column.letter,
        };
        self.columns.iter().map(heading).collect()
    }
}

/// Which column sorts, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

/// How wide a column is, in columns of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As wide as what is shown, within these bounds.
    Fit {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
    /// Whatever is left over, but at least this.
    Rest {
        /// At least.
        min: usize,
    },
}

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
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

    /// An ordinary cell.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    /// A cell that may have nothing to say.
    pub fn maybe(text: Option<&str>) -> Self {
        match text {
            Some(text) => Self::plain(text),
            None => Self::new(crate::text::NONE, Tone::Dim),
        }
    }

    /// A count; zero stands back.
    pub fn count(number: u32) -> Self {
        let tone = if number == 0 { Tone::Dim } else { Tone::Plain };
        Self::new(number.to_string(), tone)
    }
}

/// What a row is sorted by. Numbers come before texts, and nothing before both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// No value.
    Nothing,
    /// By size.
    Number(i128),
    /// By letters.
    Text(String),
}

impl Rank {
    /// By size.
    pub fn number(number: impl Into<i128>) -> Self {
        Self::Number(number.into())
    }

    /// By letters, whatever their case.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase())
    }

    /// By letters, if there are any.
    pub fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    /// By age: the later, the younger.
    pub fn age(since: oms_proto::Time) -> Self {
        Self::Number(-i128::from(since.0))
    }
}
