//! The dashboard over 100,000 rows: how long a frame takes with 1,000 changes since the one before and
//! what it allocates, how long a letter of the filter takes, and how much of a second 10,000 events
//! take with thirty frames. Fails where a goal is missed by far, so that it can be run as a check.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::alloc::System;
use std::time::{Duration, Instant};

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
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

const ROWS: u64 = 100_000;
const CHANGES: u64 = 1_000;
const FRAMES: u64 = 60;
const NOW: Time = Time(1_795_348_800_000_000);
const FRAME_GOAL: Duration = Duration::from_millis(4);
/// Frames in a second, and events in each of them.
const SECOND: (u64, u64) = (30, 334);
const LETTER_GOAL: Duration = Duration::from_millis(16);

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let mut model = model();
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let begun = Instant::now();
    let entries = (1..=ROWS).map(|id| entry(id, 0)).collect();
    feed(&mut model, snapshot(entries));
    press(&mut model, '2');
    draw(&mut model, &mut terminal);
    println!("first picture of {ROWS} rows: {:?}", begun.elapsed());
    println!("resident: {} MiB", resident() / 1024);
    for sort in ['I', 'N'] {
        press(&mut model, sort);
        draw(&mut model, &mut terminal);
        frames(&mut model, &mut terminal, sort);
    }
    press(&mut model, 'I');
    draw(&mut model, &mut terminal);
    letters(&mut model, &mut terminal);
    second(&mut model, &mut terminal);
}

/// A second of ten thousand events.
fn second(model: &mut Model, terminal: &mut Terminal<TestBackend>) {
    let (frames, events) = SECOND;
    let begun = Instant::now();
    for frame in 0..frames {
        for event in 0..events {
            let id = (event * 97 + frame * 31) % ROWS + 1;
            let seq = 1_000_000 + frame * events + event;
            feed(model, changed(seq, entry(id, seq)));
        }
        draw(model, terminal);
    }
    let taken = begun.elapsed();
    println!(
        "{} events with {frames} frames: {taken:?} of 1 s",
        frames * events
    );
    assert!(taken < Duration::from_secs(1), "it falls behind");
}

/// Changes and a frame, again and again.
fn frames(model: &mut Model, terminal: &mut Terminal<TestBackend>, sort: char) {
    let mut frames = Vec::new();
    let mut taken = Vec::new();
    let mut allocated = 0;
    for frame in 1..=FRAMES {
        let begun = Instant::now();
        for change in 0..CHANGES {
            let id = (change * 97 + frame * 31) % ROWS + 1;
            let seq = frame * CHANGES + change;
            feed(model, changed(seq, entry(id, frame)));
        }
        taken.push(begun.elapsed());
        let region = Region::new(ALLOCATOR);
        let begun = Instant::now();
        draw(model, terminal);
        frames.push(begun.elapsed());
        allocated += region.change().allocations;
    }
    println!("allocations of such a frame: {}", allocated / frames.len());
    tell(
        &format!("frame, sorted by {sort}, {CHANGES} changes"),
        &mut frames,
        FRAME_GOAL,
    );
    tell("  taking those changes in", &mut taken, FRAME_GOAL);
}

/// A filter that is typed letter by letter.
fn letters(model: &mut Model, terminal: &mut Terminal<TestBackend>) {
    let mut times = Vec::new();
    for _ in 0..5 {
        press(model, '/');
        for letter in "web-77".chars() {
            let begun = Instant::now();
            press(model, letter);
            draw(model, terminal);
            times.push(begun.elapsed());
        }
        let escape = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        drop(update(model, Msg::Key(escape), NOW));
        draw(model, terminal);
    }
    tell("a letter of the filter", &mut times, LETTER_GOAL);
}

fn tell(what: &str, times: &mut [Duration], goal: Duration) {
    times.sort_unstable();
    let median = *times.get(times.len() / 2).unwrap();
    let worst = *times.last().unwrap();
    println!("{what}: median {median:?}, worst {worst:?}, goal {goal:?}");
    assert!(median < goal * 4, "{what} takes far too long");
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

fn press(model: &mut Model, letter: char) {
    let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
    drop(update(model, Msg::Key(key), NOW));
}

fn draw(model: &mut Model, terminal: &mut Terminal<TestBackend>) {
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

/// Kibibytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
