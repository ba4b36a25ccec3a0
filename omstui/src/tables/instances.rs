//! Instances as rows.

use oms_proto::view::InstanceView;

use super::{Align, Cell, Column, Rank, Sort, Table, Width};
use crate::theme::Tone;

/// The instances, the newest first.
pub const INSTANCES: Table<InstanceView> = Table {
    columns: &[ID, NAME, ADDRESS, ACCOUNT, STATUS, AGE],
    sort: Sort {
        column: 0,
        descending: true,
    },
    is_problem: |instance| !matches!(tone(instance), Tone::Good),
};

const ID: Column<InstanceView> = Column {
    title: "ID",
    letter: 'I',
    width: Width::Fit { min: 5, max: 20 },
    spare: 0,
    align: Align::Right,
    cell: |instance, _| Cell::plain(instance.id.to_string()),
    rank: |instance| Rank::number(instance.id.0),
};

const NAME: Column<InstanceView> = Column {
    title: "NAME",
    letter: 'N',
    width: Width::Rest { min: 12 },
    spare: 0,
    align: Align::Left,
    cell: |instance, _| Cell::plain(instance.name.clone()),
    rank: |instance| Rank::text(&instance.name),
};

const ADDRESS: Column<InstanceView> = Column {
    title: "ADDRESS",
    letter: 'D',
    width: Width::Fit { min: 15, max: 39 },
    spare: 1,
    align: Align::Left,
    cell: |instance, _| Cell::maybe(instance.ip_addr.as_deref()),
    rank: |instance| match instance.ip_addr.as_deref().map(str::parse) {
        // By number, so that .9 comes before .10.
        Some(Ok(std::net::IpAddr::V4(address))) => Rank::number(address.to_bits()),
        _ => Rank::maybe(instance.ip_addr.as_deref()),
    },
};

const ACCOUNT: Column<InstanceView> = Column {
    title: "ACCOUNT",
    letter: 'C',
    width: Width::Fit { min: 10, max: 24 },
    spare: 2,
    align: Align::Left,
    cell: |instance, _| Cell::plain(instance.account.name.clone()),
    rank: |instance| Rank::text(&instance.account.name),
};

const STATUS: Column<InstanceView> = Column {
    title: "SERVER",
    letter: 'S',
    width: Width::Fit { min: 10, max: 20 },
    spare: 0,
    align: Align::Left,
    cell: |instance, pen| {
        let tone = tone(instance);
        let word = status_word(instance);
        Cell::new(format!("{} {word}", pen.glyphs.tone(tone)), tone)
    },
    rank: |instance| Rank::text(status_word(instance)),
};

const AGE: Column<InstanceView> = Column {
    title: "AGE",
    letter: 'A',
    width: Width::Fit { min: 5, max: 9 },
    spare: 3,
    align: Align::Right,
    cell: |instance, pen| Cell::plain(pen.age(instance.ready)),
    rank: |instance| Rank::age(instance.ready),
};

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
