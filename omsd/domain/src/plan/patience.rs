//! How long an entry waits for a create whose answer is not there.
//!
//! Busy is not silent. An attempt keeps its entry from other accounts
//! - until its account is silent: a look there is not answered either, nor anything else;
//! - or until its create takes longer than creates there have shown to need, see
//!   [`creates`](crate::schedule::creates), and a look does not show its server;
//! - or until creates there hang: one does as above for as long as any is waited for, and none that
//!   was begun later is answered. Then the others do not wait for their own time.
//!
//! All of it counts from the intent. So does what a stop has cut short, which is waited for like any
//! other create, and begun elsewhere once a look does not show it. Only an answer that was lost is
//! no longer waited for: the entry goes on after the next look.

use std::time::Duration;

use oms_proto::Time;

use crate::ground::failure::FailureClass;
use crate::ground::limits::{CREATE_UNKNOWN, LAST_LOOK, LOOK_FIRST, UNTRIED_PAUSE};
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::spur::Spur;
use crate::schedule::agenda::Agenda;
use crate::schedule::heard::is_silent;
use crate::world::World;

/// What an attempt without an answer means for its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It is waited for, until then at least.
    Wait(Time),
    /// The entry goes on beside it.
    Go(Spur),
}

/// What an attempt without an answer means for its entry; sees to it that a look tells, in time.
pub(super) fn word(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    now: Time,
) -> Word {
    match attempt.state {
        State::Launching => unanswered(world, agenda, entry, attempt, now),
        State::Unknown { .. }
        | State::Building { .. }
        | State::Ready
        | State::RemovingServer { .. }
        | State::Clearing
        | State::Gone => sought(world, agenda, entry, attempt, now),
    }
}

/// A create that is under way.
fn unanswered(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    now: Time,
) -> Word {
    let account = attempt.account;
    let Some(launched) = agenda.launched(attempt) else {
        // It is put off for want of something of our own, and nobody owes an answer.
        return Word::Wait(now.plus(UNTRIED_PAUSE));
    };
    if is_silent(world, account) {
        return Word::Go(Spur::Silence);
    }
    let patience = agenda.after(launched, agenda.policy.patience);
    if now < patience {
        return Word::Wait(patience);
    }
    if agenda.hang(account) {
        return Word::Go(Spur::Hang);
    }
    let times = Times::of(agenda, attempt, launched);
    if now < times.likely {
        let look = times.likely.minus(LAST_LOOK);
        if now < look {
            return Word::Wait(look);
        }
        agenda.has_asked_since(world, account, look, now);
        return Word::Wait(times.likely);
    }
    if let Some(until) = unseen(world, agenda, entry, attempt, times.likely, now) {
        return Word::Wait(until);
    }
    agenda.set_late(attempt);
    if now >= times.certain && agenda.is_the_last_word(attempt) {
        agenda.set_hang(account);
        return Word::Go(Spur::Hang);
    }
    if now >= times.certain || agenda.allows_extra(entry.id) {
        return Word::Go(Spur::Patience);
    }
    Word::Wait(times.certain)
}

/// A create that is over without a word of what came of it, and whose server is looked for.
fn sought(world: &World, agenda: &mut Agenda, entry: &Entry, attempt: &Attempt, now: Time) -> Word {
    let interrupted = attempt
        .failure
        .as_ref()
        .is_some_and(|failure| failure.class == FailureClass::Interrupted);
    let cause = if interrupted {
        Spur::Restart
    } else {
        Spur::LostAnswer
    };
    let account = attempt.account;
    if is_silent(world, account) {
        return Word::Go(cause);
    }
    let first = agenda.after(attempt.since, LOOK_FIRST);
    if !agenda.has_asked_since(world, account, attempt.since, now) && now < first {
        agenda.seek(account, entry.id);
        return Word::Wait(first);
    }
    let times = Times::of(agenda, attempt, attempt.started);
    if now >= times.likely {
        // By now its server would stand there, so the look that did not show it may be older.
        return match unseen(world, agenda, entry, attempt, times.likely, now) {
            Some(until) => Word::Wait(until),
            None => Word::Go(cause),
        };
    }
    if interrupted {
        return Word::Wait(times.likely);
    }
    // A look has not shown it, and nobody is to wait for an answer that will not come. It is counted
    // like any other extra server, and held up by none.
    Word::Go(cause)
}

/// Until when a look is waited for that is to show the server of a create which takes too long;
/// `None` once one has not.
fn unseen(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    likely: Time,
    now: Time,
) -> Option<Time> {
    let last = likely.plus(LOOK_FIRST);
    let look = likely.minus(LAST_LOOK);
    if agenda.has_asked_since(world, attempt.account, look, now) || now >= last {
        return None;
    }
    agenda.seek(attempt.account, entry.id);
    Some(last)
}

/// By when the answer to a create should be there.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// It is likely to be: creates there have shown to need no longer.
    likely: Time,
    /// It is certain to be, or it hangs.
    certain: Time,
}

impl Times {
    fn of(agenda: &Agenda, attempt: &Attempt, launched: Time) -> Self {
        let need = agenda.need(attempt.account);
        let at = |time: Duration| agenda.after(launched, time);
        Self {
            likely: at(need),
            certain: at(need.max(CREATE_UNKNOWN)),
        }
    }
}

/// Until when the server of an attempt that is only looked for may be about to show, so that its
/// account is kept from its entry.
pub(super) fn keeps_until(agenda: &Agenda, attempt: &Attempt) -> Time {
    Times::of(agenda, attempt, attempt.started).likely
}
