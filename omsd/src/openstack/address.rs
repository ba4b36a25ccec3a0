//! URLs of the APIs, built from an address that we were given and never from links in answers:
//! behind a proxy those name hosts that cannot be reached, or the wrong scheme.

use reqwest::Url;

/// An address without what stands before the host, which may be a password.
pub(super) fn shown(text: &str) -> String {
    let (scheme, rest) = text.split_once("//").unwrap_or(("", text));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}//...@{host}{path}"),
        None => text.to_owned(),
    }
}

/// Reads an address that requests may go to.
///
/// # Errors
/// A sentence about what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("{error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{}:// is not http:// or https://", url.scheme()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not carry a user or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must end with its path".to_owned());
    }
    Ok(url)
}

/// `base` with more path segments, each encoded, and query.
pub(super) fn join(base: &Url, segments: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Whether a text can be one segment of a path. The empty one and the dots would change it.
pub(super) fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.chars().any(char::is_control)
}

/// `base` cut before its version segment, if it has one near its end: the root of the API.
pub(super) fn root(base: &Url) -> Url {
    cut(base, Keep::BeforeVersion)
}

/// `base` cut behind its version segment, if it has one: the version's own page. Nova's endpoints
/// may go on with the project's id.
pub(super) fn version_page(base: &Url) -> Url {
    let mut page = cut(base, Keep::Version);
    // Nova answers the page with a slash at its end on every release.
    if let Ok(mut path) = page.path_segments_mut() {
        path.pop_if_empty().push("");
    }
    page
}

/// Whether the path has a version segment.
pub(super) fn is_versioned(base: &Url) -> bool {
    segments(base).iter().any(|it| is_version(it))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    BeforeVersion,
    Version,
}

fn cut(base: &Url, keep: Keep) -> Url {
    let segments = segments(base);
    let kept = match segments.iter().rposition(|it| is_version(it)) {
        Some(at) if keep == Keep::Version => at + 1,
        Some(at) => at,
        None => segments.len(),
    };
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(segments.iter().take(kept));
    }
    url
}

fn segments(base: &Url) -> Vec<String> {
    let path = base.path_segments().into_iter().flatten();
    path.filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `v2`, `v2.1`, `v3`.
pub(super) fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        parse(text).unwrap()
    }

    #[test]
    fn an_address_is_http_and_names_a_host_and_no_secret() {
        assert!(parse("https://keystone.example:5000/v3").is_ok());
        for bad in [
            "keystone.example:5000",
            "ftp://x/",
            "https://",
            "https://user:pw@x/v3",
            "https://x/?a=b",
            "",
            "https://x/#f",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn both_shapes_of_catalogue_are_cut_at_their_version() {
        for (endpoint, root_is, page) in [
            (
                "http://h:8774/v2.1/26bf97",
                "http://h:8774/",
                "http://h:8774/v2.1/",
            ),
            (
                "http://h/compute/v2.1",
                "http://h/compute",
                "http://h/compute/v2.1/",
            ),
            (
                "http://h/compute/v2.1/",
                "http://h/compute",
                "http://h/compute/v2.1/",
            ),
            ("http://h/image", "http://h/image", "http://h/image/"),
            ("http://h:9292", "http://h:9292/", "http://h:9292/"),
        ] {
            assert_eq!(root(&url(endpoint)).as_str(), root_is);
            assert_eq!(version_page(&url(endpoint)).as_str(), page);
        }
        assert!(!is_versioned(&url("http://h/image")));
    }

    #[test]
    fn a_hostile_id_stays_one_segment() {
        let joined = join(
            &url("http://h/v2.1/"),
            &["servers", "../os-keypairs/x?y#z"],
            &[("a", "b&c")],
        );
        assert_eq!(
            joined.as_str(),
            "http://h/v2.1/servers/..%2Fos-keypairs%2Fx%3Fy%23z?a=b%26c"
        );
        assert!(!is_segment("..") && !is_segment("") && is_segment("a b"));
    }
}
