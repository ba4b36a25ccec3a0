//! Accounts, entries and facts of every shape, drawn from a seed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::actor::{HttpUser, SocketUser};
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::spec::{Endpoints, EntrySpec, Interface, KeyPolicy, KeyType, Window};
use oms_proto::{AccountId, Actor, AttemptId, EntryId, EventKind, Role, Time};
use omsd::store::{Batch, Change};
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::ground::resource::{FlavorSize, Identity, Resource};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth, Domain, Reach};
use omsd_domain::rows::attempt::{Attempt, Server, State};
use omsd_domain::rows::entry::{Asked, Entry, EntryKey, Idempotency, Past, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::lineage::{Doubt, Free, Held, Incarnation, Kin, Lineage};
use omsd_domain::rows::offering::{Budget, Lessons, Offering, Stage};
use omsd_domain::rows::pass::{self, Pass, Proof};
use omsd_domain::rows::passed::{Cause, Passed, PassedOver, Reason, Waits};
use omsd_domain::rows::removing::Removing;
use omsd_domain::rows::room::{Bound, Room, Shortage};
use omsd_domain::rows::scope::{Block, Scope};
use omsd_domain::rows::stray::{self, Stray};
use omsd_domain::rows::why::{End, Failed, Why};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::{Ended, NextIds, Rows};

/// Draws the same things from the same seed, on every machine and for ever: the frozen database
/// in this folder was drawn by it.
pub(crate) struct Dice {
    state: u64,
    /// Whether fields are drawn that came after the frozen database.
    later: bool,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            later: true,
        }
    }

    /// Draws what the frozen database has.
    pub(crate) fn of_first_release(seed: u64) -> Self {
        Self {
            state: seed,
            later: false,
        }
    }

    /// A field that came after the frozen database.
    fn later<T: Default>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> T {
        if self.later { draw(self) } else { T::default() }
    }

    /// `SplitMix64`.
    pub(crate) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
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

    fn address_type(&mut self) -> Option<AddressType> {
        self.maybe(|it| it.pick(&AddressType::ALL))
    }

    fn address_family(&mut self) -> Option<AddressFamily> {
        self.maybe(|it| it.pick(&AddressFamily::ALL))
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

    fn lessons(&mut self) -> Lessons {
        Lessons {
            offering: self.offering(),
            boots: self.many(4, Self::duration),
            creates: self.many(4, Self::duration),
            slowest_create: self.duration(),
            budget: self.maybe(|dice| Budget {
                window: dice.small(),
                halved: dice.time(),
                stage: dice.pick(&[Stage::Launch, Stage::Build]),
            }),
            last_success: self.maybe(Self::time),
            learned: self.time(),
        }
    }

    fn health(&mut self) -> Health {
        Health {
            blocks: self.many(3, |dice| Block {
                scope: dice.scope(),
                until: dice.time(),
                failures: dice.small(),
                failure: Arc::new(dice.failure()),
                probe: dice.maybe(|dice| AttemptId(dice.number())),
                over: dice.later(Self::coin),
            }),
            last_failure: self.maybe(|dice| Arc::new(dice.failure())),
        }
    }

    fn room(&mut self) -> Room {
        Room {
            read: self.time(),
            bounds: self.many(3, |dice| {
                let resource = dice.pick(&Resource::ALL);
                let max = dice.number();
                Bound {
                    resource,
                    max: (!dice.later(Self::coin)).then_some(max),
                    unmanaged: dice.number(),
                }
            }),
            flavors: self
                .many(2, |dice| FlavorSize {
                    id: dice.text(),
                    name: dice.text(),
                    vcpus: dice.small(),
                    ram_mib: dice.small(),
                    disk_gb: dice.small(),
                })
                .into_iter()
                .collect(),
            identity: self.maybe(|dice| Identity {
                project: dice.text(),
                user: dice.text(),
            }),
            project_name: self.later(|dice| dice.maybe(Self::text)),
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

    fn stray(&mut self) -> Stray {
        Stray {
            id: stray::Id {
                kind: self.pick(&[stray::Kind::Server, stray::Kind::Keypair]),
                id: self.text(),
            },
            incarnation: self.text(),
            entry: EntryId(self.number()),
            attempt: AttemptId(self.number()),
            kin: self.pick(&[Kin::Known, Kin::FromAhead, Kin::Stranger]),
            ordered: self.coin(),
            since: self.time(),
            seen: self.small(),
            asked: self.coin(),
            removal: Removing {
                alerted: false,
                ..self.removing()
            },
        }
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
                user_id: self.later(|it| it.maybe(Self::text)),
            };
        }
        if self.later && self.coin() {
            return Auth::Token {
                tenant_name: self.maybe(Self::text),
                tenant_id: self.maybe(Self::text),
                project_domain: self.domain(),
            };
        }
        Auth::Password {
            username: self.text(),
            user_domain: self.domain(),
            tenant_name: self.maybe(Self::text),
            tenant_id: self.maybe(Self::text),
            project_domain: self.domain(),
            user_id: self.later(|it| it.maybe(Self::text)),
        }
    }

    fn reach(&mut self) -> Reach {
        Reach {
            endpoints: Endpoints {
                compute: self.maybe(Self::text),
                image: self.maybe(Self::text),
                network: self.maybe(Self::text),
            },
            proxy: self.maybe(Self::text),
            proxy_login: self.maybe(|it| Sealed(it.bytes())),
            client_cert_pem: self.maybe(Self::text),
            client_key: self.maybe(|it| Sealed(it.bytes())),
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
            totp: self.later(|it| it.maybe(|it| Sealed(it.bytes()))),
            reach: self.later(Self::reach),
            defaults: MachineSpec {
                image: self.maybe(Self::text),
                flavor: self.maybe(Self::text),
                networks: Some(self.texts()),
                security_groups: Some(self.texts()),
                availability_zone: self.maybe(Self::text),
                address_type: self.later(Self::address_type),
                address_family: self.later(Self::address_family),
            },
            ca_pem: self.maybe(Self::text),
            pinned_cert_pem: self.maybe(Self::text),
            priority: self.pick(&[0, 7, i32::MIN, i32::MAX]),
            enabled: self.coin(),
            revision: self.number(),
            maintenance: self.many(2, Self::window),
        }
    }

    fn doubt(&mut self) -> Doubt {
        match self.below(4) {
            0 => Doubt::Restored,
            1 => Doubt::WentBack {
                from: self.number(),
                to: self.number(),
            },
            2 => Doubt::Copied,
            _ => Doubt::Twin {
                account: AccountId(self.number()),
                server: self.text(),
            },
        }
    }

    fn lineage(&mut self) -> Lineage {
        Lineage {
            incarnations: self.many(4, |dice| Incarnation {
                id: dice.text(),
                began: dice.time(),
                first: AttemptId(dice.number()),
                end: dice.maybe(|dice| Free {
                    entry: EntryId(dice.number()),
                    attempt: AttemptId(dice.number()),
                }),
            }),
            held: self.maybe(|dice| Held {
                since: dice.time(),
                doubt: dice.doubt(),
            }),
            unseen: self
                .many(3, |dice| AccountId(dice.below(9)))
                .into_iter()
                .collect(),
            taken_over: self.later(|it| it.maybe(Self::time)),
        }
    }

    /// All that may be known of an account.
    fn known(&mut self, id: u64) -> Vec<Change> {
        let id = AccountId(id);
        let mut rows = vec![
            Change::Health(id, Some(Arc::new(self.health()))),
            Change::Room(id, Some(Arc::new(self.room()))),
        ];
        rows.extend(self.many(3, |dice| {
            let lessons = dice.lessons();
            Change::Lessons(id, lessons.offering.clone(), Some(Arc::new(lessons)))
        }));
        rows.extend(self.many(3, |dice| {
            let stray = dice.stray();
            Change::Stray(id, stray.id.clone(), Some(Arc::new(stray)))
        }));
        rows
    }

    fn spec(&mut self) -> EntrySpec {
        EntrySpec {
            name: self.maybe(Self::text),
            machine: MachineSpec {
                image: self.maybe(Self::text),
                flavor: self.maybe(Self::text),
                networks: self.maybe(Self::texts),
                security_groups: self.maybe(Self::texts),
                availability_zone: self.maybe(Self::text),
                address_type: self.later(Self::address_type),
                address_family: self.later(Self::address_family),
            },
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
        match self.below(15) {
            12 => Reason::Held,
            13 => Reason::Unseen,
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
            _ => Reason::Rejected,
        }
    }

    fn cause(&mut self) -> Cause {
        self.reason().cause()
    }

    fn waits(&mut self) -> Arc<Waits> {
        Arc::new(Waits {
            named: self.many(3, |dice| (AccountId(dice.number()), dice.cause())),
            others: self.many(2, |dice| (dice.cause(), dice.small())),
        })
    }

    fn why(&mut self) -> Why {
        if self.coin() {
            return Why::Waits(self.waits());
        }
        Why::Failed(Arc::new(Failed {
            end: self.pick(&[End::Deadline, End::Attempts]),
            last: self.maybe(|dice| Arc::new(dice.failure())),
            waited: self.maybe(Self::waits),
        }))
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
            passed_over: Arc::new(Passed {
                named: passed_over,
                others: self.many(2, |dice| (dice.cause(), dice.small())),
                newest: AccountId(self.number()),
            }),
        }
    }

    /// An entry whose attempts have ids from `attempts` on.
    pub(crate) fn entry(&mut self, id: u64, attempts: u64) -> Entry {
        use Status::{Boot, Destroy, Failed, Recive, Request, Run};
        let ids = attempts..attempts + self.below(4);
        Entry {
            status: self.pick(&[Request, Recive, Boot, Run, Destroy, Failed]),
            changed: self.time(),
            deadline: self.time(),
            why: self.maybe(Self::why),
            attempts: ids.map(|id| Arc::new(self.attempt(id))).collect(),
            held: self.later(Self::coin),
            key_shown: self.later(Self::coin),
            ..Entry::new(Arc::new(self.asked(id)))
        }
    }

    fn asked(&mut self, id: u64) -> Asked {
        let digest = self.number().to_le_bytes();
        Asked {
            id: EntryId(id),
            spec: Arc::new(self.spec()),
            key: EntryKey {
                public: self.text(),
                private: self.maybe(|dice| Sealed(dice.bytes())),
            },
            user_data: self.later(|dice| dice.maybe(|dice| Sealed(dice.bytes()))),
            accepted: self.time(),
            patience: self.duration(),
            idempotency: self.maybe(|dice| Idempotency {
                key: format!("{}-{id}", dice.text()),
                digest: std::array::from_fn(|at| digest[at % 8]),
            }),
        }
    }

    /// An entry that has ended, and when it is to be forgotten.
    pub(crate) fn past(&mut self, id: u64, attempts: u64) -> (Past, Time) {
        let mut past = Past {
            entry: self.entry(id, attempts),
            ended: self.time(),
        };
        past.entry.status = self.pick(&[Status::Destroy, Status::Failed]);
        (past, self.time())
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
                user: self.later(|dice| dice.maybe(Self::text)),
                address: self.later(|dice| dice.maybe(Self::text)),
            }),
        }
    }

    pub(crate) fn pass(&mut self) -> Pass {
        let kind = self.pick(&[pass::Kind::Token, pass::Kind::User]);
        Pass {
            id: pass::Id {
                kind,
                name: self.text(),
            },
            role: self.pick(&Role::ALL),
            keys: self.pick(&KeyPolicy::ALL),
            proof: match kind {
                pass::Kind::Token => Proof::Token([self.number().to_le_bytes()[0]; 32]),
                pass::Kind::User => Proof::Password(format!("$argon2id${}", self.text())),
            },
            made: self.time(),
            changed: self.time(),
            stamp: self.number(),
            expires: self.maybe(Self::time),
            used: self.maybe(Self::time),
        }
    }

    /// A batch with everything that a small world is made of.
    pub(crate) fn batch(&mut self) -> Batch {
        let (accounts, entries) = (1 + self.below(4), 1 + self.below(8));
        let facts = 1 + self.below(10);
        self.batch_of(accounts, entries, facts)
    }

    /// A first batch with so many rows; one entry in four has ended.
    pub(crate) fn batch_of(&mut self, accounts: u64, entries: u64, facts: u64) -> Batch {
        let mut rows = vec![Change::Lineage(Arc::new(self.lineage()))];
        for id in 1..=accounts {
            rows.push(Change::Account(
                AccountId(id),
                Some(Arc::new(self.account(id))),
            ));
            rows.extend(self.known(id));
        }
        let mut ended = Ended::default();
        for id in 1..=entries {
            if id % 4 == 0 {
                let (past, forget) = self.past(id, id * 4);
                match past.entry.status {
                    Status::Failed => ended.failed += 1,
                    _ => ended.removed += 1,
                }
                rows.push(Change::Ended(Arc::new(past), forget));
                continue;
            }
            let entry = self.entry(id, id * 4);
            rows.push(Change::Asked(Arc::clone(&entry.asked)));
            if self.below(4) > 0 {
                rows.push(Change::Standing(Arc::new(entry)));
            }
        }
        let passes = self.later(|dice| dice.many(4, Self::pass));
        rows.extend(
            passes
                .into_iter()
                .map(|it| Change::Pass(it.id.clone(), Some(Arc::new(it)))),
        );
        Batch {
            seq: facts,
            next: NextIds {
                account: accounts + 1,
                entry: entries + 1,
                attempt: entries * 4 + 4,
            },
            ended,
            journal: (1..=facts).map(|seq| self.fact(seq)).collect(),
            rows,
        }
    }
}

