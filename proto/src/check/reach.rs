//! What makes the way to an account's cloud a valid one: addresses, proxy, certificates.

use http::Uri;
use url::Url;

use super::Check;
use crate::pem;
use crate::secret::Secret;
use crate::spec::Endpoints;

/// What a proxy may speak. With `socks4a` and `socks5h` it looks names up itself.
pub const PROXY_SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Characters of an address.
const URL_MAX: usize = 1024;

/// Bytes of PEM: a bundle of some hundred authorities.
const PEM_BYTES_MAX: usize = 256 * 1024;

/// Certificates are kept as they are and shown; keys are sealed.
const HAS_KEY: &str =
    "contains a private key, which nobody else is to read; give certificates alone";

/// Checks Keystone's address.
pub fn auth_url(check: &mut Check, url: &str) {
    address(check, "auth_url", url);
}

/// Checks an address of a service.
fn address(check: &mut Check, field: &str, url: &str) {
    const FORM: &str = "must be https://HOST[:PORT][/PATH], or the same with http://";
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
    } else if authority != uri.host().unwrap_or_default()
        && uri.port_u16().is_none_or(|port| port == 0)
    {
        check.refuse(field, "has a port that is not a number from 1 to 65535");
    }
    if uri.query().is_some() || url.contains('#') {
        check.refuse(field, "must not contain a query or a fragment");
    }
}

/// Checks addresses that stand for those of the catalogue.
pub fn endpoints(check: &mut Check, given: &Endpoints) {
    let named = [
        ("endpoints.compute", &given.compute),
        ("endpoints.image", &given.image),
        ("endpoints.network", &given.network),
    ];
    for (field, url) in named {
        if let Some(url) = url {
            // They stand for the project's id, which is a segment like this one.
            let url = ["%(project_id)s", "%(tenant_id)s"]
                .iter()
                .fold(url.clone(), |url, sign| url.replace(sign, "id"));
            address(check, field, &url);
        }
    }
}

/// Checks the proxy to go through.
pub fn proxy(check: &mut Check, given: Option<&Secret>) {
    const FIELD: &str = "proxy";
    let Some(given) = given else { return };
    if given.expose().len() > URL_MAX {
        check.refuse(FIELD, format!("must have at most {URL_MAX} characters"));
        return;
    }
    // Read as it will be read when it is used, so that no part of a password is taken for a host.
    let begins = |scheme: &&str| {
        let given = given.expose().trim_start().get(..scheme.len() + 3);
        given.is_some_and(|it| it.eq_ignore_ascii_case(&format!("{scheme}://")))
    };
    let is_spelled_out = PROXY_SCHEMES.iter().any(begins);
    let is_one = is_spelled_out
        && Url::parse(given.expose()).is_ok_and(|url| {
            PROXY_SCHEMES.contains(&url.scheme())
                && url.host_str().is_some_and(|host| !host.is_empty())
                && matches!(url.path(), "" | "/")
                && url.query().is_none()
                && url.fragment().is_none()
        });
    if !is_one {
        check.refuse(
            FIELD,
            format!(
                "must be SCHEME://[USER:PASSWORD@]HOST[:PORT] with one of {}; in a password write # as \
                 %23, / as %2F, ? as %3F and @ as %40",
                PROXY_SCHEMES.join(", ")
            ),
        );
    }
}

/// Checks our own certificate with its key.
pub fn client(check: &mut Check, certificate: Option<&str>, key: Option<&Secret>) {
    const CERTIFICATE: &str = "client_cert_pem";
    const KEY: &str = "client_key_pem";
    if let Some(pem) = certificate {
        if pem.len() > PEM_BYTES_MAX {
            check.refuse(
                CERTIFICATE,
                format!("must have at most {PEM_BYTES_MAX} bytes"),
            );
        } else if pem::has_private_key(pem) {
            check.refuse(CERTIFICATE, HAS_KEY);
        } else if !pem::certificates(pem).is_ok_and(|found| !found.is_empty()) {
            check.refuse(CERTIFICATE, "contains no certificate in PEM");
        }
    }
    if let Some(key) = key {
        let pem = key.expose();
        if pem.len() > PEM_BYTES_MAX {
            check.refuse(KEY, format!("must have at most {PEM_BYTES_MAX} bytes"));
        } else if pem.contains("ENCRYPTED") {
            check.refuse(
                KEY,
                "is encrypted, and nobody is there to ask for its passphrase",
            );
        } else if pem::private_key(pem).is_err() {
            check.refuse(KEY, "contains no private key in PEM");
        }
    }
    match (certificate, key) {
        (Some(_), None) => check.refuse(KEY, "is needed with client_cert_pem"),
        (None, Some(_)) => check.refuse(CERTIFICATE, "is needed with client_key_pem"),
        _ => {}
    }
}

/// Checks whom to trust: authorities, or one certificate.
pub fn certificates(check: &mut Check, ca_pem: Option<&str>, pinned: Option<&str>) {
    let mut count = |field: &str, pem: Option<&str>| {
        let pem = pem?;
        if pem.len() > PEM_BYTES_MAX {
            check.refuse(field, format!("must have at most {PEM_BYTES_MAX} bytes"));
            return None;
        }
        if pem::has_private_key(pem) {
            check.refuse(field, HAS_KEY);
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
