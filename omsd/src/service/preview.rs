//! What would become of an entry, were it handed in now: what every account says to it, by the same
//! judgement that placement has. Nothing is written.

use std::sync::Arc;

use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_proto::view::{ChoiceView, PreviewView};
use oms_proto::{AccountId, Response, WireError};
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::plan::placement::judge;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Asked, Entry};
use omsd_domain::rows::passed::Reason;

use super::view::Picture;
use super::view::wait::wait_cause;
use super::{Caller, Service, advice, entry_spec};

/// Accounts in one answer. More than a person looks through, and far below what an answer may hold.
const CHOICES_MAX: usize = 1000;

impl Service {
    /// What would become of such an entry now.
    pub(super) fn entry_preview(
        &self,
        caller: &Caller,
        spec: EntrySpec,
    ) -> Result<Response, WireError> {
        entry_spec::check(&spec)?;
        let world = self.parts.handle.world();
        entry_spec::check_accounts(&spec, &world)?;
        let picture = self.picture(caller, &world);
        let next = Asked::next(world.free().entry, Arc::new(spec), picture.now);
        let entry = Entry::new(Arc::new(next));
        let said = self.as_placement_would(&picture, |bounds, ranked| {
            judge(&world, &entry, picture.now, bounds, ranked.into_iter())
        });
        Ok(Response::Preview(Box::new(preview(&picture, said))))
    }
}

fn preview(picture: &Picture<'_>, said: Vec<(AccountId, Result<Wanted, Reason>)>) -> PreviewView {
    let count = said.len();
    let (takes, others): (Vec<_>, Vec<_>) = said.into_iter().partition(|(_, it)| it.is_ok());
    let mut place = 0;
    let choices = takes.into_iter().chain(others).take(CHOICES_MAX);
    let choices: Vec<_> = choices
        .filter_map(|(id, it)| {
            let account = picture.world.accounts.get(&id)?;
            place += u32::from(it.is_ok());
            Some(choice(account, place, it))
        })
        .collect();
    let first = choices.first().filter(|first| first.place.is_some());
    PreviewView {
        account: first.map(|first| first.account.clone()),
        left_out: u32::try_from(count.saturating_sub(choices.len())).unwrap_or(u32::MAX),
        choices,
    }
}

fn choice(account: &Account, place: u32, said: Result<Wanted, Reason>) -> ChoiceView {
    match said {
        Ok(wanted) => ChoiceView {
            account: account.name.clone(),
            place: Some(place),
            machine: Some(asked(wanted)),
            cause: None,
            until: None,
            reason: None,
        },
        Err(reason) => ChoiceView {
            place: None,
            machine: None,
            cause: Some(wait_cause(reason.cause())),
            until: reason.until(),
            reason: Some(advice::told(&reason, account)),
            account: account.name.clone(),
        },
    }
}

/// What would be asked of a cloud, in the words of a request.
fn asked(wanted: Wanted) -> MachineSpec {
    let Wanted {
        image,
        flavor,
        networks,
        security_groups,
        availability_zone,
    } = wanted;
    MachineSpec {
        image: Some(image),
        flavor: Some(flavor),
        networks: Some(networks),
        security_groups: Some(security_groups),
        availability_zone,
        ..MachineSpec::default()
    }
}
