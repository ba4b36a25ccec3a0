//! Rows that are kept up to date change by change are those that one gets by looking at all.

use oms_proto::view::Status;
use oms_proto::{Change, EntryId, StreamItem};

use super::{Board, snapshot};
use crate::fixture;
use crate::model::Unsettled;
use crate::msg::Msg;

/// Numbers without a pattern, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % below
    }
}

fn change(dice: &mut Dice, seq: u64) -> Msg {
    let id = dice.roll(60) + 1;
    let status = Status::ALL[usize::try_from(dice.roll(6)).unwrap()];
    let mut event = fixture::event(seq, oms_proto::EventKind::AttemptSeen, "seen");
    event.entry = Some(EntryId(id));
    let change = if dice.roll(5) == 0 {
        Change::EntryGone(EntryId(id))
    } else {
        let mut entry = fixture::entry(id, status);
        entry.name = Some(format!("web-{}", dice.roll(9)));
        entry.attempts = u32::try_from(dice.roll(4)).unwrap();
        Change::Entry(Box::new(entry))
    };
    Msg::Item(StreamItem::Event(oms_proto::response::StreamEvent {
        event,
        change: Some(change),
    }))
}

#[test]
fn rows_kept_by_changes_are_the_rows_of_a_fresh_look() {
    for (seed, keys) in [
        (1, "2"),
        (2, "2S"),
        (3, "2NN"),
        (4, "2A"),
        (5, "3"),
        (6, "3N"),
        (7, "1"),
        (8, "2/web-[0-4]\r"),
        (9, "2T"),
    ] {
        let mut dice = Dice(seed);
        let mut board = Board::live(120, 40);
        board.feed(snapshot(9, super::accounts(), super::entries()));
        for key in keys.chars() {
            match key {
                '\r' => board.key(crossterm::event::KeyCode::Enter),
                letter => board.keys(&letter.to_string()),
            };
        }
        if seed % 2 == 0 {
            board.ctrl('z');
        }
        let mut seq = 20;
        for _ in 0..60 {
            for _ in 0..dice.roll(8) {
                seq += 1;
                let msg = change(&mut dice, seq);
                let now = board.model.now;
                drop(crate::update::update(&mut board.model, msg, now));
            }
            assert_ne!(board.model.unsettled, Unsettled::All, "seed {seed}");
            crate::update::settle(&mut board.model);
            let kept = (board.rows(), board.model.pane().all());
            board.model.unsettled = Unsettled::All;
            crate::update::settle(&mut board.model);
            let fresh = (board.rows(), board.model.pane().all());
            assert_eq!(kept, fresh, "seed {seed}, {keys:?}, event {seq}");
        }
    }
}
