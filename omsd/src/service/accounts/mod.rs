//! Accounts: added, changed, shown, forgotten. Secrets go in and never come out.

mod canary;
mod maintenance;
pub(super) mod spec;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oms_proto::request::{AccountEdit, AccountList, Ask, Asked};
use oms_proto::response::AccountPage;
use oms_proto::view::AccountView;
use omsd_domain::ground::resource::Identity;
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Reach};
use omsd_domain::world::World;
use omsd_domain::world::command::{Answer, Command, Rejection};
use sha2::{Digest, Sha256};

use crate::engine::handle::SubmitError;
use oms_proto::spec::{AccountPatch, AccountSpec, Credentials};
use oms_proto::{AccountId, ErrorCode, Response, Secret, WireError};

use super::check::offered;
use super::error::{rejected, stopping};
use super::page;
use super::{Caller, Service};
use oms_proto::check::{self, quoted};

/// Accounts in one answer, and in one part of a snapshot: with all that may be blocked there, a fifth of
/// the largest frame.
pub(super) const ACCOUNTS_PER_ANSWER: usize = 200;

/// How long the world is waited for that shows what was just done; it follows the answer of the
/// engine at once.
pub(super) const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// Times that an edit is decided on: again when another edit came between.
const EDIT_TRIES: u32 = 2;

/// The context under which an account's secret is sealed. The engine opens it under the same.
pub fn secret_context(name: &str) -> String {
    format!("account/{name}")
}

/// What of an account is sealed beside its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What passcodes are made from.
    Totp,
    /// The proxy with its credentials.
    Proxy,
    /// The key of the certificate by which we prove who we are.
    ClientKey,
}

/// The context under which a part of an account is sealed. A name has no `/`, so no account's secret
/// has it.
pub fn part_context(name: &str, part: Part) -> String {
    let part = match part {
        Part::Totp => "totp",
        Part::Proxy => "proxy",
        Part::ClientKey => "client_key",
    };
    format!("{}/{part}", secret_context(name))
}

impl Service {
    /// An account as it is before anybody has added it, its secrets sealed.
    fn candidate(&self, given: AccountSpec) -> Result<Account, WireError> {
        check::account::check(&given)?;
        let (secret, totp) = self.seal_credentials(&given.name, &given.credentials);
        let (proxy, proxy_login) = self.seal_proxy(&given.name, given.proxy.as_ref());
        let reach = Reach {
            endpoints: given.endpoints,
            proxy,
            proxy_login,
            client_cert_pem: given.client_cert_pem,
            client_key: self.seal_part(&given.name, Part::ClientKey, given.client_key_pem.as_ref()),
        };
        Ok(Account {
            // The engine gives it one.
            id: AccountId(0),
            provider: given.provider.unwrap_or_else(|| given.name.clone()),
            name: given.name,
            auth_url: given.auth_url,
            region_name: given.region_name,
            interface: given.interface,
            auth: spec::auth(&given.credentials),
            secret,
            totp,
            reach,
            defaults: given.defaults,
            ca_pem: given.ca_pem,
            pinned_cert_pem: given.pinned_cert_pem,
            priority: given.priority,
            enabled: given.enabled,
            revision: 0,
            maintenance: Vec::new(),
        })
    }

    pub(super) async fn account_add(
        &self,
        caller: &Caller,
        given: AccountSpec,
    ) -> Result<Response, WireError> {
        let account = self.candidate(given)?;
        let name = account.name.clone();
        let command = Command::AddAccount(Box::new(account));
        let answer = self.submit(caller, command).await?;
        tracing::info!(account.name = %name, caller = %caller.actor, "added an account");
        match answer {
            Answer::Account(id) => {
                self.account_when(id, |world| world.next.account > id.0)
                    .await
            }
            Answer::Entry(_) | Answer::Done => Err(self.wrong_answer()),
        }
    }

    pub(super) fn account_list(&self, caller: &Caller, list: &AccountList) -> Response {
        let limit = page::limit(list.limit, ACCOUNTS_PER_ANSWER);
        let world = self.parts.handle.world();
        let after = list.after.as_deref();
        let follow = world.accounts.values();
        let mut shown: Vec<_> = follow
            .filter(|account| after < Some(&account.name))
            .collect();
        shown.sort_unstable_by_key(|account| &account.name);
        let more = page::cut(&mut shown, limit);
        let picture = self.picture(caller, &world);
        let accounts = shown.into_iter().map(|account| picture.account(account));
        Response::Accounts(AccountPage {
            accounts: accounts.collect(),
            more,
        })
    }

