//! What kinds of fact there are, how serious each is, and what each is about. Programs decide by
//! these; the words of a message are for people.

use crate::words;

words! {
    /// What kind of fact it is.
    pub enum EventKind {
        /// An account was added.
        1 AccountAdded = "account_added",
        /// An account was changed by a person.
        2 AccountEdited = "account_edited",
        /// An account was removed.
        3 AccountRemoved = "account_removed",
        /// What an account has room for has changed.
        4 AccountSurveyed = "account_surveyed",
        /// Something at an account is kept away from for a time.
        5 Blocked = "blocked",
        /// Something at an account has proved well.
        6 Unblocked = "unblocked",
        /// A person has said when no entries are to be placed at an account.
        7 MaintenanceSet = "maintenance_set",
        /// A look showed an object of ours without an owner.
        8 StraySeen = "stray_seen",
        /// An object without an owner is gone, or has found one.
        9 StrayGone = "stray_gone",
        /// The cloud took the wish to remove an object without an owner.
        10 StrayRemovalAsked = "stray_removal_asked",
        /// The removal of an object without an owner failed.
        11 StrayRemovalFailed = "stray_removal_failed",
        /// An entry was accepted.
        12 EntryAccepted = "entry_accepted",
        /// An entry waits for an account.
        13 EntryWaiting = "entry_waiting",
        /// An entry is no longer wanted by its owner.
        14 EntryUnwanted = "entry_unwanted",
        /// An entry's deadline or attempts are used up.
        15 EntryFailed = "entry_failed",
        /// An entry's instance vanished, and another is to take its place.
        16 EntryReplaced = "entry_replaced",
        /// A final entry has nothing left at any cloud.
        17 EntryEnded = "entry_ended",
        /// A final entry's time in the database is over.
        18 EntryForgotten = "entry_forgotten",
        /// The intent to try an entry at an account.
        19 AttemptStarted = "attempt_started",
        /// The cloud took the create and named the server.
        20 AttemptAccepted = "attempt_accepted",
        /// The launch failed and certainly made no server.
        21 AttemptRefused = "attempt_refused",
        /// The launch failed and may have made a server.
        22 AttemptLost = "attempt_lost",
        /// A lost server was found.
        23 AttemptAdopted = "attempt_adopted",
        /// A lost server was not found within the settle time.
        24 AttemptAbsent = "attempt_absent",
        /// The server is usable.
        25 AttemptReady = "attempt_ready",
        /// The build failed.
        26 AttemptFailed = "attempt_failed",
        /// The build was given up before it had ended.
        27 AttemptGivenUp = "attempt_given_up",
        /// The server is no longer wanted.
        28 AttemptDismissed = "attempt_dismissed",
        /// The cloud took the wish to remove the server.
        29 AttemptRemovalAsked = "attempt_removal_asked",
        /// A removal failed.
        30 AttemptRemovalFailed = "attempt_removal_failed",
        /// A removal has not been done for so long that somebody should know.
        31 AttemptRemovalOverdue = "attempt_removal_overdue",
        /// The cloud shows that the server is gone.
        32 AttemptServerGone = "attempt_server_gone",
        /// The key pair and every port are gone.
        33 AttemptCleared = "attempt_cleared",
        /// The server looks different.
        34 AttemptSeen = "attempt_seen",
        /// The instance disappeared without our asking.
        35 AttemptVanished = "attempt_vanished",
        /// A server turned up after it had been settled that there was none.
        36 AttemptReappeared = "attempt_reappeared",
        /// What was blocked at an account is forgotten, for a person has changed it.
        37 BlocksForgotten = "blocks_forgotten",
        /// An attempt tries what was blocked.
        38 ProbeBegun = "probe_begun",
        /// An attempt that tried what was blocked is over.
        39 ProbeOver = "probe_over",
        /// A launch has taught something of its offering.
        40 Learned = "learned",
        /// What was learned of an offering is forgotten, for another needs its place.
        41 LessonsForgotten = "lessons_forgotten",
        /// What an account has room for is not known any more.
        42 RoomForgotten = "room_forgotten",
        /// A daemon has started.
        43 DaemonStarted = "daemon_started",
        /// Nothing is launched and nothing is removed until a person says so.
        44 Held = "held",
        /// A person has said that this daemon is the one that is to go on.
        45 TakenOver = "taken_over",
        /// An account has been looked at since the database went back.
        46 AccountSeen = "account_seen",
        /// A cloud shows ids that would be given out again; it goes on above them.
        47 IdsRaised = "ids_raised",
        /// A person wants an object without an owner removed.
        48 StrayOrdered = "stray_ordered",
        /// A launch that was put off for want of something of our own has begun.
        49 AttemptBegunLate = "attempt_begun_late",
        /// An entry has more time, for there was time in which nobody worked.
        50 EntryExtended = "entry_extended",
        /// The time of a block is over; the next launch is a probe.
        51 BlockOver = "block_over",
        /// A person has lifted a block before its time.
        52 BlockLifted = "block_lifted",
        /// Maintenance of an account is over.
        53 MaintenanceOver = "maintenance_over",
        /// An entry that had failed is tried again.
        54 EntryRetried = "entry_retried",
        /// An entry is not to be removed until it is released.
        55 EntryHeld = "entry_held",
        /// An entry may be removed again.
        56 EntryReleased = "entry_released",
        /// A token was made.
        57 TokenCreated = "token_created",
        /// A token lets nobody in any more.
        58 TokenRevoked = "token_revoked",
        /// A token was shown; told once an hour at most.
        59 TokenUsed = "token_used",
        /// A user was added.
        60 UserAdded = "user_added",
        /// A user has another role or password.
        61 UserChanged = "user_changed",
        /// A user was removed.
        62 UserRemoved = "user_removed",
        /// A user has signed in.
        63 UserSignedIn = "user_signed_in",
        /// The private key of an entry was shown to whom it is shown once.
        64 EntryKeyShown = "entry_key_shown",
        /// Somebody asked for what changes something and was refused.
        65 RequestRefused = "request_refused",
        /// Somebody asked for what changes nothing here that would tell of it, and it was done.
        66 RequestDone = "request_done",
    }
}

