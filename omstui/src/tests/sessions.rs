//! Recorded sessions, played again: what a daemon of the past told a dashboard, byte by byte, still
//! makes the screens that it made. `cargo demo --exit --record FILE` records one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms_proto::view::Status;
use oms_proto::{EntryId, StreamItem, Time, codec};

use super::Board;
use crate::msg::Msg;
use crate::update::{settle, update};

/// Three accounts, of which one is full and one hangs, and an entry that lands at the third and is
/// removed again.
const FAILOVER: &str = include_str!("sessions/failover.txt");

/// When each item came, and the item.
fn items(session: &str) -> Vec<(Time, StreamItem)> {
    let item = |line: &str| {
        let (at, bytes) = line.split_once(' ').unwrap();
        let bytes = STANDARD.decode(bytes).unwrap();
        let item = codec::decode_answer(&bytes).unwrap();
        (Time(at.parse().unwrap()), item)
    };
    session.lines().map(item).collect()
}

/// How the entry stands whose session it is.
fn standing(board: &Board) -> Option<Status> {
    let entry = board.model.world.entry(EntryId(1));
    entry.map(|entry| entry.status)
}

#[test]
fn a_recorded_failover_is_shown_as_it_was() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut board = Board::new(columns, rows);
        board.feed(Msg::Connected);
        let mut seen = Vec::new();
        for (at, item) in items(FAILOVER) {
            drop(update(&mut board.model, Msg::Item(item), at));
            settle(&mut board.model);
            let now = standing(&board);
            let told: usize = Status::ALL
                .map(|it| board.model.world.total(it))
                .iter()
                .sum();
            assert_eq!(told, board.model.world.entries().count());
            if seen.last() != Some(&now) {
                seen.push(now);
                let word = now.map_or("none", Status::as_str);
                let name = format!("session_failover_{}_{word}_{columns}x{rows}", seen.len());
                insta::assert_snapshot!(name, board.screen());
            }
        }
        // It was there and has left nothing.
        assert!(seen.contains(&Some(Status::Run)), "{seen:?}");
        assert_eq!((seen.first(), seen.last()), (Some(&None), Some(&None)));
        board.keys("5");
        let name = format!("session_failover_events_{columns}x{rows}");
        insta::assert_snapshot!(name, board.screen());
    }
}
