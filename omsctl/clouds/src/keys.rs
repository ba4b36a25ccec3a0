//! Which keys of a cloud mean something to us, and where they belong. What is in none of these
//! lists is told to the user as not used.

/// Services that OMS talks to, as the keys of a cloud name them.
pub(super) const SERVICES: [&str; 3] = ["compute", "image", "network"];

/// Keys that belong into `auth`, and are read beside it as well.
const AUTH: [&str; 30] = [
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_methods",
    "auth_token",
    "auth_url",
    "default_domain",
    "default_domain_id",
    "default_domain_name",
    "domain_id",
    "domain_name",
    "passcode",
    "password",
    "project",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "system_scope",
    "tenant",
    "tenant_id",
    "tenant_name",
    "token",
    "totp_secret",
    "trust_id",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "user_name",
    "username",
];

/// Keys that stand beside `auth` only.
const BESIDE: [&str; 16] = [
    "auth_plugin",
    "auth_type",
    "ca_cert",
    "cacert",
    "cert",
    "cloud",
    "endpoint_type",
    "identity_api_version",
    "insecure",
    "interface",
    "key",
    "profile",
    "region",
    "region_name",
    "regions",
    "verify",
];

/// Keys of one service, behind its name and a `_`.
const OF_SERVICE: [&str; 9] = [
    "api_version",
    "default_microversion",
    "endpoint",
    "endpoint_override",
    "endpoint_type",
    "interface",
    "region_name",
    "service_name",
    "service_type",
];

/// Keys that hold one word or a list of them.
const LISTS: [&str; 4] = ["auth_methods", "endpoint_type", "interface", "region_name"];

/// Where a key belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Into `auth`, or beside it.
    Auth,
    /// Beside `auth`.
    Beside,
    /// Nowhere: it means nothing to us.
    Nowhere,
}

/// A key as we call it: both `-` and `_` are written.
pub(super) fn canonical(key: &str) -> String {
    key.trim().replace('-', "_")
}

/// Where a key belongs.
pub(super) fn place(key: &str) -> Place {
    if AUTH.contains(&key) {
        return Place::Auth;
    }
    let of_service = SERVICES.iter().any(|service| {
        key.strip_prefix(service)
            .and_then(|rest| rest.strip_prefix('_'))
            .is_some_and(|rest| OF_SERVICE.contains(&rest))
    });
    if of_service || BESIDE.contains(&key) {
        return Place::Beside;
    }
    Place::Nowhere
}

/// Whether a key may hold a list.
pub(super) fn is_list(key: &str) -> bool {
    LISTS.contains(&key) || key.ends_with("_interface") || key.ends_with("_endpoint_type")
}
