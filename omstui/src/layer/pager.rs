//! A page of text: an object as JSON or YAML, or what a test found.

use std::borrow::Cow;

use oms_proto::Time;

use crate::clean;
use crate::effect::Ticket;
use crate::text;

/// What stands before the rest of a line that does not fit.
const CONTINUED: &str = "    ";

/// A page of text that scrolls.
#[derive(Debug)]
pub struct Pager {
    /// What it is.
    pub title: String,
    /// The first line in the window.
    pub scroll: usize,
    /// Since when its text is waited for.
    pub since: Option<Time>,
    lines: Vec<String>,
    /// The same in another form.
    other: Option<Vec<String>>,
    ticket: Option<Ticket>,
}

impl Pager {
    /// A page in two forms.
    pub fn new(title: String, first: &str, other: &str) -> Self {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        Self {
            title,
            scroll: 0,
            since: None,
            lines: lines(first),
            other: Some(lines(other)),
            ticket: None,
        }
    }

    /// A page of one form.
    pub fn text(title: String, lines: Vec<String>) -> Self {
        Self {
            title,
            scroll: 0,
            since: None,
            lines,
            other: None,
            ticket: None,
        }
    }

    /// A page whose text an answer will bring.
    pub fn waiting(title: String, ticket: Ticket, now: Time) -> Self {
        Self {
            title,
            scroll: 0,
            since: Some(now),
            lines: Vec::new(),
            other: None,
            ticket: Some(ticket),
        }
    }

    /// Its lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What a window so wide shows of it: JSON and YAML as they stand, and words for people in as many
    /// lines as they need.
    pub fn shown(&self, columns: usize) -> Cow<'_, [String]> {
        if self.other.is_some() {
            return Cow::Borrowed(&self.lines);
        }
        let mut shown = Vec::new();
        for line in &self.lines {
            let line = clean::clean(line);
            if clean::width(&line) <= columns {
                shown.push(line.into_owned());
                continue;
            }
            let room = columns.saturating_sub(CONTINUED.len());
            let mut parts = clean::wrap(&line, room).into_iter();
            shown.extend(parts.next());
            shown.extend(parts.map(|part| format!("{CONTINUED}{part}")));
        }
        Cow::Owned(shown)
    }

    /// Whether an answer is for it.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Puts the text in that was waited for.
    pub fn fill(&mut self, lines: Vec<String>) {
        self.lines = lines;
        self.since = None;
        self.ticket = None;
    }

    /// There will be no answer.
    pub fn give_up(&mut self) {
        if self.ticket.is_some() {
            self.fill(vec![text::say(text::NO_ANSWER).to_owned()]);
        }
    }

    /// Shows the other form.
    pub fn turn(&mut self) {
        if let Some(other) = &mut self.other {
            std::mem::swap(&mut self.lines, other);
            self.scroll = 0;
        }
    }
}
