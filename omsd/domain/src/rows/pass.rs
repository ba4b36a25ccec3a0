//! A pass: what lets somebody in over HTTP. A token is shown with each request; a user signs in with a
//! password. Of neither is anything kept that opens.

use oms_proto::spec::KeyPolicy;
use oms_proto::{Role, Time};

/// What kind of pass it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A token, for programs.
    Token,
    /// A user, for people.
    User,
}

impl Kind {
    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User => "user",
        }
    }
}

/// A pass by its name; a token and a user may have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// What kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

/// What whoever shows it has to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// SHA-256 of a token, which is random and as long.
    Token([u8; 32]),
    /// A password, hashed with its salt and how, in PHC form.
    Password(String),
}

impl Proof {
    /// Whether it is a proof of that kind, and not empty.
    pub const fn is_of(&self, kind: Kind) -> bool {
        match self {
            Self::Token(_) => matches!(kind, Kind::Token),
            Self::Password(hash) => matches!(kind, Kind::User) && !hash.is_empty(),
        }
    }
}

/// What lets somebody in over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Which.
    pub id: Id,
    /// What its bearer may do.
    pub role: Role,
    /// How often its bearer is shown private keys.
    pub keys: KeyPolicy,
    /// What they have to prove.
    pub proof: Proof,
    /// When it was made.
    pub made: Time,
    /// When its role or proof was changed last.
    pub changed: Time,
    /// The number of the event that its role and proof are of, by which those who are in by an
    /// earlier state are told.
    pub stamp: u64,
    /// When it ends, if ever.
    pub expires: Option<Time>,
    /// When it was used last, roughly.
    pub used: Option<Time>,
}

/// What of a pass is to be another; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct New {
    /// What its bearer may do.
    pub role: Option<Role>,
    /// What they have to prove.
    pub proof: Option<Proof>,
}

impl Pass {
    /// Whether its time is over.
    pub fn is_over(&self, now: Time) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
