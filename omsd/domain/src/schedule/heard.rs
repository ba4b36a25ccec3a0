//! What accounts have answered of late, and how long they may take to answer.

use std::time::Duration;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ground::failure::FailureClass;
use crate::ground::limits::{
    CREATE_UNKNOWN, HEDGE_UNLEARNED, LAUNCHES_FIRST, LOOK_GUESSED, LOOK_GUESSED_LONGEST,
    LOOK_MARGIN, LOOK_PATIENCE_LONGEST, LOOK_SLOW, WITNESS_SHARE,
};
use crate::rows::attempt::Attempt;
use crate::rows::offering::Lessons;
use crate::rows::scope::Scope;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::coming::Coming;
use crate::schedule::creates::{Creates, End};
use crate::schedule::waiting::News;
use crate::world::World;

impl Agenda {
    /// Accounts of whose answers something depends: a look or a create is under way there.
    pub fn listens_to(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.awaited.keys().copied()
    }

    /// An account has answered something, well or badly.
    pub fn hear(&mut self, account: AccountId, at: Time) {
        let watch = self.watch(account);
        watch.heard = watch.heard.max(Some(at));
    }

    /// How long an account that is asked for a list may say nothing at all before it is silent: longer
    /// in proportion where it works on creates of ours as well. Where none of its lists is known, it is
    /// guessed; what a stop has cut short may be worked on there then.
    pub(crate) fn look_patience(&mut self, world: &World, account: AccountId) -> Duration {
        let patience = self.policy.patience;
        let under_way = self.beside_look(account);
        let watch = self.watch(account);
        let under_way = under_way.max(watch.beside);
        let needs = if watch.knows_looks() {
            let slow = watch.slowest_look_among(under_way);
            slow.saturating_mul(LOOK_MARGIN).min(LOOK_PATIENCE_LONGEST)
        } else {
            let lost = world.load(account).unknown;
            let slow = LOOK_GUESSED.saturating_mul(under_way.saturating_add(lost));
            slow.saturating_mul(LOOK_MARGIN).min(LOOK_GUESSED_LONGEST)
        };
        patience.max(needs)
    }

    /// What is under way at an account while a look is: that, and creates.
    pub(super) fn beside_look(&self, account: AccountId) -> u32 {
        let creates = self.creates.get(&account).map_or(0, Creates::under_way);
        creates.saturating_add(1)
    }

    /// Whether an account takes so long to answer that others are better asked.
    pub(crate) fn is_slow(&self, account: AccountId) -> bool {
        let watch = self.watches.get(&account);
        watch.is_some_and(|watch| watch.slowest_look() >= LOOK_SLOW)
    }

    /// An account has changed, or what we have there, or how long it takes to answer.
    pub(crate) fn rank(&mut self, world: &World, account: AccountId) {
        let slow = self.is_slow(account);
        self.learned |= self.ranking.set(world, account, slow);
    }

    /// When a look is to tell whether an account that owes an answer to a create is silent: once
    /// nothing was heard of it for as long as patience says, and less often the longer it takes.
    pub(crate) fn witness(&mut self, account: AccountId) -> Option<Time> {
        let began = self.creates.get(&account)?.oldest()?;
        let patience = self.policy.patience;
        let heard = self.watch(account).heard.filter(|heard| *heard > began);
        Some(heard.map_or_else(
            || self.after(began, patience),
            |heard| {
                let pause = (heard.since(began) / WITNESS_SHARE).max(patience);
                self.after(heard, pause)
            },
        ))
    }

    /// When the next look at an account is worth its call, after the last; `None` where nothing is
    /// about to show.
    pub(crate) fn next_look(&mut self, account: AccountId) -> Option<Time> {
        let watch = *self.watch(account);
        let coming = self.coming.get(&account)?;
        coming.next_look(watch.ended?, watch.latest_look())
    }

    /// Whether anything is about to show at an account.
    pub(crate) fn awaits_look(&self, account: AccountId) -> bool {
        let coming = self.coming.get(&account);
        coming.is_some_and(|coming| !coming.is_empty())
    }

    /// How long a create may take at an account.
    pub(crate) fn need(&self, account: AccountId) -> Duration {
        let patience = self.policy.patience;
        match self.creates.get(&account) {
            Some(creates) => creates.need(patience),
            None => Creates::of(&[], self.policy.launches_max).need(patience),
        }
    }

    /// How long a build may take before it counts as stuck, longer where more go on than ever did.
    pub(crate) fn build_deadline(&self, account: AccountId, lessons: &Lessons) -> Duration {
        let usual = self.policy.build_deadline(lessons);
        self.in_proportion(account, usual)
            .min(self.policy.build_deadline)
    }

    /// How long an attempt may take before another is begun beside it, longer where more build than
    /// ever did.
    pub(crate) fn hedge_after(&self, account: AccountId, lessons: &Lessons) -> Duration {
        let usual = self.policy.hedge_after(lessons);
        let longest = usual.max(HEDGE_UNLEARNED.min(self.policy.build_deadline / 2));
        self.in_proportion(account, usual).min(longest)
    }

    fn in_proportion(&self, account: AccountId, time: Duration) -> Duration {
        let coming = self.coming.get(&account);
        coming.map_or(time, |coming| coming.in_proportion(time))
    }

