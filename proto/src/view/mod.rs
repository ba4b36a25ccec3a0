//! Read-only pictures of what the daemon knows: what both transports show.
//!
//! The REST interface prints exactly these shapes as JSON, so the order of fields is part of the
//! contract: the fields of the 2016 interface come first, in its spelling; new ones follow.

mod account;
mod daemon;
mod entry;
mod strays;

pub use self::account::{
    AccountStatus, AccountTestView, AccountView, BlockView, LessonsView, TestStepView,
};
pub use self::daemon::{AlertView, EventView, StatusView};
pub use self::entry::{
    AttemptView, EntryView, ExplanationView, FailureView, InstanceAccount, InstanceView,
    PassedOverView, Status,
};
pub use self::strays::{ObjectView, StraysAtView, StraysView};
