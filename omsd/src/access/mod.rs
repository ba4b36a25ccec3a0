//! Who asks over HTTP: the bearer of a token, a person who signed in, or whoever the configuration
//! lets in without. Both the REST interface and the web page ask here, and nobody else decides it.

mod sessions;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use oms_proto::actor::HttpUser;
use oms_proto::{Actor, Role};

use crate::ports::{Clock, Entropy};
use crate::service::Caller;
use sessions::Sessions;
use throttle::Throttle;

/// Whether a text is the admin token; takes the same time for every wrong one.
pub type IsAdminToken = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The name of the token that omsd makes for itself.
const ADMIN: &str = "admin";

/// The cookie that holds a session's key.
pub const SESSION_COOKIE: &str = "oms-session";

/// What makes a caller known.
pub struct Access {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInError {
    /// It is not what opens.
    Wrong,
    /// There were too many tries; the next may come after this.
    Later(Duration),
}

impl Access {
    /// Lets in who shows the admin token, and others if a role is given to them.
    pub fn new(
        is_admin_token: IsAdminToken,
        anonymous: Option<Role>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let form_key = sessions::key(&*entropy);
        Self {
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
    pub fn bearer(&self, headers: &HeaderMap) -> Result<Option<Caller>, Stranger> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (first, second) = (given.next(), given.next());
        let Some(credentials) = first else {
            return Ok(None);
        };
        let token = credentials.to_str().ok().and_then(bearer);
        match token.filter(|_| second.is_none()) {
            Some(token) => self.token(token).map(Some).ok_or(Stranger),
            None => Err(Stranger),
        }
    }

    /// Who may do what without showing anything.
    pub fn anonymous(&self) -> Option<Caller> {
        Some(caller(self.anonymous?, None))
    }

    /// The person whose session a request carries, or else whoever is let in without.
    pub fn visitor(&self, headers: &HeaderMap) -> Option<Known> {
        let key = cookie(headers, SESSION_COOKIE);
        let session = key.and_then(|key| self.sessions.of(key, self.clock.now()));
        if let Some((caller, form_key)) = session {
            return Some(Known {
                caller,
                form_key,
                signed_in: true,
            });
        }
        Some(Known {
            caller: self.anonymous()?,
            form_key: self.form_key.clone(),
            signed_in: false,
        })
    }

    /// Begins a session for whoever has a token; gives the session's key.
    ///
    /// # Errors
    /// [`SignInError`]
    pub fn sign_in(&self, token: &str, from: Option<IpAddr>) -> Result<String, SignInError> {
        let now = self.clock.now();
        self.throttle.check(from, now).map_err(SignInError::Later)?;
        let Some(caller) = self.token(token.trim()) else {
            self.throttle.bad(from, now);
            return Err(SignInError::Wrong);
        };
        self.throttle.good(from);
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

    fn token(&self, token: &str) -> Option<Caller> {
        (self.is_admin_token)(token).then(|| caller(Role::Admin, Some(ADMIN)))
    }
}

fn caller(role: Role, token: Option<&str>) -> Caller {
    let token = token.map(str::to_owned);
    Caller {
        role,
        actor: Actor::Http(HttpUser { token }),
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
