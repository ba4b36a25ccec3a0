//! Events of the journal as rows.

use oms_proto::Severity;
use oms_proto::view::EventView;

use super::{Align, Cell, Column, Rank, Sort, Table, Width, parts};
use crate::theme::Tone;

/// The events, the latest first.
pub const EVENTS: Table<EventView> = Table {
    columns: &[SEQ, AT, KIND, ENTRY, ACCOUNT, MESSAGE],
    sort: Sort {
        column: 0,
        descending: true,
    },
    is_problem: is_alert,
    parts: parts::event,
};

const SEQ: Column<EventView> = Column {
    title: "SEQ",
    letter: 'I',
    width: Width::Fit { min: 6, max: 20 },
    spare: 3,
    align: Align::Right,
    cell: |event, _| Cell::new(event.seq.to_string(), Tone::Dim),
    rank: |event| Rank::number(event.seq),
};

const AT: Column<EventView> = Column {
    title: "TIME",
    letter: 'A',
    width: Width::Fit { min: 8, max: 8 },
    spare: 0,
    align: Align::Left,
    cell: |event, pen| Cell::plain(pen.clock(event.at)),
    rank: |event| Rank::age(event.at),
};

const KIND: Column<EventView> = Column {
    title: "KIND",
    letter: 'K',
    width: Width::Fit { min: 16, max: 26 },
    spare: 1,
    align: Align::Left,
    cell: |event, pen| {
        let tone = tone(event);
        Cell::new(format!("{} {}", pen.glyphs.tone(tone), event.kind), tone)
    },
    rank: |event| Rank::text(event.kind.as_str()),
};

const ENTRY: Column<EventView> = Column {
    title: "ENTRY",
    letter: 'E',
    width: Width::Fit { min: 6, max: 20 },
    spare: 2,
    align: Align::Right,
    cell: |event, _| Cell::maybe(event.entry.map(|id| id.to_string()).as_deref()),
    rank: |event| event.entry.map_or(Rank::Nothing, |id| Rank::number(id.0)),
};

const ACCOUNT: Column<EventView> = Column {
    title: "ACCOUNT",
    letter: 'C',
    width: Width::Fit { min: 8, max: 18 },
    spare: 4,
    align: Align::Left,
    cell: |event, _| Cell::maybe(event.account.as_deref()),
    rank: |event| Rank::maybe(event.account.as_deref()),
};

const MESSAGE: Column<EventView> = Column {
    title: "MESSAGE",
    letter: 'M',
    width: Width::Rest { min: 20 },
    spare: 0,
    align: Align::Left,
    cell: |event, _| Cell::plain(event.message.clone()),
    rank: |event| Rank::text(&event.message),
};

/// Whether somebody may want to look at it.
pub fn is_alert(event: &EventView) -> bool {
    event.severity >= Severity::Warning
}

/// What an event means.
pub const fn tone(event: &EventView) -> Tone {
    match event.severity {
        Severity::Debug | Severity::Info | Severity::Notice => Tone::Dim,
        Severity::Warning => Tone::Warn,
        Severity::Error | Severity::Unknown => Tone::Bad,
    }
}
