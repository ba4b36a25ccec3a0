//! Entries and their attempts to records and back.

use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::attempt::{Attempt, Server, State};
use omsd_domain::rows::entry::{Asked, Entry, EntryKey, Idempotency, Status};
use omsd_domain::rows::removing::Removing;

use super::bad::Bad;
use super::parts::{read_duration, write_duration};
use super::placed::{Gathered, Placed};
use super::shared::Shared;
use super::{v1, why};

impl From<&Asked> for v1::Asked {
    fn from(asked: &Asked) -> Self {
        let Asked {
            id: _,
            spec,
            key,
            user_data,
            accepted,
            patience,
            idempotency,
        } = asked;
        let idempotency = idempotency.as_ref();
        Self {
            spec: (**spec).clone(),
            public_key: key.public.clone(),
            private_key: key.private.as_ref().map(|sealed| sealed.0.clone()),
            accepted: accepted.0,
            patience: write_duration(*patience),
            idempotency: idempotency.map(|known| (known.key.clone(), known.digest)),
            user_data: user_data.as_ref().map(|sealed| sealed.0.clone()),
        }
    }
}

impl v1::Asked {
    pub(super) fn into_domain(self, id: EntryId, shared: &mut Shared) -> Result<Asked, Bad> {
        Ok(Asked {
            id,
            spec: shared.spec(self.spec)?,
            key: EntryKey {
                public: self.public_key,
                private: self.private_key.map(Sealed),
            },
            user_data: self.user_data.map(Sealed),
            accepted: Time(self.accepted),
            patience: read_duration(self.patience)?,
            idempotency: self
                .idempotency
                .map(|(key, digest)| Idempotency { key, digest }),
        })
    }
}

impl From<&Entry> for v1::Standing {
    fn from(entry: &Entry) -> Self {
        let Entry {
            id: _,
            asked: _,
            status,
            changed,
            deadline,
            why,
            attempts,
            held,
            key_shown,
        } = entry;
        let mut parts = Gathered::default();
        let attempts = attempts.iter();
        let attempts = attempts.map(|attempt| write_attempt(attempt, &mut parts));
        let attempts = attempts.collect();
        let why = why.as_ref().map(|why| why::write(why, &mut parts));
        let (wanted, failures) = parts.into_lists();
        Self {
            wanted,
            failures,
            status: status.shown(),
            changed: changed.0,
            deadline: deadline.0,
            why,
            attempts,
            held: *held,
            key_shown: *key_shown,
        }
    }
}

impl v1::Standing {
    pub(super) fn into_domain(self, asked: Arc<Asked>, shared: &mut Shared) -> Result<Entry, Bad> {
        let placed = Placed::new(self.wanted, self.failures, shared)?;
        let mut attempts = Vec::with_capacity(self.attempts.len());
        let mut last = None;
        for record in self.attempts {
            if last.is_some_and(|last| record.id <= last) {
                return Err(Bad(format!("attempt {} is out of order", record.id)));
            }
            last = Some(record.id);
            attempts.push(Arc::new(record.into_domain(&placed, shared)?));
        }
        let status = Status::of(self.status);
        let why = self.why.map(|record| why::read(record, &placed, shared));
        Ok(Entry {
            id: asked.id,
            asked,
            status: status.ok_or_else(|| Bad("its status is not known".to_owned()))?,
            changed: Time(self.changed),
            deadline: Time(self.deadline),
            why: why.transpose()?,
            attempts,
            held: self.held,
            key_shown: self.key_shown,
        })
    }
}

fn write_attempt(attempt: &Attempt, parts: &mut Gathered) -> v1::Attempt {
    let removal = &attempt.removal;
    v1::Attempt {
        id: attempt.id.0,
        account: attempt.account.0,
        wanted: parts.wanted(&attempt.wanted),
        server_name: attempt.server_name.clone(),
        key_name: attempt.key_name.clone(),
        started: attempt.started.0,
        state: attempt.state.into(),
        since: attempt.since.0,
        server: attempt.server.as_ref().map(v1::Server::from),
        boot: attempt.boot.map(write_duration),
        failure: attempt.failure.as_ref().map(|it| parts.failure(it)),
        removal_failures: removal.failures,
        removal_next: removal.next.0,
        removal_alerted: removal.alerted,
        removal_failure: removal.failure.as_ref().map(|it| parts.failure(it)),
        passed_over: parts.passed(&attempt.passed_over),
    }
}

