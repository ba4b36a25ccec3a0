//! How a request came here: over which connection, through which proxy, for which name; and whether
//! that is a way by which requests may come.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version};
use rustls::client::verify_server_name;
use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use super::answer::Refusal;
use super::forwarded::{Behind, behind};
use crate::access::{Peer, Scheme};
use crate::config::{Config, HostName, Network};

/// What is believed of requests besides what they are.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Names by which callers know this daemon.
    pub names: Vec<HostName>,
    /// Where proxies are that say for whom they ask.
    pub proxies: Vec<Network>,
}

/// The connection of a request.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    /// Who is at its other end.
    pub(super) peer: IpAddr,
    /// The address here that it was made to.
    pub(super) here: IpAddr,
    /// What was presented to the peer, if TLS is spoken.
    pub(super) certificate: Option<Arc<CertifiedKey>>,
}

/// A request's way that was found good.
pub(super) struct Way {
    pub(super) peer: Option<Peer>,
    pub(super) scheme: Scheme,
    /// Where it went, port included.
    pub(super) host: String,
    /// Whether browsers are to come by TLS alone from now on.
    pub(super) strict: bool,
}

impl Way {
    /// Scheme and host, as a browser names where a page is from.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.host)
    }
}

impl Trust {
    /// As the configuration says.
    pub fn of(config: &Config) -> Self {
        Self {
            names: config.http.names.as_slice().to_vec(),
            proxies: config.http.trusted_proxies.as_slice().to_vec(),
        }
    }

    /// The way of a request; one that did not come by a connection is the daemon's own.
    pub(super) fn way(&self, request: &Request) -> Result<Way, Refusal> {
        let arrival = request.extensions().get::<Arrival>();
        let behind = arrival
            .map(|arrival| self.behind(arrival, request))
            .transpose()?;
        let authority = authority(request)?;
        if !self.is_here(&authority, arrival) {
            return Err(misdirected(authority.as_str()));
        }
        // Browsers take no address to be strict about, and localhost is everybody's.
        let is_name = address(authority.host()).is_none() && !is_localhost(authority.host());
        Ok(Way {
            peer: behind.map(|behind| Peer(behind.client)),
            scheme: behind.map_or_else(Scheme::default, |behind| behind.scheme),
            strict: is_name && arrival.is_some_and(|arrival| arrival.certificate.is_some()),
            host: authority.as_str().to_owned(),
        })
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.holds(address))
    }

    fn behind(&self, arrival: &Arrival, request: &Request) -> Result<Behind, Refusal> {
        let peer = arrival.peer;
        let (is_tls, is_proxy) = (arrival.certificate.is_some(), self.is_proxy(peer));
        if !is_tls && !is_proxy && !peer.is_loopback() {
            return Err(Refusal::http(
                StatusCode::FORBIDDEN,
                "forbidden",
                "only the reverse proxies of http.trusted_proxies may ask here without TLS; ask \
                 the proxy, by https",
            ));
        }
        let mut found = Behind {
            client: peer,
            scheme: Scheme::Http,
        };
        if is_proxy {
            found = behind(request.headers(), peer, |address| self.is_proxy(address))?;
        }
        if is_tls {
            found.scheme = Scheme::Https;
        }
        Ok(found)
    }

    /// Whether it is a name that nobody else can point here.
    fn is_here(&self, authority: &Authority, arrival: Option<&Arrival>) -> bool {
        let name = authority.host();
        // Without a user, and with a port that is one, if there is any.
        let is_plain = match authority.port_u16() {
            Some(port) => authority.as_str() == format!("{name}:{port}"),
            None => authority.as_str() == name,
        };
        let address = address(name);
        let bare = address.map_or_else(|| name.to_ascii_lowercase(), |it| it.to_string());
        is_plain
            && (is_localhost(name)
                || address.is_some_and(|address| address.is_loopback())
                || self.names.iter().any(|known| known.as_str() == bare)
                || arrival.is_some_and(|arrival| {
                    address == Some(arrival.here) || is_certified(arrival, &bare)
                }))
    }
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
}

/// The address that a host is, if it is one.
fn address(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

/// Whether it is one of the names that the certificate is for, by which alone a browser that was led
/// astray does not come.
fn is_certified(arrival: &Arrival, name: &str) -> bool {
    let Some(certificate) = &arrival.certificate else {
        return false;
    };
    let first = certificate.cert.first();
    let parsed = first.and_then(|first| ParsedCertificate::try_from(first).ok());
    let name = ServerName::try_from(name);
    match (parsed, name) {
        (Some(parsed), Ok(name)) => verify_server_name(&parsed, &name).is_ok(),
        _ => false,
    }
}

/// Where a request is meant to go.
fn authority(request: &Request) -> Result<Authority, Refusal> {
    let mut given = request.headers().get_all(HOST).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Refusal::invalid("there is more than one Host header"));
    }
    let text = match (request.uri().authority(), first) {
        // What the target says wins over the header.
        (Some(authority), _) => authority.as_str(),
        (None, Some(value)) => value.to_str().unwrap_or("?"),
        (None, None) if request.version() == Version::HTTP_10 => "localhost",
        (None, None) => return Err(Refusal::invalid("there is no Host header")),
    };
    text.parse().map_err(|_| misdirected(text))
}

fn misdirected(text: &str) -> Refusal {
    Refusal::http(
        StatusCode::MISDIRECTED_REQUEST,
        "misdirected",
        format!(
            "{text:?} is no name of this daemon; use localhost, the address it listens on, a name \
             of its certificate, or one that http.names has"
        ),
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// What becomes of a request in clear from a peer to an address of ours.
    fn way(peer: &str, here: &str, headers: &[(&str, &str)]) -> Result<String, u16> {
        let trust = Trust {
            names: vec!["oms.example.org".parse().unwrap()],
            proxies: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let mut request = Request::get("/").header("host", here);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Arrival {
            peer: peer.parse().unwrap(),
            here: "192.0.2.1".parse().unwrap(),
            certificate: None,
        });
        let found = trust.way(&request);
        let found = found.map_err(|it| axum::response::IntoResponse::into_response(it).status());
        found
            .map(|way| format!("{} at {}", way.peer.unwrap().0, way.origin()))
            .map_err(|status| status.as_u16())
    }

    #[test]
    fn in_clear_only_this_machine_and_trusted_proxies_ask() {
        let proxied = [
            ("x-forwarded-for", "203.0.113.5"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(
            way("10.0.0.9", "oms.example.org", &proxied).unwrap(),
            "203.0.113.5 at https://oms.example.org"
        );
        assert_eq!(way("203.0.113.5", "oms.example.org", &proxied), Err(403));
        assert_eq!(
            way("127.0.0.1", "localhost", &proxied).unwrap(),
            "127.0.0.1 at http://localhost"
        );
    }

    #[test]
    fn the_address_that_was_reached_is_a_name_of_ours() {
        assert!(way("10.0.0.9", "192.0.2.1:8780", &[]).is_ok());
        assert_eq!(way("10.0.0.9", "192.0.2.2", &[]), Err(421));
    }
}
