//! What makes an account a valid one, and what a patch makes of it.

mod reach;

use http::Uri;
use oms_proto::WireError;
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, NewSecret, PasswordCredentials,
    TokenCredentials,
};
use omsd_domain::rows::account::{Account, Auth, Domain};

pub(super) use self::reach::shown_proxy;
use crate::pem;
use crate::service::check::{Check, NAME_MAX};

/// Characters of an account's name, and of a provider's.
const ACCOUNT_NAME_MAX: usize = 64;

/// Characters of an address.
const URL_MAX: usize = 1024;

/// Characters of a password or of an application credential's secret.
const SECRET_MAX: usize = 4096;

const PASSWORD: &str = "a password";
const CREDENTIAL: &str = "the secret of an application credential";
const TOKEN: &str = "a token";

/// Bytes of PEM: a bundle of some hundred authorities.
const PEM_BYTES_MAX: usize = 256 * 1024;

pub(in crate::service) fn check(spec: &AccountSpec) -> Result<(), WireError> {
    let mut check = Check::default();
    account_name(&mut check, &spec.name);
    if let Some(provider) = &spec.provider {
        check.line("provider", provider, ACCOUNT_NAME_MAX);
    }
    auth_url(&mut check, &spec.auth_url);
    check.line_if_any("region_name", spec.region_name.as_deref());
    credentials(&mut check, &spec.credentials);
    check.machine("defaults.", &spec.defaults);
    certificates(
        &mut check,
        spec.ca_pem.as_deref(),
        spec.pinned_cert_pem.as_deref(),
    );
    reach::endpoints(&mut check, &spec.endpoints);
    reach::proxy(&mut check, spec.proxy.as_ref());
    reach::client(
        &mut check,
        spec.client_cert_pem.as_deref(),
        spec.client_key_pem.as_ref(),
    );
    check.finish()
}

