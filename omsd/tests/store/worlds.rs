//! Accounts, entries and facts of every shape, drawn from a seed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::actor::{HttpUser, SocketUser};
use oms_proto::spec::{AccountDefaults, EntrySpec, Interface, KeyType};
use oms_proto::{AccountId, Actor, AttemptId, EntryId, EventKind, Time};
use omsd::domain::account::{Account, Auth, Block, Domain, Scope};
use omsd::domain::attempt::{Attempt, Removing, Server, State};
use omsd::domain::cloud::Wanted;
use omsd::domain::entry::{Entry, EntryKey, Idempotency, Status};
use omsd::domain::failure::{Failure, FailureClass};
use omsd::domain::journal::JournalRow;
use omsd::domain::ledger::{Bound, Room, Shortage};
use omsd::domain::maintenance::Window;
use omsd::domain::offering::{Budget, Lessons, Offering, Stage};
use omsd::domain::placement::{PassedOver, Reason};
use omsd::domain::resource::{FlavorSize, Identity, Resource};
use omsd::domain::sealed::Sealed;
use omsd::domain::stray::{self, Stray};
use omsd::domain::world::{NextIds, World};
use omsd::store::Batch;

/// Draws the same things from the same seed, on every machine and for ever: the frozen database
/// in this folder was drawn by it.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `SplitMix64`.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| draw(self))
    }

    fn many<T>(&mut self, most: u64, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| draw(self)).collect()
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn text(&mut self) -> String {
        let words = [
            "",
            "a",
            "debian-12",
            "m1.small",
            "n\u{e4}he",
            "\u{1f980} \"\n",
        ];
        format!("{}{}", self.pick(&words), self.below(4))
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(300)).unwrap()
    }

    fn time(&mut self) -> Time {
        let extremes = [i64::MIN, i64::MAX, 0, -1];
        if self.below(8) == 0 {
            return Time(self.pick(&extremes));
        }
        Time(1_700_000_000_000_000 + i64::try_from(self.below(1 << 40)).unwrap())
    }

    fn duration(&mut self) -> Duration {
        let nanos = u32::try_from(self.below(1_000_000_000)).unwrap();
        Duration::new(self.below(10_000), nanos)
    }

    fn bytes(&mut self) -> Vec<u8> {
        self.many(40, |dice| dice.number().to_le_bytes()[0])
    }

    fn texts(&mut self) -> Vec<String> {
        self.many(3, Self::text)
    }

    fn wanted(&mut self) -> Wanted {
        Wanted {
            image: self.text(),
            flavor: self.text(),
            networks: self.texts(),
            security_groups: self.texts(),
            availability_zone: self.maybe(Self::text),
        }
    }

    pub(crate) fn failure(&mut self) -> Failure {
        Failure {
            class: self.pick(&FailureClass::ALL),
            operation: self.text(),
            http_status: self.maybe(|dice| dice.pick(&[0, 403, u16::MAX])),
            message: self.text(),
            request_id: self.maybe(Self::text),
            retry_after: self.maybe(Self::duration),
            at: self.time(),
        }
    }

    fn scope(&mut self) -> Scope {
        match self.below(5) {
            0 => Scope::Account,
            1 => Scope::Quota,
            2 => Scope::Launch,
            3 => Scope::Offering(self.offering()),
            _ => Scope::Request(Arc::new(self.wanted())),
        }
    }

    fn offering(&mut self) -> Offering {
        Offering {
            availability_zone: self.maybe(Self::text),
            flavor: self.text(),
        }
    }

    fn lessons(&mut self) -> Vec<Lessons> {
        let mut lessons = self.many(3, |dice| Lessons {
            offering: dice.offering(),
            boots: dice.many(4, Self::duration),
            creates: dice.many(4, Self::duration),
            slowest_create: dice.duration(),
            budget: dice.maybe(|dice| Budget {
                window: dice.small(),
                halved: dice.time(),
                stage: dice.pick(&[Stage::Launch, Stage::Build]),
            }),
            learned: dice.time(),
        });
        lessons.sort_by(|a, b| a.offering.cmp(&b.offering));
        lessons
    }

    fn room(&mut self) -> Room {
        Room {
            read: self.time(),
            bounds: self.many(3, |dice| Bound {
                resource: dice.pick(&Resource::ALL),
                max: dice.number(),
                unmanaged: dice.number(),
            }),
            flavors: self.many(2, |dice| FlavorSize {
                id: dice.text(),
                name: dice.text(),
                vcpus: dice.small(),
                ram_mib: dice.small(),
                disk_gb: dice.small(),
            }),
            identity: self.maybe(|dice| Identity {
                project: dice.text(),
                user: dice.text(),
            }),
        }
    }

    fn window(&mut self) -> Window {
        Window {
            from: self.time(),
            until: self.maybe(Self::time),
            drain: self.coin(),
            reason: self.text(),
        }
    }

    fn strays(&mut self) -> Vec<Stray> {
        let mut strays = self.many(3, |dice| Stray {
            id: stray::Id {
                kind: dice.pick(&[stray::Kind::Server, stray::Kind::Keypair]),
                id: dice.text(),
            },
            entry: EntryId(dice.number()),
            attempt: AttemptId(dice.number()),
            since: dice.time(),
            seen: dice.small(),
            asked: dice.coin(),
            removal: Removing {
                alerted: false,
                ..dice.removing()
            },
        });
        strays.sort_by(|a, b| a.id.cmp(&b.id));
        strays
    }

    fn removing(&mut self) -> Removing {
        Removing {
            failures: self.small(),
            next: self.time(),
            failure: self.maybe(|dice| Arc::new(dice.failure())),
            alerted: self.coin(),
        }
    }

    fn domain(&mut self) -> Domain {
        Domain {
            name: self.maybe(Self::text),
            id: self.maybe(Self::text),
        }
    }

    fn auth(&mut self) -> Auth {
        if self.coin() {
            return Auth::ApplicationCredential {
                id: self.maybe(Self::text),
                name: self.maybe(Self::text),
                username: self.maybe(Self::text),
                user_domain: self.domain(),
            };
        }
        Auth::Password {
            username: self.text(),
            user_domain: self.domain(),
            tenant_name: self.maybe(Self::text),
            tenant_id: self.maybe(Self::text),
            project_domain: self.domain(),
        }
    }

    pub(crate) fn account(&mut self, id: u64) -> Account {
        Account {
            id: AccountId(id),
            name: format!("account-{id}"),
            provider: self.text(),
            auth_url: self.text(),
            region_name: self.maybe(Self::text),
            interface: self.pick(&[Interface::Public, Interface::Internal, Interface::Admin]),
            auth: self.auth(),
            secret: Sealed(self.bytes()),
            defaults: AccountDefaults {
                image: self.maybe(Self::text),
                flavor: self.maybe(Self::text),
                networks: self.texts(),
                security_groups: self.texts(),
                availability_zone: self.maybe(Self::text),
            },
            ca_pem: self.maybe(Self::text),
            pinned_cert_pem: self.maybe(Self::text),
            priority: self.pick(&[0, 7, i32::MIN, i32::MAX]),
            enabled: self.coin(),
            revision: self.number(),
            blocks: self.many(3, |dice| Block {
                scope: dice.scope(),
                until: dice.time(),
                failures: dice.small(),
                failure: Arc::new(dice.failure()),
                probe: dice.maybe(|dice| AttemptId(dice.number())),
            }),
            lessons: self.lessons(),
            maintenance: self.many(2, Self::window),
            room: self.maybe(Self::room),
            strays: self.strays(),
            last_success: self.maybe(Self::time),
            last_failure: self.maybe(|dice| Arc::new(dice.failure())),
        }
    }

    fn spec(&mut self) -> EntrySpec {
        EntrySpec {
            name: self.maybe(Self::text),
            image: self.maybe(Self::text),
            flavor: self.maybe(Self::text),
            networks: self.maybe(Self::texts),
            security_groups: self.maybe(Self::texts),
            availability_zone: self.maybe(Self::text),
            user_data: self.maybe(|dice| dice.text().repeat(dice.pick(&[1, 500]))),
            metadata: self.maybe(|dice| {
                let pairs = dice.many(3, |dice| (dice.text(), dice.text()));
                pairs.into_iter().collect::<BTreeMap<_, _>>()
            }),
            public_key: self.maybe(Self::text),
            key_type: self.maybe(|dice| dice.pick(&[KeyType::Ed25519, KeyType::Rsa])),
            accounts: self.maybe(Self::texts),
            avoid_accounts: self.maybe(Self::texts),
            deadline_seconds: self.maybe(Self::small),
        }
    }

    fn state(&mut self) -> State {
        match self.below(7) {
            0 => State::Launching,
            1 => State::Unknown { until: self.time() },
            2 => State::Building {
                deadline: self.time(),
            },
            3 => State::Ready,
            4 => State::RemovingServer {
                asked: self.maybe(Self::time),
            },
            5 => State::Clearing,
            _ => State::Gone,
        }
    }

    fn reason(&mut self) -> Reason {
        match self.below(14) {
            12 => Reason::Rejected,
            0 => Reason::Disabled,
            1 => Reason::NotAmongAccounts,
            2 => Reason::Avoided,
            3 => Reason::NoImage,
            4 => Reason::NoFlavor,
            5 => Reason::Blocked {
                scope: self.scope(),
                until: self.time(),
                failure: Arc::new(self.failure()),
            },
            6 => Reason::Probing {
                scope: self.scope(),
            },
            7 => Reason::Busy {
                launches: self.small(),
            },
            8 => Reason::Trying,
            11 => Reason::NoRoom(Shortage {
                resource: self.pick(&Resource::ALL),
                max: self.number(),
                used: self.number(),
                needed: self.number(),
            }),
            9 => Reason::Budget {
                window: self.small(),
            },
            10 => Reason::Maintenance {
                until: self.maybe(Self::time),
                reason: self.text(),
            },
            _ => Reason::Outscored {
                by: AccountId(self.number()),
            },
        }
    }

    pub(crate) fn attempt(&mut self, id: u64) -> Attempt {
        let passed_over = self.many(3, |dice| PassedOver {
            account: AccountId(dice.below(9)),
            reason: dice.reason(),
        });
        Attempt {
            id: AttemptId(id),
            account: AccountId(self.below(5)),
            wanted: Arc::new(self.wanted()),
            server_name: self.text(),
            key_name: self.text(),
            started: self.time(),
            state: self.state(),
            since: self.time(),
            server: self.maybe(|dice| Server {
                id: dice.text(),
                status: dice.text(),
                addresses: dice.texts(),
                vanished: dice.coin(),
            }),
            boot: self.maybe(Self::duration),
            failure: self.maybe(|dice| Arc::new(dice.failure())),
            removal: self.removing(),
            passed_over: Arc::new(passed_over),
        }
    }

    /// An entry whose attempts have ids from `attempts` on.
    pub(crate) fn entry(&mut self, id: u64, attempts: u64) -> Entry {
        use Status::{Boot, Destroy, Failed, Recive, Request, Run};
        let ids = attempts..attempts + self.below(4);
        let digest = self.number().to_le_bytes();
        Entry {
            id: EntryId(id),
            spec: Arc::new(self.spec()),
            key: EntryKey {
                public: self.text(),
                private: self.maybe(|dice| Sealed(dice.bytes())),
            },
            status: self.pick(&[Request, Recive, Boot, Run, Destroy, Failed]),
            accepted: self.time(),
            changed: self.time(),
            deadline: self.time(),
            reason: self.maybe(|dice| Arc::from(dice.text())),
            attempts: ids.map(|id| self.attempt(id)).collect(),
            idempotency: self.maybe(|dice| Idempotency {
                key: format!("{}-{id}", dice.text()),
                digest: std::array::from_fn(|at| digest[at % 8]),
            }),
            ended: self.maybe(Self::time),
        }
    }

    pub(crate) fn fact(&mut self, seq: u64) -> JournalRow {
        JournalRow {
            seq,
            at: self.time(),
            kind: self.pick(&EventKind::ALL[..36]),
            entry: self.maybe(|dice| EntryId(dice.number())),
            attempt: self.maybe(|dice| AttemptId(dice.number())),
            account: self.maybe(Self::text),
            message: self.text(),
            by: self.actor(),
        }
    }

    fn actor(&mut self) -> Actor {
        match self.below(3) {
            0 => Actor::Scheduler,
            1 => Actor::Socket(SocketUser {
                uid: 1000,
                name: self.maybe(Self::text),
            }),
            _ => Actor::Http(HttpUser {
                token: self.maybe(Self::text),
            }),
        }
    }

    /// A batch with everything that a small world is made of.
    pub(crate) fn batch(&mut self) -> Batch {
        let (accounts, entries) = (1 + self.below(4), 1 + self.below(8));
        let facts = 1 + self.below(10);
        self.batch_of(accounts, entries, facts)
    }

    /// A first batch with so many rows.
    pub(crate) fn batch_of(&mut self, accounts: u64, entries: u64, facts: u64) -> Batch {
        Batch {
            seq: facts,
            next: NextIds {
                account: accounts + 1,
                entry: entries + 1,
                attempt: entries * 4 + 4,
            },
            journal: (1..=facts).map(|seq| self.fact(seq)).collect(),
            entries: (1..=entries)
                .map(|id| Arc::new(self.entry(id, id * 4)))
                .collect(),
            accounts: (1..=accounts)
                .map(|id| Arc::new(self.account(id)))
                .collect(),
            ..Batch::default()
        }
    }
}

