//! How accounts stand.

use oms_proto::Time;
use oms_proto::columns::{ACCOUNTS, account_blocks};
use oms_proto::view::{AccountStatus, AccountView};

use crate::theme::Tone;

/// What an account's state means.
pub fn tone(account: &AccountView, now: Time) -> Tone {
    super::tone((ACCOUNTS.tone)(account, now))
}

/// Whether a maintenance is in force. It begins and ends by the clock.
pub fn in_maintenance(account: &AccountView, now: Time) -> bool {
    account.maintenance.iter().any(|window| window.covers(now))
}

/// Whether the next entry that asks for nothing in particular could be placed there: as the daemon
/// says, as far as it can tell before the clock does.
pub fn takes_entries(account: &AccountView, now: Time) -> bool {
    if account.unfit.is_some() {
        return false;
    }
    let defaults = &account.defaults;
    account.status == AccountStatus::Available
        && account.enabled
        && (defaults.image.is_some() && defaults.flavor.is_some())
        && !in_maintenance(account, now)
        && account_blocks(account, now).next().is_none()
}
