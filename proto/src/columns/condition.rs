//! A condition on a row, as a person writes it: `status=RUN,BOOT`, `name=web-*`, `reason~quota`,
//! `age>1h`, `account!=alpha`, or a bare word that stands anywhere in the row.

use std::time::Duration;

use super::table::{Column, Table};
use super::value::{Kind, Value};
use crate::time::Time;

/// A condition on a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The column concerned, by its place; all of them where none is named.
    column: Option<usize>,
    test: Test,
    /// Whether rows that pass the test are left out instead.
    not: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// Holds this text somewhere; in small letters.
    Contains(String),
    /// Is one of these, in small letters, in which `*` stands for anything.
    Is(Vec<String>),
    /// Is nothing.
    Nothing,
    /// Compares with a number.
    Size(Side, bool, Size),
}

/// On which side of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Over,
    Under,
    At,
}

/// What a number is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Number(i128),
    /// A time that lies so far back.
    Ago(Duration),
    At(Time),
}

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It says nothing.
    #[error("the condition is empty; expected such as {example}")]
    Empty {
        /// A good one.
        example: &'static str,
    },
    /// There is no such column.
    #[error("there is no column {word}; there are {}", known.join(", "))]
    Column {
        /// What was said.
        word: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The column holds no such value.
    #[error("{key} cannot be compared with {word:?}; expected {expected}")]
    Value {
        /// The column.
        key: &'static str,
        /// What was said.
        word: String,
        /// What could be said.
        expected: &'static str,
    },
}

/// The signs, those first that begin with another.
const SIGNS: [&str; 8] = ["!=", "!~", ">=", "<=", "=", "~", ">", "<"];

impl Condition {
    /// Reads a condition on the rows of a table.
    pub fn read<T>(said: &str, table: &Table<T>) -> Result<Self, ConditionError> {
        let said = said.trim();
        let Some((word, sign, operand)) = split(said) else {
            return Self::anywhere(said);
        };
        let known = table.columns.iter().enumerate();
        let mut named = known.filter(|(_, column)| column.is_named(word));
        let Some((place, column)) = named.next() else {
            return Err(ConditionError::Column {
                word: word.to_owned(),
                known: table.keys(),
            });
        };
        let test = match sign {
            "~" | "!~" => Test::Contains(operand.to_lowercase()),
            "=" | "!=" if operand.is_empty() => Test::Nothing,
            "=" | "!=" if is_sized(column.kind) && column.kind != Kind::Age => {
                Test::Size(Side::At, true, measure(column, operand)?)
            }
            "=" | "!=" => Test::Is(operand.to_lowercase().split(',').map(Into::into).collect()),
            ">" | ">=" => Test::Size(Side::Over, sign == ">=", measure(column, operand)?),
            _ => Test::Size(Side::Under, sign == "<=", measure(column, operand)?),
        };
        Ok(Self {
            column: Some(place),
            test,
            not: sign.starts_with('!'),
        })
    }

    /// A text that stands anywhere in a row, or with `!` before it nowhere.
    pub fn anywhere(text: &str) -> Result<Self, ConditionError> {
        let (not, word) = text
            .strip_prefix('!')
            .map_or((false, text), |word| (true, word));
        if word.is_empty() {
            return Err(ConditionError::Empty {
                example: "status=RUN",
            });
        }
        Ok(Self {
            column: None,
            test: Test::Contains(word.to_lowercase()),
            not,
        })
    }

    /// Whether a row of that table is as the condition says.
    pub fn holds<T>(&self, table: &Table<T>, item: &T, now: Time) -> bool {
        let passes = |column: &Column<T>| self.test.passes(&(column.value)(item, now), now);
        let there = match self.column {
            Some(place) => table.columns.get(place).is_some_and(passes),
            None => table.columns.iter().any(passes),
        };
        there != self.not
    }
}

