//! A page of text: an object as JSON or YAML, or what a test found.

use oms_proto::Time;

use crate::effect::Ticket;
use crate::text;

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
