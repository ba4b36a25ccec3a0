//! What makes the way to an account's cloud a valid one: addresses, proxy, our own certificate.

use oms_proto::Secret;
use oms_proto::spec::Endpoints;
use url::Url;

use super::{PEM_BYTES_MAX, URL_MAX, address};
use crate::pem;
use crate::ports::PROXY_SCHEMES;
use crate::service::check::Check;

pub(super) fn endpoints(check: &mut Check, given: &Endpoints) {
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

pub(super) fn proxy(check: &mut Check, given: Option<&Secret>) {
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

/// A proxy's address without the user and password in it.
pub(in crate::service) fn shown_proxy(proxy: &str) -> String {
    let Some((scheme, rest)) = proxy.split_once("://") else {
        // Whatever it is, a password may be in it.
        return rest_behind_login(proxy).to_owned();
    };
    format!("{scheme}://{}", rest_behind_login(rest))
}

fn rest_behind_login(rest: &str) -> &str {
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}

/// Checks our own certificate with its key.
pub(super) fn client(check: &mut Check, certificate: Option<&str>, key: Option<&Secret>) {
    const CERTIFICATE: &str = "client_cert_pem";
    const KEY: &str = "client_key_pem";
    if let Some(pem) = certificate {
        if pem.len() > PEM_BYTES_MAX {
            check.refuse(
                CERTIFICATE,
                format!("must have at most {PEM_BYTES_MAX} bytes"),
            );
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
