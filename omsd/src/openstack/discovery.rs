//! Which versions a cloud speaks: Keystone's v3 behind an address with or without `/v3`, and
//! Nova's microversion.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use tokio::time::Instant;

use super::address;
use super::wire::Version;
use crate::ports::Message;

/// A compute microversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Microversion {
    pub(super) major: u16,
    pub(super) minor: u16,
}

/// The microversion that was agreed on with the endpoints of one sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Negotiated {
    /// Of which sign-in.
    pub(super) generation: u64,
    /// None where the cloud has only the first.
    pub(super) microversion: Option<Microversion>,
    /// Until when it is made do with, where the cloud did not tell it.
    pub(super) until: Option<Instant>,
}

const fn compute(minor: u16) -> Microversion {
    Microversion { major: 2, minor }
}

/// What we ask for: the last version in which a server may be created without naming networks.
/// From 2.37 `networks` must be given, and `auto` wants an auto-allocated topology, which most
/// clouds do not offer; before, leaving them out attaches the project's only network. Nothing
/// that we use came later, key pairs are imported and never generated (which 2.92 ended), and
/// ownership is in metadata, so tags (2.26, 2.52 at create) are not needed.
const PREFERRED: Microversion = compute(36);

/// The newest version whose changes have been read and touch nothing we send.
const KNOWN_MAX: Microversion = compute(104);

/// From here on `networks` must be given.
const NETWORKS_REQUIRED: Microversion = compute(37);

/// From here on key pairs come in pages.
const KEYPAIRS_PAGED: Microversion = compute(35);

impl Microversion {
    /// Whether a create must say `auto` where it names no network.
    pub(super) fn requires_networks(self) -> bool {
        self >= NETWORKS_REQUIRED
    }

