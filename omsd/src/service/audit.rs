//! Who asked for what and what came of it. What changes the world has events of its own, which name who
//! asked; here is told what was refused, and what is done without changing the world. It is in the
//! journal before it is answered.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use oms_proto::request::{AccountTest, EntryCreate, Strays};
use oms_proto::{Actor, EntryId, ErrorCode, Request, WireError};
use omsd_domain::world::command::Command;
use omsd_domain::world::event::Deed;

use super::{Caller, Service};

/// Deeds that are written down at once, and then in a second: nobody is to push what has happened out of
/// the journal by asking for what is refused. Those left out are counted with the next.
const BURST: u32 = 100;
const PER_SECOND: u32 = 2;

/// Characters of a deed and of why it was refused.
const CHARS_MAX: usize = 300;

/// Bounds what is written down.
#[derive(Clone)]
pub(super) struct Audit(Arc<Bounds>);

struct Bounds {
    limiter: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Default for Audit {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(PER_SECOND)).allow_burst(number(BURST));
        Self(Arc::new(Bounds {
            limiter: RateLimiter::direct(quota),
            left_out: AtomicU64::new(0),
        }))
    }
}

/// Something that is asked, as far as it is told.
pub(super) struct Asked {
    what: String,
    entry: Option<EntryId>,
    account: Option<String>,
    /// Whether an event of its own tells of it where it is done.
    told: bool,
}

impl Asked {
    fn of(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            entry: None,
            account: None,
            told: true,
        }
    }

    fn entry(doing: &str, entry: EntryId) -> Self {
        Self {
            entry: Some(entry),
            ..Self::of(format!("{doing} entry {entry}"))
        }
    }

    fn account(doing: &str, name: &str) -> Self {
        Self {
            account: Some(name.to_owned()),
            ..Self::of(format!("{doing} account {name}"))
        }
    }

    const fn untold(mut self) -> Self {
        self.told = false;
        self
    }

    /// What a request asks for that changes something; `None` for those that read.
    pub(super) fn to(request: &Request) -> Option<Self> {
        Some(match request {
            Request::StatusShow(_)
            | Request::EntryList(_)
            | Request::EntryShow(_)
            | Request::EntryWait(_)
            | Request::EntryExplain(_)
            | Request::EntryPreview(_)
            | Request::InstanceList(_)
            | Request::InstanceShow(_)
            | Request::AccountList(_)
            | Request::AccountShow(_)
            | Request::AccountOffers(_)
            | Request::EventList(_)
            | Request::Subscribe(_)
            | Request::Strays(Strays { dry_run: true, .. })
            | Request::TokenList(_)
            | Request::UserList(_) => return None,
            Request::EntryCreate(create) => Self::create(create),
            Request::EntryRemove(ask) => Self::entry("remove", ask.id),
            Request::EntryRetry(ask) => Self::entry("retry", ask.id),
            Request::EntryHold(ask) if ask.held => Self::entry("hold", ask.id),
            Request::EntryHold(ask) => Self::entry("release", ask.id),
            Request::AccountAdd(ask) => Self::account("add", &ask.spec.name),
            Request::AccountEdit(ask) => Self::account("edit", &ask.name),
            Request::AccountRemove(ask) => Self::account("remove", &ask.name),
            Request::AccountMaintain(ask) => Self::account("set the maintenance of", &ask.name),
            Request::AccountUnblock(ask) => Self::account("unblock", &ask.name),
            Request::AccountTest(AccountTest { name, boot: true }) => {
                Self::account("test, with a boot,", name).untold()
            }
            Request::AccountTest(ask) => Self::account("test", &ask.name).untold(),
            Request::AccountTry(ask) => Self::account("try", &ask.spec.name).untold(),
            Request::Strays(Strays { account: None, .. }) => {
                Self::of("remove what has no owner").untold()
            }
            Request::Strays(Strays {
                account: Some(name),
                ..
            }) => Self::account("remove what has no owner at", name).untold(),
            Request::StrayRemove(ask) => {
                let mut asked = Self::account("remove an object at", &ask.account);
                let _infallible = write!(asked.what, ": {} {}", ask.kind, ask.id);
                asked
            }
            Request::TakeOver(_) => Self::of("take over"),
            Request::Backup(_) => Self::of("copy the database").untold(),
            Request::TokenCreate(ask) => Self::of(format!("make token {}", ask.spec.name)),
            Request::TokenRevoke(ask) => Self::of(format!("revoke token {}", ask.name)),
            Request::UserAdd(ask) => Self::of(format!("add user {}", ask.spec.name)),
            Request::UserEdit(ask) => Self::of(format!("change user {}", ask.name)),
            Request::UserRemove(ask) => Self::of(format!("remove user {}", ask.name)),
        })
    }

    fn create(create: &EntryCreate) -> Self {
        Self::of(match &create.spec.name {
            Some(name) => format!("create entry {name}"),
            None => "create an entry".to_owned(),
        })
    }
}

impl Service {
    /// Writes down what came of what somebody asked, unless an event of its own tells.
    pub(super) async fn audit(&self, caller: &Caller, asked: Asked, refused: Option<&WireError>) {
        if refused.is_none() && asked.told {
            return;
        }
        let refused = refused.map(|error| match error.code {
            // The log has the details, and the answer the id to find them by.
            ErrorCode::Forbidden => "forbidden".to_owned(),
            _ => error.detail.clone(),
        });
        self.note(caller.actor.clone(), asked, refused).await;
    }

    /// Writes down that somebody was refused before it came to a request.
    pub async fn note_refused(&self, actor: Actor, tried: &str, why: &str) {
        let why = why.to_owned();
        self.note(actor, Asked::of(tried), Some(why)).await;
    }

    async fn note(&self, actor: Actor, asked: Asked, refused: Option<String>) {
        let Audit(bounds) = &self.audit;
        tracing::info!(caller = %actor, refused = refused.as_deref(), "{}", cut(&asked.what));
        if bounds.limiter.check().is_err() {
            bounds.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut what = cut(&asked.what);
        let left_out = bounds.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            let _infallible = write!(what, " (and {left_out} more that are not told)");
        }
        let world = self.parts.handle.world();
        let account = asked
            .account
            .and_then(|name| world.account_named(&name).map(|it| it.id));
        let deed = Deed {
            asked: what,
            refused: refused.map(|why| cut(&why)),
            entry: asked.entry,
            account,
        };
        let command = Command::Note(Box::new(deed));
        if let Err(error) = self.parts.handle.submit(actor, command).await {
            tracing::warn!(%error, "what was asked is not written down");
        }
    }
}

/// A text that somebody had a say in, on one line and bounded.
fn cut(text: &str) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    one_line.take(CHARS_MAX).collect()
}
