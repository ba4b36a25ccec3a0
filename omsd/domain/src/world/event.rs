//! Facts that happened: the only way in which the world changes.

use std::sync::Arc;

use oms_proto::spec::Window;
use oms_proto::{AccountId, Actor, AttemptId, EntryId, EventKind, Time};

use crate::ground::cloud::Wanted;
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Change};
use crate::rows::entry::{Asked, Entry, Status};
use crate::rows::lineage::{Doubt, Free};
use crate::rows::offering::{Lesson, Offering};
use crate::rows::pass::{self, Pass};
use crate::rows::passed::Waits;
use crate::rows::room::Room;
use crate::rows::scope::{Block, Scope};
use crate::rows::stray;
use crate::rows::why::Failed;

/// An event with its time. Its number is its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: Time,
    /// Who caused it.
    pub by: Actor,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A daemon has started.
    Started {
        /// What its marks carry.
        incarnation: String,
        /// Why the database may not be the newest, if there is a doubt.
        doubt: Option<Doubt>,
    },
    /// Nothing is launched and nothing is removed until a person says so.
    Held(Doubt),
    /// A person has said that this daemon is the one that is to go on.
    TakenOver,
    /// What an account shows has been looked at since the database went back.
    AccountSeen(AccountId),
    /// A cloud shows ids that this database would give out again; it goes on above them.
    IdsRaised(Free),
    /// An account was added.
    AccountAdded(Box<Account>),
    /// An account was changed by a person; what was blocked there is forgotten.
    AccountEdited(Box<Account>),
    /// An account was removed.
    AccountRemoved(AccountId),
    /// Something at an account is kept away from for a time.
    Blocked {
        /// Where.
        account: AccountId,
        /// What, until when, why.
        block: Box<Block>,
    },
    /// Something at an account has proved well.
    Unblocked {
        /// Where.
        account: AccountId,
        /// What.
        scope: Scope,
    },
    /// What was blocked at an account is forgotten, for a person has changed it.
    BlocksForgotten(AccountId),
    /// The time of a block is over; the next launch there is a probe.
    BlockOver {
        /// Where.
        account: AccountId,
        /// What.
        scope: Scope,
    },
    /// A person has lifted a block before its time; the next launch there is a probe.
    BlockLifted {
        /// Where.
        account: AccountId,
        /// What.
        scope: Scope,
    },
    /// Maintenance windows of an account are over.
    MaintenanceOver(AccountId),
    /// An attempt tries what was blocked.
    ProbeBegun {
        /// Where.
        account: AccountId,
        /// For which entry.
        entry: EntryId,
        /// Which.
        attempt: AttemptId,
        /// What it asks, and so which blocks it tries.
        wanted: Arc<Wanted>,
    },
    /// An attempt that tried what was blocked is over, and leaves what is blocked still to the next.
    ProbeOver {
        /// Where.
        account: AccountId,
        /// Which.
        attempt: AttemptId,
    },
    /// A launch has taught something of its offering.
    Learned {
        /// Where.
        account: AccountId,
        /// Of which.
        offering: Offering,
        /// What.
        lesson: Lesson,
    },
    /// What was learned of an offering is forgotten, for another needs its place.
    LessonsForgotten {
        /// Where.
        account: AccountId,
        /// Of which.
        offering: Offering,
    },
    /// What an account has room for is not known any more, for it leads elsewhere.
    RoomForgotten(AccountId),
    /// What an account has room for has changed.
    Surveyed {
        /// Where.
        account: AccountId,
        /// For what.
        room: Box<Room>,
    },
    /// A person has said when no entries are to be placed at an account.
    MaintenanceSet {
        /// Where.
        account: AccountId,
        /// All windows from now on.
        windows: Vec<Window>,
    },
    /// Something happened to an object of ours that has no owner.
    Stray {
        /// Where.
        account: AccountId,
        /// Which.
        id: stray::Id,
        /// What.
        change: stray::Change,
    },
    /// An entry was accepted.
    EntryAccepted(Arc<Asked>),
    /// An entry waits for an account.
    EntryWaiting {
        /// Which.
        entry: EntryId,
        /// What for.
        waits: Arc<Waits>,
    },
    /// An entry is no longer wanted by its owner.
    EntryUnwanted(EntryId),
    /// An entry's deadline or attempts are used up.
    EntryFailed {
        /// Which.
        entry: EntryId,
        /// Which of the two, and what went wrong last.
        why: Arc<Failed>,
    },
    /// An entry's instance vanished, and another is to take its place.
    EntryReplaced {
        /// Which.
        entry: EntryId,
        /// When it gives up unless it runs again.
        deadline: Time,
    },
    /// An entry has more time, for there was time in which nobody worked.
    EntryExtended {
        /// Which.
        entry: EntryId,
        /// When it gives up unless it runs.
        deadline: Time,
    },
    /// A final entry has nothing left at any cloud.
    EntryEnded(EntryId),
    /// An entry that had failed and ended is removed by its owner.
    EndedRemoved(EntryId),
    /// An entry that had failed is tried again.
    EntryRetried {
        /// Which.
        entry: EntryId,
        /// When it gives up unless it runs.
        deadline: Time,
    },
    /// An entry that had failed and ended is tried again, as it is to stand from now on.
    EndedRetried(Arc<Entry>),
    /// An entry is not to be removed until it is released.
    EntryHeld(EntryId),
    /// An entry may be removed again.
    EntryReleased(EntryId),
    /// The private key of an entry was shown to whom it is shown once.
    KeyShown(EntryId),
    /// Something happened to a token or a user.
    Pass {
        /// Which.
        id: pass::Id,
        /// What.
        change: PassChange,
    },
    /// Somebody asked for what changes something, and no other event tells of it.
    Asked(Box<Deed>),
    /// The time in the database of an entry that has ended is over.
    EntryForgotten {
        /// Which.
        entry: EntryId,
        /// How it had ended: FAILED, or DESTROY where its owner had removed it.
        status: Status,
    },
    /// The intent to try an entry at an account.
    AttemptStarted {
        /// Which entry.
        entry: EntryId,
        /// The attempt.
        attempt: Box<Attempt>,
    },
    /// Something happened to an attempt.
    Attempt {
        /// Whose.
        entry: EntryId,
        /// Which.
        attempt: AttemptId,
        /// What.
        change: Change,
    },
}

