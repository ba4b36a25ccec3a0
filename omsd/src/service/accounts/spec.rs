//! What a patch makes of an account, and whether that is a valid one.

use oms_proto::WireError;
use oms_proto::check::account::{credentials, provider, secret};
use oms_proto::check::{Check, reach};
use oms_proto::spec::{AccountPatch, Credentials, NewSecret};
use omsd_domain::rows::account::{Account, Auth, Domain};

const PASSWORD: &str = "a password";
const CREDENTIAL: &str = "the secret of an application credential";
const TOKEN: &str = "a token";

/// Checks what an account would be after a patch; fields that the patch leaves alone were checked
/// when they were set.
pub(in crate::service) fn check_patch(
    account: &Account,
    patch: &AccountPatch,
) -> Result<(), WireError> {
    let mut check = Check::default();
    if let Some(given) = &patch.provider {
        provider(&mut check, given);
    }
    if let Some(url) = &patch.auth_url {
        reach::auth_url(&mut check, url);
    }
    if let Some(given) = &patch.credentials {
        credentials(&mut check, given);
    }
    if let Some(given) = &patch.secret {
        secret(&mut check, "secret", given.secret().expose());
        let has = kind_of(&account.auth);
        if patch.credentials.is_none() && has != kind_of_new(given) {
            let message = format!("the account signs in with {has}; give one, or new credentials");
            check.refuse("secret", message);
        }
        if patch.credentials.is_some() {
            check.refuse(
                "secret",
                "is part of the credentials, which are given as well",
            );
        }
    }
    let mut after = account.clone();
    apply(&mut after, patch);
    check.line_if_any("region_name", after.region_name.as_deref());
    check.machine("defaults.", &after.defaults);
    if patch.ca_pem.is_some() || patch.pinned_cert_pem.is_some() {
        reach::certificates(
            &mut check,
            after.ca_pem.as_deref(),
            after.pinned_cert_pem.as_deref(),
        );
    }
    if let Some(given) = &patch.endpoints {
        reach::endpoints(&mut check, given);
    }
    if let Some(given) = &patch.proxy {
        reach::proxy(&mut check, given.as_ref());
    }
    if patch.client_cert_pem.is_some() || patch.client_key_pem.is_some() {
        let given = |pem: &Option<Option<String>>| pem.clone().flatten();
        let key = patch.client_key_pem.clone().flatten();
        reach::client(
            &mut check,
            given(&patch.client_cert_pem).as_deref(),
            key.as_ref(),
        );
    }
    check.finish()
}

/// What an account signs in with, for people.
const fn kind_of(auth: &Auth) -> &'static str {
    match auth {
        Auth::Password { .. } => PASSWORD,
        Auth::ApplicationCredential { .. } => CREDENTIAL,
        Auth::Token { .. } => TOKEN,
    }
}

const fn kind_of_new(secret: &NewSecret) -> &'static str {
    match secret {
        NewSecret::Password(_) => PASSWORD,
        NewSecret::ApplicationCredential(_) => CREDENTIAL,
        NewSecret::Token(_) => TOKEN,
    }
}

/// Makes the account what a patch wants it to be, but for its sealed secrets.
pub(in crate::service) fn apply(account: &mut Account, patch: &AccountPatch) {
    fn set<T: Clone>(field: &mut T, value: Option<&T>) {
        if let Some(value) = value {
            field.clone_from(value);
        }
    }
    fn set_list(list: &mut Option<Vec<String>>, value: Option<&Vec<String>>) {
        if let Some(value) = value {
            *list = Some(value.clone()).filter(|names| !names.is_empty());
        }
    }
    set(&mut account.provider, patch.provider.as_ref());
    set(&mut account.auth_url, patch.auth_url.as_ref());
    set(&mut account.region_name, patch.region_name.as_ref());
    set(&mut account.interface, patch.interface.as_ref());
    if let Some(credentials) = &patch.credentials {
        account.auth = auth(credentials);
    }
    let defaults = &mut account.defaults;
    set(&mut defaults.image, patch.image.as_ref());
    set(&mut defaults.flavor, patch.flavor.as_ref());
    set_list(&mut defaults.networks, patch.networks.as_ref());
    set_list(
        &mut defaults.security_groups,
        patch.security_groups.as_ref(),
    );
    set(
        &mut defaults.availability_zone,
        patch.availability_zone.as_ref(),
    );
    set(&mut defaults.address_type, patch.address_type.as_ref());
    set(&mut defaults.address_family, patch.address_family.as_ref());
    set(&mut account.ca_pem, patch.ca_pem.as_ref());
    set(&mut account.pinned_cert_pem, patch.pinned_cert_pem.as_ref());
    set(&mut account.priority, patch.priority.as_ref());
    set(&mut account.enabled, patch.enabled.as_ref());
    set(&mut account.reach.endpoints, patch.endpoints.as_ref());
    set(
        &mut account.reach.client_cert_pem,
        patch.client_cert_pem.as_ref(),
    );
    if patch.client_cert_pem == Some(None) {
        account.reach.client_key = None;
    }
}

/// How to sign in, without the secret.
pub(in crate::service) fn auth(credentials: &Credentials) -> Auth {
    match credentials {
        Credentials::Password(given) => {
            let user_domain = Domain {
                name: given.user_domain_name.clone(),
                id: given.user_domain_id.clone(),
            };
            let project_domain = Domain {
                name: given.project_domain_name.clone(),
                id: given.project_domain_id.clone(),
            };
            Auth::Password {
                username: given.username.clone(),
                project_domain: if project_domain == Domain::default() {
                    user_domain.clone()
                } else {
                    project_domain
                },
                user_domain,
                tenant_name: given.tenant_name.clone(),
                tenant_id: given.tenant_id.clone(),
                user_id: given.user_id.clone(),
            }
        }
        Credentials::ApplicationCredential(given) => Auth::ApplicationCredential {
            id: given.id.clone(),
            name: given.name.clone(),
            username: given.username.clone(),
            user_domain: Domain {
                name: given.user_domain_name.clone(),
                id: given.user_domain_id.clone(),
            },
            user_id: given.user_id.clone(),
        },
        Credentials::Token(given) => Auth::Token {
            tenant_name: given.tenant_name.clone(),
            tenant_id: given.tenant_id.clone(),
            project_domain: Domain {
                name: given.project_domain_name.clone(),
                id: given.project_domain_id.clone(),
            },
        },
    }
}

/// A proxy's address without the user and password in it.
pub(super) fn shown_proxy(proxy: &str) -> String {
    let Some((scheme, rest)) = proxy.split_once("://") else {
        // Whatever it is, a password may be in it.
        return rest_behind_login(proxy).to_owned();
    };
    format!("{scheme}://{}", rest_behind_login(rest))
}

fn rest_behind_login(rest: &str) -> &str {
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}
