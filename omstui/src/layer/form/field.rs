//! One field of a form.

use crate::input::Input;
use crate::keymap::Command;
use crate::layer::palette;

/// Bytes of a field. Keys and certificates are the longest; those go through files and omsctl.
const FIELD_BYTES_MAX: usize = 4_096;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that is not shown.
    Secret,
    /// Several, with commas between them.
    List,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    /// Its name, which is the one of the request where there is one.
    pub name: &'static str,
    /// What stands before it.
    pub label: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What is typed.
    pub input: Input,
    /// What it may be, as far as anybody knows.
    pub known: Vec<String>,
    /// What is said while it is empty.
    pub hint: &'static str,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Shown only where another field has one of these values.
    pub only: Option<(&'static str, &'static [&'static str])>,
}

impl Field {
    pub(super) fn new(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self {
            name,
            label,
            kind: Kind::Text,
            input: Input::new("", FIELD_BYTES_MAX),
            known: Vec::new(),
            hint,
            error: None,
            only: None,
        }
    }

    pub(super) fn secret(mut self) -> Self {
        self.kind = Kind::Secret;
        self
    }

    pub(super) fn list(mut self) -> Self {
        self.kind = Kind::List;
        self
    }

    /// One of these; the first unless chosen otherwise.
    pub(super) fn choice(mut self, values: &'static [&'static str]) -> Self {
        self.kind = Kind::Choice(values);
        self.input.set(values.first().copied().unwrap_or_default());
        self
    }

    pub(super) fn known(mut self, known: Vec<String>) -> Self {
        self.known = known;
        self
    }

    pub(super) fn filled(mut self, text: &str) -> Self {
        self.input.set(text);
        self
    }

    pub(super) fn only(mut self, field: &'static str, values: &'static [&'static str]) -> Self {
        self.only = Some((field, values));
        self
    }

    /// More that it may be.
    pub(super) fn offer(&mut self, names: &[String]) {
        self.known.extend(names.iter().cloned());
        self.known.sort_unstable();
        self.known.dedup();
    }

    /// The values of a list.
    pub fn values(&self) -> Vec<String> {
        let parts = self.input.text().split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }

    /// What the text may become, the nearest first.
    pub fn offers(&self) -> Vec<&str> {
        let (_, typed) = self.last();
        let typed = typed.to_lowercase();
        let near = |known: &String| palette::distance(&typed, &known.to_lowercase());
        let mut offers: Vec<(usize, &str)> = self
            .known
            .iter()
            .filter_map(|known| Some((near(known)?, known.as_str())))
            .collect();
        offers.sort_unstable();
        offers.into_iter().map(|(_, known)| known).collect()
    }

    /// Does what a key asks for.
    pub(super) fn obey(&mut self, command: Command) {
        self.error = None;
        match (self.kind, command) {
            (Kind::Choice(values), _) => self.choose(values, command),
            (_, Command::Complete) => self.complete(true),
            (_, Command::CompleteBack) => self.complete(false),
            _ => {
                self.input.obey(command);
            }
        }
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        if !matches!(self.kind, Kind::Choice(_)) {
            self.input.paste(text);
        }
    }

    fn choose(&mut self, values: &'static [&'static str], command: Command) {
        let at = values.iter().position(|it| *it == self.input.text());
        let at = at.unwrap_or(0);
        let last = values.len().saturating_sub(1);
        let chosen = match command {
            Command::CaretRight | Command::Complete | Command::Insert(' ') if at == last => 0,
            Command::CaretRight | Command::Complete | Command::Insert(' ') => at + 1,
            Command::CaretLeft | Command::CompleteBack => at.checked_sub(1).unwrap_or(last),
            Command::Insert(letter) => {
                let begins = |value: &&str| value.starts_with(letter);
                values.iter().position(begins).unwrap_or(at)
            }
            _ => at,
        };
        self.input
            .set(values.get(chosen).copied().unwrap_or_default());
    }

    /// Puts the next known value in place of what is typed: what it may become first, then the
    /// others round and round.
    fn complete(&mut self, forward: bool) {
        let (before, typed) = self.last();
        let known = &self.known;
        let at = known.iter().position(|it| it == typed);
        let next = match at {
            Some(at) if forward => known.get((at + 1) % known.len()),
            Some(at) => known.get((at + known.len() - 1) % known.len()),
            None => {
                let nearest = self.offers().first().map(|it| (*it).to_owned());
                return if let Some(nearest) = nearest {
                    let text = format!("{before}{nearest}");
                    self.input.set(&text);
                };
            }
        };
        if let Some(next) = next {
            let text = format!("{before}{next}");
            self.input.set(&text);
        }
    }

    /// What stands before the value that is typed, and that value.
    fn last(&self) -> (String, &str) {
        let text = self.input.text();
        match text.rfind(',').filter(|_| self.kind == Kind::List) {
            Some(comma) => {
                let (before, typed) = text.split_at(comma + 1);
                (format!("{before} "), typed.trim())
            }
            None => (String::new(), text.trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_takes_the_nearest_and_then_goes_round() {
        let known = ["debian-12", "debian-13", "ubuntu"].map(str::to_owned);
        let mut field = Field::new("networks", "networks", "")
            .list()
            .known(known.to_vec());
        field.input.set("ubuntu,13");
        field.obey(Command::Complete);
        assert_eq!(field.input.text(), "ubuntu, debian-13");
        field.obey(Command::Complete);
        assert_eq!(field.values(), ["ubuntu", "ubuntu"]);
        field.obey(Command::CompleteBack);
        assert_eq!(field.values(), ["ubuntu", "debian-13"]);
    }

    #[test]
    fn choices_go_round_and_take_first_letters() {
        let mut field = Field::new("by", "by", "").choice(&["password", "token"]);
        assert_eq!(field.input.text(), "password");
        for (command, value) in [
            (Command::CaretRight, "token"),
            (Command::Insert(' '), "password"),
            (Command::CaretLeft, "token"),
            (Command::Insert('p'), "password"),
            (Command::Insert('x'), "password"),
        ] {
            field.obey(command);
            assert_eq!(field.input.text(), value, "{command:?}");
        }
    }
}
