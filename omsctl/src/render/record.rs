//! What is shown of a view: its table, its detail, and how a value looks to people.

use std::borrow::Cow;

use oms_proto::Time;
use oms_proto::columns::{Table, Tone, Value};
use serde::Serialize;

use super::{Style, human};

/// A view that is listed in rows and shown in detail. What it serialises to is its JSON.
pub(crate) trait Record: Serialize + Sized + 'static {
    /// Its columns.
    const TABLE: &'static Table<Self>;

    /// Whether its sentences are what it is for, so that they are never cut.
    const IS_READ: bool = false;

    /// What `-o name` and `-q` print.
    fn name(&self) -> String;

    /// Labels and values for `show`.
    fn detail(&self, now: Time) -> Vec<(&'static str, Cell<'_>)> {
        Self::TABLE
            .columns
            .iter()
            .map(|column| (column.title, Cell::Value((column.value)(self, now))))
            .collect()
    }

    /// Takes the private key away, where it has one.
    fn hide_keys(&mut self) {}
}

/// What stands beside a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    /// A value as in tables.
    Value(Value<'a>),
    /// Sentences, one below the other.
    Lines(Vec<Self>),
    /// A time and what there is to say about it.
    Dated(String, Time, String),
}

impl<'a> Cell<'a> {
    /// A text that is there.
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Value(Value::text(text))
    }

    /// A text that may be there.
    pub(crate) fn maybe(text: Option<&'a String>) -> Self {
        Self::Value(Value::maybe(text))
    }

    /// Nothing.
    pub(crate) const fn nothing() -> Self {
        Self::Value(Value::Text(None))
    }

    /// A sentence that is there.
    pub(crate) fn sentence(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Value(Value::Prose(Some(text.into())))
    }

    /// A sentence that may be there.
    pub(crate) fn prose(text: Option<&'a String>) -> Self {
        Self::Value(Value::prose(text))
    }

    /// A word that says how something stands.
    pub(crate) fn state(tone: Tone, word: impl Into<Cow<'a, str>>) -> Self {
        Self::Value(Value::state(tone, 0, word))
    }

    /// A number.
    pub(crate) fn number(number: impl Into<i128>) -> Self {
        Self::Value(Value::number(number))
    }

    /// A span.
    pub(crate) const fn seconds(seconds: Option<u32>) -> Self {
        Self::Value(Value::Seconds(seconds))
    }

    /// Names.
    pub(crate) const fn list(names: Vec<String>) -> Self {
        Self::Value(Value::List(Cow::Owned(names)))
    }

    /// A time with its distance.
    pub(crate) const fn dated(time: Time) -> Self {
        Self::Dated(String::new(), time, String::new())
    }

    /// For people, on one line.
    pub(super) fn shown(&self, style: &Style) -> String {
        let text = match self {
            Self::Value(value) => return shown(value, style),
            Self::Lines(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| line.shown(style)).collect();
                lines.join("; ")
            }
            Self::Dated(before, time, after) => {
                let when = human::stamp(*time, &style.zone);
                let far = human::distance(*time, style.now);
                let before = human::clean(before);
                let gap = if before.is_empty() { "" } else { " " };
                format!("{before}{gap}{when} ({far}){}", human::clean(after))
            }
        };
        or_dash(text)
    }

    /// What it means, for its colour.
    pub(super) fn tone(&self) -> Option<Tone> {
        match self {
            Self::Value(value) => tone(value),
            Self::Lines(_) | Self::Dated(..) => None,
        }
    }

    /// Its lines, where it has several.
    pub(super) fn lines(&self) -> Cow<'_, [Self]> {
        match self {
            Self::Lines(lines) if !lines.is_empty() => Cow::Borrowed(lines),
            Self::Lines(_) => Cow::Owned(vec![Self::nothing()]),
            other => Cow::Borrowed(std::slice::from_ref(other)),
        }
    }
}

/// A value for people, on one line.
pub(super) fn shown(value: &Value<'_>, style: &Style) -> String {
    or_dash(match value {
        Value::Text(text) | Value::Prose(text) => {
            text.as_deref().map(human::clean).unwrap_or_default()
        }
        Value::State { word, .. } => human::clean(word),
        Value::Address(text) => text.map(human::clean).unwrap_or_default(),
        Value::Age(Some(time)) if *time > style.now => human::distance(*time, style.now),
        Value::Age(time) => time.map_or_else(String::new, |time| human::age(style.now.since(time))),
        Value::Stamp(time) => time.map_or_else(String::new, |time| human::stamp(time, &style.zone)),
        Value::Seconds(span) => span.map_or_else(String::new, |span| human::span(span.into())),
        Value::Bytes(bytes) => bytes.map_or_else(String::new, human::bytes),
        Value::Number(number) => number.map_or_else(String::new, |number| number.to_string()),
        Value::List(names) => human::clean(&names.join(", ")),
        Value::Share(share) => share.map_or_else(String::new, |share| share.to_string()),
    })
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// A value for programs, without what could steer the terminal on which it is looked at.
pub(super) fn plain<'a>(value: &'a Value<'_>) -> Cow<'a, str> {
    let text = value.plain();
    let is_steering = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(is_steering) {
        return Cow::Owned(text.replace(is_steering, "\u{fffd}"));
    }
    text
}

/// What a word of state means.
pub(super) const fn tone(value: &Value<'_>) -> Option<Tone> {
    match value {
        Value::State { tone, .. } => Some(*tone),
        _ => None,
    }
}
