//! One turn of the engine, without any waiting: outcomes and wishes in, facts committed, answers
//! and effects out. Tests drive it step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_proto::{AccountId, Actor, EntryId, EventKind, Time};
use omsd_domain::ground::limits::{ENDED_MAX, FORGET_AT_ONCE, IDEMPOTENCY_KEPT};
use omsd_domain::plan;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Entry, Past, Status};
use omsd_domain::rows::lineage::Doubt;
use omsd_domain::rows::spur::Spur;
use omsd_domain::rules::policy::Policy;
use omsd_domain::schedule::agenda::Agenda;
use omsd_domain::schedule::effect::{Effect, Outcome};
use omsd_domain::schedule::lost::Gap;
use omsd_domain::schedule::pulse::Pulse;
use omsd_domain::settle::settle;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::tell::words;
use omsd_domain::world::command::{Answer, Command, Recall, Rejection, decide};
use omsd_domain::world::event::{Event, Fact};
use omsd_domain::world::row::Row;
use omsd_domain::world::{Misfit, Rows, World, rewind};
use tokio::sync::oneshot;

use super::handle::{Published, Wish};
use crate::store::{Batch, Change, Store, StoreError};

/// Rows planned in one turn. A start with very many rows at work takes several turns, so that
/// wishes and outcomes are not kept waiting for long.
const STEPS_PER_TURN: usize = 4096;

/// Rows planned between two looks at the clock: little work even where each row is a placement
/// among a thousand accounts.
const STEPS_PER_GLANCE: usize = 8;

/// Why the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing can be made durable any more.
    #[error("the database cannot be written; the daemon stops so that nothing is lost")]
    Store(#[from] StoreError),
    /// What must hold of every row does not: a mistake of this program.
    #[error(
        "omsd has contradicted itself ({what}); nothing of it was written or done, and what was \
         under way is settled at the next start; please report it with the log"
    )]
    Broken {
        /// What does not hold.
        what: String,
    },
    /// The planner planned what cannot be: a mistake of this program.
    #[error("a planned fact does not fit: {event}")]
    Misfit {
        /// What was planned.
        event: EventKind,
        /// What is wrong with it.
        #[source]
        misfit: Misfit,
    },
}

/// How a daemon starts.
#[derive(Debug, Clone)]
pub struct Start {
    /// What its marks are to carry: eight hexadecimal digits that no start had before.
    pub incarnation: String,
    /// Why the database may not be the newest, if there is a doubt.
    pub doubt: Option<Doubt>,
}

/// The world, what is to be done about it, and where it is kept.
pub struct Core {
    world: World,
    agenda: Agenda,
    store: Store,
    pending: Pending,
    /// When the first of the entries that have ended is to be forgotten.
    forget: Option<Time>,
}

/// What has happened since the last commit.
#[derive(Default)]
struct Pending {
    journal: Vec<JournalRow>,
    rows: BTreeSet<Row>,
    /// Entries that have left the world.
    past: BTreeMap<EntryId, Change>,
}

/// Facts that were committed, and the world after them.
type Committed = (Arc<Published>, Arc<World>);

/// What a turn came to; everything in it is durable.
#[derive(Default)]
pub struct Turn {
    /// The facts and the world after them, if there were any.
    pub committed: Option<Committed>,
    /// Acts to begin, with their accounts.
    pub effects: Vec<(Effect, Arc<Account>)>,
    /// Accounts whose clients are to be closed.
    pub closed: Vec<AccountId>,
    /// What was learned, if anything was.
    pub pulse: Option<Arc<Pulse>>,
    /// Extra servers that were made.
    pub extras: Vec<Spur>,
    pub(super) answers: Vec<Reply>,
}

/// An answer on its way to who asked.
pub(super) struct Reply {
    pub(super) to: oneshot::Sender<Result<Answer, Rejection>>,
    pub(super) result: Result<Answer, Rejection>,
}

