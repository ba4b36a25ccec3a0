//! An openrc file: a shell script that sets the variables `OS_*`. It is parsed, never run; what
//! cannot be understood without running it is refused.

mod ansi;
mod words;

use std::collections::BTreeMap;

use self::words::{Command, Join, Or, Piece, Then, Word};
use super::keys::{Place, place};
use super::{Cloud, CloudsError};

/// Keys whose value a file may leave to be asked for.
const ASKED_FOR: [&str; 4] = [
    "password",
    "application_credential_secret",
    "totp_secret",
    "token",
];

/// Options of `export` and its like that change no value.
const EXPORTS: [&str; 4] = ["-x", "-g", "-gx", "-r"];

/// Commands that stand in such files, which are named where they are refused.
const COMMANDS: [&str; 12] = [
    ".",
    "case",
    "cd",
    "curl",
    "eval",
    "exec",
    "exit",
    "for",
    "function",
    "openstack",
    "source",
    "while",
];

/// The cloud that an openrc file describes.
///
/// # Errors
/// What in the file cannot be understood, with its line.
pub fn parse(file: &str, text: &str) -> Result<Cloud, CloudsError> {
    let failed = |words: String| CloudsError::of_file(file, words);
    let mut script = Script::default();
    for command in words::commands(text).map_err(failed)? {
        script
            .take(&command)
            .map_err(|words| failed(format!("line {}: {words}", command.line)))?;
    }
    let mut fields = Vec::new();
    for (name, value) in script.variables {
        let Some(key) = name.strip_prefix("OS_").map(str::to_ascii_lowercase) else {
            continue;
        };
        let unknown = |line: usize, what: &str, advice: &str| {
            Err(failed(format!("line {line}: {name} {what}; {advice}")))
        };
        match value {
            Value::Text(value) => fields.push((key, value)),
            _ if place(&key) == Place::Nowhere => {}
            Value::Asked(_) | Value::Output(_) if ASKED_FOR.contains(&key.as_str()) => {}
            Value::Asked(line) => {
                return unknown(
                    line,
                    "is asked for when the file runs, and OMS runs nothing",
                    "write its value into the file",
                );
            }
            Value::Output(line) => {
                return unknown(
                    line,
                    "is what a command puts out, and OMS runs nothing",
                    "write its value into the file",
                );
            }
            Value::NotSet(line, what) => {
                return Err(failed(format!("line {line}: {}", not_set(&what, &name))));
            }
            Value::Shell(line, what) => {
                // What stands there may be a part of the secret.
                let what = if is_told(&name) {
                    what
                } else {
                    "a sign outside single quotes".to_owned()
                };
                return unknown(
                    line,
                    &format!("has {what}, which means something else to a shell"),
                    "put the value in single quotes if it is meant as it stands",
                );
            }
        }
    }
    let cloud = super::envvars(fields.iter().cloned());
    match fields.iter().find(|(key, _)| key == "cloud") {
        Some((_, chosen)) if !cloud.is_whole() => Err(failed(format!(
            "it only chooses cloud {chosen} of clouds.yaml; import that with: omsctl account \
             import --cloud {chosen}"
        ))),
        _ => Ok(cloud),
    }
}

/// What a variable holds.
#[derive(Debug, Clone)]
enum Value {
    /// This.
    Text(String),
    /// What a person is asked for, in that line.
    Asked(usize),
    /// What a command puts out, in that line.
    Output(usize),
    /// What only a shell can make of it, in that line, and what that is.
    Shell(usize, String),
    /// Made of what the file does not set, in that line, and how that is told.
    NotSet(usize, String),
}

/// What a script has set so far.
#[derive(Default)]
struct Script {
    /// What is set.
    variables: BTreeMap<String, Value>,
    /// The line that is read.
    line: usize,
    /// For each `if` that is open, whether its branch counts.
    branches: Vec<bool>,
    /// Whether an `if` has had its condition and not its `then`.
    awaits_then: bool,
    /// Whether the last command went well.
    last: bool,
    /// Whether a loop is being read.
    in_loop: bool,
}

