//! One try to serve an entry at one account: forward steps and their undo, all as states, so that
//! a stop at any point needs no special path.
//!
//! ```text
//! Launching --accepted--> Building --ready--> Ready
//!     |  \                   | failed/dismissed  | dismissed
//!     |   lost               v                   |
//!     |    v               RemovingServer <------+
//!     | Unknown --adopted--> (Building)  | server gone
//!     |    | absent                      v
//!     +----+--- refused ---------> Clearing --gone--> Gone
//! ```

use std::sync::Arc;
use std::time::Duration;

use oms_proto::{AccountId, AttemptId, EventKind, Time};

use crate::ground::cloud::Wanted;
use crate::ground::failure::Failure;
use crate::rows::passed::Passed;
use crate::rows::removing::Removing;

/// One try to serve an entry at one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Unique among all attempts of this installation.
    pub id: AttemptId,
    /// Where.
    pub account: AccountId,
    /// What is asked of the cloud there.
    pub wanted: Arc<Wanted>,
    /// The server's name.
    pub server_name: String,
    /// The key pair's name.
    pub key_name: String,
    /// When the intent was written.
    pub started: Time,
    /// How it stands.
    pub state: State,
    /// When it came to stand so.
    pub since: Time,
    /// The server, once there is one that we know of.
    pub server: Option<Server>,
    /// Seconds from the intent to a usable server, once usable.
    pub boot: Option<Duration>,
    /// Why it failed, if it did.
    pub failure: Option<Arc<Failure>>,
    /// How its removal fares.
    pub removal: Removing,
    /// The accounts that placement did not choose for this attempt; kept of the latest one only.
    pub passed_over: Arc<Passed>,
}

/// The server of an attempt, as last seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Server {
    /// Nova's id.
    pub id: String,
    /// Nova's status; empty before the first look.
    pub status: String,
    /// Addresses, the best first.
    pub addresses: Vec<String>,
    /// Whether the cloud stopped showing it although we did not ask for that.
    pub vanished: bool,
}

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The intent is written; key pair and server may or may not have been asked for.
    Launching,
    /// The create's answer was lost. The server is looked for; a list begun after `until` that
    /// does not show it settles that there is none.
    Unknown {
        /// The settle time's end.
        until: Time,
    },
    /// The cloud took the create.
    Building {
        /// When it counts as stuck.
        deadline: Time,
    },
    /// The server is usable.
    Ready,
    /// The server is unwanted.
    RemovingServer {
        /// When the cloud took the wish, if it has.
        asked: Option<Time>,
    },
    /// The server is gone or never was; its key pair, and ports that it may have left, are
    /// unwanted.
    Clearing,
    /// Nothing is left.
    Gone,
}

/// The kinds of [`State`], for counting and for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// See [`State::Launching`].
    Launching,
    /// See [`State::Unknown`].
    Unknown,
    /// See [`State::Building`].
    Building,
    /// See [`State::Ready`].
    Ready,
    /// See [`State::RemovingServer`] and [`State::Clearing`].
    Removing,
    /// See [`State::Gone`].
    Gone,
}

impl Kind {
    /// The word in views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launching => "launching",
            Self::Unknown => "unknown",
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Removing => "removing",
            Self::Gone => "gone",
        }
    }
}