    /// How many launches an account takes at once.
    pub fn launches(&self, account: AccountId) -> u32 {
        let known = self.creates.get(&account);
        known.map_or(LAUNCHES_FIRST.min(self.policy.launches_max), Creates::limit)
    }

    /// How many launches are under way at an account that keep others from being begun. One that
    /// takes longer than it should keeps nobody.
    pub(crate) fn launching(&self, world: &World, account: AccountId) -> u32 {
        let late = self.creates.get(&account).map_or(0, Creates::late);
        world.load(account).launching.saturating_sub(late)
    }

    /// A create is over.
    pub(crate) fn end_create(
        &mut self,
        account: AccountId,
        attempt: AttemptId,
        end: End,
        now: Time,
    ) {
        let began = self.creates(account).began(attempt).unwrap_or(now);
        let now = now.minus(self.lost.since(began));
        if self.creates(account).end(attempt, end, now) {
            self.learned = true;
            self.tell(account, News::Place);
        }
    }

    /// A create takes longer than it should.
    pub(crate) fn set_late(&mut self, attempt: &Attempt) {
        if self.creates(attempt.account).set_late(attempt.id) {
            self.tell(attempt.account, News::Place);
        }
    }

    /// When the create began that seems to hang at an account, told once.
    pub(crate) fn take_suspect(&mut self, account: AccountId) -> Option<Time> {
        self.creates.get_mut(&account)?.take_suspect()
    }

    /// Whether no create that was begun with this one or later has been answered.
    pub(crate) fn is_the_last_word(&self, attempt: &Attempt) -> bool {
        let known = self.creates.get(&attempt.account);
        known.is_none_or(|creates| creates.is_the_last_word(attempt.started))
    }

    /// Whether creates hang at an account.
    pub(crate) fn hang(&self, account: AccountId) -> bool {
        self.creates.get(&account).is_some_and(Creates::hang)
    }

    /// Creates hang at an account; whoever waits for one there is told.
    pub(crate) fn set_hang(&mut self, account: AccountId) {
        if self.creates(account).set_hang() {
            self.mark_creating(account);
        }
    }

    /// Marks the entries that wait for the answer to a create.
    pub(super) fn mark_creating(&mut self, account: AccountId) {
        let creates = self.creates.get(&account);
        let entries = creates.into_iter().flat_map(Creates::entries);
        let entries: Vec<_> = entries.map(Thing::Entry).collect();
        self.marked.extend(entries);
    }

    /// Marks the entries that wait for a build.
    pub(super) fn mark_building(&mut self, world: &World, account: AccountId) {
        let coming = self.coming.get(&account);
        let builds = coming.into_iter().flat_map(Coming::builds);
        let entries = builds.filter_map(|attempt| world.entry_at(account, attempt));
        self.marked.extend(entries.map(Thing::Entry));
    }

    /// An entry waits for a look at an account, whatever that shows.
    pub(crate) fn seek(&mut self, account: AccountId, entry: EntryId) {
        self.seekers.entry(account).or_default().insert(entry);
    }

    /// Marks the entries that waited for a look at an account.
    pub(crate) fn mark_seekers(&mut self, account: AccountId) {
        let entries = self.seekers.remove(&account).unwrap_or_default();
        self.marked.extend(entries.into_iter().map(Thing::Entry));
    }

    /// When so much time will have passed since then in which somebody worked.
    pub(crate) fn after(&self, since: Time, time: Duration) -> Time {
        since.plus(time.saturating_add(self.lost.since(since)))
    }

    /// How much time passed between the two in which somebody worked.
    pub(crate) fn spent(&self, from: Time, to: Time) -> Duration {
        let lost = self.lost.since(from).saturating_sub(self.lost.since(to));
        to.since(from).saturating_sub(lost)
    }

    /// A deadline that was set then, later by what was lost since.
    pub(crate) fn later(&self, deadline: Time, set: Time) -> Time {
        deadline.plus(self.lost.since(set))
    }

    /// When this run began to look at what it found.
    pub(crate) fn began(&self) -> Time {
        self.lost.started
    }

    /// From when on an account that is silent has been so for as long as an answer is waited for that
    /// nobody knows the time of; `None` while it answers.
    pub(crate) fn silent_from(&self, world: &World, account: AccountId) -> Option<Time> {
        let heard = self.watches.get(&account).and_then(|watch| watch.heard);
        let heard = heard.map_or(self.began(), |heard| heard.max(self.began()));
        is_silent(world, account).then(|| self.after(heard, CREATE_UNKNOWN))
    }

    /// Whether another attempt may be begun beside one that may well serve the entry.
    pub(crate) fn allows_extra(&self, entry: EntryId) -> bool {
        self.extras.allow(entry)
    }

    pub(super) fn creates(&mut self, account: AccountId) -> &mut Creates {
        let launches_max = self.policy.launches_max;
        let fresh = || Creates::of(&[], launches_max);
        self.creates.entry(account).or_insert_with(fresh)
    }
}

/// Whether an account answers nothing that tells anything: its lists had no answer or a broken one, or
/// it cannot be reached at all.
pub(crate) fn is_silent(world: &World, account: AccountId) -> bool {
    world
        .health(account)
        .block(&Scope::Account)
        .is_some_and(|block| {
            matches!(
                block.failure.class,
                FailureClass::Timeout
                    | FailureClass::Garbage
                    | FailureClass::Unreachable
                    | FailureClass::Tls
            )
        })
}
