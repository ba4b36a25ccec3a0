//! Rows for tests: an account and an entry with everything set, and what they need around them.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::machine::MachineSpec;
use oms_proto::spec::{EntrySpec, Interface};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ports::{Clock, Entropy};
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth, Domain, Reach};
use omsd_domain::rows::attempt::{Attempt, Server, State};
use omsd_domain::rows::entry::{Asked, Entry, EntryKey, Status};
use omsd_domain::rows::removing::Removing;

/// A clock that stands still.
pub(in crate::service) struct Still(pub(in crate::service) Time);

impl Clock for Still {
    fn now(&self) -> Time {
        self.0
    }
}

/// Randomness without any.
pub(in crate::service) struct Same(pub(in crate::service) u8);

impl Entropy for Same {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

pub(in crate::service) fn account(id: u64, name: &str) -> Account {
    Account {
        id: AccountId(id),
        name: name.to_owned(),
        provider: "conoha".to_owned(),
        auth_url: "https://identity.example/v3".to_owned(),
        region_name: Some("tyo1".to_owned()),
        interface: Interface::Public,
        auth: Auth::Password {
            username: "gnc".to_owned(),
            user_domain: Domain::default(),
            tenant_name: Some("gnct".to_owned()),
            tenant_id: None,
            project_domain: Domain::default(),
            user_id: None,
        },
        secret: Sealed(vec![7; 40]),
        totp: None,
        reach: Reach::default(),
        defaults: MachineSpec {
            image: Some("debian-12".to_owned()),
            flavor: Some("g-1gb".to_owned()),
            ..MachineSpec::default()
        },
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        revision: 0,
        maintenance: Vec::new(),
    }
}

pub(in crate::service) fn entry(id: u64, status: Status) -> Entry {
    Entry {
        status,
        ..Entry::new(Arc::new(asked(id)))
    }
}

pub(in crate::service) fn asked(id: u64) -> Asked {
    Asked {
        id: EntryId(id),
        spec: Arc::new(EntrySpec::default()),
        key: EntryKey {
            public: "ssh-ed25519 AAAA oms".to_owned(),
            private: Some(Sealed(vec![9; 40])),
        },
        user_data: None,
        accepted: Time(1_000_000),
        patience: Duration::from_secs(1800),
        idempotency: None,
    }
}

pub(in crate::service) fn attempt(id: u64, account: u64, state: State) -> Attempt {
    Attempt {
        id: AttemptId(id),
        account: AccountId(account),
        wanted: Arc::new(Wanted {
            image: "debian-12".to_owned(),
            flavor: "g-1gb".to_owned(),
            ..Wanted::default()
        }),
        server_name: format!("oms-{id}"),
        key_name: format!("oms-key-{id}"),
        started: Time(2_000_000),
        state,
        since: Time(32_000_000),
        server: None,
        boot: None,
        failure: None,
        removal: Removing::default(),
        passed_over: Arc::default(),
    }
}

pub(in crate::service) fn server() -> Server {
    Server {
        id: "bec7c0ea".to_owned(),
        status: "ACTIVE".to_owned(),
        addresses: vec!["133.130.111.194".to_owned(), "2001:db8::7".to_owned()],
        vanished: false,
    }
}

pub(in crate::service) fn failure(class: FailureClass) -> Arc<Failure> {
    Arc::new(Failure {
        class,
        operation: "create server".to_owned(),
        http_status: Some(503),
        message: "down for maintenance".to_owned(),
        request_id: Some("req-1".to_owned()),
        retry_after: None,
        at: Time(3_000_000),
    })
}