/// What happens to a token or a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassChange {
    /// It was made.
    Made(Box<Pass>),
    /// It has another role or proof.
    Changed(Box<Pass>),
    /// It was used.
    Used,
    /// It lets nobody in any more.
    Revoked,
}

impl PassChange {
    const fn kind(&self, of: pass::Kind) -> EventKind {
        match (self, of) {
            (Self::Made(_) | Self::Changed(_), pass::Kind::Token) => EventKind::TokenCreated,
            (Self::Used, pass::Kind::Token) => EventKind::TokenUsed,
            (Self::Revoked, pass::Kind::Token) => EventKind::TokenRevoked,
            (Self::Made(_), pass::Kind::User) => EventKind::UserAdded,
            (Self::Changed(_), pass::Kind::User) => EventKind::UserChanged,
            (Self::Used, pass::Kind::User) => EventKind::UserSignedIn,
            (Self::Revoked, pass::Kind::User) => EventKind::UserRemoved,
        }
    }
}

/// What somebody asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What was asked, in words.
    pub asked: String,
    /// Why it was refused; `None` where it was done.
    pub refused: Option<String>,
    /// The entry that it was about.
    pub entry: Option<EntryId>,
    /// The account that it was about, where there is one.
    pub account: Option<AccountId>,
}

impl Event {
    /// What kind it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Started { .. } => EventKind::DaemonStarted,
            Self::Held(_) => EventKind::Held,
            Self::TakenOver => EventKind::TakenOver,
            Self::AccountSeen(_) => EventKind::AccountSeen,
            Self::IdsRaised(_) => EventKind::IdsRaised,
            Self::AccountAdded(_) => EventKind::AccountAdded,
            Self::AccountEdited(_) => EventKind::AccountEdited,
            Self::AccountRemoved(_) => EventKind::AccountRemoved,
            Self::Blocked { .. } => EventKind::Blocked,
            Self::Unblocked { .. } => EventKind::Unblocked,
            Self::BlocksForgotten(_) => EventKind::BlocksForgotten,
            Self::BlockOver { .. } => EventKind::BlockOver,
            Self::BlockLifted { .. } => EventKind::BlockLifted,
            Self::MaintenanceOver(_) => EventKind::MaintenanceOver,
            Self::ProbeBegun { .. } => EventKind::ProbeBegun,
            Self::ProbeOver { .. } => EventKind::ProbeOver,
            Self::Learned { .. } => EventKind::Learned,
            Self::LessonsForgotten { .. } => EventKind::LessonsForgotten,
            Self::Surveyed { .. } => EventKind::AccountSurveyed,
            Self::RoomForgotten(_) => EventKind::RoomForgotten,
            Self::MaintenanceSet { .. } => EventKind::MaintenanceSet,
            Self::Stray { change, .. } => change.kind(),
            Self::EntryReplaced { .. } => EventKind::EntryReplaced,
            Self::EntryExtended { .. } => EventKind::EntryExtended,
            Self::EntryAccepted(_) => EventKind::EntryAccepted,
            Self::EntryWaiting { .. } => EventKind::EntryWaiting,
            Self::EntryUnwanted(_) | Self::EndedRemoved(_) => EventKind::EntryUnwanted,
            Self::EntryFailed { .. } => EventKind::EntryFailed,
            Self::EntryRetried { .. } | Self::EndedRetried(_) => EventKind::EntryRetried,
            Self::EntryHeld(_) => EventKind::EntryHeld,
            Self::EntryReleased(_) => EventKind::EntryReleased,
            Self::EntryEnded(_) => EventKind::EntryEnded,
            Self::KeyShown(_) => EventKind::EntryKeyShown,
            Self::Pass { id, change } => change.kind(id.kind),
            Self::Asked(deed) if deed.refused.is_some() => EventKind::RequestRefused,
            Self::Asked(_) => EventKind::RequestDone,
            Self::EntryForgotten { .. } => EventKind::EntryForgotten,
            Self::AttemptStarted { .. } => EventKind::AttemptStarted,
            Self::Attempt { change, .. } => change.kind(),
        }
    }

    /// What it is about.
    pub fn about(&self) -> About {
        let entry = |entry| About {
            entry: Some(entry),
            ..About::default()
        };
        let account = |account| About {
            account: Some(account),
            ..About::default()
        };
        match self {
            Self::EntryAccepted(asked) => entry(asked.id),
            Self::EntryWaiting { entry: id, .. }
            | Self::EntryFailed { entry: id, .. }
            | Self::EntryReplaced { entry: id, .. }
            | Self::EntryExtended { entry: id, .. }
            | Self::EntryRetried { entry: id, .. }
            | Self::EntryForgotten { entry: id, .. }
            | Self::EntryUnwanted(id)
            | Self::EntryEnded(id)
            | Self::EntryHeld(id)
            | Self::EntryReleased(id)
            | Self::KeyShown(id)
            | Self::EndedRemoved(id) => entry(*id),
            Self::EndedRetried(it) => entry(it.id),
            Self::AccountAdded(it) | Self::AccountEdited(it) => account(it.id),
            Self::Started { .. }
            | Self::Held(_)
            | Self::TakenOver
            | Self::IdsRaised(_)
            | Self::Pass { .. } => About::default(),
            Self::Asked(deed) => About {
                entry: deed.entry,
                attempt: None,
                account: deed.account,
            },
            Self::AccountRemoved(id)
            | Self::AccountSeen(id)
            | Self::BlocksForgotten(id)
            | Self::MaintenanceOver(id)
            | Self::RoomForgotten(id)
            | Self::Blocked { account: id, .. }
            | Self::Unblocked { account: id, .. }
            | Self::BlockOver { account: id, .. }
            | Self::BlockLifted { account: id, .. }
            | Self::Learned { account: id, .. }
            | Self::LessonsForgotten { account: id, .. }
            | Self::Surveyed { account: id, .. }
            | Self::MaintenanceSet { account: id, .. }
            | Self::Stray { account: id, .. } => account(*id),
            Self::ProbeBegun {
                account, attempt, ..
            }
            | Self::ProbeOver { account, attempt } => About {
                entry: None,
                attempt: Some(*attempt),
                account: Some(*account),
            },
            Self::AttemptStarted { entry, attempt } => About {
                entry: Some(*entry),
                attempt: Some(attempt.id),
                account: Some(attempt.account),
            },
            Self::Attempt { entry, attempt, .. } => About {
                entry: Some(*entry),
                attempt: Some(*attempt),
                account: None,
            },
        }
    }
}

/// What an event is about, as far as the event itself tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct About {
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// The attempt concerned.
    pub attempt: Option<AttemptId>,
    /// The account concerned.
    pub account: Option<AccountId>,
}