/// What can happen to an attempt that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The cloud took the create and named the server.
    Accepted {
        /// Nova's id.
        server: String,
        /// When the build counts as stuck.
        deadline: Time,
    },
    /// The launch failed and certainly made no server.
    Refused(Arc<Failure>),
    /// The launch failed and may have made a server.
    Lost {
        /// What happened.
        failure: Arc<Failure>,
        /// Until when it is looked for.
        until: Time,
    },
    /// A lost server was found.
    Adopted {
        /// Nova's id.
        server: String,
        /// When the build counts as stuck.
        deadline: Time,
    },
    /// The launch was put off for want of something of our own, and begun only then. Its times count
    /// from there.
    BegunLate {
        /// When.
        at: Time,
    },
    /// A lost server was not found within the settle time.
    Absent,
    /// The server is usable.
    Ready {
        /// Nova's status.
        status: String,
        /// Its addresses.
        addresses: Vec<String>,
        /// Whether somebody watched all the while, so that the time it took is the boot's.
        watched: bool,
    },
    /// The build failed.
    Failed(Arc<Failure>),
    /// The entry gave up before the build had ended, which tells nothing of the offering.
    GivenUp(Arc<Failure>),
    /// The server is no longer wanted.
    Dismissed,
    /// The cloud took the wish to remove the server.
    RemovalAsked,
    /// A removal failed.
    RemovalFailed {
        /// What happened.
        failure: Arc<Failure>,
        /// When to try again.
        next: Time,
    },
    /// The removal has not been done for so long that somebody should know.
    RemovalOverdue,
    /// The cloud shows that the server is gone.
    ServerGone,
    /// The key pair is gone, and so is every port.
    Cleared,
    /// The server looks different.
    Seen {
        /// Nova's status.
        status: String,
        /// Its addresses.
        addresses: Vec<String>,
    },
    /// The server disappeared without our asking.
    Vanished,
    /// A server turned up after it had been settled that there was none.
    Reappeared {
        /// Nova's id.
        server: String,
    },
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A new state.
    To(State),
    /// The state stays; repeats are normal.
    Same,
}

/// A change that cannot happen in this state: a mistake of the program, never of a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attempt that is {state} cannot be told '{change}'", state = .state.as_str())]
pub struct Illegal {
    /// How the attempt stood.
    pub state: Kind,
    /// What it was told.
    pub change: &'static str,
}

impl State {
    /// The kind, without data.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Launching => Kind::Launching,
            Self::Unknown { .. } => Kind::Unknown,
            Self::Building { .. } => Kind::Building,
            Self::Ready => Kind::Ready,
            Self::RemovingServer { .. } | Self::Clearing => Kind::Removing,
            Self::Gone => Kind::Gone,
        }
    }

    /// The state after a change at `at`.
    ///
    /// # Errors
    /// [`Illegal`] for a change that makes no sense here.
    pub fn next(&self, change: &Change, at: Time) -> Result<Step, Illegal> {
        use Change as C;
        use Step::{Same, To};
        let step = match (self, change) {
            (Self::Launching, C::Accepted { deadline, .. })
            | (Self::Unknown { .. }, C::Adopted { deadline, .. }) => To(Self::Building {
                deadline: *deadline,
            }),
            (Self::Launching, C::Refused(_))
            | (Self::Unknown { .. }, C::Absent)
            | (Self::RemovingServer { .. }, C::ServerGone) => To(Self::Clearing),
            (Self::Launching, C::Lost { until, .. }) => To(Self::Unknown { until: *until }),
            (Self::Building { .. }, C::Ready { .. }) => To(Self::Ready),
            (Self::Building { .. }, C::Failed(_) | C::GivenUp(_) | C::Dismissed)
            | (Self::Ready, C::Dismissed)
            | (Self::Gone | Self::Clearing, C::Reappeared { .. })
            | (Self::RemovingServer { .. }, C::RemovalFailed { .. }) => {
                To(Self::RemovingServer { asked: None })
            }
            (Self::RemovingServer { .. }, C::RemovalAsked) => {
                To(Self::RemovingServer { asked: Some(at) })
            }
            (Self::Clearing, C::Cleared) => To(Self::Gone),
            (Self::Launching, C::BegunLate { .. })
            | (Self::RemovingServer { .. } | Self::Clearing, C::RemovalOverdue)
            | (Self::Clearing, C::RemovalFailed { .. })
            | (Self::Building { .. } | Self::Ready, C::Seen { .. })
            | (Self::Ready, C::Vanished) => Same,
            (state, change) => {
                return Err(Illegal {
                    state: state.kind(),
                    change: change.as_str(),
                });
            }
        };
        Ok(step)
    }
}