    /// Whether lists of key pairs come in pages.
    pub(super) fn pages_keypairs(self) -> bool {
        self >= KEYPAIRS_PAGED
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Microversion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.trim().split_once('.').ok_or(())?;
        let number = |text: &str| text.parse::<u16>().map_err(|_| ());
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

/// Chooses the microversion from a version document; `None` where the API has none (v2.0), which
/// answers as 2.1 does.
///
/// # Errors
/// A sentence, if the cloud's oldest version is newer than the newest we know.
pub(super) fn choose_microversion(versions: &[Version]) -> Result<Option<Microversion>, String> {
    let bounds = versions
        .iter()
        .filter_map(|it| Some((it.oldest.parse().ok()?, it.newest.parse().ok()?)))
        .filter(|(min, max): &(Microversion, Microversion)| min <= max)
        .max_by_key(|(_, max)| *max);
    match bounds {
        None => Ok(None),
        Some((min, max)) if min > KNOWN_MAX => Err(format!(
            "the compute API speaks microversions {min} to {max}; this program knows those up to \
             {KNOWN_MAX}"
        )),
        Some((min, max)) => Ok(Some(PREFERRED.clamp(min, max))),
    }
}

/// Keystone's v3 without asking, where the address itself says so.
pub(super) fn keystone_at_once(auth_url: &Url) -> Option<Url> {
    let last = auth_url.path_segments()?.rfind(|it| !it.is_empty())?;
    (last == "v3").then(|| auth_url.clone())
}

/// Keystone's v3 where everybody has it.
pub(super) fn keystone_by_custom(auth_url: &Url) -> Url {
    address::join(&address::root(auth_url), &["v3"], &[])
}

/// Where a redirect of Keystone's address leads. Only to the same host and port: who answers at one
/// address must not choose another for the password.
///
/// # Errors
/// A sentence that names the other place.
pub(super) fn redirected(from: &Url, to: &str) -> Result<Url, String> {
    let target = from.join(to).ok().filter(|it| it.origin() == from.origin());
    let mut target = target.ok_or_else(|| {
        let to = Message::new(to);
        format!("redirected to {to}: use the address that serves the API itself")
    })?;
    target.set_query(None);
    target.set_fragment(None);
    Ok(target)
}

/// Keystone's v3 from the version document at `auth_url`. The document's own link is followed
/// in its path only, and only where it goes on from ours.
///
/// # Errors
/// A sentence that names the versions there are.
pub(super) fn keystone_v3(auth_url: &Url, versions: &[Version]) -> Result<Url, String> {
    let Some(v3) = versions
        .iter()
        .find(|it| &*it.id == "v3" || it.id.starts_with("v3."))
    else {
        let ids: Vec<&str> = versions.iter().map(|it| &*it.id).take(8).collect();
        return Err(match ids.as_slice() {
            [] => format!("{auth_url} lists no version of Keystone; is it auth_url?"),
            _ => format!("{auth_url} has no Keystone v3; it has: {}", ids.join(", ")),
        });
    };
    let root = address::root(auth_url);
    let own = keystone_by_custom(auth_url);
    let linked = v3
        .links
        .iter()
        .filter(|it| &*it.rel == "self")
        .filter_map(|it| Url::parse(&it.href).ok())
        .map(|it| it.path().trim_end_matches('/').to_owned())
        .find(|path| path.ends_with("/v3") && path.starts_with(root.path().trim_end_matches('/')));
    Ok(match linked {
        Some(path) => {
            let mut url = own;
            url.set_path(&path);
            url
        }
        None => own,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openstack::wire::VersionsBody;

    fn versions(json: &str) -> Vec<Version> {
        serde_json::from_str::<VersionsBody>(json).unwrap().all()
    }

    fn compute_doc(min: &str, max: &str) -> Vec<Version> {
        versions(&format!(
            r#"{{"version": {{"id": "v2.1", "min_version": "{min}", "version": "{max}"}}}}"#
        ))
    }

    #[test]
    fn the_microversion_is_the_preferred_one_within_what_the_cloud_speaks() {
        for (min, max, chosen) in [
            ("2.1", "2.104", Some("2.36")),
            ("2.1", "2.93", Some("2.36")),
            ("2.1", "2.25", Some("2.25")),
            ("2.1", "2.1", Some("2.1")),
            ("2.40", "2.110", Some("2.40")),
            ("", "", None),
            ("2.9", "2.1", None),
            ("two", "2.x", None),
        ] {
            let found = choose_microversion(&compute_doc(min, max)).unwrap();
            assert_eq!(
                found.map(|it| it.to_string()).as_deref(),
                chosen,
                "{min} {max}"
            );
        }
        assert!(choose_microversion(&compute_doc("2.200", "2.300")).is_err());
        assert!(!PREFERRED.requires_networks() && PREFERRED.pages_keypairs());
    }

    #[test]
    fn keystone_is_found_behind_every_shape_of_address() {
        let document = r#"{"versions": {"values": [
            {"id": "v3.14", "links": [{"rel": "self", "href": "http://inner:5000/identity/v3/"}]},
            {"id": "v2.0", "links": []}]}}"#;
        for (auth_url, v3) in [
            ("https://h:5000", "https://h:5000/identity/v3"),
            ("https://h/identity", "https://h/identity/v3"),
            ("https://h/identity/", "https://h/identity/v3"),
            ("https://h/proxied", "https://h/proxied/v3"),
            ("https://h/identity/v2.0", "https://h/identity/v3"),
        ] {
            let found = keystone_v3(&address::parse(auth_url).unwrap(), &versions(document));
            assert_eq!(found.unwrap().as_str(), v3, "{auth_url}");
        }
        let direct = address::parse("https://h/identity/v3/").unwrap();
        assert_eq!(keystone_at_once(&direct), Some(direct.clone()));
        assert_eq!(
            keystone_at_once(&address::parse("https://h/").unwrap()),
            None
        );
    }

    #[test]
    fn a_redirect_is_followed_on_its_own_host_and_port_alone() {
        let from = address::parse("http://h:5000/identity").unwrap();
        for to in [
            "http://h:5000/identity/",
            "/identity/",
            "//h:5000/identity/?a=b",
        ] {
            let at = redirected(&from, to).unwrap();
            assert_eq!(at.as_str(), "http://h:5000/identity/", "{to}");
        }
        for to in [
            "https://h:5000/identity/",
            "http://h/identity/",
            "http://x:5000/identity/",
        ] {
            let words = redirected(&from, to).unwrap_err();
            assert!(words.contains(to), "{words}");
        }
    }

    #[test]
    fn a_keystone_without_v3_is_named_with_what_it_has() {
        let old = versions(r#"{"versions": {"values": [{"id": "v2.0"}]}}"#);
        let error = keystone_v3(&address::parse("http://h:5000").unwrap(), &old).unwrap_err();
        assert_eq!(error, "http://h:5000/ has no Keystone v3; it has: v2.0");
    }
}
