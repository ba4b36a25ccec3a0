//! What makes a request a valid one, as far as that can be told without a world: decided here for the
//! daemon, which refuses by it, and for whoever tells people beforehand what it will say.
//!
//! A [`Check`] collects what is wrong, so that a person hears of all of it at once, each under the
//! name of its field.

pub mod account;
pub mod pass;
pub mod reach;

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{MachineSpec, Said};
use crate::{ErrorCode, WireError};

/// The longest name of anything at a cloud, in characters; Nova and Glance take no longer ones.
pub const NAME_MAX: usize = 255;

/// Characters of the name of something of ours: an account, a provider, a token, a user.
const SHORT_NAME_MAX: usize = 64;

/// Entries of one list, such as networks; Nova takes no more on one server in practice.
pub const LIST_MAX: usize = 32;

/// Messages for one field; a list with hundreds of faults needs not all of them told.
const MESSAGES_MAX: usize = 8;

/// Characters of a value repeated in a message.
const QUOTED_MAX: usize = 64;

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Check {
    fields: BTreeMap<String, Vec<String>>,
}

impl Check {
    /// Notes a fault of a field.
    pub fn refuse(&mut self, field: &str, message: impl Into<String>) {
        let messages = self.fields.entry(field.to_owned()).or_default();
        if messages.len() < MESSAGES_MAX {
            messages.push(message.into());
        }
    }

    /// Checks the name of something of ours, which is good in a path, a file and a sentence.
    pub fn name(&mut self, field: &str, name: &str) {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins_well || name.len() > SHORT_NAME_MAX || !name.chars().all(fits) {
            let message = format!(
                "must have 1 to {SHORT_NAME_MAX} letters, digits, '.', '_' or '-', and begin with \
                 a letter or digit"
            );
            self.refuse(field, message);
        }
    }

    /// Checks a text of one line.
    pub fn line(&mut self, field: &str, text: &str, chars_max: usize) {
        if text.trim().is_empty() {
            self.refuse(field, "must not be empty");
        } else if text.chars().count() > chars_max {
            self.refuse(field, format!("must have at most {chars_max} characters"));
        } else if text.chars().any(char::is_control) {
            self.refuse(field, "must not contain control characters");
        }
    }

    /// Checks a text of one line, if there is one.
    pub fn line_if_any(&mut self, field: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.line(field, text, NAME_MAX);
        }
    }

    /// Checks a list of names.
    pub fn names(&mut self, field: &str, names: &[String], count_max: usize) {
        if names.len() > count_max {
            self.refuse(field, format!("must have at most {count_max} elements"));
            return;
        }
        let mut seen = BTreeSet::new();
        for name in names {
            self.line(field, name, NAME_MAX);
            if !seen.insert(name) {
                self.refuse(field, format!("names {} twice", quoted(name)));
            }
        }
    }

    /// Checks what is said of a machine, in fields whose names begin so.
    pub fn machine(&mut self, prefix: &str, machine: &MachineSpec) {
        for (name, said) in machine.fields() {
            let field = format!("{prefix}{name}");
            match said {
                Said::One(text) => self.line_if_any(&field, text),
                Said::Many(names) => self.names(&field, names.unwrap_or_default(), LIST_MAX),
            }
        }
    }

    /// Whether nothing was wrong.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] with the fields at fault.
    pub fn finish(self) -> Result<(), WireError> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let faults = self
            .fields
            .iter()
            .flat_map(|(field, messages)| messages.iter().map(move |m| format!("{field}: {m}")));
        Err(WireError {
            code: ErrorCode::Invalid,
            detail: faults.collect::<Vec<_>>().join("; "),
            fields: self.fields,
        })
    }
}

/// A value as it can be repeated to people: on one line, shortened.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    format!("'{}'", shown.escape_debug())
}
