//! What a client can ask over the socket: [`Request`] is the table, and each row's own shape stands beside
//! its like.

mod accounts;
mod daemon;
mod entries;
mod manner;
mod paged;
mod passes;
mod table;

pub use self::accounts::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock,
};
pub use self::daemon::{
    Backup, EventList, InstanceList, InstanceShow, StatusShow, StrayRemove, Strays, Subscribe,
    TakeOver,
};
pub use self::entries::{
    EntryCreate, EntryExplain, EntryHold, EntryList, EntryPreview, EntryRemove, EntryRetry,
    EntryShow, EntryWait,
};
pub use self::manner::{AnswerSize, Manner};
pub use self::paged::Paged;
pub use self::passes::{
    TokenCreate, TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
pub use self::table::{Ask, Asked, Request};
pub use crate::role::Role;
