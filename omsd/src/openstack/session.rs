//! Signed in at Keystone: one token for all callers, renewed before it ends by one of them, and
//! the endpoints that came with it.
//!
//! A service that says 401 has not carried out the request, so it is sent once more with a new
//! token; this holds for a create too. A burst of 401s makes one sign-in. A second 401 is final, and
//! says nothing of the credentials: Keystone has just taken them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use http::header::HeaderValue;
use oms_proto::spec::{Credentials, Endpoints, Interface};
use oms_proto::{Secret, Time};
use reqwest::Url;
use tokio::time::{Instant, timeout_at};

use super::answer::Answer;
use super::bounds::{TOKEN_BYTES_MAX, TOKEN_LIFE_MAX};
use super::catalog::{Catalog, Service};
use super::error::{Purpose, failed};
use super::fetch::{Fetch, Freshness};
use super::http::{Exchange, Http};
use super::limits::{REDIRECTS_MAX, RENEW_AGAIN, TOKEN_LIFE_UNKNOWN};
use super::wire::{Owner, TokenBody, VersionsBody};
use super::{address, credentials, discovery, when};
use crate::ports::{CloudError, CloudResult};
use omsd_domain::ground::failure::FailureClass;

const SIGN_IN: &str = "sign in";

/// What is said of a service that the catalogue does not tell the address of.
const FIND_SERVICE: &str = "find service";

/// One account at Keystone.
pub(super) struct Session {
    pub(super) http: Http,
    pub(super) auth_url: Url,
    pub(super) region: Option<String>,
    pub(super) interface: Interface,
    pub(super) credentials: Credentials,
    /// Addresses to use instead of the catalogue's.
    pub(super) endpoints: Endpoints,
    keystone: Fetch<Url>,
    scope: Fetch<Arc<Scope>>,
    /// Until when a token that is due for renewal is used as it is, because renewal failed.
    hold_off: Mutex<Option<Instant>>,
    /// When a gateway's own word against a token was last answered with a new one.
    doubted: Mutex<Option<Instant>>,
    generations: AtomicU64,
}

/// A token and what came with it.
pub(super) struct Scope {
    generation: u64,
    token: Secret,
    /// The project that the token is for.
    pub(super) project: Owner,
    /// The user whose token it is.
    pub(super) user_id: String,
    /// Whether the user is an administrator, by the role that the services' own policies know.
    pub(super) is_admin: bool,
    /// The endpoints.
    pub(super) catalog: Catalog,
    /// The token's end by the cloud's clock.
    pub(super) expires: Option<Time>,
    /// When to renew it, by our clock.
    renew_at: Time,
    /// Its end by our clock.
    ends_at: Time,
}

impl Scope {
    /// Counts the sign-ins; tells one token from the next.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }
}

/// A request to a service.
#[derive(Clone)]
pub(super) struct Request<'a> {
    /// What is being done, for errors.
    pub(super) operation: &'static str,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// Who serves it.
    pub(super) service: Service,
    /// HTTP method.
    pub(super) method: Method,
    /// Where below the service's address.
    pub(super) target: Target<'a>,
    /// The compute microversion to ask for.
    pub(super) microversion: Option<String>,
    /// JSON to send.
    pub(super) body: Option<Vec<u8>>,
    /// Texts of the body that must not come back in a message.
    pub(super) hide: Vec<&'a str>,
}

/// A path below a service's address.
#[derive(Clone)]
pub(super) enum Target<'a> {
    /// Below the endpoint as the catalogue has it.
    Endpoint(&'a [&'a str], &'a [(&'a str, &'a str)]),
    /// Below the root of the API: the endpoint without its version.
    Root(&'a [&'a str], &'a [(&'a str, &'a str)]),
    /// The page of the endpoint's version.
    VersionPage,
}

impl Session {
    pub(super) fn new(
        http: Http,
        auth_url: Url,
        region: Option<String>,
        interface: Interface,
        credentials: Credentials,
        endpoints: Endpoints,
    ) -> Self {
        Self {
            http,
            auth_url,
            region,
            interface,
            credentials,
            endpoints,
            keystone: Fetch::default(),
            scope: Fetch::default(),
            hold_off: Mutex::new(None),
            doubted: Mutex::new(None),
            generations: AtomicU64::new(0),
        }
    }

