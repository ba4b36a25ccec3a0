//! What a frame of the dashboard allocates, over 100,000 rows with 1,000 changes since the one before.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

mod big;

use std::alloc::System;

use big::{CHANGES, ROWS, draw, press, take};
use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

const FRAMES: u64 = 20;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let mut model = big::opened(&mut terminal);
    for changes in [0, CHANGES] {
        let mut allocated = 0;
        for frame in 1..=FRAMES {
            take(&mut model, frame, changes);
            let region = Region::new(ALLOCATOR);
            // A key that moves, so that there is something to draw.
            press(&mut model, KeyCode::Down);
            draw(&mut model, &mut terminal);
            allocated += region.change().allocations;
        }
        let each = allocated / usize::try_from(FRAMES).unwrap();
        println!("allocations of a frame over {ROWS} rows with {changes} changes: {each}");
    }
}
