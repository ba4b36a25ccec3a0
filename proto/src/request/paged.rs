//! Lists that come in pages, so that no answer grows with what there is.

use super::accounts::AccountList;
use super::daemon::InstanceList;
use super::entries::EntryList;
use super::table::Ask;
use crate::response::{AccountPage, EntryPage, InstancePage};
use crate::view::{AccountView, EntryView, InstanceView};

/// A request for a page of a list whose items have an order.
pub trait Paged: Ask + Clone {
    /// What is listed.
    type Item;

    /// The items of an answer, and whether more follow.
    fn page(answer: Self::Answer) -> (Vec<Self::Item>, bool);

    /// Asks for what follows that item.
    fn go_on(&mut self, last: &Self::Item);

    /// Whether an item follows the one that was named last, as all of an answer do.
    fn precedes(&self, item: &Self::Item) -> bool;
}

impl Paged for EntryList {
    type Item = EntryView;

    fn page(EntryPage { entries, more, .. }: EntryPage) -> (Vec<EntryView>, bool) {
        (entries, more)
    }

    fn go_on(&mut self, last: &EntryView) {
        (self.after, self.skip) = (Some(last.id), 0);
    }

    fn precedes(&self, item: &EntryView) -> bool {
        self.after < Some(item.id)
    }
}

impl Paged for InstanceList {
    type Item = InstanceView;

    fn page(InstancePage { instances, more }: InstancePage) -> (Vec<InstanceView>, bool) {
        (instances, more)
    }

    fn go_on(&mut self, last: &InstanceView) {
        self.after = Some(last.id);
    }

    fn precedes(&self, item: &InstanceView) -> bool {
        self.after < Some(item.id)
    }
}

impl Paged for AccountList {
    type Item = AccountView;

    fn page(AccountPage { accounts, more }: AccountPage) -> (Vec<AccountView>, bool) {
        (accounts, more)
    }

    fn go_on(&mut self, last: &AccountView) {
        self.after = Some(last.name.clone());
    }

    fn precedes(&self, item: &AccountView) -> bool {
        self.after.as_deref() < Some(&item.name)
    }
}
