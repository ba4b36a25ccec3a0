//! Instances as rows.

use oms_proto::view::{EntryView, InstanceView};

use super::{Align, Cell, Column, Rank, Sort, Table, Width, parts};
use crate::theme::Tone;

/// The instances, the newest first. The rows are the entries that have one.
pub const INSTANCES: Table<EntryView> = Table {
    columns: &[
        ID, STATUS, NAME, ADDRESS, ACCOUNT, REGION, ENTRY, BOOT, AGE, SERVER,
    ],
    sort: Sort {
        column: 0,
        descending: true,
    },
    is_problem: |entry| with(entry, tone).is_some_and(|tone| tone != Tone::Good),
    parts: parts::entry,
};

fn with<'a, T>(entry: &'a EntryView, of: impl FnOnce(&'a InstanceView) -> T) -> Option<T> {
    entry.instance.as_ref().map(of)
}

const ID: Column<EntryView> = Column {
    title: "ID",
    letter: 'I',
    width: Width::Fit { min: 5, max: 20 },
    spare: 0,
    align: Align::Right,
    cell: |entry, _| Cell::maybe(with(entry, |it| it.id.to_string()).as_deref()),
    rank: |entry| with(entry, |it| Rank::number(it.id.0)).unwrap_or(Rank::Nothing),
};

const NAME: Column<EntryView> = Column {
    title: "NAME",
    letter: 'N',
    width: Width::Fit { min: 12, max: 32 },
    spare: 0,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(with(entry, |it| it.name.as_str())),
    rank: |entry| Rank::maybe(with(entry, |it| it.name.as_str())),
};

const ADDRESS: Column<EntryView> = Column {
    title: "ADDRESS",
    letter: 'D',
    width: Width::Fit { min: 15, max: 39 },
    spare: 1,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(address(entry)),
    rank: |entry| match address(entry).map(str::parse) {
        // By number, so that .9 comes before .10.
        Some(Ok(std::net::IpAddr::V4(address))) => Rank::number(address.to_bits()),
        _ => Rank::maybe(address(entry)),
    },
};

const ACCOUNT: Column<EntryView> = Column {
    title: "ACCOUNT",
    letter: 'C',
    width: Width::Fit { min: 10, max: 24 },
    spare: 2,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(with(entry, |it| it.account.name.as_str())),
    rank: |entry| Rank::maybe(with(entry, |it| it.account.name.as_str())),
};

const REGION: Column<EntryView> = Column {
    title: "REGION",
    letter: 'R',
    width: Width::Fit { min: 6, max: 16 },
    spare: 5,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(region(entry)),
    rank: |entry| Rank::maybe(region(entry)),
};

const ENTRY: Column<EntryView> = Column {
    title: "ENTRY",
    letter: 'E',
    width: Width::Fit { min: 5, max: 20 },
    spare: 4,
    align: Align::Right,
    cell: |entry, _| Cell::plain(entry.id.to_string()),
    rank: |entry| Rank::number(entry.id.0),
};

const BOOT: Column<EntryView> = Column {
    title: "BOOT",
    letter: 'T',
    width: Width::Fit { min: 5, max: 9 },
    spare: 7,
    align: Align::Right,
    cell: |entry, _| {
        let boot = with(entry, |it| format!("{} s", it.boot_seconds));
        Cell::maybe(boot.as_deref())
    },
    rank: |entry| with(entry, |it| Rank::number(it.boot_seconds)).unwrap_or(Rank::Nothing),
};

const STATUS: Column<EntryView> = Column {
    title: "STATUS",
    letter: 'S',
    width: Width::Fit { min: 10, max: 20 },
    spare: 0,
    align: Align::Left,
    cell: |entry, pen| {
        let Some(instance) = &entry.instance else {
            return Cell::maybe(None);
        };
        let tone = tone(instance);
        let word = status_word(instance);
        Cell::new(format!("{} {word}", pen.glyphs.tone(tone)), tone)
    },
    rank: |entry| Rank::maybe(with(entry, status_word)),
};

const AGE: Column<EntryView> = Column {
    title: "AGE",
    letter: 'A',
    width: Width::Fit { min: 5, max: 9 },
    spare: 3,
    align: Align::Right,
    cell: |entry, pen| Cell::maybe(with(entry, |it| pen.age(it.ready)).as_deref()),
    rank: |entry| with(entry, |it| Rank::age(it.ready)).unwrap_or(Rank::Nothing),
};

const SERVER: Column<EntryView> = Column {
    title: "SERVER ID",
    letter: 'V',
    width: Width::Rest { min: 36 },
    spare: 6,
    align: Align::Left,
    cell: |entry, _| Cell::maybe(with(entry, |it| it.instance_id.as_str())),
    rank: |entry| Rank::maybe(with(entry, |it| it.instance_id.as_str())),
};

fn address(entry: &EntryView) -> Option<&str> {
    entry.instance.as_ref()?.ip_addr.as_deref()
}

fn region(entry: &EntryView) -> Option<&str> {
    entry.instance.as_ref()?.account.region_name.as_deref()
}

/// Nova's word, unless the server is not there any more.
pub fn status_word(instance: &InstanceView) -> &str {
    if instance.vanished {
        "VANISHED"
    } else {
        &instance.server_status
    }
}

/// What a server's status means to its user.
pub fn tone(instance: &InstanceView) -> Tone {
    match (instance.vanished, instance.server_status.as_str()) {
        (true, _) | (false, "ERROR") => Tone::Bad,
        (false, "ACTIVE") => Tone::Good,
        (false, _) => Tone::Warn,
    }
}
