//! The open clients of accounts, one an account and revision.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oms_proto::{AccountId, Secret};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::UserData;
use omsd_domain::schedule::effect::Launch;

use crate::ports::{Cloud, CloudError, CloudResult, Clouds, OpenAccount};

/// Turns an account into what a client needs, secrets opened.
pub trait Opener: Send + Sync {
    /// Opens the account's secret.
    ///
    /// # Errors
    /// A secret that cannot be opened, as the failure of a call.
    fn open_account(&self, account: &Account) -> Result<OpenAccount, CloudError>;

    /// Opens the user data of the entry that has a public key.
    ///
    /// # Errors
    /// What cannot be opened, as the failure of a launch.
    fn open_user_data(&self, public_key: &str, sealed: &Sealed) -> Result<Secret, CloudError>;
}

/// The open clients.
pub struct Registry {
    clouds: Arc<dyn Clouds>,
    opener: Arc<dyn Opener>,
    open: Mutex<BTreeMap<AccountId, Open>>,
}

/// A client and the revision of the account that it was made for.
type Open = (u64, Arc<dyn Cloud>);

impl Registry {
    /// A registry with nothing open.
    pub fn new(clouds: Arc<dyn Clouds>, opener: Arc<dyn Opener>) -> Self {
        Self {
            clouds,
            opener,
            open: Mutex::default(),
        }
    }

    /// The client of an account as it stands; made anew when the account was edited.
    ///
    /// # Errors
    /// What keeps the client from being made.
    pub fn cloud(&self, account: &Account) -> CloudResult<Arc<dyn Cloud>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, cloud)) = open.get(&account.id)
            && *revision == account.revision
        {
            return Ok(Arc::clone(cloud));
        }
        let cloud = self.clouds.open(&self.opener.open_account(account)?)?;
        open.insert(account.id, (account.revision, Arc::clone(&cloud)));
        Ok(cloud)
    }

    /// Text for the guest of a launch.
    ///
    /// # Errors
    /// What cannot be opened.
    pub(super) fn user_data(&self, launch: &Launch) -> CloudResult<Option<Secret>> {
        match &launch.user_data {
            None => Ok(None),
            Some(UserData::Clear(text)) => Ok(Some(Secret::new(text.clone()))),
            Some(UserData::Sealed(sealed)) => {
                let opened = self.opener.open_user_data(&launch.public_key, sealed);
                opened.map(Some)
            }
        }
    }

    /// How long ago an account last answered anything; `None` if it has not yet.
    pub(super) fn heard(&self, account: AccountId) -> Option<Duration> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&account)?.1.heard()
    }

    /// A client of an account as it may come to stand; nobody else gets it.
    ///
    /// # Errors
    /// What keeps the client from being made.
    pub fn candidate(&self, account: &Account) -> CloudResult<Arc<dyn Cloud>> {
        self.clouds.open(&self.opener.open_account(account)?)
    }

    /// Closes the client of an account that is gone.
    pub fn close(&self, account: AccountId) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&account);
    }
}
