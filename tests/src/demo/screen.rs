//! What is seen of the demo: narrow lines on standard output, with colours where a person looks.

use std::io::{self, IsTerminal as _, Write as _};

use oms_proto::response::StreamEvent;
use oms_proto::view::{AccountView, EntryView, EventView, Status};
use oms_proto::{Change, EntryId, EventKind, Severity, StreamItem, Time};

use super::stage::Stage;
use crate::harness::http::Answer;

/// Columns that lines of prose keep to.
const WIDTH: usize = 80;

/// Where the words of a fact begin: after the time, the entry and its status.
const INDENT: usize = 23;

const PLAIN: &str = "";
const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Standard output, and what was shown on it last.
pub(super) struct Screen {
    /// Whether nothing is shown.
    blank: bool,
    colour: bool,
    started: Time,
    status: Option<(EntryId, Status)>,
    invited: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            blank: false,
            colour: io::stdout().is_terminal() && !no_colour,
            started: Time(0),
            status: None,
            invited: false,
        }
    }

    /// One that shows nothing.
    pub(super) fn blank() -> Self {
        Self {
            blank: true,
            ..Self::new()
        }
    }

    /// Whether it has said what to try.
    pub(super) const fn invited(&self) -> bool {
        self.invited
    }

    /// A line as it is.
    pub(super) fn text(&self, text: &str) -> io::Result<()> {
        self.line(PLAIN, text)
    }

    /// Who plays.
    pub(super) fn cast(&mut self, stage: &Stage) -> io::Result<()> {
        self.started = stage.started();
        self.line(BOLD, "OpenMultiStack: one request, three clouds\n")?;
        for (name, address, about) in stage.clouds() {
            let name = self.paint(CYAN, &format!("{name:<6}"));
            self.text(&format!("  {name} {about:<44} {address}"))?;
        }
        let omsd = self.paint(CYAN, "omsd  ");
        self.text(&format!(
            "  {omsd} {:<44} http://{}",
            "knows an account at each of them",
            stage.rest().address()
        ))?;
        if let Some(log) = stage.log() {
            self.line(DIM, &format!("         its log: {}", log.display()))?;
        }
        Ok(())
    }

    /// A request to the REST interface.
    pub(super) fn asked(&self, method: &str, path: &str) -> io::Result<()> {
        self.line(BOLD, &format!("\n{method} {path}"))
    }

    /// Its answer, without what only programs read.
    pub(super) fn answered(&self, answer: &Answer) -> io::Result<()> {
        let Ok(entry) = serde_json::from_str::<EntryView>(&answer.text) else {
            return self.line(DIM, &format!("  {}", answer.status));
        };
        self.line(DIM, &format!("  {}", answer.status))?;
        for line in brief(&entry) {
            self.line(DIM, &format!("  {line}"))?;
        }
        Ok(())
    }

    /// A fact, as it happened.
    pub(super) fn news(&mut self, item: &StreamItem) -> io::Result<()> {
        let StreamItem::Event(StreamEvent { event, change }) = item else {
            return Ok(());
        };
        let Some((colour, words)) = told(event, change.as_ref()) else {
            return Ok(());
        };
        let at = event.at.since(self.started).as_secs_f64();
        let standing = match change {
            Some(Change::Entry(entry)) => Some((entry.id, entry.status)),
            _ => None,
        };
        let status = standing.filter(|standing| self.status != Some(*standing));
        self.status = status.or(self.status);
        let entry = event.entry.map(|id| format!("#{id}")).unwrap_or_default();
        let word = status.map_or("", |(_, status)| status.as_str());
        let margin = format!("{at:>6.2} s  {entry:<4}{word:<9}");
        let mut lines = wrapped(&words, WIDTH.saturating_sub(INDENT)).into_iter();
        let first = lines.next().unwrap_or_default();
        self.text(&format!(
            "{}{}",
            self.paint(DIM, &margin),
            self.paint(colour, &first)
        ))?;
        for line in lines {
            self.text(&format!("{:INDENT$}{}", "", self.paint(colour, &line)))?;
        }
        Ok(())
    }

    /// What to try.
    pub(super) fn invite(&mut self, commands: &[(&str, String)]) -> io::Result<()> {
        self.invited = true;
        self.line(
            BOLD,
            "\nIt stays up until Ctrl-C. Try, in another terminal in this directory:\n",
        )?;
        for (about, command) in commands {
            if !about.is_empty() {
                self.line(DIM, &format!("  # {about}"))?;
            }
            self.text(&format!("  {command}"))?;
        }
        self.text("")
    }

    /// The end of the log, after something went wrong.
    pub(super) fn log_tail(&self, lines: &[String]) -> io::Result<()> {
        for line in lines {
            self.line(DIM, &format!("  omsd: {line}"))?;
        }
        Ok(())
    }

    fn line(&self, colour: &str, text: &str) -> io::Result<()> {
        if self.blank {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        writeln!(out, "{}", self.paint(colour, text))?;
        out.flush()
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour && !colour.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A fact in words, and their colour. `None` for facts that say nothing to a person.
fn told(event: &EventView, change: Option<&Change>) -> Option<(&'static str, String)> {
    let words = match &event.account {
        Some(account) => format!("{account}: {}", event.message),
        None => event.message.clone(),
    };
    let colour = match event.kind {
        EventKind::AttemptSeen | EventKind::AttemptDismissed | EventKind::Unblocked => return None,
        EventKind::Blocked => match change {
            Some(Change::Account(account)) => return Some((DIM, blocked(account, event.at)?)),
            _ => PLAIN,
        },
        EventKind::AttemptReady => GREEN,
        _ if event.severity >= Severity::Warning => RED,
        _ => PLAIN,
    };
    Some((colour, words))
}

/// The newest block of an account. Its reason has just been told.
fn blocked(account: &AccountView, now: Time) -> Option<String> {
    let block = account.blocks.iter().max_by_key(|block| block.until)?;
    let seconds = block.until.since(now).as_secs_f64();
    let AccountView { name, .. } = account;
    Some(format!(
        "no entry tries {name} again for {seconds:.0} s ({})",
        block.scope
    ))
}

/// The fields of 2016 that people look at.
fn brief(entry: &EntryView) -> Vec<String> {
    let mut lines = vec![
        format!("id               {}", entry.id),
        format!("status           {}", entry.status),
        format!("regist_datetime  {}", entry.regist_datetime),
    ];
    let Some(instance) = &entry.instance else {
        lines.push("instance         null".to_owned());
        return lines;
    };
    let none = || "null".to_owned();
    let key = instance
        .key_raw
        .as_deref()
        .and_then(|key| key.lines().next());
    let key = key.map(|first| format!("{first} ..."));
    let account = &instance.account;
    let region = account.region_name.clone().unwrap_or_else(none);
    lines.push(format!("instance.name    {}", instance.name));
    lines.push(format!("  .instance_id   {}", instance.instance_id));
    lines.push(format!(
        "  .ip_addr       {}",
        instance.ip_addr.clone().unwrap_or_else(none)
    ));
    lines.push(format!(
        "  .key_name      {}",
        instance.key_name.clone().unwrap_or_else(none)
    ));
    lines.push(format!("  .key_raw       {}", key.unwrap_or_else(none)));
    lines.push(format!("  .account       {} in {region}", account.provider));
    lines
}

/// The text in lines of at most so many columns; longer words stand alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
