//! One turn of the engine, without any waiting: outcomes and wishes in, facts committed, answers
//! and effects out. Tests drive it step by step.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::{AccountId, Actor, EntryId, EventKind, Time};
use tokio::sync::oneshot;

use crate::domain::account::Account;
use crate::domain::agenda::Agenda;
use crate::domain::command::{Answer, Command, Rejection, decide};
use crate::domain::effect::{Effect, Outcome};
use crate::domain::event::{Event, Fact};
use crate::domain::journal::JournalRow;
use crate::domain::plan;
use crate::domain::policy::Policy;
use crate::domain::rewind;
use crate::domain::settle::settle;
use crate::domain::words;
use crate::domain::world::{Misfit, World};
use crate::store::{Batch, Store, StoreError};

use super::handle::{Published, Wish};

/// Rows planned in one turn. A start with very many rows at work takes several turns, so that
/// wishes and outcomes are not kept waiting for long.
const STEPS_PER_TURN: usize = 4096;

/// Why the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing can be made durable any more.
    #[error("the database cannot be written; the daemon stops so that nothing is lost")]
    Store(#[from] StoreError),
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

/// The world, what is to be done about it, and where it is kept.
pub struct Core {
    world: World,
    agenda: Agenda,
    store: Store,
    pending: Pending,
}

/// What has happened since the last commit.
#[derive(Default)]
struct Pending {
    rows: Vec<JournalRow>,
    entries: BTreeSet<EntryId>,
    accounts: BTreeSet<AccountId>,
}

/// What a turn came to; everything in it is durable.
#[derive(Default)]
pub struct Turn {
    /// The facts and the world after them, if there were any.
    pub published: Option<Arc<Published>>,
    /// Acts to begin, with their accounts.
    pub effects: Vec<(Effect, Arc<Account>)>,
    /// Accounts whose clients are to be closed.
    pub closed: Vec<AccountId>,
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
        world: World,
        policy: &Policy,
        now: Time,
    ) -> Result<Self, EngineError> {
        let world = rewind::forward(world, policy, now);
        let agenda = Agenda::new(policy.clone(), &world);
        let mut core = Self {
            world,
            agenda,
            store,
            pending: Pending::default(),
        };
        for event in plan::at_start(&core.world, policy, now) {
            core.apply(event, now)?;
        }
        core.commit()?;
        Ok(core)
    }

    /// The world, the latest facts included.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// When there is something to do next, if nothing comes in before.
    pub fn next_due(&self, now: Time) -> Option<Time> {
        self.agenda.next_due(now)
    }

    /// Whether any effect is under way.
    pub fn is_flying(&self) -> bool {
        self.agenda.any_flight()
    }

    /// Takes in outcomes and wishes, plans what they call for, and makes it durable.
    ///
    /// # Errors
    /// [`EngineError`]: nothing of this turn may be told or done, and the engine must stop.
    pub(super) fn turn(
        &mut self,
        outcomes: &[Outcome],
        wishes: Vec<Wish>,
        planning: Planning,
        now: Time,
    ) -> Result<Turn, EngineError> {
        let mut turn = Turn::default();
        for outcome in outcomes {
            for event in settle(&self.world, &mut self.agenda, outcome, now) {
                self.apply_if_it_fits(event, &Actor::Scheduler, now);
            }
        }
        for wish in wishes {
            let result = self.decide(&wish, now, &mut turn.closed);
            turn.answers.push(Reply {
                to: wish.answer,
                result,
            });
        }
        if planning == Planning::On {
            self.plan(&mut turn, now)?;
        }
        turn.published = self.commit()?;
        Ok(turn)
    }

    fn decide(
        &mut self,
        wish: &Wish,
        now: Time,
        closed: &mut Vec<AccountId>,
    ) -> Result<Answer, Rejection> {
        let (events, answer) = decide(&self.world, &wish.command, now)?;
        if matches!(wish.command, Command::Inspect) {
            for account in self.world.accounts.keys() {
                self.agenda.want_inspection(*account);
            }
        }
        for event in events {
            if let Event::AccountRemoved(account) = &event {
                closed.push(*account);
            }
            self.apply_if_it_fits(event, &wish.by, now);
        }
        Ok(answer)
    }

    fn plan(&mut self, turn: &mut Turn, now: Time) -> Result<(), EngineError> {
        for _ in 0..STEPS_PER_TURN {
            let Some(step) = plan::next(&self.world, &mut self.agenda, now) else {
                break;
            };
            for event in step.events {
                self.apply(event, now)?;
            }
            for effect in step.effects {
                if let Some(account) = self.world.accounts.get(&effect.account()) {
                    self.agenda.launch(&effect, now);
                    turn.effects.push((effect, Arc::clone(account)));
                }
            }
        }
        Ok(())
    }

    /// Applies what was planned; that it does not fit is our own mistake.
    fn apply(&mut self, event: Event, at: Time) -> Result<(), EngineError> {
        let by = Actor::Scheduler;
        let fact = Fact { at, by, event };
        self.try_apply(&fact).map_err(|misfit| EngineError::Misfit {
            event: fact.event.kind(),
            misfit,
        })
    }

    /// Applies what an outcome or a wish told. A cloud may tell one thing twice in one breath.
    fn apply_if_it_fits(&mut self, event: Event, by: &Actor, at: Time) {
        let by = by.clone();
        let fact = Fact { at, by, event };
        if let Err(misfit) = self.try_apply(&fact) {
            tracing::warn!(event = %fact.event.kind(), %misfit, "left out a fact that does not fit");
        }
    }

    fn try_apply(&mut self, fact: &Fact) -> Result<(), Misfit> {
        let account = fact.event.account();
        let name = account
            .and_then(|id| self.world.accounts.get(&id))
            .map(|a| a.name.clone());
        self.world.apply(fact)?;
        self.agenda.note(&self.world, fact);
        self.pending
            .rows
            .push(words::journal_row(&self.world, fact, name));
        self.pending.entries.extend(fact.event.entry());
        self.pending.accounts.extend(account);
        if let (Some(entry), Some(attempt)) = (fact.event.entry(), fact.event.attempt()) {
            let attempt = self
                .world
                .entries
                .get(&entry)
                .and_then(|entry| entry.attempt(attempt));
            self.pending
                .accounts
                .extend(attempt.map(|attempt| attempt.account));
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<Option<Arc<Published>>, EngineError> {
        if self.pending.rows.is_empty() {
            return Ok(None);
        }
        let Pending {
            rows,
            entries,
            accounts,
        } = std::mem::take(&mut self.pending);
        let world = &self.world;
        let mut batch = Batch {
            seq: world.seq,
            next: world.next,
            journal: rows,
            ..Batch::default()
        };
        for id in entries {
            match world.entries.get(&id) {
                Some(entry) => batch.entries.push(Arc::clone(entry)),
                None => batch.entries_gone.push(id),
            }
        }
        for id in accounts {
            match world.accounts.get(&id) {
                Some(account) => batch.accounts.push(Arc::clone(account)),
                None => batch.accounts_gone.push(id),
            }
        }
        self.store.commit(&batch)?;
        let published = Published {
            rows: batch.journal,
            world: Arc::new(world.clone()),
        };
        Ok(Some(Arc::new(published)))
    }
}

/// Whether a turn plans; a daemon that stops only takes in what comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planning {
    /// Yes.
    On,
    /// No.
    Off,
}
