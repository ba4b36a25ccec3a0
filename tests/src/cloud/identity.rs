//! Keystone: who may act, with which token, until when.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::Time;

use super::call::{Call, Grant, Proof, Refusal, Reply, Request, Service};
use super::faults::{CatalogueChange, Fault};
use super::model::Model;
use super::scenario::AccountSeed;

/// The holder of a token.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) account: AccountSeed,
    pub(super) user_id: String,
    pub(super) project_id: String,
}

#[derive(Debug, Clone)]
struct Token {
    account: String,
    expires: Time,
    /// How it was got.
    method: &'static str,
}

/// The tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    good: BTreeMap<String, Token>,
}

impl Tokens {
    pub(super) fn revoke(&mut self, token: &str) {
        self.good.remove(token);
    }

    pub(super) fn revoke_all(&mut self) {
        self.good.clear();
    }
}

impl Model {
    /// The account's name, if the token or the proof tells.
    pub(super) fn account_of(&self, request: &Request) -> Option<String> {
        if let Call::SignIn(proof) = &request.call {
            return self.claimed(proof).map(|seed| seed.name.clone());
        }
        let token = self.tokens.good.get(request.token.as_deref()?)?;
        Some(token.account.clone())
    }

    /// The account whose user the proof names, whether it is good or not.
    fn claimed(&self, proof: &Proof) -> Option<&AccountSeed> {
        let cloud = self.spec.name.as_str();
        self.spec.accounts.iter().find(|seed| match proof {
            Proof::Password { user, .. } => *user == seed.name || *user == seed.user_id(cloud),
            Proof::ApplicationCredential { id: Some(id), .. } => {
                *id == seed.application_credential_id(cloud)
            }
            Proof::ApplicationCredential {
                name: Some((name, user)),
                ..
            } => name == APPLICATION_CREDENTIAL_NAME && *user == seed.name,
            Proof::ApplicationCredential { .. } => false,
            Proof::Token { token, .. } => {
                let known = self.tokens.good.get(token);
                known.is_some_and(|it| it.account == seed.name && it.expires > self.time())
            }
        })
    }

    pub(super) fn sign_in(
        &mut self,
        proof: &Proof,
        view: Option<&Fault>,
    ) -> Result<Reply, Refusal> {
        let refused = || Refusal::unauthorized(Service::Identity);
        let account = self.claimed(proof).cloned().ok_or_else(refused)?;
        let cloud = self.spec.name.clone();
        let method = match proof {
            Proof::Password {
                password,
                project,
                domain,
                ..
            } => {
                let project_id = account.project_id(&cloud);
                let fits = *password == account.password()
                    && project
                        .as_ref()
                        .is_none_or(|given| *given == account.name || *given == project_id)
                    && domain.as_ref().is_none_or(|given| {
                        *given == account.domain || *given == domain_id(&account.domain)
                    });
                fits.then_some("password").ok_or_else(refused)?
            }
            Proof::ApplicationCredential { scoped: true, .. } => {
                return Err(Refusal::by(
                    Service::Identity,
                    401,
                    "Error authenticating with application credential: Application credentials \
                     cannot request a scope.",
                ));
            }
            Proof::ApplicationCredential { secret, .. } => (*secret
                == account.application_credential_secret())
            .then_some("application_credential")
            .ok_or_else(refused)?,
            Proof::Token { token, .. } if self.is_delegated(token) => {
                return Err(Refusal::by(
                    Service::Identity,
                    403,
                    "You are not authorized to perform the requested action: Using a delegated \
                     token to create another token is not allowed..",
                ));
            }
            Proof::Token { project, .. } => {
                let project_id = account.project_id(&cloud);
                project
                    .as_ref()
                    .is_none_or(|given| *given == account.name || *given == project_id)
                    .then_some("token")
                    .ok_or_else(refused)?
            }
        };
        // What is got with a token ends with it.
        let expires = match proof {
            Proof::Token { token, .. } => self.tokens.good.get(token).map(|it| it.expires),
            Proof::Password { .. } | Proof::ApplicationCredential { .. } => None,
        };
        let granted = self.grant(&account, method, expires, view);
        Ok(Reply::Granted(Box::new(granted)))
    }

    /// Whether a token came of an application credential.
    fn is_delegated(&self, token: &str) -> bool {
        let known = self.tokens.good.get(token);
        known.is_some_and(|it| it.method == "application_credential")
    }

    /// A token of an account of that name, as somebody got it elsewhere.
    pub(super) fn token_of(&mut self, account: &str, method: &'static str) -> Option<String> {
        let mut seeds = self.spec.accounts.iter();
        let account = seeds.find(|seed| seed.name == account)?.clone();
        Some(self.grant(&account, method, None, None).token)
    }

    fn grant(
        &mut self,
        account: &AccountSeed,
        method: &'static str,
        expires: Option<Time>,
        view: Option<&Fault>,
    ) -> Grant {
        let token = format!("gAAAAAB{}{}", self.dice.hex(), self.dice.hex());
        let life = Duration::from_secs(self.spec.token_s);
        let expires = expires.unwrap_or_else(|| self.time().plus(life));
        self.tokens.good.insert(
            token.clone(),
            Token {
                account: account.name.clone(),
                expires,
                method,
            },
        );
        let change = match view {
            Some(Fault::Catalogue { change }) => Some(*change),
            _ => None,
        };
        let mut services = vec![
            Service::Identity,
            Service::Network,
            Service::Image,
            Service::Compute,
        ];
        match change {
            Some(CatalogueChange::NoCompute) => services.retain(|s| *s != Service::Compute),
            Some(CatalogueChange::Empty) => services.clear(),
            Some(CatalogueChange::OtherRegion) | None => {}
        }
        let region = match change {
            Some(CatalogueChange::OtherRegion) => format!("{}-moved", self.spec.region_name()),
            _ => self.spec.region_name(),
        };
        Grant {
            token,
            issued: self.skewed(self.time()),
            expires: self.skewed(expires),
            method,
            user_id: account.user_id(&self.spec.name),
            user_name: account.name.clone(),
            domain: account.domain.clone(),
            project_id: account.project_id(&self.spec.name),
            project_name: account.name.clone(),
            region,
            services,
        }
    }

    /// The holder of a token.
    pub(super) fn who(&self, token: Option<&str>, service: Service) -> Result<Who, Refusal> {
        let refused = || Refusal::unauthorized(service);
        let token = token
            .and_then(|token| self.tokens.good.get(token))
            .filter(|token| token.expires > self.time())
            .ok_or_else(refused)?;
        let account = self
            .spec
            .accounts
            .iter()
            .find(|seed| seed.name == token.account)
            .ok_or_else(refused)?;
        Ok(Who {
            user_id: account.user_id(&self.spec.name),
            project_id: account.project_id(&self.spec.name),
            account: account.clone(),
        })
    }
}

/// The name of every account's application credential.
pub const APPLICATION_CREDENTIAL_NAME: &str = "oms";

/// The id of a domain; `default` for `Default`, as Keystone has it.
pub fn domain_id(name: &str) -> String {
    if name == "Default" {
        "default".to_owned()
    } else {
        super::dice::stable_hex(&["domain", name])
    }
}