    pub(super) fn account_show(&self, caller: &Caller, name: &str) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let account = named(&world, name)?;
        Ok(Response::Account(Box::new(
            self.picture(caller, &world).account(account),
        )))
    }

    /// A patch says what to change and not what to expect, so when another edit came between it
    /// is applied to what that one left; unless one of some tags is expected, where `None` says that
    /// the account has another.
    pub(super) async fn account_edit(
        &self,
        caller: &Caller,
        edit: AccountEdit,
        expected: Option<&[String]>,
    ) -> Result<Option<Response>, WireError> {
        let AccountEdit { name, patch } = edit;
        let mut tries = 0;
        let mut leads_to = None;
        loop {
            let world = self.parts.handle.world();
            let tag = tag(named(&world, &name)?);
            if expected.is_some_and(|tags| !tags.contains(&tag)) {
                return Ok(None);
            }
            let account = self.edited(&world, &name, &patch)?;
            let (id, revision) = (account.id, account.revision);
            tries += 1;
            let command = Command::EditAccount {
                account: Box::new(account.clone()),
                leads_to: leads_to.clone(),
            };
            match self
                .parts
                .handle
                .submit(caller.actor.clone(), command)
                .await
            {
                Ok(_) => {
                    tracing::info!(account.name = %name, caller = %caller.actor, "edited an account");
                    let edited = |world: &World| {
                        let account = world.accounts.get(&id);
                        account.is_none_or(|account| account.revision > revision)
                    };
                    return self.account_when(id, edited).await.map(Some);
                }
                Err(SubmitError::Rejected(Rejection::Stale)) if tries < EDIT_TRIES => {
                    self.newer_than(id, revision).await?;
                }
                Err(SubmitError::Rejected(unproven @ Rejection::Unproven { .. }))
                    if leads_to.is_none() =>
                {
                    leads_to = Some(self.identity(&account, &unproven).await?);
                }
                Err(error) => return Err(rejected(&error)),
            }
        }
    }

    /// Edits an account if it still has one of some tags, where any are named; `None` says that it has
    /// another.
    ///
    /// # Errors
    /// A refusal with a stable code.
    pub async fn edit_account(
        &self,
        caller: &Caller,
        edit: AccountEdit,
        expected: Option<Vec<String>>,
    ) -> Result<Option<AccountView>, WireError> {
        caller.check_role(AccountEdit::ROLE)?;
        let edited = self.account_edit(caller, edit, expected.as_deref()).await?;
        Ok(edited.and_then(AccountEdit::answer))
    }

    /// The tag of an account, which changes with what a person sets of it.
    ///
    /// # Errors
    /// There is no such account.
    pub fn account_tag(&self, name: &str) -> Result<String, WireError> {
        Ok(tag(named(&self.parts.handle.world(), name)?))
    }

    /// Whose objects an account shows with its new credentials.
    async fn identity(
        &self,
        account: &Account,
        unproven: &Rejection,
    ) -> Result<Identity, WireError> {
        let cloud = self.parts.handle.cloud_of_candidate(account);
        let signed_in = match cloud {
            Ok(cloud) => cloud.sign_in().await,
            Err(error) => Err(error),
        };
        let signed_in = signed_in
            .map_err(|error| WireError::new(ErrorCode::Conflict, format!("{unproven}: {error}")))?;
        Ok(signed_in.identity())
    }

    /// The account as the patch would have it.
    fn edited(
        &self,
        world: &World,
        name: &str,
        patch: &AccountPatch,
    ) -> Result<Account, WireError> {
        let mut account = (**named(world, name)?).clone();
        spec::check_patch(&account, patch)?;
        if let Some(credentials) = &patch.credentials {
            (account.secret, account.totp) = self.seal_credentials(name, credentials);
        }
        if let Some(secret) = &patch.secret {
            let context = secret_context(name);
            account.secret = self
                .parts
                .vault
                .seal(&context, secret.secret().expose().as_bytes());
        }
        if let Some(proxy) = &patch.proxy {
            (account.reach.proxy, account.reach.proxy_login) =
                self.seal_proxy(name, proxy.as_ref());
        }
        if let Some(key) = &patch.client_key_pem {
            account.reach.client_key = self.seal_part(name, Part::ClientKey, key.as_ref());
        }
        spec::apply(&mut account, patch);
        Ok(account)
    }

    /// Waits for the world in which an account has moved on.
    async fn newer_than(&self, id: AccountId, revision: u64) -> Result<(), WireError> {
        let mut worlds = self.parts.handle.worlds();
        let moved = |world: &Arc<World>| {
            let account = world.accounts.get(&id);
            account.is_none_or(|account| account.revision != revision)
        };
        worlds.wait_for(moved).await.map_err(|_closed| stopping())?;
        Ok(())
    }

    pub(super) async fn account_remove(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Response, WireError> {
        let id = named(&self.parts.handle.world(), name)?.id;
        self.submit(caller, Command::RemoveAccount(id)).await?;
        tracing::info!(account.name = %name, caller = %caller.actor, "removed an account");
        Ok(Response::DONE)
    }

    /// Seals a password or a secret, and what passcodes are made from.
    fn seal_credentials(&self, name: &str, credentials: &Credentials) -> (Sealed, Option<Sealed>) {
        let (secret, totp) = match credentials {
            Credentials::Password(given) => (&given.password, given.totp_secret.as_ref()),
            Credentials::ApplicationCredential(given) => (&given.secret, None),
            Credentials::Token(given) => (&given.token, None),
        };
        let totp = self.seal_part(name, Part::Totp, totp);
        if secret.expose().is_empty() {
            return (Sealed(Vec::new()), totp);
        }
        let context = secret_context(name);
        let secret = self.parts.vault.seal(&context, secret.expose().as_bytes());
        (secret, totp)
    }

    fn seal_part(&self, name: &str, part: Part, secret: Option<&Secret>) -> Option<Sealed> {
        let context = part_context(name, part);
        secret.map(|secret| self.parts.vault.seal(&context, secret.expose().as_bytes()))
    }

    /// A proxy as it is shown, and sealed where it has credentials.
    fn seal_proxy(&self, name: &str, proxy: Option<&Secret>) -> (Option<String>, Option<Sealed>) {
        let Some(proxy) = proxy else {
            return (None, None);
        };
        let shown = spec::shown_proxy(proxy.expose());
        let has_login = shown != proxy.expose();
        let login = self.seal_part(name, Part::Proxy, Some(proxy).filter(|_| has_login));
        (Some(shown), login)
    }

    fn wrong_answer(&self) -> WireError {
        self.internal(
            "carry this out",
            &"the engine answered another command".into(),
        )
    }

    /// An account from a world that contains what was just done.
    async fn account_when(
        &self,
        id: AccountId,
        done: impl Fn(&World) -> bool,
    ) -> Result<Response, WireError> {
        let mut worlds = self.parts.handle.worlds();
        let world = worlds.wait_for(|world| done(world)).await;
        let world = Arc::clone(&*world.map_err(|_closed| stopping())?);
        let account = world.accounts.get(&id).ok_or_else(|| {
            WireError::new(ErrorCode::NotFound, "the account was removed meanwhile")
        })?;
        let picture = super::view::Picture {
            world: &world,
            now: self.parts.clock.now(),
            keys: super::view::Keys::Hidden,
        };
        Ok(Response::Account(Box::new(picture.account(account))))
    }
}

/// Tells an account as a person has set it from every other: which it is, how often it was edited,
/// and its maintenance windows.
fn tag(account: &Account) -> String {
    let windows = Sha256::digest(format!("{:?}", account.maintenance));
    let (first, _) = windows.as_slice().split_at(4);
    let windows = URL_SAFE_NO_PAD.encode(first);
    format!("{:x}-{:x}-{windows}", account.id.0, account.revision)
}

/// The account of that name.
pub(super) fn named<'a>(world: &'a World, name: &str) -> Result<&'a Arc<Account>, WireError> {
    world.account_named(name).ok_or_else(|| {
        let existing = world.accounts.values().map(|account| account.name.as_str());
        WireError::new(
            ErrorCode::NotFound,
            format!(
                "there is no account {}; {}",
                quoted(name),
                offered(existing)
            ),
        )
    })
}