impl Change {
    /// What kind of fact it makes.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Accepted { .. } => EventKind::AttemptAccepted,
            Self::Refused(_) => EventKind::AttemptRefused,
            Self::Lost { .. } => EventKind::AttemptLost,
            Self::Adopted { .. } => EventKind::AttemptAdopted,
            Self::BegunLate { .. } => EventKind::AttemptBegunLate,
            Self::Absent => EventKind::AttemptAbsent,
            Self::Ready { .. } => EventKind::AttemptReady,
            Self::Failed(_) => EventKind::AttemptFailed,
            Self::GivenUp(_) => EventKind::AttemptGivenUp,
            Self::Dismissed => EventKind::AttemptDismissed,
            Self::RemovalAsked => EventKind::AttemptRemovalAsked,
            Self::RemovalFailed { .. } => EventKind::AttemptRemovalFailed,
            Self::RemovalOverdue => EventKind::AttemptRemovalOverdue,
            Self::ServerGone => EventKind::AttemptServerGone,
            Self::Cleared => EventKind::AttemptCleared,
            Self::Seen { .. } => EventKind::AttemptSeen,
            Self::Vanished => EventKind::AttemptVanished,
            Self::Reappeared { .. } => EventKind::AttemptReappeared,
        }
    }

    /// The word in tables and mistakes.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused(_) => "refused",
            Self::Lost { .. } => "lost",
            Self::Adopted { .. } => "adopted",
            Self::BegunLate { .. } => "begun_late",
            Self::Absent => "absent",
            Self::Ready { .. } => "ready",
            Self::Failed(_) => "failed",
            Self::GivenUp(_) => "given_up",
            Self::Dismissed => "dismissed",
            Self::RemovalAsked => "removal_asked",
            Self::RemovalFailed { .. } => "removal_failed",
            Self::RemovalOverdue => "removal_overdue",
            Self::ServerGone => "server_gone",
            Self::Cleared => "cleared",
            Self::Seen { .. } => "seen",
            Self::Vanished => "vanished",
            Self::Reappeared { .. } => "reappeared",
        }
    }
}

impl Attempt {
    /// Whether this attempt may still make the entry run.
    pub const fn is_hopeful(&self) -> bool {
        matches!(
            self.state,
            State::Launching | State::Building { .. } | State::Ready
        )
    }

    /// Whether its server takes room. Whoever answers a create with 500 has taken back what it had put
    /// down, as far as is known; what it has not is seen by a look, and then counts.
    pub fn takes_room(&self) -> bool {
        let refused = |failure: &Arc<Failure>| failure.http_status == Some(500);
        match self.state {
            State::Clearing | State::Gone => false,
            State::Unknown { .. } => !self.failure.as_ref().is_some_and(refused),
            State::Launching
            | State::Building { .. }
            | State::Ready
            | State::RemovingServer { .. } => true,
        }
    }

    /// Whether nothing is left of it.
    pub const fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }

    /// Applies a change.
    ///
    /// # Errors
    /// [`Illegal`], and the attempt stays as it was.
    pub fn apply(&mut self, change: &Change, at: Time) -> Result<(), Illegal> {
        if let Step::To(state) = self.state.next(change, at)? {
            if state.kind() != self.state.kind() || matches!(state, State::Clearing) {
                self.since = at;
                self.removal = Removing::default();
            }
            self.state = state;
        }
        match change {
            Change::Accepted { server, .. }
            | Change::Adopted { server, .. }
            | Change::Reappeared { server } => {
                self.server = Some(Server {
                    id: server.clone(),
                    ..Server::default()
                });
            }
            Change::Refused(failure)
            | Change::Lost { failure, .. }
            | Change::Failed(failure)
            | Change::GivenUp(failure) => {
                self.failure = Some(Arc::clone(failure));
            }
            Change::Ready {
                status, addresses, ..
            } => {
                self.boot = Some(at.since(self.started));
                self.failure = None;
                self.see(status, addresses);
            }
            Change::BegunLate { at } => {
                self.started = *at;
                self.since = *at;
            }
            Change::Seen { status, addresses } => self.see(status, addresses),
            Change::RemovalFailed { failure, next } => {
                self.removal.failed(failure, *next);
            }
            Change::RemovalAsked => self.removal.failure = None,
            Change::RemovalOverdue => self.removal.alerted = true,
            Change::Vanished => {
                if let Some(server) = &mut self.server {
                    server.vanished = true;
                }
            }
            Change::Absent | Change::Dismissed | Change::ServerGone | Change::Cleared => {}
        }
        Ok(())
    }

    fn see(&mut self, status: &str, addresses: &[String]) {
        if let Some(server) = &mut self.server {
            status.clone_into(&mut server.status);
            server.addresses = addresses.to_vec();
            server.vanished = false;
        }
    }
}
