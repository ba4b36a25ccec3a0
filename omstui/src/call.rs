//! Requests that wait for an answer, and what each was made for.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use oms_proto::{EntryId, Request};

use crate::action::{Act, Object};
use crate::effect::{Effect, Ticket};

/// Requests of one bulk action that are under way at a time; the rest waits for their answers.
pub const BATCH_CALLS_MAX: usize = 16;

/// What a request was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The daemon's version, state and alerts.
    Status,
    /// The latest events, so that the events view does not start empty.
    Events,
    /// How an entry came to stand as it does.
    Explain(EntryId),
    /// Something done to an object, as a part of what was ordered.
    Act(Act, Object),
    /// What the form on screen has asked.
    Form,
    /// What a cloud offers, to choose from in forms.
    Offers,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallError {
    /// In words.
    pub text: String,
    /// What is wrong with which field, where fields are at fault.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl From<&str> for CallError {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            fields: BTreeMap::new(),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What was ordered for several objects at once.
#[derive(Debug)]
pub struct Batch {
    /// What.
    pub act: Act,
    /// For how many.
    pub all: usize,
    /// Answered well.
    pub done: usize,
    /// Answered otherwise.
    pub failed: usize,
    /// Why each of those failed.
    pub errors: Vec<String>,
    waiting: VecDeque<(Object, Request)>,
}

/// All requests that wait for an answer, and what still waits to be asked.
#[derive(Debug, Default)]
pub struct Calls {
    next: Ticket,
    open: BTreeMap<Ticket, Purpose>,
    batch: Option<Batch>,
}

impl Calls {
    /// Makes a request.
    pub fn make(&mut self, purpose: Purpose, request: Request) -> Effect {
        self.next += 1;
        self.open.insert(self.next, purpose);
        Effect::Call {
            ticket: self.next,
            request: Box::new(request),
        }
    }

    /// What an answer is for; nobody waits for it any more where there is nothing.
    pub fn take(&mut self, ticket: Ticket) -> Option<Purpose> {
        self.open.remove(&ticket)
    }

    /// Whether a request of this purpose is under way.
    pub fn has(&self, purpose: &Purpose) -> bool {
        self.open.values().any(|open| open == purpose)
    }

    /// The ticket of the latest request.
    pub fn latest(&self) -> Ticket {
        self.next
    }

    /// The tickets of requests of this purpose.
    #[cfg(test)]
    pub(crate) fn tickets(&self, purpose: &Purpose) -> Vec<Ticket> {
        let open = self.open.iter().filter(|(_, open)| *open == purpose);
        open.map(|(ticket, _)| *ticket).collect()
    }

    /// What is being done to several objects.
    pub fn batch(&self) -> Option<&Batch> {
        self.batch.as_ref()
    }

    /// Orders the same for all of these.
    pub fn order(&mut self, act: Act, requests: Vec<(Object, Request)>) -> Vec<Effect> {
        self.batch = Some(Batch {
            act,
            all: requests.len(),
            done: 0,
            failed: 0,
            errors: Vec::new(),
            waiting: requests.into(),
        });
        let first = (0..BATCH_CALLS_MAX).filter_map(|_| self.go_on());
        first.collect()
    }

    /// Notes how one of them went, and asks for the next. The batch, once all are answered.
    pub fn note(&mut self, result: Result<(), String>) -> (Option<Effect>, Option<Batch>) {
        if let Some(batch) = &mut self.batch {
            match result {
                Ok(()) => batch.done += 1,
                Err(error) => {
                    batch.failed += 1;
                    batch.errors.push(error);
                }
            }
        }
        let next = self.go_on();
        let is_over = |batch: &Batch| batch.done + batch.failed >= batch.all;
        let over = self.batch.take_if(|batch| is_over(batch));
        (next, over)
    }

    /// Gives up whatever waits; the things that were to be done are told.
    pub fn hang_up(&mut self) -> Vec<Purpose> {
        self.batch = None;
        std::mem::take(&mut self.open).into_values().collect()
    }

    fn go_on(&mut self) -> Option<Effect> {
        let batch = self.batch.as_mut()?;
        let (object, request) = batch.waiting.pop_front()?;
        let purpose = Purpose::Act(batch.act, object);
        Some(self.make(purpose, request))
    }
}