impl Core {
    /// Takes up the world where the last daemon left it.
    ///
    /// # Errors
    /// [`EngineError`]
    pub fn new(
        store: Store,
        rows: Rows,
        policy: &Policy,
        start: Start,
        now: Time,
    ) -> Result<Self, EngineError> {
        let stopped = Gap {
            from: rewind::latest(&rows),
            until: now,
        };
        let world = World::from_rows(rewind::forward(rows, policy, now));
        let mut agenda = Agenda::new(policy.clone(), &world);
        agenda.lost_before_start(&world, stopped);
        let mut core = Self {
            world,
            agenda,
            store,
            pending: Pending::default(),
            forget: None,
        };
        let Start { incarnation, doubt } = start;
        core.apply(Event::Started { incarnation, doubt }, now)?;
        for event in plan::at_start(&core.world, policy, now) {
            core.apply(event, now)?;
        }
        core.commit()?;
        core.look_at_past()?;
        Ok(core)
    }

    /// The world, the latest facts included.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether what stands at the clouds is to be looked at before ids are given out again.
    pub fn is_unseen(&self) -> bool {
        self.world.unseen().next().is_some()
    }

    /// When there is something to do next, if nothing comes in before.
    pub fn next_due(&self, now: Time) -> Option<Time> {
        let due = self.agenda.next_due(now);
        due.into_iter().chain(self.forget).min()
    }

    /// Accounts of whose answers something depends, see [`Core::hear`].
    pub fn listens_to(&self) -> Vec<AccountId> {
        self.agenda.listens_to().collect()
    }

    /// An account has answered something.
    pub fn hear(&mut self, account: AccountId, at: Time) {
        self.agenda.hear(account, at);
    }

    /// There was time in which nobody worked.
    pub fn lose(&mut self, gap: Gap) {
        self.agenda.lose(&self.world, gap);
    }

    /// Whether any effect is under way.
    pub fn is_flying(&self) -> bool {
        self.agenda.any_flight()
    }

    /// Takes in outcomes and wishes, plans what they call for, and makes it durable. Planning ends
    /// when `tired` says so; what is left is planned in the next turn.
    ///
    /// # Errors
    /// [`EngineError`]: nothing of this turn may be told or done, and the engine must stop.
    pub(super) fn turn(
        &mut self,
        outcomes: &[Outcome],
        wishes: Vec<Wish>,
        planning: Planning<'_>,
        now: Time,
    ) -> Result<Turn, EngineError> {
        let mut turn = Turn::default();
        for outcome in outcomes {
            for event in settle(&self.world, &mut self.agenda, outcome, now) {
                self.apply_if_it_fits(event, &Actor::Scheduler, now);
            }
        }
        for wish in wishes {
            let result = self.decide(&wish, now, &mut turn.closed)?;
            turn.answers.push(Reply {
                to: wish.answer,
                result,
            });
        }
        if let Planning::On { tired } = planning {
            self.forget(now)?;
            self.plan(&mut turn, tired, now)?;
        }
        turn.committed = self.commit()?;
        turn.pulse = self.agenda.take_pulse().map(Arc::new);
        turn.extras = self.agenda.take_extras();
        Ok(turn)
    }

