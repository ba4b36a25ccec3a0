//! Which proxy leads to a cloud: the account's own, or the ones that the daemon's environment names
//! as other programs know them (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).

use oms_proto::Secret;
use reqwest::{NoProxy, Proxy, Url};

use super::transport::place_of;
use oms_proto::check::reach::PROXY_SCHEMES;

/// The proxies of the environment; none unless told.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For addresses with `http://`.
    pub http: Option<Secret>,
    /// For addresses with `https://`.
    pub https: Option<Secret>,
    /// Hosts, domains and networks to go to without one, behind commas.
    pub none_for: Option<String>,
    /// Whether that for `http://` is named by `ALL_PROXY`.
    pub http_of_all: bool,
    /// Whether that for `https://` is.
    pub https_of_all: bool,
}

impl Proxies {
    /// Reads the variables of an environment. As with other programs, the small letters count
    /// where there are both, and what is empty is not there.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            let small = variable(&name.to_ascii_lowercase()).filter(|it| !it.is_empty());
            small.or_else(|| variable(name).filter(|it| !it.is_empty()))
        };
        let all = either("ALL_PROXY");
        let (http, https) = (either("HTTP_PROXY"), either("HTTPS_PROXY"));
        let one = |own: Option<String>| own.or_else(|| all.clone()).map(Secret::new);
        Self {
            http_of_all: http.is_none(),
            https_of_all: https.is_none(),
            http: one(http),
            https: one(https),
            none_for: either("NO_PROXY"),
        }
    }

    /// What is wrong with the environment's proxies, a sentence for each: accounts without a proxy of
    /// their own cannot be reached before it is mended.
    pub fn faults(&self) -> Vec<String> {
        let all = [
            (self.http.as_ref(), self.http_variable()),
            (self.https.as_ref(), self.https_variable()),
        ];
        let fault = |(proxy, variable): (Option<&Secret>, &str)| {
            let why = parse(proxy?.expose()).err()?;
            Some(format!("{variable}: {why}"))
        };
        let mut faults: Vec<String> = all.into_iter().filter_map(fault).collect();
        faults.dedup();
        faults
    }

    const fn http_variable(&self) -> &'static str {
        if self.http_of_all {
            "ALL_PROXY"
        } else {
            "HTTP_PROXY"
        }
    }

    const fn https_variable(&self) -> &'static str {
        if self.https_of_all {
            "ALL_PROXY"
        } else {
            "HTTPS_PROXY"
        }
    }

    /// What stands between us and an account's cloud, for people: never with a user or a password.
    pub(super) fn between(&self, own: Option<&Secret>) -> Between {
        let shown = |proxy: &Secret| {
            let url = parse(proxy.expose()).ok()?;
            Some(place_of(&url))
        };
        if let Some(own) = own {
            let own = shown(own).map(|it| format!("the account's proxy {it}"));
            return Between {
                http: own.clone(),
                https: own,
            };
        }
        let of = |proxy: Option<&Secret>, variable: &str| {
            let shown = shown(proxy?)?;
            let free = match self.none_for {
                Some(_) => ", unless NO_PROXY names that host",
                None => "",
            };
            Some(format!("the proxy {shown} of {variable}{free}"))
        };
        Between {
            http: of(self.http.as_ref(), self.http_variable()),
            https: of(self.https.as_ref(), self.https_variable()),
        }
    }

    /// What the HTTP client is to use for an account.
    ///
    /// # Errors
    /// A sentence about a proxy that cannot be used. It does not repeat what was given, for there
    /// may be a password in it.
    pub(super) fn chosen(&self, own: Option<&Secret>) -> Result<Vec<Proxy>, String> {
        if let Some(own) = own {
            let url = parse(own.expose()).map_err(|why| format!("proxy: {why}"))?;
            return Ok(vec![made(Proxy::all(url))?]);
        }
        let none_for = self.none_for.as_deref().and_then(NoProxy::from_string);
        let mut proxies = Vec::new();
        if let Some(http) = &self.http {
            let variable = self.http_variable();
            let url = parse(http.expose()).map_err(|why| format!("{variable}: {why}"))?;
            proxies.push(made(Proxy::http(url))?.no_proxy(none_for.clone()));
        }
        if let Some(https) = &self.https {
            let variable = self.https_variable();
            let url = parse(https.expose()).map_err(|why| format!("{variable}: {why}"))?;
            proxies.push(made(Proxy::https(url))?.no_proxy(none_for));
        }
        Ok(proxies)
    }
}

/// What stands between us and a cloud, in words.
#[derive(Debug, Clone, Default)]
pub(super) struct Between {
    http: Option<String>,
    https: Option<String>,
}

impl Between {
    /// What stands on the way to an address.
    pub(super) fn on_the_way_to(&self, url: &Url) -> Option<&str> {
        let between = if url.scheme() == "https" {
            &self.https
        } else {
            &self.http
        };
        between.as_deref()
    }
}

fn made(proxy: reqwest::Result<Proxy>) -> Result<Proxy, String> {
    proxy.map_err(|_| "the proxy cannot be used".to_owned())
}

/// Reads a proxy's address; without a scheme it is `http://`.
fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&text).map_err(|error| format!("is no address: {error}"))?;
    if !PROXY_SCHEMES.contains(&url.scheme()) {
        return Err(format!(
            "{}:// is not supported; a proxy is one of: {}",
            url.scheme(),
            PROXY_SCHEMES.join(", ")
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_is_read_as_other_programs_read_it() {
        let read = of(&[
            ("HTTP_PROXY", "large:1"),
            ("http_proxy", "small:1"),
            ("https_proxy", ""),
            ("ALL_PROXY", "http://all:1"),
            ("NO_PROXY", "localhost,.example"),
        ]);
        assert_eq!(read.http.as_ref().map(Secret::expose), Some("small:1"));
        assert_eq!(
            read.https.as_ref().map(Secret::expose),
            Some("http://all:1")
        );
        assert_eq!(read.none_for.as_deref(), Some("localhost,.example"));
        assert_eq!(read.chosen(None).unwrap().len(), 2);
        assert_eq!(of(&[]).chosen(None).unwrap().len(), 0);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        for wrong in [
            "ftp://u:hunter2@p:1",
            "http://u:hunter2@",
            "u:hunter2@p:port",
        ] {
            let error = of(&[("all_proxy", wrong)]).chosen(None).unwrap_err();
            assert!(error.starts_with("ALL_PROXY: "), "{error}");
            let error = of(&[("https_proxy", wrong)]).chosen(None).unwrap_err();
            assert!(error.starts_with("HTTPS_PROXY: "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
            assert_eq!(of(&[("all_proxy", wrong)]).faults().len(), 1);
            let both = of(&[("HTTP_PROXY", wrong), ("HTTPS_PROXY", wrong)]).faults();
            assert_eq!(both.len(), 2, "{both:?}");
            assert!(!both.concat().contains("hunter2"), "{both:?}");
            let own = Secret::new(wrong);
            assert!(
                of(&[])
                    .chosen(Some(&own))
                    .unwrap_err()
                    .starts_with("proxy: ")
            );
        }
    }
}
