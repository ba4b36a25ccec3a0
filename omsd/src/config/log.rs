//! What is written to the log, and how.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The levels, the quietest first.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The longest filter in bytes; a hundred parts of a program can be named in it.
const FILTER_MAX: usize = 4096;

/// Which lines go to the log: a level, and other levels for parts of the program, such as
/// `info,omsd::engine=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter, in the words of `tracing`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The form of a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > FILTER_MAX {
            return Err(format!("is longer than {FILTER_MAX} bytes"));
        }
        for part in text.split(',') {
            let level = match part.split_once('=') {
                Some((target, level)) if is_target(target) => level,
                Some((target, _)) => return Err(format!("{target:?} is no part of the program")),
                None => part,
            };
            // A bare word that is no level would silently be taken for a part of the program.
            if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
                return Err(format!(
                    "{level:?} is no level, expected {}, or a list such as \
                     \"info,omsd::engine=debug\"",
                    LEVELS.join(", ")
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_target(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
    !text.is_empty() && text.chars().all(fits)
}

impl Serialize for LogFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
