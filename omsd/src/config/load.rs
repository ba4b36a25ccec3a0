//! Puts the settings together: defaults < file < environment < command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::{Config, ConfigError};

/// The file that is read when none is named; it may be missing.
pub const DEFAULT_FILE: &str = "/etc/oms/omsd.toml";

/// The largest file that is read: the full one has some 5 KiB.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// What every variable of ours begins with. Other programs of the family have theirs too, so an
/// unknown one is refused only where it begins like a section of this file.
const PREFIX: &str = "OMS_";

/// A short name for `OMS_LOG_LEVEL`, in the manner of `RUST_LOG`.
const LOG_VARIABLE: &str = "OMS_LOG";

/// Where settings come from besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file; [`DEFAULT_FILE`], if it exists, when none is named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// `KEY=VALUE` from the command line, in order.
    pub flags: Vec<String>,
}

impl Config {
    /// Reads the file and puts everything together.
    ///
    /// # Errors
    /// [`ConfigError`] for the first thing that is wrong.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut layers = match read(sources.file.as_deref())? {
            Some((path, text)) => parse(&path, &text)?,
            None => Table::new(),
        };
        let keys = keys();
        for (key, value) in environment(&sources.environment, &keys)? {
            put(&mut layers, &key, value);
        }
        for argument in &sources.flags {
            let (key, value) = flag(argument, &keys)?;
            put(&mut layers, &key, value);
        }
        let combined = |message| ConfigError::Combined { message };
        let config = Self::deserialize(Value::Table(layers))
            .map_err(|error| combined(error.message().to_owned()))?;
        config.http.check().map_err(combined)?;
        Ok(config)
    }
}

/// Every setting's name, such as `http.listen`.
fn keys() -> Vec<String> {
    settings().into_iter().map(|(key, _)| key).collect()
}

/// The names of settings that are lists.
fn lists() -> Vec<String> {
    let lists = settings().into_iter().filter(|(_, value)| value.is_array());
    lists.map(|(key, _)| key).collect()
}

/// Every setting with its default.
fn settings() -> Vec<(String, Value)> {
    fn walk(prefix: &str, table: Table, found: &mut Vec<(String, Value)>) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            match value {
                Value::Table(table) => walk(&format!("{key}."), table, found),
                value => found.push((key, value)),
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(Value::Table(table)) = Value::try_from(Config::default()) {
        walk("", table, &mut found);
    }
    found
}

fn read(named: Option<&Path>) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE)).to_owned();
    let mut bytes = Vec::new();
    let read =
        File::open(&path).and_then(|file| file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(None),
        Err(source) => return Err(ConfigError::Read { path, source }),
    }
    if u64::try_from(bytes.len()).is_ok_and(|len| len > FILE_MAX_BYTES) {
        let max_bytes = FILE_MAX_BYTES;
        return Err(ConfigError::TooLarge { path, max_bytes });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..good).unwrap_or_default();
            let line = before.split(|byte| *byte == b'\n').count();
            Err(ConfigError::NotText { path, line })
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    let document = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        ConfigError::Syntax {
            path: path.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
        }
    })?;
    let refused = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        ConfigError::File {
            path: path.to_owned(),
            line: position(text, at).0,
            key: key_at(document.get_ref(), at).unwrap_or_default(),
            message: error.message().to_owned(),
        }
    };
    if let Some((key, at)) = list_in("", document.get_ref(), &lists()) {
        return Err(ConfigError::File {
            path: path.to_owned(),
            line: position(text, at).0,
            key,
            message: "is a list, but this setting takes none".to_owned(),
        });
    }
    toml::from_str::<Config>(text).map_err(refused)?;
    toml::from_str::<Table>(text).map_err(refused)
}

/// Line and column of a byte, both counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = 1 + before.get(start..).map_or(0, |text| text.chars().count());
    (line, column)
}