words! {
    /// How serious a fact is, for whoever runs the daemon. One that is not known counts as more
    /// than an error.
    pub enum Severity {
        /// Of use to whoever looks for a cause.
        1 Debug = "debug",
        /// The daily run of things.
        2 Info = "info",
        /// Out of the ordinary, and as it should be.
        3 Notice = "notice",
        /// Something went wrong, and OMS deals with it.
        4 Warning = "warning",
        /// Something went wrong for good, or a person must act.
        5 Error = "error",
    }
}

words! {
    /// What a fact is about.
    pub enum Subject {
        /// A queue entry.
        1 Entry = "entry",
        /// An attempt to serve an entry.
        2 Attempt = "attempt",
        /// An account.
        3 Account = "account",
        /// The server that an entry ended up with.
        4 Instance = "instance",
        /// An object at a cloud that has no owner.
        5 Object = "object",
        /// The daemon itself.
        6 Daemon = "daemon",
        /// A token.
        7 Token = "token",
        /// A user of the web page.
        8 User = "user",
        /// What somebody asked.
        9 Request = "request",
    }
}

impl EventKind {
    /// How serious it is.
    pub const fn severity(self) -> Severity {
        self.row().1
    }

    /// What it is about.
    pub const fn subject(self) -> Subject {
        self.row().0
    }

    /// The table of all kinds.
    const fn row(self) -> (Subject, Severity) {
        use Severity::{Debug, Error, Info, Notice, Warning};
        use Subject::{Account, Attempt, Daemon, Entry, Instance, Object, Request, Token, User};
        match self {
            Self::AccountAdded
            | Self::AccountEdited
            | Self::AccountRemoved
            | Self::MaintenanceSet
            | Self::BlocksForgotten
            | Self::BlockOver
            | Self::BlockLifted
            | Self::MaintenanceOver
            | Self::Unblocked => (Account, Notice),
            Self::AccountSurveyed
            | Self::ProbeBegun
            | Self::ProbeOver
            | Self::Learned
            | Self::LessonsForgotten
            | Self::RoomForgotten
            | Self::AccountSeen => (Account, Debug),
            Self::DaemonStarted => (Daemon, Info),
            Self::TakenOver | Self::IdsRaised => (Daemon, Notice),
            Self::Held => (Daemon, Error),
            Self::Blocked => (Account, Warning),
            Self::StraySeen | Self::StrayGone | Self::StrayOrdered => (Object, Notice),
            Self::StrayRemovalAsked => (Object, Debug),
            Self::StrayRemovalFailed => (Object, Warning),
            Self::EntryAccepted | Self::EntryWaiting | Self::EntryUnwanted | Self::EntryEnded => {
                (Entry, Info)
            }
            Self::EntryForgotten => (Entry, Debug),
            Self::EntryReplaced
            | Self::EntryExtended
            | Self::EntryRetried
            | Self::EntryHeld
            | Self::EntryKeyShown
            | Self::EntryReleased => (Entry, Notice),
            Self::EntryFailed => (Entry, Error),
            Self::AttemptStarted
            | Self::AttemptAccepted
            | Self::AttemptReady
            | Self::AttemptDismissed
            | Self::AttemptCleared => (Attempt, Info),
            Self::AttemptRemovalAsked | Self::AttemptServerGone | Self::AttemptSeen => {
                (Attempt, Debug)
            }
            Self::AttemptAdopted | Self::AttemptAbsent | Self::AttemptBegunLate => {
                (Attempt, Notice)
            }
            Self::AttemptRefused
            | Self::AttemptLost
            | Self::AttemptFailed
            | Self::AttemptGivenUp
            | Self::AttemptRemovalFailed
            | Self::AttemptReappeared => (Attempt, Warning),
            Self::AttemptRemovalOverdue => (Attempt, Error),
            Self::AttemptVanished => (Instance, Error),
            Self::TokenCreated | Self::TokenRevoked => (Token, Notice),
            Self::TokenUsed => (Token, Debug),
            Self::UserAdded | Self::UserChanged | Self::UserRemoved => (User, Notice),
            Self::UserSignedIn => (User, Info),
            Self::RequestRefused => (Request, Warning),
            Self::RequestDone => (Request, Info),
            // The daemon that told it says how serious it is.
            Self::Unknown => (Daemon, Severity::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_a_warning_or_an_error() {
        for kind in EventKind::ALL {
            let word = kind.as_str();
            let wrong = [
                "failed", "refused", "lost", "vanished", "overdue", "given_up",
            ];
            let wrong = wrong.iter().any(|part| word.contains(part)) || word == "blocked";
            let told = kind.severity() >= Severity::Warning;
            let unsaid = [EventKind::AttemptReappeared, EventKind::Held];
            assert_eq!(told, wrong || unsaid.contains(&kind), "{word}");
        }
    }

    #[test]
    fn words_begin_with_what_they_are_about() {
        for kind in EventKind::ALL {
            let subject = match kind.subject() {
                Subject::Object => "stray",
                Subject::Instance => "attempt",
                other => other.as_str(),
            };
            let word = kind.as_str();
            // What a daemon or an account alone can do needs no more words.
            let bare = matches!(kind.subject(), Subject::Account | Subject::Daemon);
            assert!(bare || word.starts_with(subject), "{word}");
        }
    }
}