impl Script {
    fn take(&mut self, command: &Command) -> Result<(), String> {
        let mut words = &command.words[..];
        self.line = command.line;
        if self.clears(words)? {
            return Ok(());
        }
        // Words of the shell's own stand before a command or alone.
        while let Some((first, rest)) = words.split_first() {
            match words::plain(first) {
                Some("then") => self.awaits_then = false,
                Some("elif") => return Err("elif is not understood".to_owned()),
                _ if self.awaits_then => {
                    return Err("a condition of several commands is not understood".to_owned());
                }
                Some("else") => {
                    let branch = self.branches.last_mut().ok_or("else without if")?;
                    *branch = !*branch;
                }
                Some("fi") => {
                    self.branches.pop().ok_or("fi without if")?;
                }
                Some("if") => {
                    let holds = self.holds(rest)?;
                    let outer = self.counts();
                    self.branches.push(holds && outer);
                    self.awaits_then = true;
                    if !outer {
                        return Err("an if within another is not understood".to_owned());
                    }
                    return Ok(());
                }
                _ => break,
            }
            words = rest;
        }
        let wanted = match command.join {
            Join::Always => true,
            Join::IfWell => self.last,
            Join::IfNot => !self.last,
        };
        if words.is_empty() || !self.counts() || !wanted {
            return Ok(());
        }
        self.last = true;
        self.run(words)
    }

    /// Whether a command is part of a loop that unsets what was set before the file, as Kolla's begin.
    /// To whoever only reads the file nothing was.
    fn clears(&mut self, words: &[Word]) -> Result<bool, String> {
        let mut plain = words.iter().map(words::plain);
        let first = plain.next().flatten();
        if !self.in_loop {
            self.in_loop = first == Some("for") && self.variables.is_empty();
            return Ok(self.in_loop);
        }
        match (first, plain.next().flatten()) {
            (Some("do"), Some("unset")) | (Some("unset"), _) => Ok(true),
            (Some("done"), None) => {
                self.in_loop = false;
                Ok(true)
            }
            _ => Err("a loop is not understood but one that unsets variables".to_owned()),
        }
    }

    fn counts(&self) -> bool {
        self.branches.iter().all(|counts| *counts)
    }

    /// Carries out one command as far as it sets variables.
    fn run(&mut self, words: &[Word]) -> Result<(), String> {
        let Some((first, rest)) = words.split_first() else {
            return Ok(());
        };
        match words::plain(first) {
            Some("export" | "declare" | "typeset" | "readonly") => {
                let options = rest.iter().filter_map(words::plain);
                let mut options = options.filter(|word| word.starts_with(['-', '+']));
                if let Some(other) = options.find(|word| !EXPORTS.contains(word)) {
                    return Err(format!("{other} of export is not understood"));
                }
                for word in rest {
                    let plain = words::plain(word).unwrap_or_default();
                    if words::assignment(word).is_some() {
                        self.assign(word)?;
                    } else if !(words::is_name(plain) || plain.starts_with('-')) {
                        // Such as NAME+=MORE: what is left out would make another value of it.
                        return Err(
                            "an export that is not NAME or NAME=VALUE is not understood".to_owned()
                        );
                    }
                }
            }
            Some("unset") => {
                for word in rest {
                    let name = words::plain(word);
                    let name = name.ok_or("unset of what is no plain name is not understood")?;
                    self.variables.remove(name);
                }
            }
            Some("read") => self.read(rest),
            Some("printf") if rest.first().and_then(words::plain) == Some("-v") => {
                return Err("-v of printf is not understood".to_owned());
            }
            Some("echo" | "printf" | "stty" | ":" | "true") => {
                for word in rest {
                    // `: ${NAME:=word}` is there for what it sets.
                    self.value(word, None)?;
                }
            }
            Some("set") if rest.iter().all(is_option) => {}
            Some("[" | "[[" | "test") => self.last = self.holds(words)?,
            _ if words.iter().all(|word| words::assignment(word).is_some()) => {
                for word in words {
                    self.assign(word)?;
                }
            }
            other => {
                // Another word may be a part of a secret that is not quoted.
                let known = other.filter(|word| COMMANDS.contains(word));
                let what = known.map_or("a command".to_owned(), |word| format!("'{word}'"));
                return Err(format!(
                    "{what} is not understood; OMS reads what an openrc file sets and runs nothing, \
                     and a value with other signs than letters and digits belongs in single quotes"
                ));
            }
        }
        Ok(())
    }

    fn assign(&mut self, word: &Word) -> Result<(), String> {
        let Some((name, value)) = words::assignment(word) else {
            return Ok(());
        };
        let value = self.value(&value, Some(&name))?;
        self.variables.insert(name, value);
        Ok(())
    }

