//! Accounts as rows.

use oms_proto::Time;
use oms_proto::view::{AccountStatus, AccountView, BlockView};

use super::{Align, Cell, Column, Rank, Sort, Table, Width, parts};
use crate::theme::Tone;

/// The accounts by name.
pub const ACCOUNTS: Table<AccountView> = Table {
    columns: &[
        NAME, STATUS, RUNNING, BUILDING, REMOVING, BOOT, BLOCKS, PROVIDER, REGION, REASON,
    ],
    sort: Sort {
        column: 0,
        descending: false,
    },
    is_problem,
    parts: parts::account,
};

const NAME: Column<AccountView> = Column {
    title: "NAME",
    letter: 'N',
    width: Width::Fit { min: 14, max: 28 },
    spare: 0,
    align: Align::Left,
    cell: |account, _| Cell::plain(account.name.clone()),
    rank: |account| Rank::text(&account.name),
};

const PROVIDER: Column<AccountView> = Column {
    title: "PROVIDER",
    letter: 'P',
    width: Width::Fit { min: 9, max: 16 },
    spare: 9,
    align: Align::Left,
    // It says something only where it is not the name once more.
    cell: |account, _| {
        let provider = Some(account.provider.as_str());
        Cell::maybe(provider.filter(|it| *it != account.name))
    },
    rank: |account| Rank::text(&account.provider),
};

const REGION: Column<AccountView> = Column {
    title: "REGION",
    letter: 'R',
    width: Width::Fit { min: 7, max: 16 },
    spare: 8,
    align: Align::Left,
    cell: |account, _| Cell::maybe(account.region_name.as_deref()),
    rank: |account| Rank::maybe(account.region_name.as_deref()),
};

const STATUS: Column<AccountView> = Column {
    title: "STATUS",
    letter: 'S',
    width: Width::Fit { min: 13, max: 13 },
    spare: 0,
    align: Align::Left,
    cell: |account, pen| {
        let tone = tone(account, pen.now);
        let sign = pen.glyphs.tone(tone);
        Cell::new(format!("{sign} {}", status_word(account, pen.now)), tone)
    },
    rank: |account| Rank::text(account.status.as_str()),
};

const BUILDING: Column<AccountView> = Column {
    title: "BLD",
    letter: 'B',
    width: Width::Fit { min: 4, max: 9 },
    spare: 4,
    align: Align::Right,
    cell: |account, _| Cell::count(account.building),
    rank: |account| Rank::number(account.building),
};

const RUNNING: Column<AccountView> = Column {
    title: "RUN",
    letter: 'U',
    width: Width::Fit { min: 4, max: 9 },
    spare: 3,
    align: Align::Right,
    cell: |account, _| Cell::count(account.running),
    rank: |account| Rank::number(account.running),
};

const REMOVING: Column<AccountView> = Column {
    title: "DEL",
    letter: 'E',
    width: Width::Fit { min: 4, max: 9 },
    spare: 7,
    align: Align::Right,
    cell: |account, _| Cell::count(account.removing),
    rank: |account| Rank::number(account.removing),
};

const BOOT: Column<AccountView> = Column {
    title: "BOOT",
    letter: 'T',
    width: Width::Fit { min: 5, max: 9 },
    spare: 6,
    align: Align::Right,
    cell: |account, _| {
        let seconds = account.boot_seconds.map(|seconds| format!("{seconds} s"));
        Cell::maybe(seconds.as_deref())
    },
    rank: |account| account.boot_seconds.map_or(Rank::Nothing, Rank::number),
};

const BLOCKS: Column<AccountView> = Column {
    title: "BLK",
    letter: 'L',
    width: Width::Fit { min: 4, max: 9 },
    spare: 5,
    align: Align::Right,
    cell: |account, pen| {
        let blocks = standing(account, pen.now).count();
        let tone = if blocks == 0 { Tone::Dim } else { Tone::Warn };
        Cell::new(blocks.to_string(), tone)
    },
    rank: |account| Rank::Number(i128::try_from(account.blocks.len()).unwrap_or(i128::MAX)),
};

const REASON: Column<AccountView> = Column {
    title: "REASON",
    letter: 'W',
    width: Width::Rest { min: 16 },
    spare: 0,
    align: Align::Left,
    cell: |account, pen| match reason(account, pen.now) {
        Some(reason) => {
            // How long it lasts is what one looks for, and must not be cut off.
            let left = standing(account, pen.now).next();
            let left = left.map(|block| format!("{} left: ", pen.until(block.until)));
            let words = format!("{}{reason}", left.unwrap_or_default());
            Cell::new(words, tone(account, pen.now))
        }
        None => Cell::new("", Tone::Dim),
    },
    rank: |account| Rank::maybe(account.reason.as_deref()),
};

/// Whether placement keeps away from the account or from a part of it, and not because somebody
/// switched it off.
pub fn is_problem(account: &AccountView) -> bool {
    let avoided = account.status == AccountStatus::Unavailable || is_blocked(account);
    account.enabled && avoided
}

/// The status in a word; what a person has ordered is told apart from failing.
pub fn status_word(account: &AccountView, now: Time) -> &'static str {
    if !account.enabled {
        "disabled"
    } else if in_maintenance(account, now) {
        "maintenance"
    } else {
        account.status.as_str()
    }
}

/// Whether a maintenance window is in force. It begins and ends without an event, so the view
/// itself may not tell yet.
pub fn in_maintenance(account: &AccountView, now: Time) -> bool {
    account.maintenance.iter().any(|window| window.covers(now))
}

/// What keeps entries from the account now. What keeps one request from it is that request's
/// business, and what is over only waits for its probe.
pub fn standing(account: &AccountView, now: Time) -> impl Iterator<Item = &BlockView> {
    let blocks = account.blocks.iter();
    blocks.filter(move |block| block.until > now && !is_of_request(block))
}

/// Whether a block is of one request's wishes.
pub fn is_of_request(block: &BlockView) -> bool {
    block.scope.starts_with("request")
}

fn is_blocked(account: &AccountView) -> bool {
    account.blocks.iter().any(|block| !is_of_request(block))
}

/// Whether the next entry that asks for nothing in particular could be placed there.
pub fn takes_entries(account: &AccountView, now: Time) -> bool {
    let Some(flavor) = &account.defaults.flavor else {
        return false;
    };
    let zone = account
        .defaults
        .availability_zone
        .as_deref()
        .unwrap_or("any");
    let offering = format!("offering {zone}/{flavor}");
    let blocked = standing(account, now)
        .any(|block| !block.scope.starts_with("offering") || block.scope == offering);
    account.status == AccountStatus::Available
        && account.enabled
        && account.defaults.image.is_some()
        && !in_maintenance(account, now)
        && !blocked
}

/// What an account's state means.
pub fn tone(account: &AccountView, now: Time) -> Tone {
    match account.status {
        _ if !account.enabled => Tone::Dim,
        _ if in_maintenance(account, now) => Tone::Warn,
        AccountStatus::Unavailable => Tone::Bad,
        AccountStatus::Available if standing(account, now).next().is_some() => Tone::Warn,
        AccountStatus::Available => Tone::Good,
        AccountStatus::Unknown => Tone::Dim,
    }
}

/// Why entries are kept from it: the account's own reason, else that of its first block.
pub fn reason(account: &AccountView, now: Time) -> Option<&str> {
    let block = || {
        standing(account, now)
            .next()
            .map(|block| block.reason.as_str())
    };
    account.reason.as_deref().or_else(block)
}
