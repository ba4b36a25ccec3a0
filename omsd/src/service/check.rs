//! Collects what is wrong with the fields of a request, so that a person hears of all of it at
//! once, each under the name of its field.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::machine::{MachineSpec, Said};
use oms_proto::{ErrorCode, WireError};

/// The longest name of anything at a cloud, in characters; Nova and Glance take no longer ones.
pub(super) const NAME_MAX: usize = 255;

/// Entries of one list, such as networks; Nova takes no more on one server in practice.
pub(super) const LIST_MAX: usize = 32;

/// Messages for one field; a list with hundreds of faults needs not all of them told.
const MESSAGES_MAX: usize = 8;

/// Characters of a value repeated in a message.
const QUOTED_MAX: usize = 64;

/// Names offered in a message.
const OFFERED_MAX: usize = 20;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    fields: BTreeMap<String, Vec<String>>,
}

impl Check {
    /// Notes a fault of a field.
    pub(super) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        let messages = self.fields.entry(field.to_owned()).or_default();
        if messages.len() < MESSAGES_MAX {
            messages.push(message.into());
        }
    }

    /// Checks a text of one line.
    pub(super) fn line(&mut self, field: &str, text: &str, chars_max: usize) {
        if text.trim().is_empty() {
            self.refuse(field, "must not be empty");
        } else if text.chars().count() > chars_max {
            self.refuse(field, format!("must have at most {chars_max} characters"));
        } else if text.chars().any(char::is_control) {
            self.refuse(field, "must not contain control characters");
        }
    }

    /// Checks a text of one line, if there is one.
    pub(super) fn line_if_any(&mut self, field: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.line(field, text, NAME_MAX);
        }
    }

    /// Checks a list of names.
    pub(super) fn names(&mut self, field: &str, names: &[String], count_max: usize) {
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
    pub(super) fn machine(&mut self, prefix: &str, machine: &MachineSpec) {
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
    pub(super) fn finish(self) -> Result<(), WireError> {
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
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    format!("'{}'", shown.escape_debug())
}

/// The names that somebody could have meant.
pub(super) fn offered<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.take(OFFERED_MAX + 1).collect();
    if names.is_empty() {
        return "there is none yet".to_owned();
    }
    if names.len() > OFFERED_MAX {
        names.truncate(OFFERED_MAX);
        names.push("...");
    }
    format!("there are: {}", names.join(", "))
}