    /// `read` asks a person, so nobody knows what its variables hold.
    fn read(&mut self, words: &[Word]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = words::plain(word).unwrap_or_default();
            if let Some(flags) = text.strip_prefix('-') {
                if flags.ends_with(['p', 'd', 'n', 'N', 't', 'u', 'i']) {
                    words.next();
                }
            } else if words::is_name(text) {
                self.variables
                    .insert(text.to_owned(), Value::Asked(self.line));
            }
        }
    }

    /// What a word comes to. Where it is to be the value of a variable, what the file does not set is
    /// not known; elsewhere it is empty, as in a shell.
    fn value(&mut self, word: &[Piece], of: Option<&str>) -> Result<Value, String> {
        let mut text = String::new();
        for piece in word {
            let part = match piece {
                Piece::Text(part) => Value::Text(part.clone()),
                Piece::Output => Value::Output(self.line),
                Piece::Shell(what) => Value::Shell(self.line, what.clone()),
                Piece::Or(or) => self.or(or, of)?,
                Piece::Variable(name) => match (self.variables.get(name), of) {
                    (Some(value), _) => value.clone(),
                    // Whoever reads a file named so puts out `~`.
                    (None, Some(_)) if name == "HOME" && text.is_empty() => {
                        Value::Text("~".to_owned())
                    }
                    (None, None) => Value::Text(String::new()),
                    (None, Some(of)) => Value::NotSet(self.line, outside(name, of)),
                },
            };
            match part {
                Value::Text(part) => text.push_str(&part),
                unknown => return Ok(unknown),
            }
        }
        Ok(Value::Text(text))
    }

    /// What a variable comes to, or what stands in its place. To whoever only reads the file, nothing
    /// was set before it.
    fn or(&mut self, or: &Or, of: Option<&str>) -> Result<Value, String> {
        let held = self.variables.get(&or.name).cloned();
        let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.is_empty());
        let held = held.filter(|value| !(or.empty_is_none && is_empty(value)));
        match (or.then, held) {
            (Then::Instead, Some(_)) | (Then::Default, None) => self.value(&or.word, of),
            (Then::Instead, None) => Ok(Value::Text(String::new())),
            (_, Some(value)) => Ok(value),
            (Then::Assign, None) => {
                let value = self.value(&or.word, Some(&or.name))?;
                self.variables.insert(or.name.clone(), value.clone());
                Ok(value)
            }
            (Then::Fail, None) => {
                let of = of.unwrap_or(&or.name);
                Err(not_set(&outside(&or.name, of), of))
            }
        }
    }

    /// Whether a condition holds: whether a text is empty.
    fn holds(&mut self, words: &[Word]) -> Result<bool, String> {
        let [opening, sign, word, ..] = words else {
            return Err("a condition that is not understood".to_owned());
        };
        let opens = matches!(words::plain(opening), Some("[" | "[[" | "test"));
        let value = self.value(word, None)?;
        // What is asked for is taken to be given.
        let empty = matches!(value, Value::Text(text) if text.is_empty());
        let closes = words.len() <= 4;
        match words::plain(sign) {
            Some("-z") if opens && closes => Ok(empty),
            Some("-n") if opens && closes => Ok(!empty),
            _ => Err("a condition that is not understood".to_owned()),
        }
    }
}

/// Whether it is an option of the shell's, such as `-a`, by which all that is set is exported.
fn is_option(word: &Word) -> bool {
    let plain = words::plain(word).unwrap_or_default();
    plain.starts_with(['-', '+']) || words::is_name(plain)
}

/// Whether what stands in the value of a variable may be told. Of secrets it may not, nor of what they
/// may be made of.
fn is_told(name: &str) -> bool {
    let key = name.strip_prefix("OS_").map(str::to_ascii_lowercase);
    key.is_some_and(|key| !ASKED_FOR.contains(&key.as_str()))
}

/// How a variable is told that comes from outside the file, which is not looked at, in the value of
/// `of`.
fn outside(name: &str, of: &str) -> String {
    if is_told(of) {
        format!("${name}")
    } else {
        "what follows a $".to_owned()
    }
}

/// Why `of` has no value.
fn not_set(what: &str, of: &str) -> String {
    format!(
        "{what} is not set in the file; put the value of {of} in single quotes if it is meant as it \
         stands"
    )
}
