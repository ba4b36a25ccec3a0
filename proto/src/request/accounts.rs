//! What is asked about accounts.

use crate::grows;
use crate::spec::{AccountPatch, AccountSpec, Window};

/// See [`Request::AccountAdd`](crate::Request::AccountAdd).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAdd {
    /// The account.
    pub spec: AccountSpec,
}

grows! {
    AccountAdd { spec }
}

/// See [`Request::AccountList`](crate::Request::AccountList). Accounts come in the order of their
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountList {
    /// Only names greater than this.
    pub after: Option<String>,
    /// At most this many; the daemon's own bound applies as well.
    pub limit: Option<u32>,
}

grows! {
    AccountList { after, limit }
}

/// See [`Request::AccountShow`](crate::Request::AccountShow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountShow {
    /// The account.
    pub name: String,
}

grows! {
    AccountShow { name }
}

/// See [`Request::AccountEdit`](crate::Request::AccountEdit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEdit {
    /// The account.
    pub name: String,
    /// What to change.
    pub patch: AccountPatch,
}

grows! {
    AccountEdit { name, patch }
}

/// See [`Request::AccountTest`](crate::Request::AccountTest).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTest {
    /// The account.
    pub name: String,
    /// Once all else has passed, boot an instance there and remove it again.
    pub boot: bool,
}

grows! {
    AccountTest { name, boot }
}

/// See [`Request::AccountRemove`](crate::Request::AccountRemove).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRemove {
    /// The account.
    pub name: String,
}

grows! {
    AccountRemove { name }
}

/// See [`Request::AccountTry`](crate::Request::AccountTry).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTry {
    /// The account as it would be added.
    pub spec: AccountSpec,
}

grows! {
    AccountTry { spec }
}

/// See [`Request::AccountOffers`](crate::Request::AccountOffers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOffers {
    /// The account.
    pub name: String,
}

grows! {
    AccountOffers { name }
}

/// See [`Request::AccountUnblock`](crate::Request::AccountUnblock).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUnblock {
    /// The account.
    pub name: String,
    /// What, as [`BlockView::scope`](crate::view::BlockView::scope) names it; `None` is all that is
    /// blocked there.
    pub scope: Option<String>,
}

grows! {
    AccountUnblock { name, scope }
}

/// See [`Request::AccountMaintain`](crate::Request::AccountMaintain).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMaintain {
    /// The account.
    pub name: String,
    /// All its windows from now on; past ones are dropped.
    pub windows: Vec<Window>,
    /// What the windows are to be before the change, past ones aside; another list is a conflict.
    /// `None` takes whatever is there.
    pub expected: Option<Vec<Window>>,
}

grows! {
    AccountMaintain { name, windows, expected }
}
