//! What the daemon would refuse, told before it is asked: so a dry run shows what the import does.

use oms_proto::spec::{AccountSpec, Credentials};

use super::Problem;

/// Longest name of anything at a cloud, in characters; the daemon's bound.
const NAME_CHARS_MAX: usize = 255;

/// Longest name of a provider, in characters; the daemon's bound.
const PROVIDER_CHARS_MAX: usize = 64;

/// Longest secret, in characters; the daemon's bound.
const SECRET_CHARS_MAX: usize = 4096;

/// Longest address; the daemon's bound.
const URL_BYTES_MAX: usize = 1024;

/// Most bytes of certificates; the daemon's bound.
const PEM_BYTES_MAX: usize = 256 * 1024;

/// Checks an account as the daemon will.
///
/// # Errors
/// The first thing that it would refuse.
pub(super) fn check(spec: &AccountSpec) -> Result<(), Problem> {
    line("profile", spec.provider.as_ref(), PROVIDER_CHARS_MAX)?;
    line("region_name", spec.region_name.as_ref(), NAME_CHARS_MAX)?;
    let urls = [
        ("auth.auth_url", Some(&spec.auth_url)),
        ("compute_endpoint_override", spec.endpoints.compute.as_ref()),
        ("image_endpoint_override", spec.endpoints.image.as_ref()),
        ("network_endpoint_override", spec.endpoints.network.as_ref()),
    ];
    for (key, url) in urls {
        if let Some(url) = url {
            address(key, url)?;
        }
    }
    let pems = [
        ("cacert", spec.ca_pem.as_ref()),
        ("cert", spec.client_cert_pem.as_ref()),
    ];
    for (key, pem) in pems {
        if pem.is_some_and(|pem| pem.len() > PEM_BYTES_MAX) {
            return Err(Problem::at(key, format!("more than {PEM_BYTES_MAX} bytes")));
        }
    }
    credentials(&spec.credentials)
}

fn credentials(credentials: &Credentials) -> Result<(), Problem> {
    let (names, secrets) = match credentials {
        Credentials::Password(given) => (
            vec![
                (
                    "auth.username",
                    Some(&given.username).filter(|it| !it.is_empty()),
                ),
                ("auth.user_id", given.user_id.as_ref()),
                ("auth.user_domain_name", given.user_domain_name.as_ref()),
                ("auth.user_domain_id", given.user_domain_id.as_ref()),
                ("auth.project_name", given.tenant_name.as_ref()),
                ("auth.project_id", given.tenant_id.as_ref()),
                (
                    "auth.project_domain_name",
                    given.project_domain_name.as_ref(),
                ),
                ("auth.project_domain_id", given.project_domain_id.as_ref()),
            ],
            vec![
                ("auth.password", Some(&given.password)),
                ("auth.totp_secret", given.totp_secret.as_ref()),
            ],
        ),
        Credentials::ApplicationCredential(given) => (
            vec![
                ("auth.application_credential_id", given.id.as_ref()),
                ("auth.application_credential_name", given.name.as_ref()),
                ("auth.username", given.username.as_ref()),
                ("auth.user_id", given.user_id.as_ref()),
                ("auth.user_domain_name", given.user_domain_name.as_ref()),
                ("auth.user_domain_id", given.user_domain_id.as_ref()),
            ],
            vec![("auth.application_credential_secret", Some(&given.secret))],
        ),
        Credentials::Token(given) => (
            vec![
                ("auth.project_name", given.tenant_name.as_ref()),
                ("auth.project_id", given.tenant_id.as_ref()),
                (
                    "auth.project_domain_name",
                    given.project_domain_name.as_ref(),
                ),
                ("auth.project_domain_id", given.project_domain_id.as_ref()),
            ],
            vec![("auth.token", Some(&given.token))],
        ),
    };
    for (key, name) in names {
        line(key, name, NAME_CHARS_MAX)?;
    }
    for (key, secret) in secrets {
        if secret.is_some_and(|it| it.expose().chars().count() > SECRET_CHARS_MAX) {
            return Err(Problem::at(
                key,
                format!("has more than {SECRET_CHARS_MAX} characters"),
            ));
        }
    }
    Ok(())
}

/// A text of one line.
fn line(key: &str, text: Option<&String>, chars_max: usize) -> Result<(), Problem> {
    let wrong = |text: &String| {
        text.trim().is_empty()
            || text.chars().count() > chars_max
            || text.chars().any(char::is_control)
    };
    if text.is_some_and(wrong) {
        return Err(Problem::at(
            key,
            format!("must be one line of 1 to {chars_max} characters"),
        ));
    }
    Ok(())
}

/// An address: a host, and a port where there is a colon.
fn address(key: &str, url: &str) -> Result<(), Problem> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        // Colons within brackets belong to an address of IPv6.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port_is_one = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    if url.len() > URL_BYTES_MAX || host.is_empty() || !port_is_one || !url.is_ascii() {
        return Err(Problem::at(key, "is not https://HOST[:PORT][/PATH]"));
    }
    Ok(())
}
