//! How an entry came to stand as it does: every attempt, and every account passed over, in words
//! that say what to do.

use oms_proto::view::{ExplanationView, PassedOverView};
use oms_proto::{EntryId, Response, WireError};

use super::error::not_found;
use super::view::Picture;
use super::{Caller, Service};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::plan::placement::{Bounds, Placement, place};
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::Entry;
use omsd_domain::rows::passed::{PassedOver, Reason};
use omsd_domain::rows::scope::Scope;
use omsd_domain::tell::words;

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
        let bounds = Bounds {
            launches_max,
            // That passes within seconds.
            paced: &|_| false,
        };
        match place(picture.world, entry, picture.now, bounds) {
            Placement::At { passed_over, .. } | Placement::Nowhere(passed_over) => passed_over,
        }
    } else {
        let latest = entry.attempts.last();
        latest.map_or_else(Vec::new, |attempt| (*attempt.passed_over).clone())
    };
    losers
        .iter()
        .filter_map(|over| view(picture, over))
        .collect()
}

/// `None` for an account that is gone since.
fn view(picture: &Picture<'_>, over: &PassedOver) -> Option<PassedOverView> {
    let account = &picture.world.accounts.get(&over.account)?.name;
    Some(PassedOverView {
        account: account.clone(),
        reason: words::reason(picture.world, &over.reason) + &remedy(&over.reason, account),
    })
}

/// What a person can do about a reason, to follow it in words.
fn remedy(reason: &Reason, account: &str) -> String {
    match reason {
        Reason::Disabled => format!("; switch it on with: omsctl account enable {account}"),
        Reason::Maintenance { .. } => {
            format!("; end it with: omsctl account uncordon {account}")
        }
        Reason::NoImage => default_with("image", account),
        Reason::NoFlavor => default_with("flavor", account),
        Reason::NoRoom(_) => no_room(),
        Reason::Blocked { scope, failure, .. } => match scope {
            Scope::Request(_) => format!(
                "; see what it has with: omsctl account test {account}, or name something else \
                 with: omsctl account edit {account} --image I --flavor F --network N"
            ),
            Scope::Account if failure.class == FailureClass::Unauthorized => format!(
                "; give it credentials that work with: omsctl account edit {account}, which also \
                 lifts the block"
            ),
            Scope::Account | Scope::Launch => {
                format!("; look into it with: omsctl account test {account}")
            }
            Scope::Quota => no_room(),
            Scope::Offering(_) => String::new(),
        },
        Reason::NotAmongAccounts
        | Reason::Avoided
        | Reason::Probing { .. }
        | Reason::Busy { .. }
        | Reason::Budget { .. }
        | Reason::Trying
        | Reason::Rejected
        | Reason::Outscored { .. } => String::new(),
    }
}

fn no_room() -> String {
    "; remove something there, or ask the provider for more".to_owned()
}

fn default_with(what: &str, account: &str) -> String {
    let value = what.to_uppercase();
    format!("; give the account one with: omsctl account edit {account} --{what} {value}")
}
