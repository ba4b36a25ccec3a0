//! Ties each request to its answer, so that whoever asks gets the one kind of answer that fits.

use crate::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountRemove, AccountShow, AccountTest,
    EntryCreate, EntryExplain, EntryList, EntryRemove, EntryShow, EntryWait, EventList,
    InstanceList, InstanceShow, Request, StatusShow, Strays,
};
use crate::response::{AccountPage, Done, EntryPage, EventPage, InstancePage, Response};
use crate::view::{
    AccountTestView, AccountView, EntryView, ExplanationView, InstanceView, StatusView, StraysView,
};

/// Something to ask that has one answer. A subscription has many, see
/// [`Request::Subscribe`].
pub trait Ask: Into<Request> {
    /// What is answered.
    type Answer;

    /// The answer in a response; `None` if it is the answer to something else.
    fn answer(response: Response) -> Option<Self::Answer>;
}

macro_rules! asks {
    ($($ask:ident => $variant:ident($answer:ty) $($boxed:ident)?;)+) => {
        $(
            impl From<$ask> for Request {
                fn from(ask: $ask) -> Self {
                    // Some are boxed, and `into` boxes those.
                    #[allow(clippy::useless_conversion, reason = "where it is not boxed")]
                    Self::$ask(ask.into())
                }
            }

            impl Ask for $ask {
                type Answer = $answer;

                fn answer(response: Response) -> Option<$answer> {
                    match response {
                        Response::$variant(answer) => Some(asks!(@open answer $($boxed)?)),
                        _ => None,
                    }
                }
            }
        )+
    };
    (@open $answer:ident) => { $answer };
    (@open $answer:ident boxed) => { *$answer };
}

asks! {
    StatusShow => Status(StatusView);
    EntryCreate => Entry(EntryView) boxed;
    EntryList => Entries(EntryPage);
    EntryShow => Entry(EntryView) boxed;
    EntryRemove => Done(Done);
    EntryWait => Entry(EntryView) boxed;
    EntryExplain => Explanation(ExplanationView) boxed;
    InstanceList => Instances(InstancePage);
    InstanceShow => Instance(InstanceView) boxed;
    AccountAdd => Account(AccountView) boxed;
    AccountList => Accounts(AccountPage);
    AccountShow => Account(AccountView) boxed;
    AccountEdit => Account(AccountView) boxed;
    AccountTest => AccountTest(AccountTestView);
    AccountRemove => Done(Done);
    AccountMaintain => Account(AccountView) boxed;
    EventList => Events(EventPage);
    Strays => Strays(StraysView);
}
