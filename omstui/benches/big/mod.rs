//! A dashboard of 100,000 entries, and what happens to it.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::view::{EntryView, EventView, InstanceAccount, InstanceView, Status};
use oms_proto::{Actor, Change, EntryId, EventKind, InstanceId, StreamItem, Time};
use omstui::keymap::Keymap;
use omstui::model::{Model, Options};
use omstui::msg::Msg;
use omstui::theme::{Glyphs, Theme};
use omstui::update::{settle, update};
use omstui::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Rows.
pub(crate) const ROWS: u64 = 100_000;
/// Changes between two frames.
pub(crate) const CHANGES: u64 = 1_000;
const NOW: Time = Time(1_795_348_800_000_000);

/// All rows in sight, in the queue.
pub(crate) fn opened(terminal: &mut Terminal<TestBackend>) -> Model {
    let mut model = model();
    let entries = (1..=ROWS).map(|id| entry(id, 0)).collect();
    feed(&mut model, snapshot(entries));
    press(&mut model, KeyCode::Char('2'));
    draw(&mut model, terminal);
    model
}

/// Takes in what changes before a frame.
pub(crate) fn take(model: &mut Model, frame: u64, changes: u64) {
    for change in 0..changes {
        let id = (change * 97 + frame * 31) % ROWS + 1;
        let seq = frame * changes + change;
        feed(model, changed(seq, entry(id, frame)));
    }
}

fn model() -> Model {
    let options = Options {
        socket: "/run/oms/omsd.sock".to_owned(),
        theme: Theme::Default,
        glyphs: Glyphs::Symbols,
        zone: TimeZone::UTC,
        keymap: Keymap::default(),
        language: omstui::text::Language::English,
        readonly: false,
        mouse: true,
        themes: Vec::new(),
    };
    let mut model = Model::new(options, (120, 40), NOW);
    drop(update(&mut model, Msg::Connected, NOW));
    model
}

fn feed(model: &mut Model, item: StreamItem) {
    drop(update(model, Msg::Item(item), NOW));
}

pub(crate) fn press(model: &mut Model, key: KeyCode) {
    let key = KeyEvent::new(key, KeyModifiers::NONE);
    drop(update(model, Msg::Key(key), NOW));
}

pub(crate) fn draw(model: &mut Model, terminal: &mut Terminal<TestBackend>) {
    settle(model);
    let drawn = terminal.draw(|frame| {
        view::draw(model, frame);
    });
    drawn.unwrap();
}

fn snapshot(entries: Vec<EntryView>) -> StreamItem {
    StreamItem::Snapshot(Snapshot {
        seq: 1,
        accounts: Vec::new(),
        entries,
        last: true,
    })
}

fn changed(seq: u64, entry: EntryView) -> StreamItem {
    StreamItem::Event(StreamEvent {
        event: EventView {
            seq,
            at: NOW,
            kind: EventKind::AttemptSeen,
            entry: Some(entry.id),
            attempt: None,
            account: Some("alpha".to_owned()),
            message: "the server looks different".to_owned(),
            by: Actor::Scheduler,
            severity: EventKind::AttemptSeen.severity(),
        },
        change: Some(Change::Entry(Box::new(entry))),
    })
}

fn entry(id: u64, turn: u64) -> EntryView {
    let account = format!("cloud-{}", id % 40);
    EntryView {
        id: EntryId(id),
        status: Status::Run,
        held: false,
        waits: Vec::new(),
        regist_datetime: NOW.minus(Duration::from_secs(86_400 + id % 1_000)),
        instance: Some(InstanceView {
            id: InstanceId(id),
            name: format!("oms-web-{id}"),
            instance_id: format!("bec7c0ea-0000-4000-8000-{id:012}"),
            ip_addr: Some(format!("10.{}.{}.{}", id >> 16, (id >> 8) & 255, id & 255)),
            key_name: Some(format!("oms-{id}")),
            key_raw: None,
            account: InstanceAccount {
                provider: "acme".to_owned(),
                region_name: Some("tyo1".to_owned()),
                tenant_name: Some("lab".to_owned()),
                name: account.clone(),
            },
            entry: EntryId(id),
            server_status: "ACTIVE".to_owned(),
            addresses: vec![format!("10.{}.{}.{}", id >> 16, (id >> 8) & 255, id & 255)],
            ready: NOW.minus(Duration::from_secs(86_400)),
            boot_seconds: 31,
            vanished: false,
            image: "debian-12".to_owned(),
            flavor: "m1.small".to_owned(),
            availability_zone: None,
        }),
        name: Some(format!("web-{}", (id + turn * 7) % ROWS)),
        reason: None,
        deadline: NOW,
        attempts: 1,
        account: Some(account),
        changed: NOW.minus(Duration::from_secs(86_400)),
        asked: None,
    }
}
