//! The dashboard over 100,000 rows: how long a frame takes with 1,000 changes since the one before,
//! how long a letter of the filter takes, and how much of a second 10,000 events take with thirty
//! frames. Fails where a goal is missed by far, so that it can be run as a check.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

mod big;

use std::time::{Duration, Instant};

use big::{CHANGES, ROWS, draw, press, take};
use crossterm::event::KeyCode;
use omstui::model::Model;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const FRAMES: u64 = 60;
const FRAME_GOAL: Duration = Duration::from_millis(4);
const LETTER_GOAL: Duration = Duration::from_millis(16);
/// Frames in a second, and events in each of them.
const SECOND: (u64, u64) = (30, 334);

/// What the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let begun = Instant::now();
    let mut model = big::opened(&mut terminal);
    println!("first picture of {ROWS} rows: {:?}", begun.elapsed());
    println!("resident: {} MiB", resident() / 1024);
    for sort in ['I', 'N'] {
        press(&mut model, KeyCode::Char(sort));
        draw(&mut model, &mut terminal);
        frames(&mut model, &mut terminal, sort);
    }
    press(&mut model, KeyCode::Char('I'));
    draw(&mut model, &mut terminal);
    letters(&mut model, &mut terminal);
    second(&mut model, &mut terminal);
}

/// Changes and a frame, again and again.
fn frames(model: &mut Model, terminal: &mut Terminal<TestBackend>, sort: char) {
    let mut frames = Vec::new();
    let mut taken = Vec::new();
    for frame in 1..=FRAMES {
        let begun = Instant::now();
        take(model, frame, CHANGES);
        taken.push(begun.elapsed());
        let begun = Instant::now();
        draw(model, terminal);
        frames.push(begun.elapsed());
    }
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
        press(model, KeyCode::Char('/'));
        for letter in "web-77".chars() {
            let begun = Instant::now();
            press(model, KeyCode::Char(letter));
            draw(model, terminal);
            times.push(begun.elapsed());
        }
        press(model, KeyCode::Esc);
        draw(model, terminal);
    }
    tell("a letter of the filter", &mut times, LETTER_GOAL);
}

/// A second of ten thousand events.
fn second(model: &mut Model, terminal: &mut Terminal<TestBackend>) {
    let (frames, events) = SECOND;
    let begun = Instant::now();
    for frame in 0..frames {
        take(model, 1_000 + frame, events);
        draw(model, terminal);
    }
    let taken = begun.elapsed();
    let all = frames * events;
    println!("{all} events with {frames} frames: {taken:?} of 1 s");
    assert!(taken < Duration::from_secs(1), "it falls behind");
}

fn tell(what: &str, times: &mut [Duration], goal: Duration) {
    times.sort_unstable();
    let median = *times.get(times.len() / 2).unwrap();
    let worst = *times.last().unwrap();
    println!("{what}: median {median:?}, worst {worst:?}, goal {goal:?}");
    assert!(median < goal * 4, "{what} takes far too long");
}

/// Kibibytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
