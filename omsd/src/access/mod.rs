//! Who asks over HTTP: the bearer of a token, a person who signed in, or whoever the configuration
//! lets in without. Both the REST interface and the web page ask here, and nobody else decides it.

mod sessions;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use http::{Extensions, HeaderMap};
use oms_proto::actor::HttpUser;
use oms_proto::check::pass::ADMIN_TOKEN;
use oms_proto::check::quoted;
use oms_proto::{Actor, Role, Secret, WireError};

use crate::ports::{Clock, Entropy};
use crate::service::{Caller, Service};
pub use sessions::SessionEnd;
use sessions::Sessions;
use throttle::Throttle;

/// Whether a text is the admin token; takes the same time for every wrong one.
pub type IsAdminToken = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The cookie that holds a session's key.
pub const SESSION_COOKIE: &str = "oms-session";

/// What makes a caller known.
pub struct Access {
    service: Service,
    is_admin_token: IsAdminToken,
    anonymous: Option<Role>,
    clock: Arc<dyn Clock>,
    sessions: Sessions,
    throttle: Throttle,
    /// What forms carry where nobody needs to sign in.
    form_key: String,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    const fn address(self) -> IpAddr {
        self.0
    }
}

/// Where a request comes from, as was noted with it.
pub fn peer(extensions: &Extensions) -> Option<Peer> {
    extensions.get().copied()
}

/// Whether somebody who showed a token or has a session asks on a connection; cheap to copy.
#[derive(Debug, Clone, Default)]
pub struct Acquaintance(Arc<AtomicBool>);

impl Acquaintance {
    /// Notes that somebody known asks on the connection of a request.
    pub fn note(extensions: &Extensions) {
        if let Some(Self(known)) = extensions.get() {
            known.store(true, Ordering::Relaxed);
        }
    }

