//! What a column and a table are.

use std::cmp::Ordering;
use std::fmt;

use super::value::{Kind, Tone, Value};
use crate::time::Time;

/// A list of `T`.
pub struct Table<T: 'static> {
    /// The columns, from the left.
    pub columns: &'static [Column<T>],
    /// What a row as a whole means.
    pub tone: fn(&T, Time) -> Tone,
}

/// One column.
pub struct Column<T: 'static> {
    /// Its name for programs, which never changes.
    pub key: &'static str,
    /// Its heading for people.
    pub title: &'static str,
    /// What kind of value stands there.
    pub kind: Kind,
    /// What stands there.
    pub value: for<'a> fn(&'a T, Time) -> Value<'a>,
    /// Whether it is shown only where much is wanted.
    pub wide: bool,
    /// 0 stays always; of the others the greatest go first where there is no room.
    pub spare: u8,
    /// How many columns of a terminal it takes.
    pub width: Width,
    /// The letter that sorts by it in the dashboard.
    pub letter: Option<char>,
}

/// How many columns of a terminal a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// At least; what is longer may be cut to this.
    pub min: u16,
    /// At most; [`Width::REST`] takes whatever is left over.
    pub max: u16,
}

impl Width {
    /// No bound.
    pub const REST: u16 = u16::MAX;
}

impl<T> Column<T> {
    /// A column that is always shown, of a usual width.
    pub const fn new(
        key: &'static str,
        title: &'static str,
        kind: Kind,
        value: for<'a> fn(&'a T, Time) -> Value<'a>,
    ) -> Self {
        let width = match kind {
            Kind::Prose => Width {
                min: 16,
                max: Width::REST,
            },
            Kind::Number | Kind::Age | Kind::Seconds | Kind::Bytes => Width { min: 4, max: 20 },
            Kind::Stamp => Width { min: 19, max: 19 },
            Kind::Share => Width { min: 12, max: 28 },
            Kind::Text | Kind::State | Kind::Address | Kind::List => Width { min: 8, max: 40 },
        };
        Self {
            key,
            title,
            kind,
            value,
            wide: false,
            spare: 0,
            width,
            letter: None,
        }
    }

    /// Shown only where much is wanted.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Goes where there is no room, the greatest first.
    #[must_use]
    pub const fn spare(mut self, spare: u8) -> Self {
        self.spare = spare;
        self
    }

    /// Takes at least and at most so many columns of a terminal.
    #[must_use]
    pub const fn width(mut self, min: u16, max: u16) -> Self {
        self.width = Width { min, max };
        self
    }

    /// The letter that sorts by it in the dashboard.
    #[must_use]
    pub const fn letter(mut self, letter: char) -> Self {
        self.letter = Some(letter);
        self
    }

    /// Whether a person means it by this word: its key or its heading, in any case.
    pub fn is_named(&self, word: &str) -> bool {
        let same = |name: &str| {
            let fold = |c: char| {
                if c == '-' {
                    '_'
                } else {
                    c.to_ascii_lowercase()
                }
            };
            name.chars().map(fold).eq(word.chars().map(fold))
        };
        same(self.key) || same(self.title)
    }

    /// The order of two rows by it.
    pub fn order(&self, one: &T, other: &T, now: Time) -> Ordering {
        (self.value)(one, now).cmp(&(self.value)(other, now))
    }
}

impl<T> Table<T> {
    /// The column that a person means.
    pub fn column(&self, word: &str) -> Option<&'static Column<T>> {
        self.columns.iter().find(|column| column.is_named(word))
    }

    /// The names of all columns, for messages.
    pub fn keys(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.key).collect()
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.columns).finish()
    }
}

impl<T> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}