    fn decide(
        &mut self,
        wish: &Wish,
        now: Time,
        closed: &mut Vec<AccountId>,
    ) -> Result<Result<Answer, Rejection>, EngineError> {
        let recall = self.recall(&wish.command)?;
        let (events, answer) = match decide(&self.world, &recall, &wish.command, now) {
            Ok(decided) => decided,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if matches!(wish.command, Command::Hunt) {
            for account in self.world.accounts.keys() {
                self.agenda.want_keypairs(*account);
            }
        }
        for event in events {
            if let Event::AccountRemoved(account) = &event {
                closed.push(*account);
            }
            self.apply_if_it_fits(event, &wish.by, now);
        }
        Ok(Ok(answer))
    }

    /// What the database knows of what a command names, where the world does not.
    fn recall(&self, command: &Command) -> Result<Recall, EngineError> {
        let gone = |id: &EntryId| !self.world.entries.contains_key(id);
        let past = match command.entry().filter(gone) {
            Some(id) => match self.pending.past.get(&id) {
                Some(Change::Ended(past, _)) => Some(Arc::clone(past)),
                Some(_) => None,
                None => self.store.past(id)?.map(Arc::new),
            },
            None => None,
        };
        let unknown = |key: &&str| self.world.under(key).is_none();
        let key = match command.key().filter(unknown) {
            Some(key) => self.store.under(key)?,
            None => None,
        };
        Ok(Recall { past, key })
    }

    fn plan(
        &mut self,
        turn: &mut Turn,
        tired: &dyn Fn() -> bool,
        now: Time,
    ) -> Result<(), EngineError> {
        for step in 0..STEPS_PER_TURN {
            if step % STEPS_PER_GLANCE == 0 && tired() {
                break;
            }
            let Some(step) = plan::next(&self.world, &mut self.agenda, now) else {
                break;
            };
            for event in step.events {
                self.apply(event, now)?;
            }
            for effect in step.effects {
                if self.agenda.waits(&effect, now) {
                    continue;
                }
                if let Some(account) = self.world.accounts.get(&effect.account()) {
                    self.agenda.launch(&effect, now);
                    turn.effects.push((effect, Arc::clone(account)));
                }
            }
        }
        Ok(())
    }

    /// Forgets entries that have ended and whose time in the database is over, or that are too many.
    fn forget(&mut self, now: Time) -> Result<(), EngineError> {
        let ended = self.world.ended;
        let surplus = ended
            .failed
            .saturating_add(ended.removed)
            .saturating_sub(ENDED_MAX);
        let due = self.forget.is_some_and(|at| at <= now);
        if !due && surplus == 0 {
            return Ok(());
        }
        let surplus = usize::try_from(surplus).unwrap_or(usize::MAX);
        let first = self.store.forgettable(FORGET_AT_ONCE)?.into_iter();
        for (number, (at, entry, status)) in first.enumerate() {
            if at > now && number >= surplus {
                break;
            }
            self.apply(Event::EntryForgotten { entry, status }, now)?;
        }
        Ok(())
    }

    /// When the first of the entries that have ended is to be forgotten.
    fn look_at_past(&mut self) -> Result<(), EngineError> {
        let first = self.store.forgettable(1)?.into_iter().next();
        self.forget = first.map(|(at, ..)| at);
        Ok(())
    }

    /// Applies what was planned; that it does not fit is our own mistake.
    fn apply(&mut self, event: Event, at: Time) -> Result<(), EngineError> {
        let kind = event.kind();
        let by = Actor::Scheduler;
        self.try_apply(Fact { at, by, event })
            .map_err(|misfit| EngineError::Misfit {
                event: kind,
                misfit,
            })
    }

    /// Applies what an outcome or a wish told. A cloud may tell one thing twice in one breath.
    fn apply_if_it_fits(&mut self, event: Event, by: &Actor, at: Time) {
        let kind = event.kind();
        let by = by.clone();
        if let Err(misfit) = self.try_apply(Fact { at, by, event }) {
            tracing::warn!(event = %kind, %misfit, "left out a fact that does not fit");
        }
    }

    fn try_apply(&mut self, fact: Fact) -> Result<(), Misfit> {
        let about = fact.event.about();
        // What is gone afterwards.
        let account = about.account.and_then(|id| self.world.accounts.get(&id));
        let account = account.map(|account| account.name.clone());
        let entry = about
            .entry
            .and_then(|id| self.world.entries.get(&id))
            .cloned();
        let mut seq = self.world.seq;
        for (fact, row) in self.world.happen(fact)? {
            seq += 1;
            self.agenda.note(&self.world, &fact);
            let told = words::journal_row(&self.world, seq, &fact, account.clone());
            self.pending.journal.push(told);
            if let Row::Ended(id) = row {
                self.pending
                    .past
                    .insert(id, self.ending(id, &fact, entry.as_ref()));
            }
            if let Row::Returned(id) = row {
                self.pending.past.remove(&id);
            }
            self.pending.rows.insert(row);
        }
        Ok(())
    }

    /// What becomes of the row of an entry that has ended.
    fn ending(&self, id: EntryId, fact: &Fact, entry: Option<&Arc<Entry>>) -> Change {
        let ended = matches!(fact.event, Event::EntryEnded(_));
        if let Some(entry) = entry.filter(|_| ended) {
            let asked = &entry.asked;
            let kept = fact.at.plus(self.agenda.policy.keep_ended);
            let forget = match asked.idempotency {
                Some(_) => kept.max(asked.accepted.plus(IDEMPOTENCY_KEPT)),
                None => kept,
            };
            let past = Past {
                entry: (**entry).clone(),
                ended: fact.at,
            };
            return Change::Ended(Arc::new(past), forget);
        }
        if matches!(fact.event, Event::EntryForgotten { .. }) {
            return Change::Forgotten(id);
        }
        match self.pending.past.get(&id) {
            // It has ended since the last commit, and is not yet where it is to be changed.
            Some(Change::Ended(past, forget)) => {
                let mut past = (**past).clone();
                past.entry.status = Status::Destroy;
                Change::Ended(Arc::new(past), *forget)
            }
            _ => Change::EndedRemoved(id),
        }
    }

    fn commit(&mut self) -> Result<Option<Committed>, EngineError> {
        if self.pending.journal.is_empty() {
            return Ok(None);
        }
        let Pending {
            journal,
            rows,
            past,
        } = std::mem::take(&mut self.pending);
        let world = &self.world;
        let returned = |row: &Row| matches!(row, Row::Returned(_));
        let past_changed = !past.is_empty() || rows.iter().any(returned);
        let changes = rows.into_iter().filter_map(|row| changed(world, row));
        let batch = Batch {
            seq: world.seq,
            next: world.next,
            ended: world.ended,
            journal,
            rows: changes.chain(past.into_values()).collect(),
        };
        let written = self.store.commit(&batch)?;
        let published = Arc::new(Published {
            rows: batch.journal,
            written,
        });
        let committed = (published, Arc::new(world.clone()));
        if past_changed {
            self.look_at_past()?;
        }
        Ok(Some(committed))
    }
}

/// A row as it is to be written; `None` where it has left the world for those that have ended.
fn changed(world: &World, row: Row) -> Option<Change> {
    Some(match row {
        Row::Lineage => Change::Lineage(Arc::clone(&world.lineage)),
        Row::Account(id) => Change::Account(id, world.accounts.get(&id).cloned()),
        Row::Health(id) => Change::Health(id, world.healths.get(&id).cloned()),
        Row::Room(id) => Change::Room(id, world.rooms.get(&id).cloned()),
        Row::Lessons(id, offering) => {
            let lessons = world.lessons.get(&id).and_then(|it| it.get(&offering));
            let lessons = lessons.cloned();
            Change::Lessons(id, offering, lessons)
        }
        Row::Stray(id, which) => {
            let stray = world.strays.get(&id).and_then(|it| it.get(&which));
            let stray = stray.cloned();
            Change::Stray(id, which, stray)
        }
        Row::Asked(id) => Change::Asked(Arc::clone(&world.entries.get(&id)?.asked)),
        Row::Standing(id) => Change::Standing(Arc::clone(world.entries.get(&id)?)),
        Row::Returned(id) => Change::Returned(id, world.entries.get(&id).cloned()),
        Row::Pass(id) => {
            let pass = world.passes.get(&id).cloned();
            Change::Pass(id, pass)
        }
        Row::Ended(_) | Row::Journal => return None,
    })
}

/// Whether a turn plans; a daemon that stops only takes in what comes back.
#[derive(Clone, Copy)]
pub(super) enum Planning<'a> {
    /// Yes, until `tired` says that it has taken long enough.
    On {
        /// Asked now and then.
        tired: &'a dyn Fn() -> bool,
    },
    /// No.
    Off,
}
