//! What makes an account a valid one.

use super::{Check, NAME_MAX, SHORT_NAME_MAX, reach};
use crate::WireError;
use crate::spec::{
    AccountSpec, ApplicationCredential, Credentials, PasswordCredentials, TokenCredentials,
};

/// Characters of a password or of an application credential's secret.
const SECRET_MAX: usize = 4096;

/// Checks a new account.
///
/// # Errors
/// [`crate::ErrorCode::Invalid`] with the fields at fault.
pub fn check(spec: &AccountSpec) -> Result<(), WireError> {
    let mut check = Check::default();
    check.name("name", &spec.name);
    if let Some(it) = &spec.provider {
        provider(&mut check, it);
    }
    reach::auth_url(&mut check, &spec.auth_url);
    check.line_if_any("region_name", spec.region_name.as_deref());
    credentials(&mut check, &spec.credentials);
    check.machine("defaults.", &spec.defaults);
    reach::certificates(
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

/// Checks a provider's name.
pub fn provider(check: &mut Check, name: &str) {
    check.line("provider", name, SHORT_NAME_MAX);
}

/// Checks how to sign in.
pub fn credentials(check: &mut Check, credentials: &Credentials) {
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
        totp_secret(check, totp.expose());
    }
    if given.totp_secret.is_none() || !given.password.expose().is_empty() {
        secret(check, "credentials.password", given.password.expose());
    }
}

/// Checks what passcodes are made from: base32 (RFC 4648, section 6), in whatever groups it was shown.
fn totp_secret(check: &mut Check, secret: &str) {
    const FIELD: &str = "credentials.totp_secret";
    let digits: Vec<char> = secret
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '='))
        .collect();
    let is_digit = |c: &char| c.is_ascii_alphabetic() || matches!(c, '2'..='7');
    if !digits.iter().all(is_digit) {
        check.refuse(FIELD, "must be base32, as the cloud shows it");
    } else if digits.is_empty() || matches!(digits.len() % 8, 1 | 3 | 6) {
        // No number of bytes has so many digits.
        check.refuse(FIELD, "is not whole: base32 has no secrets of that length");
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

/// Checks a secret.
pub fn secret(check: &mut Check, field: &str, secret: &str) {
    if secret.is_empty() {
        check.refuse(field, "must not be empty");
    } else if secret.chars().count() > SECRET_MAX {
        check.refuse(field, format!("must have at most {SECRET_MAX} characters"));
    }
}
