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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpUser {
    /// The name of the token that was shown; `None` where the configuration asks for none.
    pub token: Option<String>,
}

grows! {
    HttpUser { token }
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
            Self::Http(HttpUser { token: None }) => f.pad(ANONYMOUS),
            Self::Http(HttpUser { token: Some(token) }) => f.pad(&format!("{TOKEN}{token}")),
            Self::Unknown => f.pad("unknown"),
        }
    }
}

const SCHEDULER: &str = "scheduler";
const ANONYMOUS: &str = "anonymous";
const UID: &str = "uid ";
const TOKEN: &str = "token ";

impl Actor {
    /// The one whose text this is; `Unknown` for any other.
    pub fn of(text: &str) -> Self {
        match text {
            SCHEDULER => return Self::Scheduler,
            ANONYMOUS => return Self::Http(HttpUser { token: None }),
            _ => {}
        }
        if let Some(token) = text.strip_prefix(TOKEN) {
            let token = Some(token.to_owned());
            return Self::Http(HttpUser { token });
        }
        text.strip_prefix(UID)
            .and_then(user)
            .map_or(Self::Unknown, Self::Socket)
    }
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
        let token = |token: Option<&str>| {
            let token = token.map(str::to_owned);
            Actor::Http(HttpUser { token })
        };
        for (actor, text) in [
            (Actor::Scheduler, "scheduler"),
            (user(0, None), "uid 0"),
            (user(1000, Some("alice")), "uid 1000 (alice)"),
            (token(Some("admin")), "token admin"),
            (token(None), "anonymous"),
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
