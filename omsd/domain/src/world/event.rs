//! Facts that happened: the only way in which the world changes.

use std::sync::Arc;

use oms_proto::spec::Window;
use oms_proto::view::Status;
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ground::cloud::Wanted;
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Change};
use crate::rows::entry::Asked;
use crate::rows::lineage::{Doubt, Free};
use crate::rows::offering::{Lesson, Offering};
use crate::rows::passed::Waits;
use crate::rows::room::Room;
use crate::rows::scope::{Block, Scope};
use crate::rows::stray;
use crate::rows::why::GaveUp;

/// An event with its time. Its number is its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: Time,
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
    /// An attempt tries what was blocked.
    ProbeBegun {
        /// Where.
        account: AccountId,
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
    EntryGaveUp {
        /// Which.
        entry: EntryId,
        /// Which of the two, and what went wrong last.
        why: Arc<GaveUp>,
    },
    /// An entry's instance vanished, and another is to take its place.
    EntryReplaced {
        /// Which.
        entry: EntryId,
        /// When it gives up unless it runs again.
        deadline: Time,
    },
    /// A final entry has nothing left at any cloud.
    EntryEnded(EntryId),
    /// An entry that had failed and ended is removed by its owner.
    EndedRemoved(EntryId),
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

impl Event {
    /// The word in journals, in snake case.
    pub fn kind(&self) -> String {
        match self {
            Self::Started { .. } => "daemon_started".to_owned(),
            Self::Held(_) => "held".to_owned(),
            Self::TakenOver => "taken_over".to_owned(),
            Self::AccountSeen(_) => "account_seen".to_owned(),
            Self::IdsRaised(_) => "ids_raised".to_owned(),
            Self::AccountAdded(_) => "account_added".to_owned(),
            Self::AccountEdited(_) => "account_edited".to_owned(),
            Self::AccountRemoved(_) => "account_removed".to_owned(),
            Self::Blocked { .. } => "blocked".to_owned(),
            Self::Unblocked { .. } => "unblocked".to_owned(),
            Self::BlocksForgotten(_) => "blocks_forgotten".to_owned(),
            Self::ProbeBegun { .. } => "probe_begun".to_owned(),
            Self::ProbeOver { .. } => "probe_over".to_owned(),
            Self::Learned { .. } => "learned".to_owned(),
            Self::LessonsForgotten { .. } => "lessons_forgotten".to_owned(),
            Self::Surveyed { .. } => "account_surveyed".to_owned(),
            Self::RoomForgotten(_) => "room_forgotten".to_owned(),
            Self::MaintenanceSet { .. } => "maintenance_set".to_owned(),
            Self::Stray { change, .. } => format!("stray_{}", change.as_str()),
            Self::EntryReplaced { .. } => "entry_replaced".to_owned(),
            Self::EntryAccepted(_) => "entry_accepted".to_owned(),
            Self::EntryWaiting { .. } => "entry_waiting".to_owned(),
            Self::EntryUnwanted(_) | Self::EndedRemoved(_) => "entry_unwanted".to_owned(),
            Self::EntryGaveUp { .. } => "entry_failed".to_owned(),
            Self::EntryEnded(_) => "entry_ended".to_owned(),
            Self::EntryForgotten { .. } => "entry_forgotten".to_owned(),
            Self::AttemptStarted { .. } => "attempt_started".to_owned(),
            Self::Attempt { change, .. } => format!("attempt_{}", change.as_str()),
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
            | Self::EntryGaveUp { entry: id, .. }
            | Self::EntryReplaced { entry: id, .. }
            | Self::EntryForgotten { entry: id, .. }
            | Self::EntryUnwanted(id)
            | Self::EntryEnded(id)
            | Self::EndedRemoved(id) => entry(*id),
            Self::AccountAdded(it) | Self::AccountEdited(it) => account(it.id),
            Self::Started { .. } | Self::Held(_) | Self::TakenOver | Self::IdsRaised(_) => {
                About::default()
            }
            Self::AccountRemoved(id)
            | Self::AccountSeen(id)
            | Self::BlocksForgotten(id)
            | Self::RoomForgotten(id)
            | Self::Blocked { account: id, .. }
            | Self::Unblocked { account: id, .. }
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