impl v1::Attempt {
    fn into_domain(self, placed: &Placed, shared: &mut Shared) -> Result<Attempt, Bad> {
        Ok(Attempt {
            id: AttemptId(self.id),
            account: AccountId(self.account),
            wanted: placed.wanted(self.wanted)?,
            server_name: self.server_name,
            key_name: self.key_name,
            started: Time(self.started),
            state: self.state.into(),
            since: Time(self.since),
            server: self.server.map(Server::from),
            boot: self.boot.map(read_duration).transpose()?,
            failure: placed.failure_if_any(self.failure)?,
            removal: Removing {
                failures: self.removal_failures,
                next: Time(self.removal_next),
                failure: placed.failure_if_any(self.removal_failure)?,
                alerted: self.removal_alerted,
            },
            passed_over: placed.passed(self.passed_over, shared)?,
        })
    }
}

impl From<&Server> for v1::Server {
    fn from(server: &Server) -> Self {
        Self {
            id: server.id.clone(),
            status: server.status.clone(),
            addresses: server.addresses.clone(),
            vanished: server.vanished,
        }
    }
}

impl From<v1::Server> for Server {
    fn from(record: v1::Server) -> Self {
        Self {
            id: record.id,
            status: record.status,
            addresses: record.addresses,
            vanished: record.vanished,
        }
    }
}

impl From<State> for v1::State {
    fn from(state: State) -> Self {
        match state {
            State::Launching => Self::Launching,
            State::Unknown { until } => Self::Unknown { until: until.0 },
            State::Building { deadline } => Self::Building {
                deadline: deadline.0,
            },
            State::Ready => Self::Ready,
            State::RemovingServer { asked } => Self::RemovingServer {
                asked: asked.map(|at| at.0),
            },
            State::Clearing => Self::Clearing,
            State::Gone => Self::Gone,
        }
    }
}

impl From<v1::State> for State {
    fn from(record: v1::State) -> Self {
        match record {
            v1::State::Launching => Self::Launching,
            v1::State::Unknown { until } => Self::Unknown { until: Time(until) },
            v1::State::Building { deadline } => Self::Building {
                deadline: Time(deadline),
            },
            v1::State::Ready => Self::Ready,
            v1::State::RemovingServer { asked } => Self::RemovingServer {
                asked: asked.map(Time),
            },
            v1::State::Clearing => Self::Clearing,
            v1::State::Gone => Self::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{read_asked, read_standing, write_asked, write_standing};
    use super::*;

    #[test]
    fn attempts_that_are_out_of_order_are_refused() {
        let attempt = |id| {
            Arc::new(Attempt {
                id: AttemptId(id),
                account: AccountId(1),
                wanted: Arc::default(),
                server_name: String::new(),
                key_name: String::new(),
                started: Time(0),
                state: State::Launching,
                since: Time(0),
                server: None,
                boot: None,
                failure: None,
                removal: Removing::default(),
                passed_over: Arc::default(),
            })
        };
        let asked = Arc::new(Asked {
            id: EntryId(1),
            spec: Arc::default(),
            key: EntryKey {
                public: String::new(),
                private: None,
            },
            user_data: None,
            accepted: Time(0),
            patience: Duration::from_secs(1),
            idempotency: None,
        });
        let mut shared = Shared::default();
        let read = read_asked(1, &write_asked(&asked).unwrap(), &mut shared).unwrap();
        assert_eq!(read, *asked);
        let entry = Entry {
            status: Status::Boot,
            attempts: vec![attempt(3), attempt(3)],
            ..Entry::new(Arc::clone(&asked))
        };
        let error = read_standing(&write_standing(&entry).unwrap(), asked, &mut shared);
        assert_eq!(error.unwrap_err().to_string(), "attempt 3 is out of order");
    }
}
