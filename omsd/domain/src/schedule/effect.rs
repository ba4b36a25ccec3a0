//! What should happen at a cloud, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ground::cloud::{Listing, Mark, Named, Removal, ServerSeen, Wanted};
use crate::ground::failure::Failure;
use crate::ground::resource::Survey;
use crate::rows::entry::UserData;
use crate::rows::stray;
use crate::rules::wish::Step;

/// An act on a cloud. Its intent is in the world, durable, before it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Import the key and ask for the server.
    Launch(Box<Launch>),
    /// List the servers of an account.
    Look {
        /// Where.
        account: AccountId,
        /// Only what changed since then, by the cloud's clock.
        since: Option<Time>,
    },
    /// Look at one server.
    LookAt(Target),
    /// Remove a server.
    RemoveServer {
        /// Which.
        target: Target,
        /// Read its mark first; not needed right after a look that showed it.
        verify: bool,
    },
    /// Ask what an account has room for.
    Survey {
        /// Where.
        account: AccountId,
    },
    /// List the key pairs of an account, to find those without an owner.
    ListKeypairs {
        /// Where.
        account: AccountId,
    },
    /// Remove a stray.
    Collect {
        /// Where.
        account: AccountId,
        /// Which.
        id: stray::Id,
        /// The mark that a server must still carry.
        mark: Mark,
    },
    /// Remove what an attempt has left besides its server: the key pair, and ports that the
    /// server's own removal may have forgotten.
    Clear {
        /// Whose.
        entry: EntryId,
        /// Of which attempt.
        attempt: AttemptId,
        /// Where.
        account: AccountId,
        /// The key pair's name.
        keypair: String,
        /// The server that is gone, if there was one.
        server: Option<String>,
    },
}

/// All that a launch needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Where.
    pub account: AccountId,
    /// Whose server it will be.
    pub mark: Mark,
    /// What is asked.
    pub wanted: Arc<Wanted>,
    /// The server's name.
    pub server_name: String,
    /// The key pair's name.
    pub key_name: String,
    /// The key, in OpenSSH form.
    pub public_key: String,
    /// Text for the guest.
    pub user_data: Option<UserData>,
    /// The owner's metadata; the mark is added to it.
    pub metadata: BTreeMap<String, String>,
}

/// One server of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub account: AccountId,
    /// Whose it is.
    pub mark: Mark,
    /// Nova's id.
    pub server: String,
}

/// What is under way. An attempt has at most one effect at a time, and so has the watch over an
/// account; but a launch whose answer is overdue may be overtaken by a look that shows its server,
/// and then by whatever follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flight {
    /// The launch of an attempt.
    Launch(AttemptId),
    /// Something later for an attempt.
    Attempt(AttemptId),
    /// A look at an account.
    Look(AccountId),
    /// A survey of an account.
    Survey(AccountId),
    /// A list of an account's key pairs.
    ListKeypairs(AccountId),
    /// The removal of a stray of an account.
    Collect(AccountId),
}

impl Flight {
    /// Whether entries wait for it, so that an account that does not answer it may be silent.
    pub const fn is_awaited(self) -> bool {
        match self {
            Self::Launch(_) | Self::Look(_) => true,
            Self::Attempt(_) | Self::Survey(_) | Self::ListKeypairs(_) | Self::Collect(_) => false,
        }
    }
}

impl Effect {
    /// The account concerned.
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Launch(launch) => launch.account,
            Self::Look { account, .. }
            | Self::Clear { account, .. }
            | Self::Survey { account }
            | Self::ListKeypairs { account }
            | Self::Collect { account, .. } => *account,
            Self::LookAt(target) | Self::RemoveServer { target, .. } => target.account,
        }
    }

    /// The entry concerned, if it is not the account as a whole.
    pub const fn entry(&self) -> Option<EntryId> {
        match self {
            Self::Launch(launch) => Some(launch.mark.entry),
            Self::LookAt(target) | Self::RemoveServer { target, .. } => Some(target.mark.entry),
            Self::Clear { entry, .. } => Some(*entry),
            Self::Look { .. }
            | Self::Survey { .. }
            | Self::ListKeypairs { .. }
            | Self::Collect { .. } => None,
        }
    }

    /// What it counts as while it is under way.
    pub const fn flight(&self) -> Flight {
        match self {
            Self::Launch(launch) => Flight::Launch(launch.mark.attempt),
            Self::Look { account, .. } => Flight::Look(*account),
            Self::Survey { account } => Flight::Survey(*account),
            Self::ListKeypairs { account } => Flight::ListKeypairs(*account),
            Self::Collect { account, .. } => Flight::Collect(*account),
            Self::LookAt(target) | Self::RemoveServer { target, .. } => {
                Flight::Attempt(target.mark.attempt)
            }
            Self::Clear { attempt, .. } => Flight::Attempt(*attempt),
        }
    }
}

/// What came of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which entry and attempt, or which account.
    pub of: Of,
    /// The revision of the account that it was done with.
    pub revision: u64,
    /// What came of it.
    pub result: Came,
}

/// What an outcome is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// An attempt.
    Attempt(EntryId, AttemptId),
    /// A look at an account.
    Account(AccountId),
}

/// What came of an effect, by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// Of a launch: the server's id.
    Launched(Result<String, LaunchFailure>),
    /// Of a look.
    Looked {
        /// Whether the list was to hold every server.
        full: bool,
        /// When the look began.
        began: Time,
        /// What was seen.
        result: Result<Listing, Arc<Failure>>,
    },
    /// Of a look at one server; `None` if it is not there.
    LookedAt(Result<Option<ServerSeen>, Arc<Failure>>),
    /// Of the removal of a server.
    ServerRemoval(Result<Removal, Arc<Failure>>),
    /// Of a survey.
    Surveyed(Result<Survey, Arc<Failure>>),
    /// Of a list of key pairs: their names.
    KeypairsListed(Result<Vec<String>, Arc<Failure>>),
    /// Of the removal of a stray.
    Collected {
        /// Which.
        id: stray::Id,
        /// What came of it.
        result: Result<Removal, Arc<Failure>>,
    },
    /// Of the removal of what was left.
    Cleared(Result<(), Arc<Failure>>),
    /// Nothing: for want of something of our own it was not done, and is to be tried again.
    Untried(Flight),
}

/// A launch that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchFailure {
    /// What went wrong.
    pub failure: Arc<Failure>,
    /// What it may have left at the cloud.
    pub left: Left,
    /// How far it had come.
    pub step: Step,
    /// What of the request the cloud names as the cause.
    pub named: Option<Named>,
}

/// What a failed launch may have left at the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: it failed before anything was to be made.
    Nothing,
    /// The key pair, and no server.
    KeyPair,
    /// A server or a key pair may turn up yet.
    Perhaps,
}

impl Outcome {
    /// What is no longer under way.
    pub fn flight(&self) -> Flight {
        match (self.of, &self.result) {
            (_, Came::Untried(flight)) => *flight,
            (Of::Attempt(_, attempt), Came::Launched(_)) => Flight::Launch(attempt),
            (Of::Attempt(_, attempt), _) => Flight::Attempt(attempt),
            (Of::Account(account), Came::Surveyed(_)) => Flight::Survey(account),
            (Of::Account(account), Came::KeypairsListed(_)) => Flight::ListKeypairs(account),
            (Of::Account(account), Came::Collected { .. }) => Flight::Collect(account),
            (Of::Account(account), _) => Flight::Look(account),
        }
    }
}
