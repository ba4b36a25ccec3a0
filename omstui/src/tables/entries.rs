//! Queue entries as rows.

use oms_proto::view::{EntryView, Status};

use super::{Align, Cell, Column, Rank, Sort, Table, Width, parts};
use crate::theme::{Tone, status_tone};

/// The queue, the newest entry first.
pub const QUEUE: Table<EntryView> = Table {
    columns: &[ID, STATUS, NAME, ACCOUNT, ATTEMPTS, AGE, REASON],
    sort: Sort {
        column: 0,
        descending: true,
    },
    is_problem,
    parts: parts::entry,
};

const ID: Column<EntryView> = Column {
    title: "ID",
    letter: 'I',
    width: Width::Fit { min: 5, max: 20 },
    spare: 0,
    align: Align::Right,
    cell: |entry, _| Cell::plain(entry.id.to_string()),
    rank: |entry| Rank::number(entry.id.0),
};

const STATUS: Column<EntryView> = Column {
    title: "STATUS",
    letter: 'S',
    width: Width::Fit { min: 9, max: 9 },
    spare: 0,
    align: Align::Left,
    cell: |entry, pen| {
        let sign = pen.glyphs.status(entry.status);
        Cell::new(
            format!("{sign} {}", entry.status),
            status_tone(entry.status),
        )
    },
    rank: |entry| {
        Rank::number(
            Status::ALL
                .iter()
                .position(|s| *s == entry.status)
                .map_or(0, order),
        )
    },
};

const NAME: Column<EntryView> = Column {
    title: "NAME",
    letter: 'N',
    width: Width::Fit { min: 12, max: 32 },
    spare: 0,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(name(entry)),
    rank: |entry| Rank::maybe(name(entry)),
};

const ACCOUNT: Column<EntryView> = Column {
    title: "ACCOUNT",
    letter: 'C',
    width: Width::Fit { min: 10, max: 20 },
    spare: 2,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(entry.account.as_deref()),
    rank: |entry| Rank::maybe(entry.account.as_deref()),
};

const ATTEMPTS: Column<EntryView> = Column {
    title: "ATTEMPTS",
    letter: 'T',
    width: Width::Fit { min: 8, max: 10 },
    spare: 4,
    align: Align::Right,
    cell: |entry, _| Cell::count(entry.attempts),
    rank: |entry| Rank::number(entry.attempts),
};

const AGE: Column<EntryView> = Column {
    title: "AGE",
    letter: 'A',
    width: Width::Fit { min: 5, max: 9 },
    spare: 1,
    align: Align::Right,
    cell: |entry, pen| Cell::plain(pen.age(entry.regist_datetime)),
    rank: |entry| Rank::age(entry.regist_datetime),
};

const REASON: Column<EntryView> = Column {
    title: "REASON",
    letter: 'W',
    width: Width::Rest { min: 12 },
    spare: 0,
    align: Align::Left,
    cell: |entry, _| match &entry.reason {
        Some(reason) => Cell::new(reason.clone(), reason_tone(entry)),
        None => Cell::new("", Tone::Dim),
    },
    rank: |entry| Rank::maybe(entry.reason.as_deref()),
};

/// Whatever is red or yellow: failed, in need of more than one attempt, with a reason, or its
/// server vanished.
pub fn is_problem(entry: &EntryView) -> bool {
    let again = !entry.status.is_settled() && entry.attempts > 1;
    let vanished = entry
        .instance
        .as_ref()
        .is_some_and(|instance| instance.vanished);
    entry.status == Status::Failed || again || entry.reason.is_some() || vanished
}

/// The name asked for, or the one the server got.
fn name(entry: &EntryView) -> Option<&str> {
    let server = || {
        entry
            .instance
            .as_ref()
            .map(|instance| instance.name.as_str())
    };
    entry.name.as_deref().or_else(server)
}

fn reason_tone(entry: &EntryView) -> Tone {
    if entry.status == Status::Failed {
        Tone::Bad
    } else {
        Tone::Warn
    }
}

fn order(position: usize) -> i128 {
    i128::try_from(position).unwrap_or(i128::MAX)
}
