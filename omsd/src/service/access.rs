//! Who asks, and whether they may; the table of who may do what is that of the requests.

use std::net::IpAddr;

use oms_proto::actor::HttpUser;
use oms_proto::spec::KeyPolicy;
use oms_proto::{Actor, ErrorCode, Request, WireError};
use omsd_domain::rows::pass::{self, Pass};

pub use oms_proto::Role;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What they may do.
    pub role: Role,
    /// Who they are, for the journal and for logs.
    pub actor: Actor,
    /// How often they are shown private keys, if their role lets them see any.
    pub keys: KeyPolicy,
    /// What lets them in, and so when it no longer does.
    pub grant: Grant,
}

/// What lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The kernel, the daemon's own file or the configuration, none of which changes while it runs.
    Standing,
    /// A token or a user, as it was when they came in.
    Pass {
        /// Which.
        id: pass::Id,
        /// As of which change.
        stamp: u64,
    },
}

impl Caller {
    /// Somebody who is let in as long as the daemon runs.
    pub const fn standing(role: Role, actor: Actor) -> Self {
        Self {
            role,
            actor,
            keys: KeyPolicy::Full,
            grant: Grant::Standing,
        }
    }

    /// Whoever shows a token or has signed in.
    pub(super) fn of_pass(pass: &Pass, from: Option<IpAddr>) -> Self {
        let name = Some(pass.id.name.clone());
        let (token, user) = match pass.id.kind {
            pass::Kind::Token => (name, None),
            pass::Kind::User => (None, name),
        };
        let address = from.map(|it| it.to_string());
        Self {
            role: pass.role,
            actor: Actor::Http(HttpUser {
                token,
                user,
                address,
            }),
            keys: pass.keys,
            grant: Grant::Pass {
                id: pass.id.clone(),
                stamp: pass.stamp,
            },
        }
    }

    /// The same, who asks from there.
    #[must_use]
    pub fn from(mut self, from: Option<IpAddr>) -> Self {
        if let Actor::Http(user) = &mut self.actor {
            user.address = from.map(|it| it.to_string());
        }
        self
    }

    /// Whether they may see user data, and private keys as often as [`Caller::keys`] says.
    pub const fn may_see_secrets(&self) -> bool {
        self.role.may(Role::Operator)
    }

    /// How often they are shown private keys.
    pub const fn keys(&self) -> KeyPolicy {
        if self.may_see_secrets() {
            self.keys
        } else {
            KeyPolicy::Never
        }
    }

    /// Lets a request pass that the caller may make.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`], with the role it takes.
    pub fn check(&self, request: &Request) -> Result<(), WireError> {
        self.check_role(request.manner().role)
    }

    /// Lets what takes this role pass if the caller has it.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`], with the role it takes.
    pub fn check_role(&self, needed: Role) -> Result<(), WireError> {
        if self.role.may(needed) {
            return Ok(());
        }
        let detail = format!("this takes the role {needed}; you have {}", self.role);
        Err(WireError::new(ErrorCode::Forbidden, detail))
    }
}
