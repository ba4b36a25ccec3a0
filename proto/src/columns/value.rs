//! What stands in a cell: a value with its kind, its order and its text for programs.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use crate::time::Time;

/// What something means to whoever looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Beside the point: switched off, over.
    Quiet,
    /// As it should be.
    Good,
    /// On its way.
    Busy,
    /// Somebody may want to look.
    Warn,
    /// Something is wrong.
    Bad,
}

impl Tone {
    /// Whether somebody may want to look at it.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Warn | Self::Bad)
    }
}

/// The kinds of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word or a name.
    Text,
    /// A sentence, which may be cut where there is no room.
    Prose,
    /// A word that says how something stands.
    State,
    /// A number.
    Number,
    /// A size.
    Bytes,
    /// A point in time, shown by its distance from now.
    Age,
    /// A point in time, shown as such.
    Stamp,
    /// A measured span.
    Seconds,
    /// An address of the internet.
    Address,
    /// Names.
    List,
    /// How much of something is taken, and by whom.
    Share,
}

impl Kind {
    /// Whether it reads from the right.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Bytes | Self::Age | Self::Seconds)
    }
}

/// How much of something is taken: by whom, and of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// OMS has so much.
    pub ours: u64,
    /// Others have so much.
    pub others: u64,
    /// There may be so much.
    pub limit: u64,
    /// Of what.
    pub of: &'static str,
}

impl Share {
    /// How much is taken.
    pub const fn taken(&self) -> u64 {
        self.ours.saturating_add(self.others)
    }

    /// The part of it that is taken, in thousandths.
    pub fn thousandths(&self) -> u64 {
        let taken = u128::from(self.taken()).saturating_mul(1_000);
        let part = taken.checked_div(self.limit.into()).unwrap_or(1_000);
        u64::try_from(part).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} {}", self.taken(), self.limit, self.of)
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// See [`Kind::Text`].
    Text(Option<Cow<'a, str>>),
    /// See [`Kind::Prose`].
    Prose(Option<Cow<'a, str>>),
    /// See [`Kind::State`].
    State {
        /// What the word means.
        tone: Tone,
        /// Its place among its like.
        order: u8,
        /// The word.
        word: Cow<'a, str>,
    },
    /// See [`Kind::Number`].
    Number(Option<i128>),
    /// See [`Kind::Bytes`].
    Bytes(Option<u64>),
    /// See [`Kind::Age`].
    Age(Option<Time>),
    /// See [`Kind::Stamp`].
    Stamp(Option<Time>),
    /// See [`Kind::Seconds`].
    Seconds(Option<u32>),
    /// See [`Kind::Address`].
    Address(Option<&'a str>),
    /// See [`Kind::List`].
    List(Cow<'a, [String]>),
    /// See [`Kind::Share`].
    Share(Option<Share>),
}

impl<'a> Value<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// A text that may be missing.
    pub fn maybe(text: Option<&'a String>) -> Self {
        Self::Text(text.map(|text| Cow::Borrowed(text.as_str())))
    }

    /// A sentence that may be missing.
    pub fn prose(text: Option<&'a String>) -> Self {
        Self::Prose(text.map(|text| Cow::Borrowed(text.as_str())))
    }

    /// A word of state.
    pub fn state(tone: Tone, order: u8, word: impl Into<Cow<'a, str>>) -> Self {
        Self::State {
            tone,
            order,
            word: word.into(),
        }
    }

    /// A number.
    pub fn number(number: impl Into<i128>) -> Self {
        Self::Number(Some(number.into()))
    }

    /// Names.
    pub fn list(names: Option<&'a Vec<String>>) -> Self {
        Self::List(Cow::Borrowed(names.map_or(&[], Vec::as_slice)))
    }

    /// Which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Prose(_) => Kind::Prose,
            Self::State { .. } => Kind::State,
            Self::Number(_) => Kind::Number,
            Self::Bytes(_) => Kind::Bytes,
            Self::Age(_) => Kind::Age,
            Self::Stamp(_) => Kind::Stamp,
            Self::Seconds(_) => Kind::Seconds,
            Self::Address(_) => Kind::Address,
            Self::List(_) => Kind::List,
            Self::Share(_) => Kind::Share,
        }
    }

    /// For programs: unshortened, times as RFC 3339, spans in seconds, nothing as nothing.
    pub fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Prose(text) => Cow::Borrowed(text.as_deref().unwrap_or("")),
            Self::State { word, .. } => Cow::Borrowed(word),
            Self::Address(text) => Cow::Borrowed(text.unwrap_or("")),
            Self::Number(number) => shown(number.as_ref()),
            Self::Bytes(number) => shown(number.as_ref()),
            Self::Seconds(number) => shown(number.as_ref()),
            Self::Age(time) | Self::Stamp(time) => shown(time.as_ref()),
            Self::List(names) => Cow::Owned(names.join(" ")),
            Self::Share(share) => shown(share.as_ref()),
        }
    }

    /// Whether there is nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Text(text) | Self::Prose(text) => text.as_deref().is_none_or(str::is_empty),
            Self::State { word, .. } => word.is_empty(),
            Self::Address(text) => text.is_none(),
            Self::Number(number) => number.is_none(),
            Self::Bytes(number) => number.is_none(),
            Self::Seconds(number) => number.is_none(),
            Self::Age(time) | Self::Stamp(time) => time.is_none(),
            Self::List(names) => names.is_empty(),
            Self::Share(share) => share.is_none(),
        }
    }

    /// What numbers are compared by: themselves, seconds for spans, microseconds for times, and
    /// thousandths for shares.
    pub fn size(&self) -> Option<i128> {
        match self {
            Self::Number(number) => *number,
            Self::Bytes(number) => number.map(i128::from),
            Self::Seconds(number) => number.map(i128::from),
            Self::Age(time) | Self::Stamp(time) => time.map(|time| i128::from(time.0)),
            Self::Share(share) => share.map(|share| i128::from(share.thousandths())),
            Self::Text(_)
            | Self::Prose(_)
            | Self::State { .. }
            | Self::Address(_)
            | Self::List(_) => None,
        }
    }
}

fn shown<T: ToString>(number: Option<&T>) -> Cow<'static, str> {
    Cow::Owned(number.map(T::to_string).unwrap_or_default())
}

/// The order of a column. Nothing comes first, and by an age the youngest; texts follow their letters
/// whatever their case, addresses their numbers.
impl Ord for Value<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_nothing(), other.is_nothing()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        match (self, other) {
            (Self::Age(one), Self::Age(other)) => other.cmp(one),
            (Self::State { order: one, .. }, Self::State { order: other, .. }) if one != other => {
                one.cmp(other)
            }
            (Self::Address(Some(one)), Self::Address(Some(other))) => {
                match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
                    (Ok(one), Ok(other)) => one.cmp(&other),
                    (one, other) => one.is_err().cmp(&other.is_err()),
                }
            }
            (one, other) => match (one.size(), other.size()) {
                (Some(one), Some(other)) => one.cmp(&other),
                _ => letters(&one.plain()).cmp(letters(&other.plain())),
            },
        }
    }
}

impl PartialOrd for Value<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The letters of a text, whatever their case.
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}
