//! Who may do what: one table, whatever the transport.

use std::fmt;

use oms_proto::{Actor, ErrorCode, Request, WireError};

/// What a caller may do; each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at everything but private keys and user data.
    Viewer,
    /// Create and remove entries, and see their private keys.
    Operator,
    /// Change accounts.
    Admin,
}

impl Role {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word in configuration, messages and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What they may do.
    pub role: Role,
    /// Who they are, for the journal and for logs.
    pub actor: Actor,
}

impl Caller {
    /// Whether they may see private keys and user data.
    pub fn may_see_secrets(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Lets a request pass that the caller may make.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`], with the role it takes.
    pub fn check(&self, request: &Request) -> Result<(), WireError> {
        let needed = needed(request);
        if self.role >= needed {
            return Ok(());
        }
        Err(WireError::new(
            ErrorCode::Forbidden,
            format!("this takes the role {needed}; you have {}", self.role),
        ))
    }
}

/// The weakest role that may make a request.
pub const fn needed(request: &Request) -> Role {
    match request {
        Request::StatusShow(_)
        | Request::EntryList(_)
        | Request::EntryShow(_)
        | Request::EntryWait(_)
        | Request::EntryExplain(_)
        | Request::InstanceList(_)
        | Request::InstanceShow(_)
        | Request::AccountList(_)
        | Request::AccountShow(_)
        | Request::EventList(_)
        | Request::Subscribe(_) => Role::Viewer,
        // To look for strays means to call every cloud, which is more than to read what is known.
        Request::EntryCreate(_) | Request::EntryRemove(_) | Request::Strays(_) => Role::Operator,
        // A test signs in with the account's credentials and talks to whatever address it has.
        Request::AccountAdd(_)
        | Request::AccountEdit(_)
        | Request::AccountTest(_)
        | Request::AccountRemove(_)
        | Request::AccountMaintain(_) => Role::Admin,
    }
}
