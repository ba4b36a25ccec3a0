//! Accounts as rows.

use std::borrow::Cow;

use super::table::{Column, Table};
use super::value::{Kind, Share, Tone, Value};
use crate::time::Time;
use crate::view::{AccountStatus, AccountView, BlockView, QuotaView, Resource};

type Account = Column<AccountView>;

/// Accounts.
pub const ACCOUNTS: Table<AccountView> = Table {
    columns: &[
        Account::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name))
            .letter('N')
            .width(12, 32),
        Account::new("provider", "PROVIDER", Kind::Text, |it, _| {
            Value::text(&it.provider)
        })
        .letter('P')
        .spare(8)
        .width(8, 16),
        Account::new("region", "REGION", Kind::Text, |it, _| {
            Value::maybe(it.region_name.as_ref())
        })
        .letter('R')
        .spare(7)
        .width(7, 16),
        Account::new("status", "STATUS", Kind::State, |it, now| {
            let (tone, order, word) = standing(it, now);
            Value::state(tone, order, word)
        })
        .letter('S')
        .width(13, 13),
        Account::new("running", "RUNNING", Kind::Number, |it, _| {
            Value::number(it.running)
        })
        .letter('U')
        .spare(2),
        Account::new("building", "BUILDING", Kind::Number, |it, _| {
            Value::number(it.building)
        })
        .letter('B')
        .spare(4),
        Account::new("room", "ROOM", Kind::Number, |it, _| {
            Value::Number(account_room(it).map(i128::from))
        })
        .letter('M')
        .spare(3),
        Account::new("used", "USED", Kind::Share, |it, _| {
            Value::Share(account_used(it))
        })
        .letter('D')
        .wide()
        .spare(6),
        Account::new("removing", "REMOVING", Kind::Number, |it, _| {
            Value::number(it.removing)
        })
        .letter('E')
        .wide()
        .spare(5),
        Account::new("boot_seconds", "BOOT", Kind::Seconds, |it, _| {
            Value::Seconds(it.boot_seconds)
        })
        .letter('T')
        .spare(5),
        Account::new("slow_boot_seconds", "P95", Kind::Seconds, |it, _| {
            Value::Seconds(
                it.offerings
                    .iter()
                    .filter_map(|it| it.slow_boot_seconds)
                    .max(),
            )
        })
        .wide()
        .spare(6),
        Account::new("priority", "PRIORITY", Kind::Number, |it, _| {
            Value::number(it.priority)
        })
        .wide()
        .spare(9),
        Account::new("project", "PROJECT", Kind::Text, |it, _| {
            Value::maybe(it.tenant_name.as_ref().or(it.tenant_id.as_ref()))
        })
        .wide()
        .spare(10),
        Account::new("user", "USER", Kind::Text, |it, _| {
            Value::maybe(it.username.as_ref().or(it.user_id.as_ref()))
        })
        .wide()
        .spare(12),
        Account::new("auth_type", "AUTH-TYPE", Kind::Text, |it, _| {
            Value::text(it.auth_type.as_str())
        })
        .wide()
        .spare(13),
        Account::new("auth_url", "AUTH-URL", Kind::Text, |it, _| {
            Value::text(&it.auth_url)
        })
        .wide()
        .spare(11),
        Account::new("image", "IMAGE", Kind::Text, |it, _| {
            Value::maybe(it.defaults.image.as_ref())
        })
        .wide()
        .spare(8),
        Account::new("flavor", "FLAVOR", Kind::Text, |it, _| {
            Value::maybe(it.defaults.flavor.as_ref())
        })
        .wide()
        .spare(8),
        Account::new("networks", "NETWORKS", Kind::List, |it, _| {
            Value::list(it.defaults.networks.as_ref())
        })
        .wide()
        .spare(14),
        Account::new("last_success", "LAST-SUCCESS", Kind::Age, |it, _| {
            Value::Age(it.last_success)
        })
        .wide()
        .spare(15),
        Account::new("reason", "REASON", Kind::Prose, |it, now| {
            Value::Prose(account_reason(it, now))
        })
        .letter('W')
        .spare(1),
    ],
    tone: |it, now| standing(it, now).0,
};

/// How an account stands: what it means, its place among its like, the word.
fn standing(account: &AccountView, now: Time) -> (Tone, u8, &'static str) {
    let word = account_word(account, now);
    match word {
        "unavailable" => (Tone::Bad, 0, word),
        "maintenance" => (Tone::Warn, 1, word),
        "available" if account_reason(account, now).is_some() => (Tone::Warn, 2, word),
        "available" => (Tone::Good, 2, word),
        _ => (Tone::Quiet, 3, word),
    }
}

/// How an account stands in a word; what a person has ordered is told apart from failing. A
/// maintenance begins and ends by the clock, so the view itself may not tell yet.
pub fn account_word(account: &AccountView, now: Time) -> &'static str {
    let maintained = || account.maintenance.iter().any(|window| window.covers(now));
    if !account.enabled {
        "disabled"
    } else if maintained() {
        "maintenance"
    } else {
        account.status.as_str()
    }
}

/// How many more servers there may be, as far as their number alone is limited.
fn account_room(account: &AccountView) -> Option<u64> {
    let mut quotas = account.room.iter().flat_map(|room| &room.quotas);
    quotas
        .find(|quota| quota.resource == Resource::Instances)?
        .free()
}

/// What is taken of that of which the greatest part is.
fn account_used(account: &AccountView) -> Option<Share> {
    let quotas = account
        .room
        .iter()
        .flat_map(|room| room.quotas.iter().rev());
    let share = |quota: &QuotaView| {
        Some(Share {
            ours: quota.ours,
            others: quota.others,
            limit: quota.limit?,
            of: quota.resource.as_str(),
        })
    };
    // Of equal ones the first: servers.
    quotas.filter_map(share).max_by_key(Share::thousandths)
}

/// What is kept from an account now and concerns everybody: what time has ended is left out, and what
/// only those meet who ask for something of their own.
pub fn account_blocks(account: &AccountView, now: Time) -> impl Iterator<Item = &BlockView> {
    account
        .blocks
        .iter()
        .filter(move |block| block.until > now && block.for_all)
}

/// Why entries are kept from an account, or from a part of it: its own reason, its first block, or
/// that entries which leave it to the account get nothing there.
pub fn account_reason(account: &AccountView, now: Time) -> Option<Cow<'_, str>> {
    if !account.enabled && account.status == AccountStatus::Available {
        return None;
    }
    if let Some(reason) = &account.reason {
        return Some(Cow::Borrowed(reason));
    }
    if let Some(block) = account_blocks(account, now).next() {
        return Some(Cow::Owned(format!("{}: {}", block.scope, block.reason)));
    }
    let missing = match (&account.defaults.image, &account.defaults.flavor) {
        (Some(_), Some(_)) => return None,
        (None, Some(_)) => "no default image",
        (Some(_), None) => "no default flavor",
        (None, None) => "no default image and flavor",
    };
    account.enabled.then_some(Cow::Borrowed(missing))
}
