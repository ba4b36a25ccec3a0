//! How an entry came to stand as it does: every attempt, and every account passed over, in words
//! that say what to do.

use oms_proto::view::{ExplanationView, PassedOverView};
use oms_proto::{AccountId, EntryId, Response, WireError};

use super::advice;
use super::view::{Picture, user_data_context};
use super::{Caller, Service};
use omsd_domain::ground::limits::CREATE_UNKNOWN;
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::plan::placement::{Bounds, Placement, place};
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::{Entry, UserData};
use omsd_domain::rows::passed::{Passed, PassedOver};
use omsd_domain::schedule::ranking::ranked;
use omsd_domain::tell::cause;

impl Service {
    /// Entries that are being removed are explained too: why they are still there is a question.
    pub(super) async fn entry_explain(
        &self,
        caller: &Caller,
        id: EntryId,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let past;
        let entry = if let Some(entry) = world.entries.get(&id) {
            &**entry
        } else {
            past = self.past(id).await?;
            &past.entry
        };
        let picture = self.picture(caller, &world);
        let mut spec = (*entry.asked.spec).clone();
        spec.user_data = match entry.asked.user_data() {
            Some(_) if !caller.may_see_secrets() => Some("(hidden from viewers)".to_owned()),
            Some(UserData::Sealed(sealed)) => Some(self.opened(&entry.asked.key.public, &sealed)?),
            Some(UserData::Clear(text)) => Some(text),
            None => None,
        };
        Ok(Response::Explanation(Box::new(ExplanationView {
            entry: picture.entry(entry),
            spec,
            attempts: entry.attempts().map(|it| picture.attempt(it)).collect(),
            passed_over: self.passed_over(&picture, entry),
        })))
    }

    /// The user data of the entry that has a public key.
    fn opened(&self, public: &str, sealed: &Sealed) -> Result<String, WireError> {
        let opened = self.parts.vault.open(&user_data_context(public), sealed);
        let opened = opened.map_err(|error| self.internal("open the user data", &error.into()))?;
        Ok(opened.expose().to_owned())
    }

    /// Where a placement would put an entry now.
    fn placed(&self, picture: &Picture<'_>, entry: &Entry) -> Placement {
        self.as_placement_would(picture, |bounds, ranked| {
            place(
                picture.world,
                entry,
                picture.now,
                bounds,
                ranked.into_iter(),
            )
        })
    }

    /// Looks at accounts within the bounds that placement has now, and in its order.
    pub(super) fn as_placement_would<T>(
        &self,
        picture: &Picture<'_>,
        look: impl FnOnce(Bounds<'_>, Vec<AccountId>) -> T,
    ) -> T {
        let pulse = self.parts.handle.pulse();
        let most = self.parts.policy.launches_max;
        let world = picture.world;
        let bounds = Bounds {
            full: &|account| {
                let limit = pulse.launches.get(&account).copied();
                let launching = world.load(account).launching;
                launching >= limit.unwrap_or(most).min(most)
            },
            // That passes within seconds.
            paced: &|_| false,
            kept: &|attempt| picture.now < attempt.started.plus(CREATE_UNKNOWN),
        };
        look(bounds, ranked(world, &pulse.slow))
    }

    /// The accounts that the latest placement passed over; for an entry that waits, those that a
    /// placement would pass over now.
    fn passed_over(&self, picture: &Picture<'_>, entry: &Entry) -> Vec<PassedOverView> {
        let waits = entry.is_wanted()
            && !entry.status.is_settled()
            && !entry.attempts().any(Attempt::is_hopeful);
        if waits {
            return match self.placed(picture, entry) {
                Placement::At {
                    account,
                    wanted: _,
                    passed_over,
                } => views(picture, &passed_over, Some(account), |_| true),
                Placement::Nowhere(passed_over) => views(picture, &passed_over, None, |_| true),
            };
        }
        let Some(latest) = entry.attempts().next_back() else {
            return Vec::new();
        };
        let Passed {
            named,
            others,
            newest,
        } = &*latest.passed_over;
        let mut views = views(picture, named, Some(latest.account), |id| {
            others.is_empty() && id <= *newest
        });
        views.extend(others.iter().map(|(cause, count)| PassedOverView {
            account: format!("({count} more)"),
            reason: cause::cause(*cause),
        }));
        views
    }
}

/// Those that were passed over, and those that the chosen one came before.
fn views(
    picture: &Picture<'_>,
    passed_over: &[PassedOver],
    chosen: Option<AccountId>,
    was_looked_at: impl Fn(AccountId) -> bool,
) -> Vec<PassedOverView> {
    let chosen_name = chosen
        .and_then(|id| picture.world.accounts.get(&id))
        .map_or("another account", |account| account.name.as_str());
    let accounts = picture.world.accounts.values();
    accounts
        .filter(|account| Some(account.id) != chosen)
        .filter_map(|account| {
            let over = passed_over.iter().find(|over| over.account == account.id);
            match over {
                Some(over) => view(picture, over),
                None if was_looked_at(account.id) => Some(PassedOverView {
                    account: account.name.clone(),
                    reason: format!("{chosen_name} came first"),
                }),
                None => None,
            }
        })
        .collect()
}

/// `None` for an account that is gone since.
fn view(picture: &Picture<'_>, over: &PassedOver) -> Option<PassedOverView> {
    let account = picture.world.accounts.get(&over.account)?;
    Some(PassedOverView {
        account: account.name.clone(),
        reason: advice::told_now(&over.reason, account, picture.now),
    })
}