/// The rows of a database with nothing in it.
pub(crate) fn empty(installation: &str) -> Rows {
    Rows {
        installation: installation.to_owned(),
        ..Rows::default()
    }
}

/// What the rows are after a batch.
pub(crate) fn take(rows: &mut Rows, batch: &Batch) {
    rows.seq = batch.seq;
    rows.next = batch.next;
    rows.ended = batch.ended;
    for change in &batch.rows {
        match change {
            Change::Lineage(lineage) => rows.lineage = (**lineage).clone(),
            Change::Account(id, account) => {
                rows.accounts.retain(|old| old.id != *id);
                if account.is_none() {
                    rows.healths.retain(|(of, _)| of != id);
                    rows.rooms.retain(|(of, _)| of != id);
                    rows.lessons.retain(|(of, _)| of != id);
                    rows.strays.retain(|(of, _)| of != id);
                }
                rows.accounts.extend(account.as_deref().cloned());
            }
            Change::Health(id, health) => {
                rows.healths.retain(|(of, _)| of != id);
                rows.healths
                    .extend(health.as_deref().map(|it| (*id, it.clone())));
            }
            Change::Room(id, room) => {
                rows.rooms.retain(|(of, _)| of != id);
                rows.rooms
                    .extend(room.as_deref().map(|it| (*id, it.clone())));
            }
            Change::Lessons(id, offering, lessons) => {
                rows.lessons
                    .retain(|(of, it)| of != id || it.offering != *offering);
                rows.lessons
                    .extend(lessons.as_deref().map(|it| (*id, it.clone())));
            }
            Change::Stray(id, which, stray) => {
                rows.strays.retain(|(of, it)| of != id || it.id != *which);
                rows.strays
                    .extend(stray.as_deref().map(|it| (*id, it.clone())));
            }
            Change::Asked(asked) => {
                rows.entries.retain(|old| old.id != asked.id);
                rows.entries.push(Entry::new(Arc::clone(asked)));
            }
            Change::Standing(entry) => {
                rows.entries.retain(|old| old.id != entry.id);
                rows.entries.push((**entry).clone());
            }
            Change::Ended(past, _) => rows.entries.retain(|old| old.id != past.entry.id),
            Change::EndedRemoved(_) | Change::Forgotten(_) => {}
            Change::Returned(_, entry) => {
                rows.entries.extend(entry.as_deref().cloned());
            }
            Change::Pass(id, pass) => {
                rows.passes.retain(|old| old.id != *id);
                rows.passes.extend(pass.as_deref().cloned());
            }
        }
    }
    sort(rows);
}

/// The rows in one order, however they were found.
pub(crate) fn sort(rows: &mut Rows) {
    rows.accounts.sort_by_key(|account| account.id);
    rows.healths.sort_by_key(|(id, _)| *id);
    rows.rooms.sort_by_key(|(id, _)| *id);
    let offering = |(id, it): &(AccountId, Lessons)| (*id, it.offering.clone());
    rows.lessons.sort_by_key(offering);
    rows.strays.sort_by_key(|(id, it)| (*id, it.id.clone()));
    rows.entries.sort_by_key(|entry| entry.id);
    rows.passes.sort_by_key(|pass| pass.id.clone());
}

/// What is found, in the order of [`sort`].
pub(crate) fn sorted(mut rows: Rows) -> Rows {
    sort(&mut rows);
    rows
}

/// An entry that has ended without what only an instance needs.
pub(crate) fn without_secrets(past: &Past) -> Past {
    let mut past = past.clone();
    let asked = Arc::make_mut(&mut past.entry.asked);
    asked.key.private = None;
    asked.user_data = None;
    Arc::make_mut(&mut asked.spec).user_data = None;
    past
}
