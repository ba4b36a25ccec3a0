//! For whom a reverse proxy asks, by `X-Forwarded-For` and `X-Forwarded-Proto` or by `Forwarded`
//! (RFC 7239). Anybody can send such headers, so they count only from a proxy that is trusted, and in
//! them only what trusted proxies have written: from the right, up to the first address that is none.
//!
//! A proxy writes one kind and may pass the other on as a client sent it, so the two must agree where
//! both are there.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::FORWARDED;

use super::answer::Refusal;
use crate::access::Scheme;

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// Proxies one behind the other that are followed.
const HOPS_MAX: usize = 32;

/// Who is behind a request, and how their proxy was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) client: IpAddr,
    pub(super) scheme: Scheme,
}

/// Who is behind a request that a trusted proxy has sent.
///
/// # Errors
/// The headers do not agree, or what a client wrote cannot be told from what the proxy did.
pub(super) fn behind(
    headers: &HeaderMap,
    proxy: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Result<Behind, Refusal> {
    let elements = elements(headers)?;
    let follow = |hops: Vec<Option<IpAddr>>| {
        let mut client = proxy;
        for hop in hops.into_iter().rev().take(HOPS_MAX) {
            match hop {
                Some(hop) if is_trusted(client) => client = hop,
                _ => break,
            }
        }
        client
    };
    let listed = values(headers, FOR).map(|hops| follow(hops.iter().map(|it| node(it)).collect()));
    let told = elements.as_ref().map(|elements| {
        let nodes = elements.iter().map(|element| node(part(element, "for")?));
        follow(nodes.collect())
    });
    let proto = values(headers, PROTO).and_then(|values| Some(scheme(values.last()?)));
    let proto_told = elements.as_ref().and_then(|elements| {
        let proto = part(elements.last()?, "proto")?;
        Some(scheme(proto))
    });
    Ok(Behind {
        client: agreed(listed, told)?.unwrap_or(proxy),
        scheme: agreed(proto, proto_told)?.unwrap_or_default(),
    })
}

/// What either kind of header says, or both.
fn agreed<T: PartialEq>(one: Option<T>, other: Option<T>) -> Result<Option<T>, Refusal> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(Refusal::invalid(
            "X-Forwarded-... and Forwarded say different things: have the proxy set one kind and \
             remove the other",
        )),
        (one, other) => Ok(one.or(other)),
    }
}

/// What stands between the commas of a header, over all its lines; one that is no text is as nothing.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> Option<Vec<&'a str>> {
    headers.contains_key(name).then(|| {
        let lines = headers.get_all(name).iter();
        let lines = lines.map(|line| line.to_str().unwrap_or_default());
        lines.flat_map(|line| line.split(',')).collect()
    })
}

/// The elements of `Forwarded`, over all its lines.
fn elements(headers: &HeaderMap) -> Result<Option<Vec<&str>>, Refusal> {
    if !headers.contains_key(FORWARDED) {
        return Ok(None);
    }
    let mut elements = Vec::new();
    for line in headers.get_all(FORWARDED) {
        // In a quote that does not end a client could hide what its proxy appends.
        let line = line.to_str().ok().and_then(|line| cut(line, ','));
        elements.extend(line.ok_or_else(|| {
            Refusal::invalid("the Forwarded header is not as RFC 7239 has it, a quote does not end")
        })?);
    }
    Ok(Some(elements))
}

/// Cuts where a sign stands outside quotes; nothing if a quote does not end.
fn cut(text: &str, sign: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut begin, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == sign && !quoted => {
                parts.push(text.get(begin..at)?);
                begin = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(begin..)?);
    (!quoted).then_some(parts)
}

/// The value of a parameter of an element of `Forwarded`.
fn part<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cut(element, ';')?.into_iter();
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    let value = value.trim();
    let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    Some(bare.unwrap_or(value))
}

/// An address, with or without a port; nothing for `unknown` and for names that hide one.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let address: Option<IpAddr> = bare().or_else(with_port).or_else(in_brackets);
    address.map(|address| address.to_canonical())
}

fn scheme(text: &str) -> Scheme {
    if text.trim().eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        Scheme::Http
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn asked(given: &[(&str, &str)]) -> Result<(String, bool), ()> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let is_trusted = |address: IpAddr| address.to_string().starts_with("10.");
        let behind = behind(&headers, PROXY.parse().unwrap(), is_trusted);
        behind
            .map(|it| (it.client.to_string(), it.scheme == Scheme::Https))
            .map_err(|_| ())
    }

    fn client(name: &str, value: &str) -> String {
        asked(&[(name, value)]).unwrap().0
    }

    #[test]
    fn the_first_address_from_the_right_that_is_not_trusted_is_the_client() {
        for (value, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
            ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
            ("10.0.0.3,10.0.0.2", "10.0.0.3"),
            ("192.0.2.7:4711", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            // What is no address is not gone past.
            ("198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2"),
            ("198.51.100.1,", PROXY),
            ("unknown", PROXY),
            ("", PROXY),
        ] {
            assert_eq!(client(FOR, value), expected, "{value:?}");
        }
        let lines = [(FOR, "198.51.100.1"), (FOR, "192.0.2.7, 10.0.0.2")];
        assert_eq!(asked(&lines).unwrap().0, "192.0.2.7");
        assert_eq!(asked(&[]).unwrap(), (PROXY.to_owned(), false));
    }

    #[test]
    fn forwarded_is_read_as_its_standard_has_it() {
        for (value, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            (
                "For=\"[2001:db8::1]:80\";proto=https;by=10.0.0.1",
                "2001:db8::1",
            ),
            ("for=198.51.100.1, for=192.0.2.7;proto=https", "192.0.2.7"),
            ("for=\"a, for=198.51.100.1\", for=192.0.2.7", "192.0.2.7"),
            ("for=198.51.100.1, for=_hidden", PROXY),
            ("proto=https", PROXY),
        ] {
            assert_eq!(client("forwarded", value), expected, "{value:?}");
        }
        let hidden = [("forwarded", "for=\"x, for=192.0.2.7")];
        assert_eq!(asked(&hidden), Err(()));
    }

    #[test]
    fn the_scheme_is_that_of_the_nearest_proxy_and_kinds_must_agree() {
        let https = |given: &[(&str, &str)]| asked(given).map(|(_, https)| https);
        assert_eq!(https(&[(PROTO, "https")]), Ok(true));
        assert_eq!(https(&[(PROTO, "https, http")]), Ok(false));
        assert_eq!(https(&[(PROTO, "HTTPS ")]), Ok(true));
        assert_eq!(https(&[(PROTO, "wss")]), Ok(false));
        assert_eq!(https(&[("forwarded", "proto=https")]), Ok(true));
        let both = [(PROTO, "https"), ("forwarded", "for=192.0.2.7;proto=http")];
        assert_eq!(https(&both), Err(()));
        let agree = [(FOR, "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
        assert_eq!(asked(&agree).unwrap().0, "192.0.2.7");
        let differ = [(FOR, "192.0.2.7"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(asked(&differ), Err(()));
    }

    proptest! {
        /// Whatever a client sends, what the proxy appends to it is what counts.
        #[test]
        fn a_client_gains_nothing(sent in "[ -~]{0,60}") {
            let appended = format!("{sent}, 192.0.2.7");
            prop_assert_eq!(client(FOR, &appended), "192.0.2.7");
            let appended = format!("{sent}, for=192.0.2.7");
            if let Ok((found, _)) = asked(&[("forwarded", &appended)]) {
                prop_assert_eq!(found, "192.0.2.7");
            }
        }
    }
}
