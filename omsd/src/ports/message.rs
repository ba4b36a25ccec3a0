//! Words for people that may come from anybody: made fit to be shown, logged and kept, and short.
//!
//! A cloud's words get into rows, events, lists and the log, each of them many times over. So
//! there is one way to make a [`Message`], and what comes out of it is bounded whoever calls it.

use std::fmt;
use std::ops::Deref;

/// Characters of a message: what a person reads of a failure.
pub const MESSAGE_CHARS_MAX: usize = 500;

/// Bytes of a message. A character may have four, and an entry's row may hold a message for each
/// of its twenty attempts at each of two hundred accounts: 4 MB, half of what a row may have.
pub const MESSAGE_BYTES_MAX: usize = 1000;

/// What takes the place of what was cut off.
const DOTS: &str = "...";

/// Words on one line, without control characters and no longer than [`MESSAGE_CHARS_MAX`]
/// characters and [`MESSAGE_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Message(String);

impl Message {
    /// Makes a text fit.
    pub fn new(text: &str) -> Self {
        Self(fit(text, MESSAGE_CHARS_MAX, MESSAGE_BYTES_MAX))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes control characters, marks that reorder or hide text, and runs of blanks out of a text,
/// and cuts it to so many characters and bytes. Reads no further than it must.
pub fn fit(text: &str, chars_max: usize, bytes_max: usize) -> String {
    let mut kept = String::new();
    let mut count = 0_usize;
    let mut gap = false;
    // What is left where more comes than fits.
    let mut left = 0;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = !kept.is_empty();
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        for c in gap.then_some(' ').into_iter().chain([c]) {
            kept.push(c);
            count += 1;
            if count + DOTS.len() <= chars_max && kept.len() + DOTS.len() <= bytes_max {
                left = kept.len();
            }
        }
        gap = false;
        if count > chars_max || kept.len() > bytes_max {
            kept.truncate(left);
            kept.truncate(kept.trim_end().len());
            kept.push_str(DOTS);
            return kept;
        }
    }
    kept
}

/// Marks that reorder or hide text on a terminal.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.0
    }
}

impl PartialEq<str> for Message {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_and_reordering_characters_are_taken_out() {
        assert_eq!(
            Message::new("a\u{1b}[31mred\u{7}\r\n\t b\u{202e}c \u{200b} d "),
            "a [31mred bc d"
        );
        assert_eq!(Message::new(" \n"), "");
    }

    #[test]
    fn what_is_too_long_ends_in_dots_and_what_just_fits_does_not() {
        let cut = |text: &str| fit(text, 8, 16);
        assert_eq!(cut("12345678"), "12345678");
        assert_eq!(cut("123456789"), "12345...");
        assert_eq!(cut("1234 56789"), "1234...");
        // Four bytes each.
        assert_eq!(
            cut("\u{10400}\u{10400}\u{10400}\u{10400}"),
            "\u{10400}".repeat(4)
        );
        assert_eq!(
            cut(&"\u{10400}".repeat(5)),
            format!("{}...", "\u{10400}".repeat(3))
        );
    }

    proptest! {
        #[test]
        fn no_text_gets_out_longer_than_it_may(text in "(\\PC| |\u{7f}){0,1500}") {
            let message = Message::new(&text);
            prop_assert!(message.chars().count() <= MESSAGE_CHARS_MAX);
            prop_assert!(message.len() <= MESSAGE_BYTES_MAX);
            prop_assert!(!message.chars().any(char::is_control));
            prop_assert_eq!(Message::new(&message), message);
        }
    }
}
