//! Tests of more than one part: what happens to the model, and what the screens look like.

mod deeds;
mod order;
mod screens;
mod sessions;
mod updates;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use oms_proto::EventKind;
use oms_proto::response::{EventPage, Snapshot, StreamEvent};
use oms_proto::view::{AccountView, EntryView, EventView, Status};
use oms_proto::{Change, EntryId, Response, StreamItem};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::call::{CallError, Purpose};
use crate::effect::Effect;
use crate::fixture;
use crate::model::Model;
use crate::msg::Msg;
use crate::update::{settle, update};
use crate::view;

/// A dashboard without terminal and daemon.
struct Board {
    model: Model,
}

impl Board {
    /// Nothing known yet.
    fn new(columns: u16, rows: u16) -> Self {
        Self {
            model: fixture::model(columns, rows),
        }
    }

    /// Connected, with a picture of everything there can be.
    fn live(columns: u16, rows: u16) -> Self {
        let mut board = Self::new(columns, rows);
        board.feed(Msg::Connected);
        board.feed(snapshot(9, accounts(), entries()));
        board.answer(&Purpose::Status, Ok(Response::Status(fixture::status())));
        let events = EventPage {
            events: events(),
            reached: None,
        };
        board.answer(&Purpose::Events, Ok(Response::Events(events)));
        board
    }

    /// Answers the request that was made for this.
    fn answer(&mut self, purpose: &Purpose, result: Result<Response, &str>) -> Vec<Effect> {
        let tickets = self.model.calls.tickets(purpose);
        let ticket = *tickets
            .first()
            .unwrap_or_else(|| panic!("nobody asked: {purpose:?}"));
        self.feed(Msg::Answer {
            ticket,
            result: result.map_err(CallError::from),
        })
    }

    fn feed(&mut self, msg: Msg) -> Vec<Effect> {
        let now = self.model.now;
        let effects = update(&mut self.model, msg, now);
        settle(&mut self.model);
        effects
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
        self.feed(Msg::Key(KeyEvent::new(code, modifiers)))
    }

    fn key(&mut self, code: KeyCode) -> Vec<Effect> {
        self.press(code, KeyModifiers::NONE)
    }

    fn ctrl(&mut self, letter: char) -> Vec<Effect> {
        self.press(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    /// Presses each letter; answers what the last one did.
    fn keys(&mut self, letters: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for letter in letters.chars() {
            effects = self.key(KeyCode::Char(letter));
        }
        effects
    }

    fn draw(&self) -> TestBackend {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| {
                view::draw(&self.model, frame);
            })
            .unwrap();
        terminal.backend().clone()
    }

    /// The screen as text, one line a row.
    fn screen(&self) -> String {
        crate::fixture::text_of(self.draw().buffer())
    }

    /// The ids or names of the rows, in order.
    fn rows(&self) -> Vec<String> {
        use crate::row::RowKey;
        let name = |row: &RowKey| match row {
            RowKey::Entry(id) | RowKey::Instance(id) => id.to_string(),
            RowKey::Account(name) => name.clone(),
            RowKey::Event(seq) => seq.to_string(),
            RowKey::Cause(cause) => cause.kind.clone(),
        };
        let rows = self.model.pane().keys();
        rows.map(name).collect()
    }

    /// The name of the row under the cursor.
    fn cursor(&self) -> String {
        let index = self.model.pane().index;
        self.rows().get(index).cloned().unwrap_or_default()
    }
}

/// The names of the requests among effects; other effects are written out.
fn asked(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| match effect {
        Effect::Call { request, .. } => request.name().to_owned(),
        other => format!("{other:?}"),
    };
    effects.iter().map(name).collect()
}

fn snapshot(seq: u64, accounts: Vec<AccountView>, entries: Vec<EntryView>) -> Msg {
    Msg::Item(StreamItem::Snapshot(Snapshot {
        seq,
        accounts,
        entries,
        last: true,
    }))
}

fn entry_event(seq: u64, entry: EntryView) -> Msg {
    let mut event = fixture::event(seq, EventKind::AttemptReady, "the instance is usable");
    event.entry = Some(entry.id);
    Msg::Item(StreamItem::Event(StreamEvent {
        event,
        change: Some(Change::Entry(Box::new(entry))),
    }))
}

fn gone_event(seq: u64, id: u64) -> Msg {
    Msg::Item(StreamItem::Event(StreamEvent {
        event: fixture::event(seq, EventKind::EntryForgotten, "forgotten"),
        change: Some(Change::EntryGone(EntryId(id))),
    }))
}

fn lost(error: &str) -> Msg {
    Msg::Lost {
        error: error.to_owned(),
    }
}

fn accounts() -> Vec<AccountView> {
    let mut disabled = fixture::account("delta");
    disabled.enabled = false;
    disabled.status = oms_proto::view::AccountStatus::Unavailable;
    disabled.reason = Some("disabled".to_owned());
    vec![
        fixture::account("alpha"),
        fixture::account("beta"),
        fixture::blocked_account("gamma"),
        disabled,
    ]
}

fn entries() -> Vec<EntryView> {
    let mut entries: Vec<EntryView> = (1_u64..)
        .zip(Status::ALL)
        .map(|(id, status)| fixture::entry(id, status))
        .collect();
    let waiting = "no account can serve it now; alpha: quota used up, gamma: blocked for 4 m";
    entries[1].reason = Some(waiting.to_owned());
    entries[1].attempts = 2;
    entries[5].reason = Some("deadline passed after 4 attempts".to_owned());
    let mut vanished = fixture::entry(7, Status::Run);
    if let Some(instance) = &mut vanished.instance {
        instance.vanished = true;
    }
    entries.push(vanished);
    entries
}

fn events() -> Vec<EventView> {
    vec![
        fixture::event(1, EventKind::EntryAccepted, "entry 1 accepted"),
        fixture::event(
            2,
            EventKind::AttemptStarted,
            "attempt 1 at alpha: server oms-web-1",
        ),
        fixture::event(3, EventKind::AttemptFailed, "No valid host was found"),
        fixture::event(
            4,
            EventKind::Blocked,
            "offering nova/m1.small for 3 m: no valid host",
        ),
        fixture::event(5, EventKind::AttemptReady, "ssh answers at 203.0.113.1"),
    ]
}
