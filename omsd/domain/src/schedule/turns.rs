//! Whose turn it is at an account: so many calls a second, and so many removals at once. What has
//! to wait waits here, and not in the queue of the client, where the wait would look like a cloud
//! that keeps silent.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use oms_proto::{AccountId, EntryId, Time};

use crate::ground::limits::PACE_BURST;
use crate::rules::policy::Policy;
use crate::schedule::effect::{Effect, Flight};

/// The turns of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Between two calls at one account on the average; none where it is zero.
    pace: Duration,
    tidies_max: u32,
    accounts: BTreeMap<AccountId, Turn>,
}

/// The turns of one account.
#[derive(Debug, Default)]
struct Turn {
    /// When the calls so far would have been over, had each waited for the one before: the
    /// theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).
    arrival: Time,
    /// Removals and looks at single servers under way.
    tidying: u32,
    /// Entries that wait to tidy up, the oldest first.
    held: BTreeSet<EntryId>,
}

impl Turns {
    /// Turns as the policy has them.
    pub(crate) fn of(policy: &Policy) -> Self {
        Self {
            pace: policy.pace,
            tidies_max: policy.tidies_max,
            accounts: BTreeMap::new(),
        }
    }

    /// When an account takes the next call, if not now. Looks do not ask.
    pub(crate) fn opens(&self, account: AccountId, now: Time) -> Option<Time> {
        let opens = self.accounts.get(&account)?.arrival.minus(PACE_BURST);
        (opens > now).then_some(opens)
    }

    /// Whether an entry may tidy up at an account now; if not, it is told when its turn has come.
    pub(crate) fn admits(&mut self, account: AccountId, entry: EntryId, now: Time) -> bool {
        let open = self.opens(account, now).is_none();
        let turn = self.accounts.entry(account).or_default();
        let admits = open && turn.tidying < self.tidies_max;
        if !admits {
            turn.held.insert(entry);
        }
        admits
    }

    /// An effect begins.
    pub(crate) fn began(&mut self, effect: &Effect, now: Time) {
        let turn = self.accounts.entry(effect.account()).or_default();
        turn.arrival = turn.arrival.max(now).plus(self.pace * calls(effect));
        turn.tidying += u32::from(is_tidy(effect.flight()));
    }

    /// An effect is over; tells whether somebody waits for its place.
    pub(crate) fn ended(&mut self, account: AccountId, flight: Flight) -> bool {
        let Some(turn) = self.accounts.get_mut(&account) else {
            return false;
        };
        turn.tidying = turn.tidying.saturating_sub(u32::from(is_tidy(flight)));
        !turn.held.is_empty()
    }

    /// Entries whose turn has come, and when the others are to be thought of again; `None` where
    /// that is when something ends.
    pub(crate) fn release(
        &mut self,
        account: AccountId,
        now: Time,
    ) -> (Vec<EntryId>, Option<Time>) {
        let opens = self.opens(account, now);
        let Some(turn) = self.accounts.get_mut(&account) else {
            return (Vec::new(), None);
        };
        if turn.held.is_empty() || opens.is_some() {
            return (Vec::new(), opens.filter(|_| !turn.held.is_empty()));
        }
        let mut released = Vec::new();
        let places = self.tidies_max.saturating_sub(turn.tidying);
        while released.len() < usize::try_from(places).unwrap_or(0)
            && let Some(entry) = turn.held.pop_first()
        {
            released.push(entry);
        }
        (released, None)
    }

    /// An account is gone.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.accounts.remove(&account);
    }
}

/// The calls that an effect makes as a rule.
const fn calls(effect: &Effect) -> u32 {
    match effect {
        Effect::Look { .. }
        | Effect::LookAt(_)
        | Effect::ListKeypairs { .. }
        | Effect::RemoveServer { verify: false, .. } => 1,
        Effect::Launch(_) | Effect::Clear { .. } | Effect::RemoveServer { verify: true, .. } => 2,
        Effect::Collect { .. } => 3,
        Effect::Survey { .. } => 4,
    }
}

const fn is_tidy(flight: Flight) -> bool {
    matches!(flight, Flight::Attempt(_))
}

#[cfg(test)]
mod tests {
    use oms_proto::AttemptId;

    use super::*;
    use crate::ground::cloud::Mark;
    use crate::ground::limits::TIDIES_MAX;
    use crate::schedule::effect::Target;

    const HERE: AccountId = AccountId(1);

    fn look_at(attempt: u64) -> Effect {
        Effect::LookAt(Target {
            account: HERE,
            mark: Mark {
                installation: String::new(),
                incarnation: String::new(),
                entry: EntryId(attempt),
                attempt: AttemptId(attempt),
            },
            server: String::new(),
        })
    }

    #[test]
    fn a_burst_goes_at_once_and_the_next_when_the_pace_allows() {
        let mut turns = Turns::of(&Policy {
            pace: Duration::from_millis(50),
            ..Policy::default()
        });
        let mut now = Time(1_000_000_000);
        let mut gone = 0;
        while turns.opens(HERE, now).is_none() {
            turns.began(&Effect::Survey { account: HERE }, now);
            gone += 4;
        }
        assert_eq!(gone, 44, "two seconds' worth and the one that goes beyond");
        let opens = turns.opens(HERE, now).unwrap();
        assert_eq!(opens, now.plus(Duration::from_millis(200)));
        now = opens;
        assert_eq!(turns.opens(HERE, now), None);
        assert_eq!(turns.opens(AccountId(2), now), None);
    }

    #[test]
    fn those_beyond_the_places_are_released_as_places_fall_free() {
        let mut turns = Turns::of(&Policy::default());
        let now = Time(0);
        for n in 0..u64::from(TIDIES_MAX) + 3 {
            if turns.admits(HERE, EntryId(n), now) {
                turns.began(&look_at(n), now);
            }
        }
        assert_eq!(turns.release(HERE, now), (Vec::new(), None));
        assert!(turns.ended(HERE, look_at(0).flight()));
        assert!(turns.ended(HERE, look_at(1).flight()));
        let next = u64::from(TIDIES_MAX);
        let two = vec![EntryId(next), EntryId(next + 1)];
        assert_eq!(turns.release(HERE, now), (two, None));
    }
}