    /// Whether somebody known has asked.
    pub fn is_known(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How the client speaks: to us, or to the proxy that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// In clear.
    #[default]
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As addresses begin.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// How the client speaks, as was noted with its request.
pub fn scheme(extensions: &Extensions) -> Scheme {
    extensions.get().copied().unwrap_or_default()
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub struct Known {
    /// Who they are.
    pub caller: Caller,
    /// What every form of theirs must carry.
    pub form_key: String,
    /// Whether they have a session that they can end.
    pub signed_in: bool,
}

/// Whoever shows what is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger;

/// Why a sign-in failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInError {
    /// It is not what opens.
    Wrong,
    /// Too many sign in at the same time.
    Busy(WireError),
    /// There were too many tries; the next may come after this.
    Later(Duration),
}

impl Access {
    /// Lets in who shows a token or has a password, and others if a role is given to them.
    pub fn new(
        service: Service,
        is_admin_token: IsAdminToken,
        anonymous: Option<Role>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let form_key = sessions::key(&*entropy);
        Self {
            service,
            is_admin_token,
            anonymous,
            clock,
            sessions: Sessions::new(entropy),
            throttle: Throttle::default(),
            form_key,
        }
    }

    /// Whoever shows a token; `None` where none is shown. Bad credentials are refused even where none
    /// are needed, so that nobody works with less rights than they think.
    ///
    /// # Errors
    /// What is shown is no good.
    pub fn bearer(
        &self,
        headers: &HeaderMap,
        from: Option<Peer>,
    ) -> Result<Option<Caller>, Stranger> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (first, second) = (given.next(), given.next());
        let Some(credentials) = first else {
            return Ok(None);
        };
        let token = credentials.to_str().ok().and_then(bearer);
        match token.filter(|_| second.is_none()) {
            Some(token) => self.token(token, from).map(Some).ok_or(Stranger),
            None => Err(Stranger),
        }
    }

    /// Who may do what without showing anything.
    pub fn anonymous(&self, from: Option<Peer>) -> Option<Caller> {
        Some(caller(self.anonymous?, None, from))
    }

    /// The person whose session a request carries, or else whoever is let in without.
    pub fn visitor(&self, headers: &HeaderMap, from: Option<Peer>) -> Option<Known> {
        if let Some((caller, form_key)) = self.session(headers, from) {
            return Some(Known {
                caller,
                form_key,
                signed_in: true,
            });
        }
        Some(Known {
            caller: self.anonymous(from)?,
            form_key: self.form_key.clone(),
            signed_in: false,
        })
    }

    /// Whose session a request carries, as they may today; what no longer lets them in ends it.
    fn session(&self, headers: &HeaderMap, from: Option<Peer>) -> Option<(Caller, String)> {
        let key = cookie(headers, SESSION_COOKIE)?;
        let (caller, form_key) = self.sessions.of(key, self.clock.now())?;
        let renewed = self.service.renewed(&caller, from.map(Peer::address));
        if renewed.is_none() {
            self.sessions.end(key);
        }
        Some((renewed?, form_key))
    }

    /// The end of the session that lets a request in; `None` where something else does.
    pub fn session_end(&self, headers: &HeaderMap) -> Option<SessionEnd> {
        if headers.contains_key(AUTHORIZATION) {
            return None;
        }
        let key = cookie(headers, SESSION_COOKIE)?;
        self.sessions.end_of(key, self.clock.now())
    }

    /// Begins a session for whoever shows what opens; gives the session's key.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn sign_in(
        &self,
        with: Credentials,
        from: Option<Peer>,
    ) -> Result<String, SignInError> {
        let tried = with.tried();
        let name = with.user().map(str::to_owned);
        let now = self.clock.now();
        let address = from.map(Peer::address);
        let throttled = self.throttle.check(address, name.as_deref(), now);
        throttled.map_err(SignInError::Later)?;
        let caller = match with {
            Credentials::Token(token) => self.token(token.expose().trim(), from),
            Credentials::User { name, password } => {
                let user = self.service.user(&name, password, address).await;
                user.map_err(SignInError::Busy)?
            }
        };
        let Some(caller) = caller else {
            self.throttle
                .bad(address, name.as_deref(), self.clock.now());
            let stranger = self::caller(Role::Viewer, None, from).actor;
            let why = "it does not open";
            self.service.note_refused(stranger, &tried, why).await;
            return Err(SignInError::Wrong);
        };
        self.throttle.good(address, name.as_deref());
        Ok(self.sessions.begin(caller, now))
    }

    /// A text that nobody else has, for a form that is to count once however often it is sent.
    pub fn once(&self) -> String {
        self.sessions.unique()
    }

    /// Ends the session that a request carries.
    pub fn sign_out(&self, headers: &HeaderMap) {
        if let Some(key) = cookie(headers, SESSION_COOKIE) {
            self.sessions.end(key);
        }
    }

    fn token(&self, token: &str, from: Option<Peer>) -> Option<Caller> {
        if (self.is_admin_token)(token) {
            return Some(caller(Role::Admin, Some(ADMIN_TOKEN), from));
        }
        self.service.bearer(token, from.map(Peer::address))
    }
}

/// Somebody whom the daemon's own file or the configuration lets in.
fn caller(role: Role, token: Option<&str>, from: Option<Peer>) -> Caller {
    let user = HttpUser {
        token: token.map(str::to_owned),
        user: None,
        address: from.map(|Peer(address)| address.to_string()),
    };
    Caller::standing(role, Actor::Http(user))
}

/// What somebody shows who signs in.
#[derive(Debug)]
pub enum Credentials {
    /// A token.
    Token(Secret),
    /// A name and a password.
    User {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    fn user(&self) -> Option<&str> {
        match self {
            Self::Token(_) => None,
            Self::User { name, .. } => Some(name),
        }
    }

    /// What is tried, for the journal.
    fn tried(&self) -> String {
        match self {
            Self::Token(_) => "sign in with a token".to_owned(),
            Self::User { name, .. } => format!("sign in as {}", quoted(name)),
        }
    }
}

/// The token of `Bearer TOKEN`.
fn bearer(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// The value of a cookie; the first where there are more.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}
