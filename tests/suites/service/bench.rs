//! A daemon's inside: engine, store in memory, vault, service.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::actor::SocketUser;
use oms_proto::machine::MachineSpec;
use oms_proto::request::{AccountAdd, EntryCreate, EntryWait};
use oms_proto::spec::{
    AccountSpec, Credentials, Endpoints, EntrySpec, Interface, PasswordCredentials,
};
use oms_proto::view::EntryView;
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::head::NOW;
use oms_tests::harness::provider;
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth};
use omsd_domain::rows::spur::Spur;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use oms_proto::{Actor, EntryId, Request, Response, Secret, Time, WireError};
use omsd::clock::SystemEntropy;
use omsd::engine::handle::Published;
use omsd::engine::registry::{Opener, Registry};
use omsd::engine::{Engine, Observer, Parts as EngineParts, Start};
use omsd::ports::{Clock, CloudError, Entropy, OpenAccount, OpenReach};
use omsd::secrets::{MissingKey, Vault};
use omsd::service::{Caller, Parts, Role, Service, secret_context, user_data_context};
use omsd::store::{Store, StoreOptions};
use omsd::telemetry::Health;
use redb::backends::InMemoryBackend;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the marks of the engine carry.
pub(crate) const INCARNATION: &str = "0a1b2c3d";

/// The user of every account here.
pub(crate) const USER: &str = "gnc";

/// The password of every account here.
pub(crate) const PASSWORD: &str = "open sesame";

/// A running inside of a daemon. The engine stops when it is dropped.
pub(crate) struct Bench {
    pub(crate) service: Service,
    pub(crate) clouds: SimClouds,
    pub(crate) home: TempDir,
    clock: Arc<dyn Clock>,
    engine: JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

struct Nobody;

impl Observer for Nobody {
    fn committed(&self, _facts: &Arc<Published>, _world: &Arc<World>, _took: Duration) {}

    fn made_extra(&self, _spur: Spur) {}
}

/// Opens accounts as the daemon does.
struct ByVault(Arc<Vault>);

impl Opener for ByVault {
    fn open_user_data(&self, public_key: &str, sealed: &Sealed) -> Result<Secret, CloudError> {
        Ok(self.0.open(&user_data_context(public_key), sealed).unwrap())
    }

    fn open_account(&self, account: &Account) -> Result<OpenAccount, CloudError> {
        let secret = self.0.open(&secret_context(&account.name), &account.secret);
        let Auth::Password { username, .. } = &account.auth else {
            panic!("accounts here have passwords");
        };
        Ok(OpenAccount {
            name: account.name.clone(),
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            interface: account.interface,
            credentials: Credentials::Password(PasswordCredentials {
                username: username.clone(),
                password: secret.unwrap(),
                ..password()
            }),
            ca_pem: None,
            pinned_cert_pem: None,
            reach: OpenReach::default(),
        })
    }
}

impl Bench {
    /// Starts with nothing in the database.
    pub(crate) fn start() -> Self {
        Self::over(vec![conoha()])
    }

    /// The same over these clouds.
    pub(crate) fn over(clouds: Vec<CloudSpec>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let key = home.path().join("key");
        let vault = Vault::load_or_create(&key, MissingKey::Make, Arc::clone(&entropy)).unwrap();
        let vault = Arc::new(vault);
        let options = StoreOptions::new("5eed5eed", vault.check_value());
        let (store, rows) = Store::open_on(InMemoryBackend::new(), &options).unwrap();
        let opener = Arc::new(ByVault(Arc::clone(&vault)));
        let policy = Policy::default();
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(NOW));
        let clouds = provider::start(clouds, &clock);
        let client = clouds.client(Arc::clone(&clock));
        let (engine, handle) = Engine::new(EngineParts {
            store: store.clone(),
            rows,
            start: Start {
                incarnation: INCARNATION.to_owned(),
                doubt: None,
            },
            policy: policy.clone(),
            registry: Arc::new(Registry::new(Arc::new(client), opener)),
            clock: Arc::clone(&clock),
            observer: Arc::new(Nobody),
        })
        .unwrap();
        let engine = tokio::spawn(async move {
            engine.run(CancellationToken::new()).await.unwrap();
        });
        let service = Service::new(Parts {
            handle,
            store,
            vault,
            clock: Arc::clone(&clock),
            entropy,
            health: Health::default(),
            policy,
            version: "0.0.0-test".to_owned(),
        });
        Self {
            service,
            clouds,
            home,
            clock,
            engine,
        }
    }

    /// Starts with one account, `alpha`.
    pub(crate) async fn with_account() -> Self {
        let bench = Self::start();
        bench.add(account("alpha")).await.unwrap();
        bench
    }

    /// The cloud of all accounts here.
    pub(crate) fn cloud(&self) -> &SimCloud {
        self.clouds.all().first().unwrap()
    }

    /// The time.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("omsd.sock")
    }

    pub(crate) async fn ask(&self, role: Role, request: Request) -> Result<Response, WireError> {
        self.service.handle(&caller(role), request).await
    }

    pub(crate) async fn add(&self, spec: AccountSpec) -> Result<Response, WireError> {
        self.ask(
            Role::Admin,
            Request::AccountAdd(Box::new(AccountAdd { spec })),
        )
        .await
    }

    pub(crate) async fn create(&self, spec: EntrySpec) -> Result<EntryView, WireError> {
        self.create_under(None, spec).await
    }

    pub(crate) async fn create_under(
        &self,
        key: Option<&str>,
        spec: EntrySpec,
    ) -> Result<EntryView, WireError> {
        let create = EntryCreate {
            spec,
            idempotency_key: key.map(str::to_owned),
        };
        let request = Request::EntryCreate(Box::new(create));
        Ok(entry(self.ask(Role::Operator, request).await?))
    }

    pub(crate) async fn wait(&self, id: EntryId, timeout_ms: u32) -> Result<EntryView, WireError> {
        let request = Request::EntryWait(EntryWait {
            id,
            timeout_ms,
            gone: false,
        });
        Ok(entry(self.ask(Role::Operator, request).await?))
    }
}

pub(crate) fn caller(role: Role) -> Caller {
    let user = SocketUser {
        uid: 1000,
        name: Some("test".to_owned()),
    };
    Caller::standing(role, Actor::Socket(user))
}

pub(crate) fn entry(response: Response) -> EntryView {
    match response {
        Response::Entry(entry) => *entry,
        other => panic!("not an entry: {other:?}"),
    }
}

/// The cloud where all accounts here are those of one user.
pub(crate) fn conoha() -> CloudSpec {
    provider::conoha(USER, PASSWORD)
}

fn password() -> PasswordCredentials {
    PasswordCredentials {
        username: USER.to_owned(),
        user_domain_name: None,
        user_domain_id: None,
        password: Secret::new(PASSWORD),
        tenant_name: Some(USER.to_owned()),
        tenant_id: None,
        project_domain_name: None,
        project_domain_id: None,
        user_id: None,
        totp_secret: None,
    }
}

/// An account that an empty wish can be placed at.
pub(crate) fn account(name: &str) -> AccountSpec {
    AccountSpec {
        name: name.to_owned(),
        provider: Some("conoha".to_owned()),
        auth_url: "https://conoha.sim/v3".to_owned(),
        region_name: Some("tyo1".to_owned()),
        interface: Interface::Public,
        credentials: Credentials::Password(password()),
        defaults: MachineSpec {
            image: Some("debian-12".to_owned()),
            flavor: Some("g-1gb".to_owned()),
            ..MachineSpec::default()
        },
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    }
}
