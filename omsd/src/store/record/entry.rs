//! Entries and their attempts to records and back.

use oms_proto::spec::{EntrySpec, KeyType};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::parts::{mirror, read_duration, write_duration};
use super::placed::{Gathered, Placed};
use super::shared::Shared;
use super::{Bad, v1};
use crate::domain::attempt::{Attempt, Removing, Server, State};
use crate::domain::entry::{Entry, EntryKey, Idempotency, Status};
use crate::domain::sealed::Sealed;

impl From<&Entry> for v1::Entry {
    fn from(entry: &Entry) -> Self {
        let idempotency = entry.idempotency.as_ref();
        let mut parts = Gathered::default();
        let attempts = entry.attempts.iter();
        let attempts = attempts.map(|attempt| write_attempt(attempt, &mut parts));
        let attempts = attempts.collect();
        let (wanted, failures) = parts.into_lists();
        Self {
            wanted,
            failures,
            spec: (&*entry.spec).into(),
            public_key: entry.key.public.clone(),
            private_key: entry.key.private.as_ref().map(|sealed| sealed.0.clone()),
            status: entry.status.into(),
            accepted: entry.accepted.0,
            changed: entry.changed.0,
            deadline: entry.deadline.0,
            reason: entry.reason.as_deref().map(str::to_owned),
            attempts,
            idempotency: idempotency.map(|known| (known.key.clone(), known.digest)),
            ended: entry.ended.map(|at| at.0),
        }
    }
}

impl v1::Entry {
    pub(super) fn into_domain(self, id: EntryId, shared: &mut Shared) -> Result<Entry, Bad> {
        let placed = Placed::new(self.wanted, self.failures, shared)?;
        let mut attempts = Vec::with_capacity(self.attempts.len());
        let mut last = None;
        for record in self.attempts {
            if last.is_some_and(|last| record.id <= last) {
                return Err(Bad(format!("attempt {} is out of order", record.id)));
            }
            last = Some(record.id);
            attempts.push(record.into_domain(&placed, shared)?);
        }
        let reason = self.reason.map(|text| shared.reason(text));
        Ok(Entry {
            id,
            spec: shared.spec(self.spec)?,
            key: EntryKey {
                public: self.public_key,
                private: self.private_key.map(Sealed),
            },
            status: self.status.into(),
            accepted: Time(self.accepted),
            changed: Time(self.changed),
            deadline: Time(self.deadline),
            reason: reason.transpose()?,
            attempts,
            idempotency: self
                .idempotency
                .map(|(key, digest)| Idempotency { key, digest }),
            ended: self.ended.map(Time),
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
        passed_over: attempt
            .passed_over
            .iter()
            .map(|over| parts.passed_over(over))
            .collect(),
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
            passed_over: placed.passed_over(self.passed_over, shared)?,
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

impl From<&EntrySpec> for v1::Spec {
    fn from(spec: &EntrySpec) -> Self {
        let spec = spec.clone();
        Self {
            name: spec.name,
            image: spec.image,
            flavor: spec.flavor,
            networks: spec.networks,
            security_groups: spec.security_groups,
            availability_zone: spec.availability_zone,
            user_data: spec.user_data,
            metadata: spec.metadata.map(|pairs| pairs.into_iter().collect()),
            public_key: spec.public_key,
            key_type: spec.key_type.map(v1::KeyType::from),
            accounts: spec.accounts,
            avoid_accounts: spec.avoid_accounts,
            deadline_seconds: spec.deadline_seconds,
        }
    }
}

impl From<v1::Spec> for EntrySpec {
    fn from(record: v1::Spec) -> Self {
        Self {
            name: record.name,
            image: record.image,
            flavor: record.flavor,
            networks: record.networks,
            security_groups: record.security_groups,
            availability_zone: record.availability_zone,
            user_data: record.user_data,
            metadata: record.metadata.map(|pairs| pairs.into_iter().collect()),
            public_key: record.public_key,
            key_type: record.key_type.map(KeyType::from),
            accounts: record.accounts,
            avoid_accounts: record.avoid_accounts,
            deadline_seconds: record.deadline_seconds,
        }
    }
}

impl From<KeyType> for v1::KeyType {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            // A request for a type that is not known is refused.
            KeyType::Ed25519 | KeyType::Unknown => Self::Ed25519,
            KeyType::Rsa => Self::Rsa,
        }
    }
}

impl From<v1::KeyType> for KeyType {
    fn from(record: v1::KeyType) -> Self {
        match record {
            v1::KeyType::Ed25519 => Self::Ed25519,
            v1::KeyType::Rsa => Self::Rsa,
        }
    }
}

mirror!(v1::Status, Status: Request Recive Boot Run Destroy Failed);

#[cfg(test)]
mod tests {
    use super::super::{read_entry, write_entry};
    use super::*;

    #[test]
    fn attempts_that_are_out_of_order_are_refused() {
        let attempt = |id| Attempt {
            id: AttemptId(id),
            account: AccountId(1),
            wanted: std::sync::Arc::default(),
            server_name: String::new(),
            key_name: String::new(),
            started: Time(0),
            state: State::Launching,
            since: Time(0),
            server: None,
            boot: None,
            failure: None,
            removal: Removing::default(),
            passed_over: std::sync::Arc::default(),
        };
        let entry = Entry {
            id: EntryId(1),
            spec: std::sync::Arc::default(),
            key: EntryKey {
                public: String::new(),
                private: None,
            },
            status: Status::Request,
            accepted: Time(0),
            changed: Time(0),
            deadline: Time(0),
            reason: None,
            attempts: vec![attempt(3), attempt(3)],
            idempotency: None,
            ended: None,
        };
        let error = read_entry(1, &write_entry(&entry).unwrap(), &mut Shared::default());
        assert_eq!(error.unwrap_err().to_string(), "attempt 3 is out of order");
    }
}