/// A world as its rows, which can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) installation: String,
    pub(crate) seq: u64,
    pub(crate) next: NextIds,
    pub(crate) accounts: Vec<Account>,
    pub(crate) entries: Vec<Entry>,
}

impl From<&World> for Picture {
    fn from(world: &World) -> Self {
        assert!(world.indexes_agree());
        Self {
            installation: world.installation.to_string(),
            seq: world.seq,
            next: world.next,
            accounts: world.accounts.values().map(|row| (**row).clone()).collect(),
            entries: world.entries.values().map(|row| (**row).clone()).collect(),
        }
    }
}

impl Picture {
    pub(crate) fn empty(installation: &str) -> Self {
        Self::from(&World::new(installation))
    }

    /// What the rows are after a batch.
    pub(crate) fn take(&mut self, batch: &Batch) {
        self.seq = batch.seq;
        self.next = batch.next;
        for entry in &batch.entries {
            self.entries.retain(|old| old.id != entry.id);
            self.entries.push((**entry).clone());
        }
        self.entries
            .retain(|old| !batch.entries_gone.contains(&old.id));
        self.entries.sort_by_key(|entry| entry.id);
        for account in &batch.accounts {
            self.accounts.retain(|old| old.id != account.id);
            self.accounts.push((**account).clone());
        }
        self.accounts
            .retain(|old| !batch.accounts_gone.contains(&old.id));
        self.accounts.sort_by_key(|account| account.id);
    }
}
