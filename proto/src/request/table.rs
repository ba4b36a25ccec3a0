//! What a client can ask over the socket: one row a request.
//!
//! A row says what is asked, what answers it, who may ask, how large the answer may be, how long it
//! may take, and whether it waits for something by its nature. Access, deadlines, the daemon's
//! bounds and the typed calls of clients are all drawn from it; so are the paths of the REST
//! interface, whose own table names these rows. Rows are only ever appended, fields as
//! [`grows!`](crate::grows) says; golden bytes prove it.

use std::time::Duration;

use bincode::{Decode, Encode};

use super::accounts::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock,
};
use super::daemon::{
    Backup, EventList, InstanceList, InstanceShow, StatusShow, StrayRemove, Strays, Subscribe,
    TakeOver,
};
use super::entries::{
    EntryCreate, EntryExplain, EntryHold, EntryList, EntryPreview, EntryRemove, EntryRetry,
    EntryShow, EntryWait,
};
use super::manner::{AnswerSize, Manner};
use super::passes::{TokenCreate, TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove};
use crate::codec::Reading;
use crate::response::{
    AccountPage, Done, EntryPage, EventPage, InstancePage, Response, TokenPage, UserPage,
};
use crate::role::Role;
use crate::view::{
    AccountTestView, AccountView, BackupView, EntryView, ExplanationView, InstanceView, OffersView,
    PreviewView, StatusView, StraysView, TokenView, UserView,
};

/// How long what the daemon answers from memory or its own disk may take. Far beyond what it
/// needs, so that only a hung daemon meets it.
const AT_ONCE: Duration = Duration::from_secs(30);

/// How long it may take to try at a cloud, once, where an account leads.
const SIGN_IN: Duration = Duration::from_secs(60);

/// How long the test of an account may take: several calls to a cloud, each with a deadline of up
/// to 30 s.
const TEST: Duration = Duration::from_secs(180);

/// The same with the boot of an instance and its removal.
const BOOT: Duration = Duration::from_secs(720);

/// How long a look at all clouds may take, which the daemon ends after less than a minute.
const LOOK: Duration = Duration::from_secs(90);

/// How long it may take to copy a database: a million entries are some gigabytes.
const COPY: Duration = Duration::from_secs(1800);

/// A request by its type.
pub trait Asked: Into<Request> {
    /// Its name, as [`Request::name`] has it.
    const NAME: &'static str;

    /// The weakest role that may ask, as [`Request::manner`] has it.
    const ROLE: Role;
}

/// A request that has one answer. A subscription has many.
pub trait Ask: Asked {
    /// What is answered.
    type Answer;

    /// The answer in a response; `None` if it is the answer to something else.
    fn answer(response: Response) -> Option<Self::Answer>;
}

