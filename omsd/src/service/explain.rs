//! How an entry came to stand as it does: every attempt, and every account passed over, in words
//! that say what to do.

use oms_proto::view::{ExplanationView, PassedOverView};
use oms_proto::{EntryId, Response, WireError};

use super::error::not_found;
use super::view::{Picture, in_words};
use super::{Caller, Service};
use crate::domain::account::Scope;
use crate::domain::attempt::Attempt;
use crate::domain::entry::Entry;
use crate::domain::placement::{PassedOver, Placement, Reason, place};

impl Service {
    /// Entries that are being removed are explained too: why they are still there is a question.
    pub(super) fn entry_explain(
        &self,
        caller: &Caller,
        id: EntryId,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let entry = world
            .entries
            .get(&id)
            .ok_or_else(|| not_found(format_args!("entry {id}")))?;
        let picture = self.picture(caller, &world);
        let mut spec = (*entry.spec).clone();
        if !caller.may_see_secrets() && spec.user_data.is_some() {
            spec.user_data = Some("(hidden from viewers)".to_owned());
        }
        Ok(Response::Explanation(Box::new(ExplanationView {
            entry: picture.entry(entry),
            spec,
            attempts: entry.attempts.iter().map(|a| picture.attempt(a)).collect(),
            passed_over: passed_over(&picture, entry, self.parts.options.launches_max),
        })))
    }
}

/// The accounts that the latest placement passed over; for an entry that waits, those that a
/// placement would pass over now.
fn passed_over(picture: &Picture<'_>, entry: &Entry, launches_max: u32) -> Vec<PassedOverView> {
    let waits = entry.is_wanted()
        && !entry.status.is_settled()
        && !entry.attempts.iter().any(Attempt::is_hopeful);
    let losers = if waits {
        match place(picture.world, entry, picture.now, launches_max) {
            Placement::At { passed_over, .. } | Placement::Nowhere(passed_over) => passed_over,
        }
    } else {
        let latest = entry.attempts.last();
        latest.map_or_else(Vec::new, |attempt| (*attempt.passed_over).clone())
    };
    losers
        .iter()
        .filter_map(|over| view(picture, entry, over))
        .collect()
}

/// `None` for an account that is gone since.
fn view(picture: &Picture<'_>, entry: &Entry, over: &PassedOver) -> Option<PassedOverView> {
    let account = &picture.world.accounts.get(&over.account)?.name;
    Some(PassedOverView {
        account: account.clone(),
        reason: words(picture, entry, account, &over.reason),
    })
}

/// A reason in words, and what a person can do about it.
fn words(picture: &Picture<'_>, entry: &Entry, account: &str, reason: &Reason) -> String {
    match reason {
        Reason::Disabled => {
            format!("it is switched off; switch it on with: omsctl account enable {account}")
        }
        Reason::NotAmongAccounts => format!(
            "the entry asks for {} only",
            list(entry.spec.accounts.as_deref())
        ),
        Reason::Avoided => "the entry avoids it".to_owned(),
        Reason::NoImage => no_default("image", account),
        Reason::NoFlavor => no_default("flavor", account),
        Reason::Blocked {
            scope,
            until,
            failure,
        } => format!(
            "{} is kept away from until {until} because of {}: {}{}",
            scope_words(scope),
            failure.class,
            in_words(failure),
            remedy(scope, account)
        ),
        Reason::Probing { scope } => format!(
            "{} failed before and is being tried again; the entry waits for how that goes",
            scope_words(scope)
        ),
        Reason::Busy { launches } => {
            format!("{launches} launches are under way there, as many as it takes at once")
        }
        Reason::Trying => "an attempt for this entry is under way there".to_owned(),
        Reason::Outscored { by } => match picture.world.accounts.get(by) {
            Some(winner) => format!("{} suited better", winner.name),
            None => "another account suited better".to_owned(),
        },
    }
}

fn no_default(what: &str, account: &str) -> String {
    format!(
        "neither the entry nor the account names {article} {what}; give the account one with: \
         omsctl account edit {account} --{what} {placeholder}",
        article = if what.starts_with('i') { "an" } else { "a" },
        placeholder = what.to_uppercase()
    )
}

fn scope_words(scope: &Scope) -> String {
    match scope {
        Scope::Account => "the account".to_owned(),
        Scope::Quota => "launching, for want of quota,".to_owned(),
        Scope::Launch => "launching".to_owned(),
        Scope::Offering {
            availability_zone,
            flavor,
        } => match availability_zone {
            Some(zone) => format!("flavor {flavor} in zone {zone}"),
            None => format!("flavor {flavor}"),
        },
        Scope::Request(wanted) => {
            format!("image {} with flavor {}", wanted.image, wanted.flavor)
        }
    }
}

fn remedy(scope: &Scope, account: &str) -> String {
    match scope {
        Scope::Account | Scope::Launch | Scope::Request(_) => {
            format!("; look into it with: omsctl account test {account}")
        }
        Scope::Quota | Scope::Offering { .. } => String::new(),
    }
}

fn list(names: Option<&[String]>) -> String {
    names.unwrap_or_default().join(", ")
}
