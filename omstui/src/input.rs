//! One line of text with a caret, as it is typed.

use std::fmt;

use zeroize::Zeroize as _;

use crate::keymap::Command;

/// A line of text and where the next letter goes. It may be a password: nothing prints it, and its
/// memory is wiped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Bytes before the caret; always between two letters.
    caret: usize,
    bytes_max: usize,
}

impl Input {
    /// A line with this text and the caret behind it, that takes up to so many bytes.
    pub fn new(text: &str, bytes_max: usize) -> Self {
        let mut end = text.len().min(bytes_max);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // Room for all of it at once: growing would leave copies behind.
        let mut held = String::with_capacity(bytes_max);
        held.push_str(text.get(..end).unwrap_or_default());
        Self {
            caret: held.len(),
            text: held,
            bytes_max,
        }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the caret, and what after it.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.caret)
    }

    /// Puts another text in its place.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text, self.bytes_max);
    }

    /// Does what a key asks for. Whether it was something for a line of text.
    pub fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Insert(letter) => self.insert(letter),
            Command::Erase => {
                let from = self.before();
                self.cut(from, self.caret);
            }
            Command::EraseUnder => self.cut(self.caret, self.after()),
            Command::EraseWord => {
                let (before, _) = self.parts();
                let kept = before.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.cut(kept, self.caret);
            }
            Command::EraseAll => self.cut(0, self.text.len()),
            Command::CaretLeft => self.caret = self.before(),
            Command::CaretRight => self.caret = self.after(),
            Command::CaretStart => self.caret = 0,
            Command::CaretEnd => self.caret = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Takes the first line of a text that was pasted.
    pub fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        for letter in line.chars().take(self.bytes_max) {
            self.insert(letter);
        }
    }

    fn insert(&mut self, letter: char) {
        if !letter.is_control() && self.text.len() + letter.len_utf8() <= self.bytes_max {
            self.text.insert(self.caret, letter);
            self.caret += letter.len_utf8();
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.caret = from;
    }

    fn before(&self) -> usize {
        let (before, _) = self.parts();
        let letter = before.chars().next_back().map_or(0, char::len_utf8);
        self.caret - letter
    }

    fn after(&self) -> usize {
        let (_, after) = self.parts();
        self.caret + after.chars().next().map_or(0, char::len_utf8)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input(..)")
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_in_and_out_at_the_caret() {
        let mut input = Input::new("one two", 12);
        let table = [
            (Command::CaretLeft, "one tw|o"),
            (Command::Insert('\u{6f22}'), "one tw\u{6f22}|o"),
            (Command::Erase, "one tw|o"),
            (Command::EraseUnder, "one tw|"),
            (Command::CaretStart, "|one tw"),
            (Command::CaretRight, "o|ne tw"),
            (Command::Insert('\u{7}'), "o|ne tw"),
            (Command::CaretEnd, "one tw|"),
            (Command::EraseWord, "one |"),
            (Command::EraseWord, "|"),
            (Command::Erase, "|"),
            (Command::CaretLeft, "|"),
        ];
        for (command, expected) in table {
            assert!(input.obey(command));
            let (before, after) = input.parts();
            assert_eq!(format!("{before}|{after}"), expected, "{command:?}");
        }
        assert!(!input.obey(Command::Up));
    }

    #[test]
    fn a_line_is_bounded_and_takes_one_line_of_a_paste() {
        let mut input = Input::new("\u{6f22}\u{6f22}", 5);
        assert_eq!(input.text(), "\u{6f22}");
        input.paste("abc\ndef");
        assert_eq!(input.text(), "\u{6f22}ab");
    }
}
