//! What is wrong now as rows.

use super::{Align, Cell, Column, Rank, Sort, Table, Width, parts};
use crate::causes::Cause;
use crate::theme::Tone;

/// What is wrong now, the worst first.
pub const ALERTS: Table<Cause> = Table {
    columns: &[KIND, ACCOUNT, ENTRY, COUNT, SINCE, LEFT, REASON],
    sort: Sort {
        column: 0,
        descending: false,
    },
    is_problem: |cause| cause.tone == Tone::Bad,
    parts: parts::cause,
};

const KIND: Column<Cause> = Column {
    title: "KIND",
    letter: 'K',
    width: Width::Fit { min: 14, max: 26 },
    spare: 0,
    align: Align::Left,
    cell: |cause, pen| {
        let sign = pen.glyphs.tone(cause.tone);
        Cell::new(format!("{sign} {}", cause.key.kind), cause.tone)
    },
    // The worst first, as they come.
    rank: |cause| Rank::text(&format!("{} {}", cause.tone != Tone::Bad, cause.key.kind)),
};

const ACCOUNT: Column<Cause> = Column {
    title: "ACCOUNT",
    letter: 'C',
    width: Width::Fit { min: 10, max: 20 },
    spare: 1,
    align: Align::Left,
    cell: |cause, _| Cell::maybe(cause.key.account.as_deref()),
    rank: |cause| Rank::maybe(cause.key.account.as_deref()),
};

const ENTRY: Column<Cause> = Column {
    title: "ENTRY",
    letter: 'E',
    width: Width::Fit { min: 5, max: 10 },
    spare: 2,
    align: Align::Right,
    cell: |cause, _| Cell::maybe(cause.key.entry.map(|id| id.to_string()).as_deref()),
    rank: |cause| {
        cause
            .key
            .entry
            .map_or(Rank::Nothing, |id| Rank::number(id.0))
    },
};

const COUNT: Column<Cause> = Column {
    title: "COUNT",
    letter: 'N',
    width: Width::Fit { min: 5, max: 7 },
    spare: 1,
    align: Align::Right,
    cell: |cause, _| Cell::plain(cause.count.to_string()),
    rank: |cause| Rank::number(cause.count),
};

const SINCE: Column<Cause> = Column {
    title: "SINCE",
    letter: 'A',
    width: Width::Fit { min: 5, max: 7 },
    spare: 3,
    align: Align::Right,
    cell: |cause, pen| Cell::maybe(cause.since.map(|at| pen.age(at)).as_deref()),
    rank: |cause| cause.since.map_or(Rank::Nothing, Rank::age),
};

const LEFT: Column<Cause> = Column {
    title: "LEFT",
    letter: 'T',
    width: Width::Fit { min: 5, max: 7 },
    spare: 0,
    align: Align::Right,
    cell: |cause, pen| Cell::maybe(cause.until.map(|at| pen.until(at)).as_deref()),
    rank: |cause| cause.until.map_or(Rank::Nothing, |at| Rank::number(at.0)),
};

const REASON: Column<Cause> = Column {
    title: "REASON",
    letter: 'W',
    width: Width::Rest { min: 20 },
    spare: 0,
    align: Align::Left,
    cell: |cause, _| Cell::plain(cause.message.clone()),
    rank: |cause| Rank::text(&cause.message),
};
