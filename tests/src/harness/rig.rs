//! The real engine and the real store on simulated clouds, in one thread, under paused time. The
//! engine can be killed and started again at any moment; clouds and disk live on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use oms_proto::actor::SocketUser;
use oms_proto::spec::{Credentials, EntrySpec, PasswordCredentials};
use oms_proto::{AccountId, Actor, EntryId, Secret};
use omsd::engine::handle::{Handle, Published, SubmitError};
use omsd::engine::registry::{Opener, Registry};
use omsd::engine::{Engine, EngineError, Observer, Parts, Start};
use omsd::ports::{Clock, CloudError, OpenAccount, OpenReach};
use omsd::store::{Store, StoreOptions};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth, Domain, Reach};
use omsd_domain::rows::entry::{Entry, EntryKey, Past, Status};
use omsd_domain::rows::lineage::Doubt;
use omsd_domain::rows::spur::Spur;
use omsd_domain::rules::policy::Policy;
use omsd_domain::tell::words;
use omsd_domain::world::World;
use omsd_domain::world::command::{Answer, Command, NewEntry};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::disk::Disk;
use crate::cloud::{SimCloud, SimClouds, TokioClock};

/// The installation's id of every rig.
pub const INSTALLATION: &str = "5eed5eed-0000-4000-8000-000000000001";

/// How long an engine may take to find that it cannot go on: until something is due.
const END_MAX: Duration = Duration::from_secs(3600);

/// Clouds, a disk, and an engine on them.
pub struct Rig {
    /// The clouds.
    pub clouds: SimClouds,
    /// The disk.
    pub disk: Disk,
    /// The scheduler's settings.
    pub policy: Policy,
    clock: Arc<dyn Clock>,
    engine: Option<Running>,
    /// How often an engine was started, on this disk or another.
    starts: u64,
    doubt: Option<Doubt>,
    commits: broadcast::Sender<Committed>,
}

/// Facts that were committed together, and the world after them.
pub type Committed = (Arc<Published>, Arc<World>);

/// Commits that somebody who watches may be behind.
const COMMITS_MAX: usize = 4096;

struct Running {
    handle: Handle,
    store: Store,
    task: JoinHandle<Result<(), EngineError>>,
    stop: CancellationToken,
}

impl Rig {
    /// A rig on these clouds, its engine not started.
    pub fn new(clouds: SimClouds, clock: TokioClock, policy: Policy) -> Self {
        Self {
            clouds,
            disk: Disk::new(),
            policy,
            clock: Arc::new(clock),
            engine: None,
            starts: 0,
            doubt: None,
            commits: broadcast::channel(COMMITS_MAX).0,
        }
    }

    /// The same with a clock of the engine's own, which the clouds need not share.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Starts the engine on what the disk kept. The power may go while it starts.
    ///
    /// # Errors
    /// What the store or the engine say.
    pub fn start(&mut self) -> anyhow::Result<()> {
        self.kill();
        self.clouds.wire().mend();
        self.starts += 1;
        let options = StoreOptions::new(INSTALLATION, b"check".to_vec());
        let (store, rows) = Store::open_on(self.disk.power_up(), &options)?;
        let client = self.clouds.client(Arc::clone(&self.clock));
        let registry = Registry::new(Arc::new(client), Arc::new(OpenByName));
        let parts = Parts {
            store: store.clone(),
            rows,
            start: Start {
                incarnation: format!("{:08x}", self.starts),
                doubt: self.doubt.take(),
            },
            policy: self.policy.clone(),
            registry: Arc::new(registry),
            clock: Arc::clone(&self.clock),
            observer: Arc::new(Telling(self.commits.clone())),
        };
        let (engine, handle) = Engine::new(parts)?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(engine.run(stop.clone()));
        self.engine = Some(Running {
            handle,
            store,
            task,
            stop,
        });
        Ok(())
    }