    /// The deadline of an operation that begins now.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.http.limits.operation
    }

    /// Whether it signs in with a token that was got elsewhere.
    const fn by_token(&self) -> bool {
        matches!(self.credentials, Credentials::Token(_))
    }

    /// The current token, or a new one if it is about to end.
    pub(super) async fn scope(&self, deadline: Instant) -> CloudResult<Arc<Scope>> {
        self.scope_after(0, deadline).await
    }

    /// Sends a request with the current token, and once more with a new one if that is refused.
    pub(super) async fn send(
        &self,
        request: Request<'_>,
        deadline: Instant,
    ) -> CloudResult<Answer> {
        let scope = self.scope(deadline).await?;
        let result = match self.send_as(request.clone(), &scope, deadline).await {
            Err(error) if self.doubts_token(&error) => {
                let fresh = self.scope_after(scope.generation, deadline).await?;
                let again = self.send_as(request, &fresh, deadline).await;
                again.map_err(distrusted)
            }
            other => other,
        };
        self.learn(&scope, &result);
        result
    }

    /// Whether a token is to be had anew before anything is concluded. Some gateways look at tokens
    /// themselves and say 401 in words of their own; but one that says so to every token is asked
    /// with a new one only now and then.
    fn doubts_token(&self, error: &CloudError) -> bool {
        if error.class == FailureClass::Unauthorized {
            return true;
        }
        if error.http_status != Some(401) {
            return false;
        }
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = doubted.is_none_or(|at| at.elapsed() >= RENEW_AGAIN);
        if is_due {
            *doubted = Some(Instant::now());
        }
        is_due
    }

    /// Learns of an endpoint that cannot be reached: it may have moved. The next sign-in is a real
    /// one and fetches the catalogue again, which also makes it an honest probe of the cloud.
    fn learn(&self, scope: &Scope, result: &CloudResult<Answer>) {
        if let Err(error) = result
            && matches!(error.class, FailureClass::Unreachable | FailureClass::Tls)
            && error.lack.is_none()
        {
            self.scope.forget_if(|it| it.generation == scope.generation);
        }
    }

    /// Sends a request that is worth no new token with the current one.
    pub(super) async fn send_once(
        &self,
        request: Request<'_>,
        deadline: Instant,
    ) -> CloudResult<Answer> {
        let scope = self.scope(deadline).await?;
        let result = self.send_as(request, &scope, deadline).await;
        self.learn(&scope, &result);
        result
    }

    async fn send_as(
        &self,
        request: Request<'_>,
        scope: &Scope,
        deadline: Instant,
    ) -> CloudResult<Answer> {
        let operation = request.operation;
        let wrong = |message| failed(FIND_SERVICE, FailureClass::Configuration, message);
        let endpoint = scope.catalog.endpoint(request.service).map_err(wrong)?;
        let url = match request.target {
            Target::Endpoint(path, query) => address::join(&endpoint, path, query),
            Target::Root(path, query) => address::join(&address::root(&endpoint), path, query),
            Target::VersionPage => address::version_page(&endpoint),
        };
        let mut hide = request.hide;
        hide.push(credentials::secret(&self.credentials));
        let exchange = Exchange {
            operation,
            purpose: request.purpose,
            method: request.method,
            url,
            token: Some(&scope.token),
            microversion: request.microversion,
            body: request.body,
            hide,
            also_accepted: None,
        };
        self.http.send(exchange, deadline).await
    }

    /// A token younger than the given one.
    async fn scope_after(&self, refused: u64, deadline: Instant) -> CloudResult<Arc<Scope>> {
        let freshness = |scope: &Arc<Scope>| self.freshness(scope, refused);
        let fetch = || async {
            let fetched = self.sign_in(deadline).await;
            if fetched.is_err() {
                let until = Instant::now() + RENEW_AGAIN;
                *self.hold_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
            }
            fetched
        };
        within(deadline, self.scope.get(freshness, fetch)).await
    }

    fn freshness(&self, scope: &Scope, refused: u64) -> Freshness {
        let now = self.http.clock.now();
        if scope.generation <= refused || now >= scope.ends_at {
            return Freshness::Stale;
        }
        let held_off = *self.hold_off.lock().unwrap_or_else(PoisonError::into_inner);
        if now < scope.renew_at || held_off.is_some_and(|until| Instant::now() < until) {
            return Freshness::Fresh;
        }
        Freshness::Aging
    }

    async fn sign_in(&self, deadline: Instant) -> CloudResult<Arc<Scope>> {
        let wrong = |message| failed(SIGN_IN, FailureClass::Configuration, message);
        let keystone = self.keystone(deadline).await?;
        let now = self.http.clock.now();
        let body = credentials::auth_body(&self.credentials, now).map_err(wrong)?;
        let exchange = Exchange {
            operation: SIGN_IN,
            purpose: Purpose::SignIn,
            method: Method::POST,
            url: address::join(&keystone, &["auth", "tokens"], &[]),
            token: None,
            microversion: None,
            body: Some(body),
            hide: vec![credentials::secret(&self.credentials)],
            also_accepted: None,
        };
        let answer = match self.http.send(exchange, deadline).await {
            // Keystone says 404 of a token that it does not know any more.
            Err(error)
                if self.by_token()
                    && matches!(error.http_status, Some(401 | 404))
                    && error.class != FailureClass::ServerError =>
            {
                let message = "the token of this account has ended, was revoked or is not one of \
                               this cloud's: give another, or an application credential, which \
                               does not end";
                return Err(CloudError {
                    class: FailureClass::Unauthorized,
                    message: message.into(),
                    ..error
                });
            }
            // 300 and a list of choices is what the other services say to a path of Keystone's.
            Err(error) if matches!(error.http_status, Some(300 | 404)) => {
                self.keystone.forget_if(|_| true);
                let message = format!("there is no Keystone v3 at {keystone}; is it auth_url?");
                // Whoever says so in its place, or of an address that has signed us in before,
                // stands in its way.
                let is_new = self.generations.load(Ordering::SeqCst) == 0;
                let class = match error.class {
                    FailureClass::ServerError => FailureClass::ServerError,
                    _ if is_new => FailureClass::Configuration,
                    told => told,
                };
                return Err(CloudError {
                    class,
                    message: message.into(),
                    ..error
                });
            }
            Err(error) => {
                // Where it is may have been a guess.
                if error.http_status.is_some_and(|status| status != 401) {
                    self.keystone.forget_if(|_| true);
                }
                return Err(error);
            }
            Ok(answer) => answer,
        };
        self.scope_of(&answer).await.map(Arc::new)
    }

    async fn scope_of(&self, answer: &Answer) -> CloudResult<Scope> {
        let token = answer
            .header("x-subject-token")
            .filter(|it| !it.is_empty() && HeaderValue::from_str(it).is_ok())
            .ok_or_else(|| answer.garbage("Keystone sent no token (X-Subject-Token)"))?;
        if token.len() > TOKEN_BYTES_MAX {
            let message = format!("Keystone's token has more than {TOKEN_BYTES_MAX} bytes");
            return Err(answer.garbage(message));
        }
        let token = Secret::new(token);
        let told = answer.json::<TokenBody>().await?.token;
        let project = told
            .project
            .ok_or_else(|| answer.garbage("Keystone's token is for no project"))?;
        let wrong = |message| failed(SIGN_IN, FailureClass::Configuration, message);
        let (services, region) = (&told.catalog, self.region.as_deref());
        let catalog = Catalog::choose(services, region, self.interface)
            .or_else(|error| match &self.endpoints.compute {
                Some(_) => Ok(Catalog::beside_compute(services, region, self.interface)),
                None => Err(error),
            })
            .and_then(|chosen| chosen.overridden(&self.endpoints, &project.id))
            .map_err(wrong)?;
        if self.auth_url.scheme() == "https"
            && catalog
                .endpoint(Service::Compute)
                .is_ok_and(|it| it.scheme() == "http")
        {
            let account = self.http.account.as_str();
            tracing::warn!(
                account,
                "the catalogue's compute endpoint is http, the token is sent in clear"
            );
        }
        let expires = told.expires_at.as_deref().and_then(when::parse);
        // How long it lives is told by Keystone's clock alone: ours only counts it down, and `Date` may
        // be by the clock of a proxy. One that was just given is good for something.
        let issued = told.issued_at.as_deref().and_then(when::parse);
        let life = match (expires, issued.or_else(|| answer.date())) {
            (Some(expires), Some(issued)) if expires > issued => {
                expires.since(issued).min(TOKEN_LIFE_MAX)
            }
            _ => TOKEN_LIFE_UNKNOWN,
        };
        let now = self.http.clock.now();
        // What is got with a token ends with it, so that nothing is won by another before that.
        let margin = if self.by_token() {
            Duration::ZERO
        } else {
            self.http.limits.renew_before.min(life / 4)
        };
        let is_admin = told.roles.iter().any(|role| &*role.name == "admin");
        Ok(Scope {
            is_admin,
            generation: self.generations.fetch_add(1, Ordering::SeqCst) + 1,
            token,
            project,
            user_id: told.user.map(|user| user.id.into()).unwrap_or_default(),
            catalog,
            expires,
            renew_at: now.plus(life.saturating_sub(margin)),
            ends_at: now.plus(life),
        })
    }

    /// Keystone's v3 address; asked for once where `auth_url` does not say.
    async fn keystone(&self, deadline: Instant) -> CloudResult<Url> {
        if let Some(url) = discovery::keystone_at_once(&self.auth_url) {
            return Ok(url);
        }
        let fetch = || self.find_keystone(deadline);
        self.keystone.get(|_| Freshness::Fresh, fetch).await
    }

    /// Asks at `auth_url` where Keystone's v3 is. Where no list of versions is to be had, it is taken
    /// to be where it is everywhere; the sign-in tells whether it is.
    async fn find_keystone(&self, deadline: Instant) -> CloudResult<Url> {
        let wrong = |message| failed(SIGN_IN, FailureClass::Configuration, message);
        let mut at = self.auth_url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let exchange = Exchange {
                operation: "find Keystone's version",
                purpose: Purpose::SignIn,
                method: Method::GET,
                url: at.clone(),
                token: None,
                microversion: None,
                body: None,
                hide: Vec::new(),
                also_accepted: Some(|status| status.is_redirection()),
            };
            let answer = match self.http.send(exchange, deadline).await {
                Err(error)
                    if error.http_status.is_some() && error.class != FailureClass::Throttled =>
                {
                    return Ok(discovery::keystone_by_custom(&at));
                }
                other => other?,
            };
            let Some(to) = answer.header("location").filter(|_| answer.redirects()) else {
                let Ok(versions) = answer.json::<VersionsBody>().await else {
                    return Ok(discovery::keystone_by_custom(&at));
                };
                return discovery::keystone_v3(&at, &versions.all()).map_err(wrong);
            };
            at = discovery::redirected(&at, to).map_err(wrong)?;
            if let Some(url) = discovery::keystone_at_once(&at) {
                return Ok(url);
            }
        }
        Err(wrong(format!("{} redirects in circles", self.auth_url)))
    }
}

/// A service that does not take the token that Keystone has just given has trouble of its own, as with
/// its way to Keystone or a cache.
fn distrusted(error: CloudError) -> CloudError {
    if error.class != FailureClass::Unauthorized {
        return error;
    }
    let message = format!(
        "the service refuses a token that Keystone has just given: {}",
        error.message
    );
    CloudError {
        class: FailureClass::ServerError,
        message: message.into(),
        ..error
    }
}

/// Waits for `work`, which may be another caller's, no longer than the deadline.
pub(super) async fn within<T>(
    deadline: Instant,
    work: impl Future<Output = CloudResult<T>>,
) -> CloudResult<T> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| {
        let message = "the operation's deadline passed while waiting for another call";
        Err(failed(SIGN_IN, FailureClass::Timeout, message))
    })
}