/// The word, the sign and what follows it. The first sign counts: what follows is free.
fn split(text: &str) -> Option<(&str, &'static str, &str)> {
    let at = text.find(['=', '~', '<', '>'])?;
    let begin = match text.get(..at)?.strip_suffix('!') {
        Some(before) if !before.is_empty() => before.len(),
        _ => at,
    };
    let (word, rest) = text.split_at_checked(begin)?;
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
    Some((word.trim(), sign, rest.strip_prefix(sign)?.trim()))
}

/// Whether values of a kind have a size.
const fn is_sized(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Number | Kind::Bytes | Kind::Seconds | Kind::Age | Kind::Stamp
    )
}

fn measure<T>(column: &Column<T>, word: &str) -> Result<Size, ConditionError> {
    let number = || word.parse().ok().map(Size::Number);
    let stamp = || {
        let stamp = word.parse::<jiff::Timestamp>().ok();
        stamp.map(|stamp| Size::At(Time::from(stamp)))
    };
    let span = || span_seconds(word).map(Duration::from_secs);
    let (read, expected) = match column.kind {
        Kind::Number | Kind::Bytes => (number(), "a number"),
        Kind::Seconds => (
            span().map(|span| Size::Number(span.as_secs().into())),
            "a time such as 90 or 5m",
        ),
        Kind::Age => (
            span().map(Size::Ago).or_else(stamp),
            "an age such as 90s, 30m or 2d, or a time such as 2026-12-01T22:00:00Z",
        ),
        Kind::Stamp => (stamp(), "a time such as 2026-12-01T22:00:00Z"),
        Kind::Text | Kind::Prose | Kind::State | Kind::Address | Kind::List | Kind::Share => {
            (None, "= or ~ and a text, for it is no number")
        }
    };
    read.ok_or_else(|| ConditionError::Value {
        key: column.key,
        word: word.to_owned(),
        expected,
    })
}

impl Test {
    fn passes(&self, value: &Value<'_>, now: Time) -> bool {
        match self {
            Self::Contains(word) => contains(&value.plain(), word),
            Self::Nothing => value.is_nothing(),
            Self::Is(words) => match value {
                Value::List(names) => names.iter().any(|name| is_one(name, words)),
                other => is_one(&other.plain(), words),
            },
            Self::Size(side, equal, bound) => compares(value, *side, *equal, *bound, now),
        }
    }
}

fn contains(text: &str, word: &str) -> bool {
    // Most texts have small letters only, and are then looked through as they are.
    text.contains(word) || text.to_lowercase().contains(word)
}

fn is_one(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| fits(&text, word))
}

/// Whether a text is as a pattern has it, in which `*` stands for anything.
fn fits(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    true
}

fn compares(value: &Value<'_>, side: Side, equal: bool, bound: Size, now: Time) -> bool {
    let Some(here) = value.size() else {
        return false;
    };
    let (there, side) = match (bound, side) {
        (Size::Number(number), side) => (number, side),
        (Size::At(time), side) => (time.0.into(), side),
        // What is older lies further back.
        (Size::Ago(span), Side::Over) => (now.minus(span).0.into(), Side::Under),
        (Size::Ago(span), Side::Under) => (now.minus(span).0.into(), Side::Over),
        (Size::Ago(span), Side::At) => (now.minus(span).0.into(), Side::At),
    };
    match side {
        Side::Over => here > there || equal && here == there,
        Side::Under => here < there || equal && here == there,
        Side::At => here == there,
    }
}

/// Reads a span in whole seconds: `90`, `90s`, `30m`, `1h30m`, `2d`.
pub fn span_seconds(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let span: jiff::Span = text.parse().ok()?;
    let whole = span.total((
        jiff::Unit::Second,
        jiff::SpanRelativeTo::days_are_24_hours(),
    ));
    let whole = whole.ok().filter(|whole| *whole >= 0.0)?;
    let whole = jiff::SignedDuration::try_from_secs_f64(whole).ok()?;
    u64::try_from(whole.as_secs()).ok()
}