/// The name of the setting that stands at a byte of the file.
fn key_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let inner = match value.get_ref() {
            DeValue::Table(table) => key_at(table, at),
            _ => None,
        };
        match inner {
            Some(inner) => Some(format!("{}.{inner}", key.get_ref())),
            None if key.span().contains(&at) || value.span().contains(&at) => {
                Some(key.get_ref().to_string())
            }
            None => None,
        }
    })
}

/// The first list where none belongs, and where it stands; as a section, a list would be read as its
/// settings in order.
fn list_in(prefix: &str, table: &DeTable<'_>, lists: &[String]) -> Option<(String, usize)> {
    table.iter().find_map(|(key, value)| {
        let key = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Array(_) if !lists.contains(&key) => Some((key, value.span().start)),
            DeValue::Table(table) => list_in(&format!("{key}."), table, lists),
            _ => None,
        }
    })
}

/// How the variable of a rule would begin.
const RULES_VARIABLES: &str = "OMS_RULES_";
/// A rule is several settings that make sense together only.
const RULES_IN_FILE: &str = "rules can be set in the file alone";

/// The settings in the environment, in the order of their names.
fn environment(
    variables: &[(OsString, OsString)],
    keys: &[String],
) -> Result<BTreeMap<String, Value>, ConfigError> {
    let mut found = BTreeMap::new();
    let mut short = None;
    for (name, text) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        let refused = |message: String| ConfigError::Environment {
            name: name.to_owned(),
            message,
        };
        let key = match keys.iter().find(|key| variable(key) == *name) {
            Some(key) => key.as_str(),
            None if name == LOG_VARIABLE => "log.level",
            None if name.starts_with(RULES_VARIABLES) => {
                return Err(refused(RULES_IN_FILE.to_owned()));
            }
            None if is_ours(name, keys) => {
                let known: Vec<_> = keys.iter().map(|key| variable(key)).collect();
                return Err(refused(format!(
                    "unknown, expected one of {}",
                    known.join(", ")
                )));
            }
            None => continue,
        };
        let text = text
            .to_str()
            .ok_or_else(|| refused("not UTF-8".to_owned()))?;
        let value = value(key, text).map_err(refused)?;
        if name == LOG_VARIABLE {
            short = Some(value);
        } else {
            found.insert(key.to_owned(), value);
        }
    }
    if let Some(value) = short {
        found.entry("log.level".to_owned()).or_insert(value);
    }
    Ok(found)
}

/// The variable of a setting.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Whether a variable begins like a section.
fn is_ours(name: &str, keys: &[String]) -> bool {
    let sections = keys.iter().filter_map(|key| key.split_once('.'));
    sections
        .map(|(section, _)| format!("{}_", variable(section)))
        .any(|prefix| name.starts_with(&prefix))
}

fn flag(argument: &str, keys: &[String]) -> Result<(String, Value), ConfigError> {
    let refused = |message: String| ConfigError::Flag {
        argument: argument.to_owned(),
        message,
    };
    let (key, text) = argument
        .split_once('=')
        .ok_or_else(|| refused("expected KEY=VALUE".to_owned()))?;
    if key.starts_with("rules.") {
        return Err(refused(RULES_IN_FILE.to_owned()));
    }
    if !keys.iter().any(|known| known == key) {
        let keys = keys.join(", ");
        return Err(refused(format!("no such setting, expected one of {keys}")));
    }
    Ok((key.to_owned(), value(key, text).map_err(refused)?))
}

/// Reads one value as the setting wants it: a text, with commas for a list, or else a number.
fn value(key: &str, text: &str) -> Result<Value, String> {
    let alone = |value: Value| {
        let mut table = Table::new();
        put(&mut table, key, value.clone());
        match Config::deserialize(Value::Table(table)) {
            Ok(_) => Ok(value),
            Err(error) => Err(error.message().to_owned()),
        }
    };
    alone(Value::String(text.to_owned())).or_else(|as_text| match text.trim().parse::<i64>() {
        Ok(number) => alone(Value::Integer(number)),
        Err(_) => Err(as_text),
    })
}

/// Sets a setting.
fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, key)) => {
            let inner = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, key, value);
            }
        }
    }
}
