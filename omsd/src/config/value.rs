//! The kinds of values that settings have. A value that exists is within its range; what is
//! refused says what is allowed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number within a range, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const MIN: u32, const MAX: u32>(u32);

/// A time in whole seconds within a range, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds<const MIN: u32, const MAX: u32>(u32);

/// A time in whole milliseconds within a range, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Millis<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Seconds<MIN, MAX> {
    /// The time.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(u64_from(self.0))
    }
}

impl<const MIN: u32, const MAX: u32> Millis<MIN, MAX> {
    /// The time.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(u64_from(self.0))
    }
}

#[expect(
    clippy::as_conversions,
    reason = "u64::from is not const; widening loses nothing"
)]
const fn u64_from(number: u32) -> u64 {
    number as u64
}

macro_rules! ranged {
    ($name:ident, $what:literal) => {
        impl<const MIN: u32, const MAX: u32> $name<MIN, MAX> {
            /// A value of the program's own, checked when it is compiled.
            pub(super) const fn of(number: u32) -> Self {
                assert!(MIN <= number && number <= MAX, "a default is out of range");
                Self(number)
            }
        }

        impl<const MIN: u32, const MAX: u32> Serialize for $name<MIN, MAX> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.0)
            }
        }

        impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let range = Range {
                    min: MIN,
                    max: MAX,
                    what: $what,
                };
                deserializer.deserialize_u32(range).map(Self)
            }
        }
    };
}

ranged!(Count, "a whole number");
ranged!(Seconds, "a whole number of seconds");
ranged!(Millis, "a whole number of milliseconds");

/// Reads a whole number and checks its range.
struct Range {
    min: u32,
    max: u32,
    what: &'static str,
}

impl Visitor<'_> for Range {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {} to {}", self.what, self.min, self.max)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u32, E> {
        u32::try_from(number)
            .ok()
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| E::custom(format_args!("{number} is out of range, {}", Allowed(&self))))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u32, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

struct Allowed<'a>(&'a Range);

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected ")?;
        self.0.expecting(f)
    }
}

/// An absolute path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsolutePath(PathBuf);

impl AbsolutePath {
    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    pub(super) fn of(path: &str) -> Self {
        Self(path.into())
    }
}

impl FromStr for AbsolutePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') || text.contains('\0') {
            return Err(format!("{text:?} is no absolute path"));
        }
        Ok(Self(text.into()))
    }
}

/// An absolute path, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OptionalPath(PathBuf);

impl OptionalPath {
    /// The path, if there is one.
    pub fn as_path(&self) -> Option<&Path> {
        Some(self.0.as_path()).filter(|path| !path.as_os_str().is_empty())
    }
}

impl FromStr for OptionalPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.parse().map(|AbsolutePath(path)| Self(path))
    }
}

/// The longest path of a Unix socket in bytes: `sun_path` has 108, one of them for the end.
const SOCKET_PATH_MAX: usize = 107;

/// An absolute path that is short enough for a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SocketPath(AbsolutePath);

impl SocketPath {
    /// The path.
    pub fn as_path(&self) -> &Path {
        self.0.as_path()
    }

    pub(super) fn of(path: &str) -> Self {
        Self(AbsolutePath::of(path))
    }
}

impl FromStr for SocketPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path: AbsolutePath = text.parse()?;
        if text.len() > SOCKET_PATH_MAX {
            return Err(format!(
                "the path has {} bytes, but a Unix socket's may have at most {SOCKET_PATH_MAX}",
                text.len()
            ));
        }
        Ok(Self(path))
    }
}

/// The name of a group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupName(String);

impl GroupName {
    /// The name; empty for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// The longest name of a group, as `useradd` has it.
const GROUP_NAME_MAX: usize = 32;

impl FromStr for GroupName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
        if text.len() > GROUP_NAME_MAX || !text.chars().all(fits) {
            return Err(format!("{text:?} is no name of a group"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Reads a kind of value from a text, with what is wrong in its own words.
macro_rules! from_text {
    ($name:ident, $expecting:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

from_text!(OptionalPath, "a text with an absolute path, or empty");
from_text!(AbsolutePath, "a text with an absolute path");
from_text!(SocketPath, "a text with an absolute path");
from_text!(GroupName, "a text with the name of a group");

pub(super) use from_text;
