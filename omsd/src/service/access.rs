//! Who asks, and whether they may; the table of who may do what is that of the requests.

pub use oms_proto::Role;
use oms_proto::{Actor, ErrorCode, Request, WireError};

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
        self.check_role(request.manner().role)
    }

    /// Lets what takes this role pass if the caller has it.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`], with the role it takes.
    pub fn check_role(&self, needed: Role) -> Result<(), WireError> {
        if self.role >= needed {
            return Ok(());
        }
        let detail = format!("this takes the role {needed}; you have {}", self.role);
        Err(WireError::new(ErrorCode::Forbidden, detail))
    }
}
