//! How states look: each has a sign and a tone beside its word, so that none is told by colour alone.

use oms_proto::Severity;
use oms_proto::view::{
    AccountStatus, AccountView, AttemptState, AttemptView, EventView, Resource, RoomView,
};

use super::shell::Shell;

const DOT: &str = "\u{25cf}";
const HALF: &str = "\u{25d0}";
const RING: &str = "\u{25cb}";
const CROSS: &str = "\u{2717}";
const WARN: &str = "\u{26a0}";
const DASH: &str = "\u{2013}";
const CHECK: &str = "\u{2713}";

/// How full something is at an account.
pub(super) struct Gauge {
    pub(super) word: String,
    pub(super) text: String,
    pub(super) percent: u64,
    pub(super) full: bool,
}

/// From so many in a hundred on there is hardly any room.
const FULL: u64 = 90;

#[expect(clippy::unused_self, reason = "templates ask the shell")]
impl Shell {
    /// How full an account is, of what has a limit and decides most often.
    pub(super) fn gauges(&self, room: &RoomView) -> Vec<Gauge> {
        let told = room.quotas.iter().filter_map(|quota| {
            let word = match quota.resource {
                Resource::Instances => self.l.servers,
                Resource::Cores => self.l.cores,
                Resource::RamMib => self.l.memory,
                _ => return None,
            };
            let limit = quota.limit?;
            let used = quota.ours.saturating_add(quota.others);
            let percent = used
                .saturating_mul(100)
                .checked_div(limit)
                .unwrap_or(100)
                .min(100);
            let unit = if quota.resource == Resource::RamMib {
                " MiB"
            } else {
                ""
            };
            Some(Gauge {
                word: word.to_owned(),
                text: format!("{used} / {limit}{unit}"),
                percent,
                full: percent >= FULL,
            })
        });
        told.collect()
    }

    /// The tone of a status of an entry or of a server.
    pub(super) fn tone(&self, word: &str) -> &'static str {
        look(word).0
    }

    /// Its sign.
    pub(super) fn sign(&self, word: &str) -> &'static str {
        look(word).1
    }

    pub(super) fn account_tone(&self, account: &AccountView) -> &'static str {
        account_look(account).0
    }

    pub(super) fn account_sign(&self, account: &AccountView) -> &'static str {
        account_look(account).1
    }

    pub(super) fn account_word(&self, account: &AccountView) -> &str {
        match account.status {
            AccountStatus::Available => self.l.available,
            AccountStatus::Unavailable | AccountStatus::Unknown => self.l.unavailable,
        }
    }

    pub(super) fn attempt_tone(&self, attempt: &AttemptView) -> &'static str {
        attempt_look(attempt).0
    }

    pub(super) fn attempt_sign(&self, attempt: &AttemptView) -> &'static str {
        attempt_look(attempt).1
    }

    pub(super) fn severity_tone(&self, event: &EventView) -> &'static str {
        severity_look(event.severity).0
    }

    pub(super) fn severity_sign(&self, event: &EventView) -> &'static str {
        severity_look(event.severity).1
    }
}

fn look(word: &str) -> (&'static str, &'static str) {
    match word {
        "RUN" | "ACTIVE" => ("good", DOT),
        "BOOT" | "BUILD" => ("busy", HALF),
        "REQUEST" | "RECIVE" => ("busy", RING),
        "FAILED" | "ERROR" => ("bad", CROSS),
        _ => ("", DASH),
    }
}

fn account_look(account: &AccountView) -> (&'static str, &'static str) {
    match account.status {
        AccountStatus::Available => ("good", DOT),
        AccountStatus::Unavailable if !account.enabled => ("", DASH),
        AccountStatus::Unavailable | AccountStatus::Unknown => ("bad", CROSS),
    }
}

fn attempt_look(attempt: &AttemptView) -> (&'static str, &'static str) {
    match attempt.state {
        AttemptState::Ready => ("good", DOT),
        _ if attempt.failure.is_some() => ("bad", CROSS),
        AttemptState::Launching | AttemptState::InDoubt | AttemptState::Building => ("busy", HALF),
        AttemptState::Removing | AttemptState::Gone | AttemptState::Unknown => ("", DASH),
    }
}

fn severity_look(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Debug | Severity::Info => ("", CHECK),
        Severity::Notice => ("good", CHECK),
        Severity::Warning => ("busy", WARN),
        Severity::Error | Severity::Unknown => ("bad", CROSS),
    }
}
