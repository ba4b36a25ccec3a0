//! One key as it is pressed: how help writes it, and how a file of keys does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    pub(super) code: KeyCode,
    ctrl: bool,
    shift: bool,
    pub(super) twice: bool,
}

pub(super) const fn code(code: KeyCode) -> Press {
    Press {
        code,
        ctrl: false,
        shift: false,
        twice: false,
    }
}

pub(super) const fn letter(letter: char) -> Press {
    code(KeyCode::Char(letter))
}

pub(super) const fn ctrl(letter: char) -> Press {
    Press {
        ctrl: true,
        ..code(KeyCode::Char(letter))
    }
}

pub(super) const fn shift(key: KeyCode) -> Press {
    Press {
        shift: true,
        ..code(key)
    }
}

pub(super) const fn twice(letter: char) -> Press {
    Press {
        twice: true,
        ..code(KeyCode::Char(letter))
    }
}

/// Keys that are no letters, as help and files write them.
const NAMED: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
];

impl Press {
    /// Whether this is the key that was pressed.
    pub fn is(self, key: KeyEvent) -> bool {
        // Terminals differ in whether they report Shift beside a letter that shows it already.
        let shown = matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab);
        self.code == key.code
            && self.ctrl == key.modifiers.contains(KeyModifiers::CONTROL)
            && (shown || self.shift == key.modifiers.contains(KeyModifiers::SHIFT))
    }

    /// How the key is written in help.
    pub fn label(self) -> String {
        let named = NAMED.iter().find(|(_, code)| *code == self.code);
        let key = match (named, self.code) {
            (Some((name, _)), _) => (*name).to_owned(),
            (None, KeyCode::Char(letter)) if self.twice => format!("{letter}{letter}"),
            (None, KeyCode::Char(letter)) => letter.to_string(),
            (None, KeyCode::BackTab) => "Shift-Tab".to_owned(),
            (None, other) => other.to_string(),
        };
        match (self.ctrl, self.shift) {
            (true, _) => format!("Ctrl-{key}"),
            (_, true) => format!("Shift-{key}"),
            _ => key,
        }
    }

    /// Reads a key as [`Press::label`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("Ctrl-") {
            let plain = Self::parse(rest)?;
            return Some(Self {
                ctrl: true,
                ..plain
            });
        }
        if text == "Shift-Tab" {
            return Some(code(KeyCode::BackTab));
        }
        if let Some(rest) = text.strip_prefix("Shift-") {
            return Some(shift(Self::parse(rest)?.code));
        }
        if let Some((_, found)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Some(code(*found));
        }
        if let Some(number) = text.strip_prefix('F').and_then(|rest| rest.parse().ok()) {
            return Some(code(KeyCode::F(number)));
        }
        let mut letters = text.chars();
        match (letters.next(), letters.next(), letters.next()) {
            (Some(one), None, None) => Some(letter(one)),
            (Some(one), Some(other), None) if one == other => Some(twice(one)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let presses = [
            letter('q'),
            letter('/'),
            letter(' '),
            letter('G'),
            ctrl('c'),
            twice('g'),
            code(KeyCode::BackTab),
            code(KeyCode::F(1)),
            code(KeyCode::Delete),
            shift(KeyCode::Right),
        ];
        for press in presses {
            assert_eq!(Press::parse(&press.label()), Some(press), "{press:?}");
        }
        for wrong in ["", "abc", "Ctrl-", "Fx"] {
            assert_eq!(Press::parse(wrong), None, "{wrong}");
        }
    }
}
