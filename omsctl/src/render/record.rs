//! What the tables need to know of a view.

use std::borrow::Cow;

use oms_proto::Time;
use serde::Serialize;

use super::{Style, human};

/// Longest text in a column of `-o table`, in characters; wide shows all of it.
const PROSE_CHARS_MAX: usize = 60;

/// A view that is listed in rows and shown in detail. What it serialises to is its JSON.
pub(crate) trait Record: Serialize {
    /// The columns, in order.
    const COLUMNS: &'static [Column];

    /// What `-o name` and `-q` print.
    fn name(&self) -> String;

    /// One cell for each column.
    fn cells(&self) -> Vec<Cell>;

    /// Labels and values for `show`.
    fn detail(&self) -> Vec<(&'static str, Cell)> {
        Self::COLUMNS
            .iter()
            .map(|column| column.title)
            .zip(self.cells())
            .collect()
    }
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    /// The header.
    pub(crate) title: &'static str,
    /// The header for programs, where it is another one: they get times where people get ages.
    key: Option<&'static str>,
    /// Whether it is shown by `-o wide` only.
    pub(crate) wide: bool,
    /// Characters it takes in a list that is printed line by line.
    pub(crate) width: usize,
}

impl Column {
    /// A column that is always there.
    pub(super) const fn always(title: &'static str) -> Self {
        Self {
            title,
            key: None,
            wide: false,
            width: 0,
        }
    }

    /// A column of `-o wide`.
    pub(super) const fn wide(title: &'static str) -> Self {
        Self {
            title,
            key: None,
            wide: true,
            width: 0,
        }
    }

    /// Gives it a width for lists that are printed line by line.
    pub(super) const fn of_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// Gives it another header for programs.
    pub(super) const fn of_key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    /// The header for programs.
    pub(super) fn key(&self) -> String {
        self.key.map_or_else(
            || self.title.to_lowercase().replace('-', "_"),
            str::to_owned,
        )
    }
}

/// A value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A word or a name; `None` shows as `-`.
    Text(Option<String>),
    /// A sentence, cut in narrow tables.
    Prose(Option<String>),
    /// A word that says how something stands.
    State(State, String),
    /// A number.
    Number(i128),
    /// A size.
    Bytes(u64),
    /// A point in time, shown by its distance from now.
    Age(Option<Time>),
    /// A point in time, shown as such.
    Stamp(Time),
    /// A measured time.
    Seconds(Option<u32>),
    /// Names.
    List(Vec<String>),
    /// Sentences, one below the other.
    Lines(Vec<Cell>),
    /// A time and what there is to say about it.
    Dated(String, Time, String),
}

/// Whether a character could steer the terminal on which csv is looked at.
fn is_steering(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// How something stands, for its colour. The word says it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// As it should be.
    Good,
    /// On its way.
    Busy,
    /// Something is wrong.
    Bad,
    /// Neither.
    Quiet,
}

impl Cell {
    /// A text that is there.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// A text that may be there.
    pub(crate) fn maybe(text: Option<&String>) -> Self {
        Self::Text(text.cloned())
    }

    /// A sentence that may be there.
    pub(crate) fn prose(text: Option<&String>) -> Self {
        Self::Prose(text.cloned())
    }

    /// A number.
    pub(crate) fn number(number: impl Into<i128>) -> Self {
        Self::Number(number.into())
    }

    /// For people, on one line.
    pub(super) fn shown(&self, style: &Style, cut: bool) -> String {
        let text = match self {
            Self::Prose(Some(text)) if cut => human::clip(&human::clean(text), PROSE_CHARS_MAX),
            Self::Text(Some(text)) | Self::Prose(Some(text)) | Self::State(_, text) => {
                human::clean(text)
            }
            Self::Age(Some(time)) if *time > style.now => human::distance(*time, style.now),
            Self::Age(Some(time)) => human::age(style.now.since(*time)),
            Self::Stamp(time) => human::stamp(*time, &style.zone),
            Self::Seconds(Some(seconds)) => human::span(u64::from(*seconds)),
            Self::Bytes(bytes) => human::bytes(*bytes),
            Self::List(names) => human::clean(&names.join(", ")),
            Self::Lines(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| line.shown(style, cut)).collect();
                lines.join("; ")
            }
            Self::Dated(before, time, after) => {
                let when = human::stamp(*time, &style.zone);
                let far = human::distance(*time, style.now);
                let before = human::clean(before);
                let gap = if before.is_empty() { "" } else { " " };
                format!("{before}{gap}{when} ({far}){}", human::clean(after))
            }
            Self::Number(number) => number.to_string(),
            Self::Text(None) | Self::Prose(None) | Self::Age(None) | Self::Seconds(None) => {
                String::new()
            }
        };
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    }

    /// For programs: unshortened, times as RFC 3339, spans in seconds, nothing as nothing.
    pub(super) fn plain(&self) -> String {
        let text = match self {
            Self::Text(text) | Self::Prose(text) => text.clone().unwrap_or_default(),
            Self::State(_, text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Bytes(bytes) => bytes.to_string(),
            Self::Age(time) => time.map(|time| time.to_string()).unwrap_or_default(),
            Self::Stamp(time) => time.to_string(),
            Self::Seconds(seconds) => seconds.map(|span| span.to_string()).unwrap_or_default(),
            Self::List(names) => names.join(" "),
            Self::Lines(lines) => {
                let lines: Vec<String> = lines.iter().map(Self::plain).collect();
                lines.join("; ")
            }
            Self::Dated(before, time, after) => format!("{before} {time}{after}"),
        };
        if text.contains(is_steering) {
            return text
                .chars()
                .map(|c| if is_steering(c) { '\u{fffd}' } else { c })
                .collect();
        }
        text
    }

    /// The word's state, for its colour.
    pub(super) fn state(&self) -> Option<State> {
        match self {
            Self::State(state, _) => Some(*state),
            _ => None,
        }
    }

    /// Its lines, where it has several.
    pub(super) fn lines(&self) -> Cow<'_, [Self]> {
        match self {
            Self::Lines(lines) if !lines.is_empty() => Cow::Borrowed(lines),
            Self::Lines(_) => Cow::Owned(vec![Self::Text(None)]),
            other => Cow::Owned(vec![other.clone()]),
        }
    }
}
