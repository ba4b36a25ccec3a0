//! A list to choose from.

use crate::keymap::Command;

/// What choosing a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// This.
    Command(Command),
    /// Copies a text.
    Copy(String),
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub label: String,
    /// More about it: its keys, or the text to copy.
    pub hint: String,
    /// What choosing it does.
    pub then: Then,
}

/// A list to choose from.
#[derive(Debug)]
pub struct Menu {
    /// What it is a list of.
    pub title: String,
    /// Its lines.
    pub items: Vec<Item>,
    /// The line that is chosen.
    pub at: usize,
}

impl Menu {
    /// A list with its first line chosen.
    pub fn new(title: String, items: Vec<Item>) -> Self {
        let at = 0;
        Self { title, items, at }
    }
}
