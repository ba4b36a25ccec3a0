//! Read-only pictures of what the daemon knows: what both transports show.
//!
//! The REST interface prints exactly these shapes as JSON, so the order of fields is part of the
//! contract: the fields of the 2016 interface come first, in its spelling; new ones follow.

mod account;
mod daemon;
mod entry;
mod passes;
mod room;
mod strays;

pub use self::account::{
    AccountStatus, AccountTestView, AccountView, AuthType, BlockKind, BlockView, LessonsView,
    OffersView, TestStepView, Trust,
};
pub use self::daemon::{AlertKind, AlertView, BackupView, EventView, StatusView};
pub use self::entry::{
    AskedView, AttemptState, AttemptView, ChoiceView, EntryView, ExplanationView, FailureClass,
    FailureView, InstanceAccount, InstanceView, PassedOverView, PreviewView, Status, WaitCause,
    WaitView,
};
pub use self::passes::{TokenView, UserView};
pub use self::room::{QuotaView, Resource, RoomView};
pub use self::strays::{ObjectKind, ObjectView, StraysAtView, StraysView, Verdict};
