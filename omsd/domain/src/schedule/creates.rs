//! The creates of one account: which are under way, how long they have shown to need, whether they
//! hang, and how many there may be at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use oms_proto::{AttemptId, EntryId, Time};

use crate::ground::limits::{
    CREATE_FLOOR, CREATE_MARGIN, CREATE_UNKNOWN, PATIENCE_LONGEST, TIMES_MAX,
};
use crate::rows::offering::Lessons;
use crate::schedule::limit::Limit;
use crate::schedule::work::Work;

/// The creates of one account.
#[derive(Debug)]
pub(super) struct Creates {
    work: Work,
    /// Those that neither an answer nor a look has settled, by their begin.
    open: BTreeMap<(Time, AttemptId), EntryId>,
    /// Those that take longer than they should; they keep no other from being begun.
    late: BTreeSet<AttemptId>,
    /// Of those that were answered, when the one that was begun last was begun.
    answered: Option<Time>,
    hang: bool,
    /// When the create began that was the first to seem to hang, until that is told.
    suspect: Option<Time>,
    limit: Limit,
}

/// How a create ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The cloud took it.
    Taken,
    /// The cloud said something else.
    Answered,
    /// Nothing came back.
    Unanswered,
}

impl Creates {
    /// Nothing is under way; what launches have taught before is remembered.
    pub(super) fn of<'a>(
        lessons: impl IntoIterator<Item = &'a Lessons>,
        launches_max: u32,
    ) -> Self {
        let mut lessons: Vec<_> = lessons.into_iter().collect();
        lessons.sort_by_key(|lessons| lessons.learned);
        let times: Vec<_> = lessons.iter().flat_map(|it| &it.creates).copied().collect();
        let latest = times.len().saturating_sub(TIMES_MAX);
        Self {
            work: Work::remembered(times.into_iter().skip(latest), launches_max),
            open: BTreeMap::new(),
            late: BTreeSet::new(),
            answered: None,
            hang: false,
            suspect: None,
            limit: Limit::up_to(launches_max),
        }
    }

    /// The same creates at an account that was changed: what they taught may be another cloud's.
    pub(super) fn changed<'a>(
        &mut self,
        lessons: impl IntoIterator<Item = &'a Lessons>,
        launches_max: u32,
    ) {
        let fresh = Self::of(lessons, launches_max);
        let open = std::mem::take(&mut self.open);
        *self = fresh;
        for ((began, id), entry) in open {
            self.begin(id, entry, began);
        }
    }

    /// How many may be begun at once.
    pub(super) const fn limit(&self) -> u32 {
        self.limit.launches()
    }

    /// A create begins.
    pub(super) fn begin(&mut self, id: AttemptId, entry: EntryId, now: Time) {
        self.work.begin(id, now);
        self.open.insert((now, id), entry);
    }

    /// A create is over; tells whether more or fewer may be begun at once than before.
    pub(super) fn end(&mut self, id: AttemptId, end: End, now: Time) -> bool {
        let before = self.limit();
        let Some((taken, began)) = self.work.end(id, now) else {
            return false;
        };
        self.open.remove(&(began, id));
        self.late.remove(&id);
        if end == End::Unanswered {
            return false;
        }
        self.answered = self.answered.max(Some(began));
        self.hang = false;
        self.suspect = None;
        if end == End::Taken {
            self.work.learn(taken);
            self.limit.taken(taken, began, now);
        }
        before != self.limit()
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> u32 {
        self.work.count()
    }

    /// When a create that is under way began.
    pub(super) fn began(&self, id: AttemptId) -> Option<Time> {
        self.work.began(id)
    }

    /// Something else than its answer has settled it.
    pub(super) fn settle(&mut self, id: AttemptId) {
        if let Some(began) = self.work.began(id) {
            self.open.remove(&(began, id));
        }
        self.late.remove(&id);
    }

    /// When the oldest began that nothing has settled.
    pub(super) fn oldest(&self) -> Option<Time> {
        self.open.keys().next().map(|(began, _)| *began)
    }

    /// The entries whose creates nothing has settled.
    pub(super) fn entries(&self) -> impl Iterator<Item = EntryId> + '_ {
        self.open.values().copied()
    }

    /// How long a create may take here: what all but one in twenty have taken, with a margin, and
    /// longer in proportion where more are under way than ever were.
    pub(super) fn need(&self, patience: Duration) -> Duration {
        let floor = if self.work.is_known() {
            CREATE_FLOOR
        } else {
            CREATE_UNKNOWN
        };
        let slow = self.work.slow().unwrap_or_default();
        let need = slow.saturating_mul(CREATE_MARGIN).max(floor).max(patience);
        need.min(PATIENCE_LONGEST.max(patience))
    }

    /// A create has taken longer than it should; tells whether that is news. It seems to hang if none
    /// that was begun with it or later has been answered.
    pub(super) fn set_late(&mut self, id: AttemptId) -> bool {
        let news = self.late.insert(id);
        if news {
            let began = self.work.began(id);
            self.suspect = began.filter(|began| self.is_the_last_word(*began));
        }
        news
    }

    /// When the create began that seems to hang, once.
    pub(super) fn take_suspect(&mut self) -> Option<Time> {
        self.suspect.take()
    }

    /// How many take longer than they should.
    pub(super) fn late(&self) -> u32 {
        u32::try_from(self.late.len()).unwrap_or(u32::MAX)
    }

    /// Whether no create that was begun with this one or later has been answered.
    pub(super) fn is_the_last_word(&self, began: Time) -> bool {
        self.answered.is_none_or(|answered| answered < began)
    }

    /// Whether creates here hang.
    pub(super) const fn hang(&self) -> bool {
        self.hang
    }

    /// Creates here hang; tells whether that is news.
    pub(super) fn set_hang(&mut self) -> bool {
        !std::mem::replace(&mut self.hang, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::limits::TIMES_TO_LEARN;

    const PATIENCE: Duration = Duration::from_secs(1);

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    fn id(number: u64) -> (AttemptId, EntryId) {
        (AttemptId(number), EntryId(number))
    }

    fn taken(creates: &mut Creates, number: u64, began: i64, time: i64) {
        let (attempt, entry) = id(number);
        creates.begin(attempt, entry, at(began));
        creates.end(attempt, End::Taken, at(began + time));
    }

    #[test]
    fn a_create_gets_ten_seconds_until_enough_are_known() {
        let mut creates = Creates::of(&[], 10);
        assert_eq!(creates.need(PATIENCE), CREATE_UNKNOWN);
        for number in 1..5 {
            taken(&mut creates, number, 0, 8);
        }
        assert_eq!(creates.need(PATIENCE), seconds(16));
        let mut quick = Creates::of(&[], 10);
        for number in 1..=4 {
            taken(&mut quick, number, 0, 0);
        }
        assert_eq!(quick.need(PATIENCE), CREATE_UNKNOWN);
        taken(&mut quick, 5, 0, 0);
        assert_eq!(quick.need(PATIENCE), CREATE_FLOOR);
        // An operator who wants more has more.
        assert_eq!(quick.need(seconds(60)), seconds(60));
    }

    #[test]
    fn however_slow_they_are_there_is_a_longest() {
        let mut creates = Creates::of(&[], 10);
        for number in 1..=5 {
            taken(&mut creates, number, 0, 300);
        }
        assert_eq!(creates.need(PATIENCE), PATIENCE_LONGEST);
    }

    #[test]
    fn several_at_once_get_longer_than_one_alone() {
        let mut creates = Creates::of(&[], 10);
        for number in 1..=5 {
            taken(&mut creates, number, 0, 3);
        }
        assert_eq!(creates.need(PATIENCE), seconds(6));
        for number in 6..=8 {
            let (attempt, entry) = id(number);
            creates.begin(attempt, entry, at(10));
        }
        assert_eq!(creates.need(PATIENCE), seconds(18));
    }

    #[test]
    fn what_was_learned_before_a_start_is_remembered() {
        let lessons = Lessons {
            creates: vec![seconds(4); TIMES_TO_LEARN],
            ..Lessons::default()
        };
        let mut creates = Creates::of(&[lessons], 10);
        // As many as are let were under way then, for all that is known.
        for number in 1..=10 {
            let (attempt, entry) = id(number);
            creates.begin(attempt, entry, at(0));
        }
        assert_eq!(creates.need(PATIENCE), seconds(8));
    }

    #[test]
    fn an_answer_to_a_later_create_tells_that_they_do_not_hang() {
        let mut creates = Creates::of(&[], 10);
        let (first, entry) = id(1);
        creates.begin(first, entry, at(0));
        assert!(creates.is_the_last_word(at(0)));
        // One that was begun before says nothing of it.
        taken(&mut creates, 2, -5, 6);
        assert!(creates.is_the_last_word(at(0)));
        assert!(creates.set_hang() && !creates.set_hang());
        taken(&mut creates, 3, 0, 2);
        assert!(!creates.is_the_last_word(at(0)));
        assert!(!creates.hang());
        assert_eq!(creates.oldest(), Some(at(0)));
        creates.settle(first);
        assert_eq!(creates.oldest(), None);
    }
}