/// Checks what an account would be after a patch; fields that the patch leaves alone were checked
/// when they were set.
pub(in crate::service) fn check_patch(
    account: &Account,
    patch: &AccountPatch,
) -> Result<(), WireError> {
    let mut check = Check::default();
    if let Some(provider) = &patch.provider {
        check.line("provider", provider, ACCOUNT_NAME_MAX);
    }
    if let Some(url) = &patch.auth_url {
        auth_url(&mut check, url);
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
        certificates(
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

fn account_name(check: &mut Check, name: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins_well || name.len() > ACCOUNT_NAME_MAX || !name.chars().all(fits) {
        let message = format!(
            "must have 1 to {ACCOUNT_NAME_MAX} letters, digits, '.', '_' or '-', and begin with a \
             letter or digit"
        );
        check.refuse("name", message);
    }
}

fn auth_url(check: &mut Check, url: &str) {
    address(check, "auth_url", url);
}

/// Checks an address of a service.
fn address(check: &mut Check, field: &str, url: &str) {
    const FORM: &str = "must be https://HOST[:PORT][/PATH]";
    if url.len() > URL_MAX {
        check.refuse(field, format!("must have at most {URL_MAX} characters"));
        return;
    }
    let Ok(uri) = url.parse::<Uri>() else {
        check.refuse(field, FORM);
        return;
    };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        check.refuse(field, FORM);
        return;
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        check.refuse(
            field,
            "must not contain a user or password; they are fields of their own",
        );
    } else if uri.host().is_none_or(str::is_empty) {
        check.refuse(field, "has no host");
    } else if authority != uri.host().unwrap_or_default() && uri.port_u16().is_none() {
        check.refuse(field, "has a port that is not a number from 1 to 65535");
    }
    if uri.query().is_some() || url.contains('#') {
        check.refuse(field, "must not contain a query or a fragment");
    }
}

fn credentials(check: &mut Check, credentials: &Credentials) {
    match credentials {
        Credentials::Password(given) => password(check, given),
        Credentials::ApplicationCredential(given) => application_credential(check, given),
        Credentials::Token(given) => token(check, given),
    }
}

fn token(check: &mut Check, given: &TokenCredentials) {
    project(
        check,
        "a token",
        [&given.tenant_name, &given.tenant_id],
        [&given.project_domain_name, &given.project_domain_id],
    );
    secret(check, "credentials.token", given.token.expose());
    if !given.token.expose().bytes().all(|it| it.is_ascii_graphic()) {
        check.refuse(
            "credentials.token",
            "must be one word without blanks, as Keystone gave it",
        );
    }
}

/// Checks that a project is named, and how; each by name and by id.
fn project(
    check: &mut Check,
    what: &str,
    project: [&Option<String>; 2],
    domain: [&Option<String>; 2],
) {
    let fields = [
        "credentials.tenant_name",
        "credentials.tenant_id",
        "credentials.project_domain_name",
        "credentials.project_domain_id",
    ];
    for (field, text) in fields.into_iter().zip(project.into_iter().chain(domain)) {
        check.line_if_any(field, text.as_deref());
    }
    if project.iter().all(|it| it.is_none()) {
        check.refuse(
            "credentials.tenant_name",
            format!("{what} needs a project: give tenant_name or tenant_id"),
        );
    }
}

fn password(check: &mut Check, given: &PasswordCredentials) {
    if given.user_id.is_none() || !given.username.is_empty() {
        check.line("credentials.username", &given.username, NAME_MAX);
    }
    let optional = [
        ("credentials.user_id", &given.user_id),
        ("credentials.user_domain_name", &given.user_domain_name),
        ("credentials.user_domain_id", &given.user_domain_id),
    ];
    for (field, text) in optional {
        check.line_if_any(field, text.as_deref());
    }
    project(
        check,
        "a password",
        [&given.tenant_name, &given.tenant_id],
        [&given.project_domain_name, &given.project_domain_id],
    );
    if let Some(totp) = &given.totp_secret {
        secret(check, "credentials.totp_secret", totp.expose());
        let base32 = |c: char| c.is_ascii_alphabetic() || matches!(c, '2'..='7' | ' ' | '-' | '=');
        if !totp.expose().chars().all(base32) {
            check.refuse(
                "credentials.totp_secret",
                "must be base32, as the cloud shows it",
            );
        }
    }
    if given.totp_secret.is_none() || !given.password.expose().is_empty() {
        secret(check, "credentials.password", given.password.expose());
    }
}

fn application_credential(check: &mut Check, given: &ApplicationCredential) {
    let optional = [
        ("credentials.id", &given.id),
        ("credentials.name", &given.name),
        ("credentials.username", &given.username),
        ("credentials.user_id", &given.user_id),
        ("credentials.user_domain_name", &given.user_domain_name),
        ("credentials.user_domain_id", &given.user_domain_id),
    ];
    for (field, text) in optional {
        check.line_if_any(field, text.as_deref());
    }
    if given.id.is_none() {
        if given.name.is_none() {
            check.refuse(
                "credentials.id",
                "give the application credential's id, or its name",
            );
        } else if given.username.is_none() && given.user_id.is_none() {
            check.refuse(
                "credentials.username",
                "an application credential given by name needs the user that owns it",
            );
        }
    }
    secret(check, "credentials.secret", given.secret.expose());
}

fn secret(check: &mut Check, field: &str, secret: &str) {
    if secret.is_empty() {
        check.refuse(field, "must not be empty");
    } else if secret.chars().count() > SECRET_MAX {
        check.refuse(field, format!("must have at most {SECRET_MAX} characters"));
    }
}

fn certificates(check: &mut Check, ca_pem: Option<&str>, pinned: Option<&str>) {
    let mut count = |field: &str, pem: Option<&str>| {
        let pem = pem?;
        if pem.len() > PEM_BYTES_MAX {
            check.refuse(field, format!("must have at most {PEM_BYTES_MAX} bytes"));
            return None;
        }
        match pem::certificates(pem) {
            Err(error) => check.refuse(field, format!("is not PEM: {error}")),
            Ok(found) if found.is_empty() => check.refuse(
                field,
                "contains no certificate; it must begin with -----BEGIN CERTIFICATE-----",
            ),
            Ok(found) => return Some(found.len()),
        }
        None
    };
    count("ca_pem", ca_pem);
    if count("pinned_cert_pem", pinned).is_some_and(|found| found > 1) {
        check.refuse(
            "pinned_cert_pem",
            "must be one certificate; authorities go into ca_pem",
        );
    }
    if ca_pem.is_some() && pinned.is_some() {
        check.refuse(
            "pinned_cert_pem",
            "accepts nothing but itself, so ca_pem has no effect; give one of them",
        );
    }
}