    /// Tells the next start why its database may not be the newest.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.doubt = Some(doubt);
    }

    /// Lets the incarnations of this rig differ from those of another.
    pub fn number_starts_from(&mut self, first: u64) {
        self.starts = first;
    }

    /// Lets engine and disk stop at that moment of the calls to the clouds, the first being 1.
    pub fn plan_stop(&self, at: u64) {
        let disk = self.disk.clone();
        self.clouds.wire().plan(at, move || disk.cut_now());
    }

    /// Kills the engine where it stands; calls under way are abandoned.
    pub fn kill(&mut self) {
        if let Some(running) = self.engine.take() {
            running.task.abort();
        }
        self.disk.cut_now();
    }

    /// Stops the engine as SIGTERM does.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(running) = self.engine.take() {
            running.stop.cancel();
            running.task.await??;
        }
        Ok(())
    }

    /// Whether the engine has ended by itself, as it does when the disk fails.
    pub fn has_ended(&self) -> bool {
        self.engine
            .as_ref()
            .is_none_or(|running| running.task.is_finished())
    }

    /// How an engine that ends by itself ended; it is given time to.
    ///
    /// # Errors
    /// What the engine says; or that it has not ended.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        let Some(running) = self.engine.take() else {
            return Ok(());
        };
        let end = tokio::time::timeout(END_MAX, running.task).await;
        Ok(end.context("the engine did not end")???)
    }

    /// The door to the engine.
    ///
    /// # Panics
    /// If no engine runs.
    pub fn handle(&self) -> &Handle {
        assert!(self.engine.is_some(), "no engine runs");
        match &self.engine {
            Some(running) => &running.handle,
            None => unreachable!("asserted above"),
        }
    }

    /// The database of the engine that runs.
    ///
    /// # Panics
    /// If no engine runs.
    pub fn store(&self) -> &Store {
        assert!(self.engine.is_some(), "no engine runs");
        match &self.engine {
            Some(running) => &running.store,
            None => unreachable!("asserted above"),
        }
    }

    /// The world as of the last commit.
    pub fn world(&self) -> Arc<World> {
        self.handle().world()
    }

    /// Hands in the wish of a person.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn submit(&self, command: Command) -> Result<Answer, SubmitError> {
        let person = Actor::Socket(SocketUser {
            uid: 1000,
            name: None,
        });
        self.handle().submit(person, command).await
    }

    /// Every commit from now on, over stops and starts.
    pub fn commits(&self) -> broadcast::Receiver<Committed> {
        self.commits.subscribe()
    }

    /// Every entry that was accepted and is not yet forgotten, be it under way or ended.
    pub fn entries(&self) -> Vec<Entry> {
        let ids = 1..self.world().next.entry;
        ids.filter_map(|id| self.entry(EntryId(id))).collect()
    }

    /// An entry, be it under way or ended.
    pub fn entry(&self, id: EntryId) -> Option<Entry> {
        let living = self.world().entries.get(&id).map(|entry| (**entry).clone());
        living.or_else(|| self.past(id).map(|past| past.entry))
    }

    /// An entry that has ended.
    pub fn past(&self, id: EntryId) -> Option<Past> {
        let store = &self.engine.as_ref()?.store;
        store.past(id).ok().flatten()
    }

    /// Registers the first account of every cloud.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn add_accounts(&self) -> Result<(), SubmitError> {
        for cloud in self.clouds.all() {
            let command = Command::AddAccount(Box::new(account(cloud)));
            self.submit(command).await?;
        }
        Ok(())
    }

    /// Hands in an entry.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn accept(
        &self,
        spec: EntrySpec,
        patience: Duration,
    ) -> Result<EntryId, SubmitError> {
        let key = EntryKey {
            public: PUBLIC_KEY.to_owned(),
            private: None,
        };
        let new = NewEntry {
            spec,
            key,
            user_data: None,
            idempotency: None,
            patience,
        };
        match self.submit(Command::AcceptEntry(Box::new(new))).await? {
            Answer::Entry(id) => Ok(id),
            Answer::Account(_) | Answer::Done => unreachable!("an entry was asked for"),
        }
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn remove(&self, id: EntryId) -> Result<(), SubmitError> {
        self.submit(Command::RemoveEntry(id)).await.map(drop)
    }

    /// How an entry stands; `None` if it is not there.
    pub fn status(&self, id: EntryId) -> Option<Status> {
        self.entry(id).map(|entry| entry.status)
    }

    /// Waits until the world is as wished, or the simulated time is over.
    ///
    /// # Errors
    /// How the world stood at the end of the time.
    pub async fn until(
        &self,
        what: &str,
        within: Duration,
        wished: impl Fn(&World) -> bool,
    ) -> anyhow::Result<()> {
        let mut worlds = self.handle().worlds();
        let wait = worlds.wait_for(|world| wished(world));
        match tokio::time::timeout(within, wait).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => anyhow::bail!("the engine ended before {what}"),
            Err(_) => anyhow::bail!("not {what} within {within:?}:\n{}", picture(&self.world())),
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The entries of a world in a few lines, for messages.
pub fn picture(world: &World) -> String {
    let entry = |entry: &Arc<Entry>| {
        let attempts = entry.attempts().map(|attempt| {
            let why = attempt
                .failure
                .as_ref()
                .map(|f| f.class.to_string())
                .unwrap_or_default();
            format!(
                "\n    {} at {}: {:?} {why}",
                attempt.id, attempt.account, attempt.state
            )
        });
        let reason = entry.why.as_ref().map(|why| words::why(world, entry, why));
        let reason = reason.unwrap_or_default();
        format!(
            "  {} {} {reason}{}",
            entry.id,
            entry.status,
            attempts.collect::<String>()
        )
    };
    let blocks = world.accounts.values().flat_map(|account| {
        let line = |block: &omsd_domain::rows::scope::Block| {
            format!(
                "  {}: {} until {} ({})",
                account.name, block.scope, block.until, block.failure.class
            )
        };
        let blocks = &world.health(account.id).blocks;
        blocks.iter().map(line).collect::<Vec<_>>()
    });
    let entries = world.entries.values().map(entry);
    blocks.chain(entries).collect::<Vec<_>>().join("\n")
}

/// A key that is good enough for a simulated cloud.
pub const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHKVLgm8HM3vU3wR3c6P6yqPd0jM2jVJmJ0b5bF0a1kQ rig";

/// The first account of a cloud, as the engine knows it.
pub fn account(cloud: &SimCloud) -> Account {
    let spec = cloud.account_spec();
    let (username, secret) = match &spec.credentials {
        Credentials::Password(password) => (password.username.clone(), password.password.clone()),
        Credentials::ApplicationCredential(_) | Credentials::Token(_) => {
            unreachable!("the first account has a password")
        }
    };
    Account {
        id: AccountId(0),
        name: spec.name.clone(),
        provider: spec.provider.unwrap_or_default(),
        auth_url: spec.auth_url,
        region_name: spec.region_name,
        interface: spec.interface,
        auth: Auth::Password {
            user_domain: Domain::default(),
            tenant_name: Some(username.clone()),
            tenant_id: None,
            project_domain: Domain::default(),
            username,
            user_id: None,
        },
        secret: Sealed(secret.expose().as_bytes().to_vec()),
        totp: None,
        reach: Reach::default(),
        defaults: spec.defaults,
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        revision: 0,
        maintenance: Vec::new(),
    }
}

/// Takes the "sealed" bytes for the password: sealing is not what is under test here.
struct OpenByName;

impl Opener for OpenByName {
    fn open_user_data(&self, _public_key: &str, sealed: &Sealed) -> Result<Secret, CloudError> {
        Ok(Secret::new(String::from_utf8_lossy(&sealed.0)))
    }

    fn open_account(&self, account: &Account) -> Result<OpenAccount, CloudError> {
        let (username, tenant_name) = match &account.auth {
            Auth::Password {
                username,
                tenant_name,
                ..
            } => (username.clone(), tenant_name.clone()),
            Auth::ApplicationCredential { .. } | Auth::Token { .. } => {
                unreachable!("rigs sign in with passwords")
            }
        };
        Ok(OpenAccount {
            name: account.name.clone(),
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            interface: account.interface,
            credentials: Credentials::Password(PasswordCredentials {
                username,
                user_domain_name: None,
                user_domain_id: None,
                password: Secret::new(String::from_utf8_lossy(&account.secret.0)),
                tenant_name,
                tenant_id: None,
                project_domain_name: None,
                project_domain_id: None,
                user_id: None,
                totp_secret: None,
            }),
            ca_pem: None,
            pinned_cert_pem: None,
            reach: OpenReach::default(),
        })
    }
}

struct Telling(broadcast::Sender<Committed>);

impl Observer for Telling {
    fn committed(&self, facts: &Arc<Published>, world: &Arc<World>, _: Duration) {
        // There may be nobody to hear it.
        drop(self.0.send((Arc::clone(facts), Arc::clone(world))));
    }

    fn made_extra(&self, _: Spur) {}
}
