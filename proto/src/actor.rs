//! Who caused a fact: what an audit asks for.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{choices, grows};

choices! {
    /// Who caused something. In JSON and for people it is its text.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Actor {
        /// The daemon itself, in its own course.
        1 Scheduler,
        /// A user of this machine, over the socket.
        2 Socket(SocketUser),
        /// Somebody over HTTP.
        3 Http(HttpUser),
    }
}

/// A user of this machine, as the kernel vouches for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketUser {
    /// The user's id.
    pub uid: u32,
    /// The user's name, where the local user file had one when the connection was made.
    pub name: Option<String>,
}

grows! {
    SocketUser { uid, name }
}

/// Somebody over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HttpUser {
    /// The name of the token that was shown; `None` where the configuration asks for none.
    pub token: Option<String>,
    /// The name of the user who signed in with a password.
    pub user: Option<String>,
    /// Where they asked from.
    pub address: Option<String>,
}

grows! {
    HttpUser { token } then { user, address }
}

impl fmt::Display for HttpUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, &self.token) {
            (Some(user), _) => write!(f, "{USER}{user}")?,
            (None, Some(token)) => write!(f, "{TOKEN}{token}")?,
            (None, None) => f.write_str(ANONYMOUS)?,
        }
        match &self.address {
            Some(address) => write!(f, "{FROM}{address}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheduler => f.pad(SCHEDULER),
            Self::Socket(SocketUser { uid, name: None }) => f.pad(&format!("{UID}{uid}")),
            Self::Socket(SocketUser {
                uid,
                name: Some(name),
            }) => f.pad(&format!("{UID}{uid} ({name})")),
            Self::Http(user) => f.pad(&user.to_string()),
            Self::Unknown => f.pad("unknown"),
        }
    }
}

const SCHEDULER: &str = "scheduler";
const ANONYMOUS: &str = "anonymous";
const UID: &str = "uid ";
const TOKEN: &str = "token ";
const USER: &str = "user ";
const FROM: &str = " from ";

impl Actor {
    /// The one whose text this is; `Unknown` for any other.
    pub fn of(text: &str) -> Self {
        if text == SCHEDULER {
            return Self::Scheduler;
        }
        if let Some(user) = http_user(text) {
            return Self::Http(user);
        }
        text.strip_prefix(UID)
            .and_then(user)
            .map_or(Self::Unknown, Self::Socket)
    }
}

/// Somebody over HTTP, by their text. No name has a space.
fn http_user(text: &str) -> Option<HttpUser> {
    let (who, address) = match text.split_once(FROM) {
        None => (text, None),
        Some((who, address)) => (who, Some(address.to_owned())),
    };
    let user = who.strip_prefix(USER).map(str::to_owned);
    let token = who.strip_prefix(TOKEN).map(str::to_owned);
    let known = user.is_some() || token.is_some() || who == ANONYMOUS;
    known.then_some(HttpUser {
        token,
        user,
        address,
    })
}

/// The user of `1000` or `1000 (alice)`.
fn user(text: &str) -> Option<SocketUser> {
    let (uid, name) = match text.split_once(' ') {
        None => (text, None),
        Some((uid, name)) => {
            let name = name.strip_prefix('(')?.strip_suffix(')')?;
            (uid, Some(name.to_owned()))
        }
    };
    Some(SocketUser {
        uid: uid.parse().ok()?,
        name,
    })
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::of(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_its_text_and_back() {
        let user = |uid, name: Option<&str>| {
            let name = name.map(str::to_owned);
            Actor::Socket(SocketUser { uid, name })
        };
        let http = |token: Option<&str>, user: Option<&str>, address: Option<&str>| {
            Actor::Http(HttpUser {
                token: token.map(str::to_owned),
                user: user.map(str::to_owned),
                address: address.map(str::to_owned),
            })
        };
        for (actor, text) in [
            (Actor::Scheduler, "scheduler"),
            (user(0, None), "uid 0"),
            (user(1000, Some("alice")), "uid 1000 (alice)"),
            (http(Some("admin"), None, None), "token admin"),
            (http(None, None, None), "anonymous"),
            (http(None, Some("ann"), None), "user ann"),
            (
                http(Some("ci"), None, Some("192.0.2.1")),
                "token ci from 192.0.2.1",
            ),
            (
                http(None, None, Some("2001:db8::1")),
                "anonymous from 2001:db8::1",
            ),
            (Actor::Unknown, "unknown"),
        ] {
            assert_eq!(actor.to_string(), text);
            assert_eq!(Actor::of(text), actor);
            let json = serde_json::to_string(&actor).unwrap();
            assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), actor);
        }
        assert_eq!(Actor::of("uid many"), Actor::Unknown);
    }
}