macro_rules! requests {
    ($(
        $(#[$doc:meta])*
        $ask:ident($held:ty) => $response:ident($answer:ty) $($boxed:ident)?,
        $role:ident, $size:ident $($waits:ident)?, $deadline:expr;
    )+) => {
        /// A request of a client.
        #[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
        #[bincode(decode_context = "Reading")]
        pub enum Request {
            $($(#[$doc])* $ask($held),)+
        }

        impl Request {
            /// What kinds of requests there are, in the order in which they came to be.
            pub const NAMES: &[&'static str] = &[$(stringify!($ask)),+];

            /// What kind of request it is, for logs and tables.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$ask(_) => stringify!($ask),)+
                }
            }

            /// How it is to be treated.
            pub fn manner(&self) -> Manner {
                match self {
                    $(Self::$ask(ask) => {
                        let deadline: fn(&$ask) -> Duration = $deadline;
                        Manner {
                            role: Role::$role,
                            answer: AnswerSize::$size,
                            deadline: deadline(ask),
                            waits: requests!(@waits $($waits)?),
                        }
                    })+
                }
            }
        }

        $(
            impl From<$ask> for Request {
                fn from(ask: $ask) -> Self {
                    Self::$ask(<$held>::from(ask))
                }
            }

            impl Asked for $ask {
                const NAME: &'static str = stringify!($ask);

                const ROLE: Role = Role::$role;
            }

            requests!(@ask $size $ask $response $answer, $($boxed)?);
        )+
    };
    (@ask Stream $ask:ident $response:ident $answer:ty,) => {};
    (@ask $size:ident $ask:ident $response:ident $answer:ty, $($boxed:ident)?) => {
        impl Ask for $ask {
            type Answer = $answer;

            fn answer(response: Response) -> Option<$answer> {
                match response {
                    Response::$response(answer) => Some(requests!(@open answer $($boxed)?)),
                    _ => None,
                }
            }
        }
    };
    (@waits) => { false };
    (@waits waits) => { true };
    (@open $answer:ident) => { $answer };
    (@open $answer:ident boxed) => { *$answer };
}

requests! {
    /// How does the daemon stand?
    StatusShow(StatusShow) => Status(StatusView), Viewer, Small, |_| AT_ONCE;
    /// Accept an entry. Answered once it is durable.
    EntryCreate(Box<EntryCreate>) => Entry(EntryView) boxed, Operator, Small, |_| AT_ONCE;
    /// List entries, in pages.
    EntryList(EntryList) => Entries(EntryPage), Viewer, Large, |_| AT_ONCE;
    /// Show one entry.
    EntryShow(EntryShow) => Entry(EntryView) boxed, Viewer, Small, |_| AT_ONCE;
    /// Remove an entry and everything made for it. Answered once the wish is durable.
    EntryRemove(EntryRemove) => Done(Done), Operator, Small, |_| AT_ONCE;
    /// Answer when the entry runs, failed or is being removed, or at the time-out; or when it is gone.
    EntryWait(EntryWait) => Entry(EntryView) boxed, Viewer, Small waits, |wait| {
        AT_ONCE.saturating_add(Duration::from_millis(wait.timeout_ms.into()))
    };
    /// Every attempt and every account passed over.
    EntryExplain(EntryExplain) => Explanation(ExplanationView) boxed, Viewer, Large, |_| AT_ONCE;
    /// List instances, in pages.
    InstanceList(InstanceList) => Instances(InstancePage), Viewer, Large, |_| AT_ONCE;
    /// Show one instance.
    InstanceShow(InstanceShow) => Instance(InstanceView) boxed, Viewer, Small, |_| AT_ONCE;
    /// Add an account.
    AccountAdd(Box<AccountAdd>) => Account(AccountView) boxed, Admin, Small, |_| AT_ONCE;
    /// List accounts, in pages.
    AccountList(AccountList) => Accounts(AccountPage), Viewer, Large, |_| AT_ONCE;
    /// Show one account.
    AccountShow(AccountShow) => Account(AccountView) boxed, Viewer, Small, |_| AT_ONCE;
    /// Change an account. Credentials that lead elsewhere are tried at the cloud first.
    AccountEdit(Box<AccountEdit>) => Account(AccountView) boxed, Admin, Small, |_| SIGN_IN;
    /// Sign in at the account and look up its defaults; changes nothing, unless an instance is to
    /// be booted as well. It talks to whatever address the account has.
    AccountTest(AccountTest) => AccountTest(AccountTestView), Admin, Small waits, |test| {
        if test.boot { BOOT } else { TEST }
    };
    /// Forget an account; refused while anything of ours is there.
    AccountRemove(AccountRemove) => Done(Done), Admin, Small, |_| AT_ONCE;
    /// Say when no entries are to be placed at an account.
    AccountMaintain(AccountMaintain) => Account(AccountView) boxed, Admin, Small, |_| AT_ONCE;
    /// Read the journal.
    EventList(EventList) => Events(EventPage), Viewer, Large, |_| AT_ONCE;
    /// Stream a snapshot and then every event; see [`StreamItem`](crate::StreamItem).
    Subscribe(Subscribe) => Subscribed(Subscribed), Viewer, Stream, |_| AT_ONCE;
    /// Look at what stands at the clouds, and have what carries our mark and has no owner removed.
    /// Every cloud is called, which is more than to read what is known.
    Strays(Strays) => Strays(StraysView), Operator, Large waits, |_| LOOK;
    /// Have one object removed that carries our mark and has no owner, whichever daemon has made it.
    StrayRemove(StrayRemove) => Done(Done), Admin, Small waits, |_| LOOK;
    /// Go on, where nothing is launched or removed for another daemon may be at work.
    TakeOver(TakeOver) => Done(Done), Admin, Small, |_| AT_ONCE;
    /// Write a consistent copy of the database beside it.
    Backup(Backup) => Backup(BackupView), Admin, Small waits, |_| COPY;
    /// Lift what is blocked at an account before its time; the next launch there is a probe.
    AccountUnblock(AccountUnblock) => Account(AccountView) boxed, Admin, Small, |_| AT_ONCE;
    /// Try an entry again that has FAILED, with as much time as it had at first. It keeps its id.
    EntryRetry(EntryRetry) => Entry(EntryView) boxed, Operator, Small, |_| AT_ONCE;
    /// Keep an entry from being removed until it is released, or release it.
    EntryHold(EntryHold) => Entry(EntryView) boxed, Operator, Small, |_| AT_ONCE;
    /// Where an entry would be placed now, and why not elsewhere. Nothing is stored.
    EntryPreview(Box<EntryPreview>) => Preview(PreviewView) boxed, Operator, Large, |_| AT_ONCE;
    /// Make a token that lets somebody in over HTTP. The answer alone shows it.
    TokenCreate(TokenCreate) => Token(TokenView), Admin, Small, |_| AT_ONCE;
    /// List tokens, without what they are.
    TokenList(TokenList) => Tokens(TokenPage), Admin, Large, |_| AT_ONCE;
    /// Let nobody in with a token any more, those included who are in.
    TokenRevoke(TokenRevoke) => Done(Done), Admin, Small, |_| AT_ONCE;
    /// Add somebody who signs in to the web page.
    UserAdd(UserAdd) => User(UserView), Admin, Small, |_| AT_ONCE;
    /// List users.
    UserList(UserList) => Users(UserPage), Admin, Large, |_| AT_ONCE;
    /// Give a user another role or password; their sessions end.
    UserEdit(UserEdit) => User(UserView), Admin, Small, |_| AT_ONCE;
    /// Remove a user; their sessions end.
    UserRemove(UserRemove) => Done(Done), Admin, Small, |_| AT_ONCE;
    /// Sign in with an account that is not added, look up its defaults and what its cloud offers.
    /// Nothing is stored.
    AccountTry(Box<AccountTry>) => AccountTest(AccountTestView), Admin, Small waits, |_| TEST;
    /// What the cloud of an account offers, by name.
    AccountOffers(AccountOffers) => Offers(OffersView) boxed, Operator, Large waits, |_| SIGN_IN;
}
