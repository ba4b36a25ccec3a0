//! Small adapters between parts that do not know one another.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Secret;
use oms_proto::spec::{ApplicationCredential, Credentials, PasswordCredentials, TokenCredentials};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth};
use omsd_domain::rows::spur::Spur;
use omsd_domain::world::World;

use super::meter;
use crate::engine::Observer;
use crate::engine::handle::Published;
use crate::engine::registry::Opener;
use crate::openstack::{CallObserver, CallSeen};
use crate::ports::{CloudError, Lack, OpenAccount, OpenReach};
use crate::secrets::Vault;
use crate::service::{Part, part_context, secret_context, user_data_context};
use crate::telemetry::{CloudCall, Health, Metrics};

/// Opens accounts with the vault.
pub(super) struct Opening(pub(super) Arc<Vault>);

impl Opener for Opening {
    fn open_user_data(&self, public_key: &str, sealed: &Sealed) -> Result<Secret, CloudError> {
        let opened = self.0.open(&user_data_context(public_key), sealed);
        opened.map_err(|error| {
            let class = FailureClass::Rejected;
            CloudError::new(class, "open the user data", error.to_string())
        })
    }

    fn open_account(&self, account: &Account) -> Result<OpenAccount, CloudError> {
        let name = &account.name;
        let open = |context: String, sealed: &Sealed| {
            let secret = self.0.open(&context, sealed);
            secret.map_err(|error| {
                let class = FailureClass::Unauthorized;
                CloudError::new(class, "open the account", error.to_string())
            })
        };
        let maybe = |part, sealed: Option<&Sealed>| {
            let opened = sealed.map(|sealed| open(part_context(name, part), sealed));
            opened.transpose()
        };
        let secret = if account.secret.0.is_empty() {
            Secret::default()
        } else {
            open(secret_context(name), &account.secret)?
        };
        let totp = maybe(Part::Totp, account.totp.as_ref())?;
        let reach = &account.reach;
        let login = maybe(Part::Proxy, reach.proxy_login.as_ref())?;
        Ok(OpenAccount {
            name: account.name.clone(),
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            interface: account.interface,
            credentials: credentials(&account.auth, secret, totp),
            ca_pem: account.ca_pem.clone(),
            pinned_cert_pem: account.pinned_cert_pem.clone(),
            reach: OpenReach {
                endpoints: reach.endpoints.clone(),
                proxy: login.or_else(|| reach.proxy.as_deref().map(Secret::new)),
                client_cert_pem: reach.client_cert_pem.clone(),
                client_key_pem: maybe(Part::ClientKey, reach.client_key.as_ref())?,
            },
        })
    }
}

fn credentials(auth: &Auth, secret: Secret, totp_secret: Option<Secret>) -> Credentials {
    match auth.clone() {
        Auth::Password {
            username,
            user_domain,
            tenant_name,
            tenant_id,
            project_domain,
            user_id,
        } => Credentials::Password(PasswordCredentials {
            username,
            user_domain_name: user_domain.name,
            user_domain_id: user_domain.id,
            password: secret,
            tenant_name,
            tenant_id,
            project_domain_name: project_domain.name,
            project_domain_id: project_domain.id,
            user_id,
            totp_secret,
        }),
        Auth::ApplicationCredential {
            id,
            name,
            username,
            user_domain,
            user_id,
        } => Credentials::ApplicationCredential(ApplicationCredential {
            id,
            name,
            username,
            user_domain_name: user_domain.name,
            user_domain_id: user_domain.id,
            secret,
            user_id,
        }),
        Auth::Token {
            tenant_name,
            tenant_id,
            project_domain,
        } => Credentials::Token(TokenCredentials {
            token: secret,
            tenant_name,
            tenant_id,
            project_domain_name: project_domain.name,
            project_domain_id: project_domain.id,
        }),
    }
}

/// Counts what the engine tells.
pub(super) struct Counting(pub(super) Metrics);

impl Observer for Counting {
    fn committed(&self, facts: &Arc<Published>, world: &Arc<World>, took: Duration) {
        self.0.commit(took);
        meter::count(facts, world, &self.0);
    }

    fn made_extra(&self, cause: Spur) {
        self.0.extra_servers(cause.as_str(), 1);
    }
}

/// Counts what the clients of clouds tell.
pub(super) struct CountingCalls {
    pub(super) metrics: Metrics,
    pub(super) health: Health,
}

impl CallObserver for CountingCalls {
    fn lacked(&self, lack: Lack) {
        self.health.lacks(lack);
    }

    fn called(&self, call: &CallSeen<'_>) {
        // A cloud may answer with any number; a label has few values.
        let known = |status: &u16| {
            let status = http::StatusCode::from_u16(*status);
            status.is_ok_and(|status| status.canonical_reason().is_some())
        };
        let status = call.status.filter(known).map(|status| status.to_string());
        let class = call.failure.map(FailureClass::as_str);
        self.metrics.call(&CloudCall {
            account: call.account,
            operation: call.operation,
            method: call.method,
            code: status.as_deref().or(class).unwrap_or("none"),
            elapsed: call.elapsed,
        });
    }
}
