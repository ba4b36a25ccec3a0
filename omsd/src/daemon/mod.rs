//! The composition root: builds every part in order, runs them, and stops them in order.
//!
//! Start: state directory, key, token, database, engine, socket, HTTP. Stop: the transports first,
//! so that no new work comes in while requests under way still get their answers; then the engine,
//! which commits what it knows. Calls to clouds that are still under way then are settled at the
//! next start, by looking.

mod doors;
mod error;
mod footing;
mod meter;
mod state;
mod systemd;
mod wiring;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::api::http::{self, Server, Trust};
use crate::api::socket::Socket;
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{Anonymous, Config};
use omsd_domain::ground::limits::TIDIES_MAX;
use omsd_domain::rules::policy::{Policy, Vanished};

use crate::engine::handle::Handle;
use crate::engine::registry::Registry;
use crate::engine::{self, Engine, EngineError, Start};
use crate::openstack::{CallLimits, OpenStackClouds, Proxies};
use crate::places::Places;
use crate::ports::{Clock, Clouds, Entropy};
use crate::secrets::AdminToken;
use crate::service::{Parts, Role, Service};
use crate::store::Store;
use crate::telemetry::{Health, LogFlow, Metrics};
use crate::tls::Watch;
use crate::web::Site;
use state::State;
use wiring::{Counting, CountingCalls, Opening};

pub(crate) use doors::certificate;
pub use error::DaemonError;
pub use state::{DATABASE_FILE, KEY_FILE, TOKEN_FILE};
pub use systemd::Listeners;

/// How long the transports may take to let requests finish. A little longer than they give
/// themselves, so that this is never what cuts them off.
const TRANSPORTS_STOP: Duration = Duration::from_secs(8);

/// How long the engine may take to commit what it knows: it waits some seconds for calls under
/// way, and an fsync on a slow disk takes seconds too.
const ENGINE_STOP: Duration = Duration::from_secs(20);

/// What of the world outside a daemon uses; tests bring their own.
pub struct Outside {
    /// Opens accounts.
    pub clouds: Arc<dyn Clouds>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Metrics,
    /// What is wrong with the daemon itself.
    pub health: Health,
    /// How much of what there may be at once.
    pub places: Places,
    /// Listeners that are open already.
    pub listeners: Listeners,
    /// Told when files that may change meanwhile are to be read anew: the certificate's.
    pub reload: Arc<Notify>,
}

impl Outside {
    /// Real clouds, the system's clock, the kernel's randomness; nothing is open yet.
    pub fn real(config: &Config) -> Self {
        let metrics = Metrics::new();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let health = Health::new(metrics.clone(), Arc::clone(&clock));
        let places = Places::most();
        let limits = call_limits(config, places);
        let observer = CountingCalls {
            metrics: metrics.clone(),
            health: health.clone(),
        };
        let proxies = Proxies::of(crate::config::variable);
        for fault in proxies.faults() {
            tracing::warn!(
                "{fault}; no account can be reached through it: mend that variable of omsd's \
                 environment and restart, or give the accounts a proxy of their own"
            );
        }
        let clouds = OpenStackClouds::new(Arc::clone(&clock), limits);
        let clouds = clouds
            .with_observer(Arc::new(observer))
            .with_proxies(proxies);
        Self {
            clouds: Arc::new(clouds),
            clock,
            entropy: Arc::new(SystemEntropy),
            metrics,
            health,
            places,
            listeners: Listeners::default(),
            reload: Arc::default(),
        }
    }
}

/// A daemon whose doors are open. Nothing is answered before [`Daemon::run`].
pub struct Daemon {
    engine: Engine,
    handle: Handle,
    service: Service,
    socket: Socket,
    server: Server,
    /// Looks after the certificate, and what asks it to.
    watch: Option<Watch>,
    reload: Arc<Notify>,
    store: Store,
    health: Health,
    /// Accounts and entries at the start, for the log.
    found: (usize, usize),
    /// Told to the transports.
    closing: CancellationToken,
}

/// Starts a daemon and runs it until told to stop.
///
/// # Errors
/// [`DaemonError`]
pub async fn run(
    config: &Config,
    log: LogFlow,
    reload: Arc<Notify>,
    stop: CancellationToken,
) -> Result<(), DaemonError> {
    let outside = Outside {
        listeners: Listeners::passed().map_err(DaemonError::Passed)?,
        reload,
        ..Outside::real(config)
    };
    let watching = tokio::spawn(log.watch(outside.metrics.clone()));
    let ended = match Daemon::start(config, outside).await {
        Ok(daemon) => daemon.run(stop).await,
        Err(error) => Err(error),
    };
    watching.abort();
    ended
}

impl Daemon {
    /// Opens the state and the doors.
    ///
    /// # Errors
    /// [`DaemonError`]
    pub async fn start(config: &Config, outside: Outside) -> Result<Self, DaemonError> {
        let Outside {
            clouds,
            clock,
            entropy,
            metrics,
            health,
            places,
            listeners,
            reload,
        } = outside;
        // First, because it is the settings that are at fault where it cannot be used.
        let (watch, tls) = doors::tls(config, &health, &metrics, &clock).await?;
        let State {
            vault,
            token,
            store,
            rows,
        } = open(config, &entropy).await?;
        let found = (rows.accounts.len(), rows.entries.len());
        let start = incarnation(&store, &*entropy);
        let vault = Arc::new(vault);
        let (engine, handle) = Engine::new(engine::Parts {
            store: store.clone(),
            rows,
            start,
            policy: policy(config),
            registry: Arc::new(Registry::new(clouds, Arc::new(Opening(Arc::clone(&vault))))),
            clock: Arc::clone(&clock),
            observer: Arc::new(Counting(metrics.clone())),
        })?;
        let service = Service::new(Parts {
            handle: handle.clone(),
            store: store.clone(),
            vault,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            health: health.clone(),
            policy: policy(config),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        let closing = CancellationToken::new();
        let parts = http::Parts {
            run_id: random(&*entropy),
            site: Arc::new(Site {
                service: service.clone(),
                access: Arc::new(access(&service, config, token, Arc::clone(&clock), entropy)),
                clock,
            }),
            gauges: gauges(handle.clone(), metrics.clone()),
            metrics,
            stopping: closing.clone(),
            connections: places.http,
            trust: Trust::of(config),
        };
        let server = doors::http(config, listeners.http, parts, tls, health.clone()).await?;
        // Last, because it leaves a file behind.
        let socket = doors::socket(config, listeners.socket, places).await?;
        Ok(Self {
            engine,
            handle,
            service,
            socket,
            server,
            watch,
            reload,
            store,
            health,
            found,
            closing,
        })
    }

    /// Where HTTP is served; tells the port that the kernel chose.
    pub const fn http_address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Where the socket is.
    pub fn socket_path(&self) -> &Path {
        self.socket.path()
    }

    /// What answers requests, for callers in the same process.
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// Runs until told to stop, or until the engine fails.
    ///
    /// # Errors
    /// [`DaemonError`]
    pub async fn run(self, stop: CancellationToken) -> Result<(), DaemonError> {
        let engine_stop = CancellationToken::new();
        // Dropped whichever way this ends, so that the engine's thread never outlives it.
        let _engine_guard = engine_stop.clone().drop_guard();
        let _closing_guard = self.closing.clone().drop_guard();
        let runtime = tokio::runtime::Handle::current();
        let mut engine = self
            .engine
            .run_on_thread(runtime, engine_stop.clone())
            .map_err(|source| DaemonError::System {
                doing: "start a thread",
                source,
            })?;
        announce(self.socket.path(), &self.server, self.found);
        if let Some(watch) = self.watch {
            tokio::spawn(watch.run(self.reload, self.closing.clone()));
        }
        let socket = tokio::spawn(self.socket.serve(self.service, self.closing.clone()));
        let http = tokio::spawn(self.server.run(self.closing.clone()));
        let lost = footing::lost(self.store.clone(), self.health.clone());
        let (early, lost) = tokio::select! {
            ended = &mut engine => (Some(ended), None),
            lost = lost => (None, Some(lost)),
            () = systemd::beat(self.handle) => (None, None),
            () = stop.cancelled() => (None, None),
        };
        if let Some(Ok(Err(EngineError::Store(error)))) = &early {
            footing::tell(error, &self.health);
        }
        systemd::tell(sd_notify::NotifyState::Stopping);
        self.closing.cancel();
        let transports = async { (socket.await, http.await) };
        if tokio::time::timeout(TRANSPORTS_STOP, transports)
            .await
            .is_err()
        {
            tracing::warn!("requests are cut off because they take too long");
        }
        engine_stop.cancel();
        let ended = match early {
            Some(ended) => ended,
            None => tokio::time::timeout(ENGINE_STOP, engine)
                .await
                .map_err(|_elapsed| DaemonError::EngineStuck)?,
        };
        ended.map_err(|_gone| DaemonError::EngineGone)??;
        match lost {
            Some(lost) => Err(lost),
            // A stop in good order says that all is there for the next start.
            None => Ok(self.store.check_place()?),
        }
    }
}

/// A start of its own, with what is in doubt of the database.
fn incarnation(store: &Store, entropy: &dyn Entropy) -> Start {
    let doubt = store.doubt().cloned();
    if let Some(doubt) = &doubt {
        tracing::warn!(
            ?doubt,
            "the database may not be the newest, or not the only one"
        );
    }
    Start {
        incarnation: format!("{:08x}", random(entropy)),
        doubt,
    }
}

/// Says that the daemon serves, to people and to systemd.
fn announce(socket: &Path, server: &Server, (accounts, entries): (usize, usize)) {
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        socket = %socket.display(),
        http = %format_args!("{}://{}", server.scheme().as_str(), server.address()),
        accounts,
        entries,
        "ready"
    );
    systemd::tell(sd_notify::NotifyState::Ready);
}

fn random(entropy: &dyn Entropy) -> u32 {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    u32::from_be_bytes(bytes)
}

/// Opens the state on a thread that may block.
async fn open(config: &Config, entropy: &Arc<dyn Entropy>) -> Result<State, DaemonError> {
    let (config, entropy) = (config.clone(), Arc::clone(entropy));
    let opening = tokio::task::spawn_blocking(move || State::open(&config, &entropy));
    opening.await.map_err(|error| DaemonError::System {
        doing: "open the state directory",
        source: std::io::Error::other(error),
    })?
}

/// What reads the figures of the world when somebody asks for the metrics.
fn gauges(handle: Handle, metrics: Metrics) -> Arc<impl Fn()> {
    Arc::new(move || meter::gauge(&handle.world(), &metrics))
}

fn access(
    service: &Service,
    config: &Config,
    token: AdminToken,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Access {
    let is_admin_token = Arc::new(move |presented: &str| token.matches(presented));
    let anonymous = match config.http.anonymous {
        Anonymous::None => None,
        Anonymous::Operator => Some(Role::Operator),
    };
    Access::new(service.clone(), is_admin_token, anonymous, clock, entropy)
}

/// Launches at once at one account: half of the calls at most.
fn launches_max(config: &Config) -> u32 {
    let half = config.openstack.concurrency.get() / 2;
    config.engine.launches_per_account.get().min(half.max(1))
}

fn policy(config: &Config) -> Policy {
    let engine = &config.engine;
    Policy {
        launches_max: launches_max(config),
        tidies_max: (config.openstack.concurrency.get() / 4).clamp(1, TIDIES_MAX),
        pace: Duration::from_secs(1) / config.openstack.calls_per_second.get(),
        patience: engine.launch_patience_ms.duration(),
        entry_deadline: engine.entry_deadline_seconds.duration(),
        build_deadline: engine.build_deadline_seconds.duration(),
        settle_time: engine.settle_seconds.duration(),
        idle_pause: engine.look_idle_seconds.duration(),
        keep_ended: engine.keep_ended_seconds.duration(),
        hedge: engine.hedge,
        vanished: match engine.vanished {
            crate::config::Vanished::Report => Vanished::Report,
            crate::config::Vanished::Replace => Vanished::Replace,
        },
        stray_grace: engine.stray_grace_seconds.duration(),
        removal_alert: engine.removal_alert_seconds.duration(),
        rules: Arc::new(config.rules.of_policy()),
    }
}

fn call_limits(config: &Config, places: Places) -> CallLimits {
    let openstack = &config.openstack;
    CallLimits {
        connect: openstack.connect_ms.duration(),
        read: openstack.read_seconds.duration(),
        create: openstack.create_seconds.duration(),
        concurrency: usize::try_from(openstack.concurrency.get()).unwrap_or(usize::MAX),
        calls: places.calls,
        rate: NonZeroU32::new(openstack.calls_per_second.get()).unwrap_or(NonZeroU32::MIN),
        ..CallLimits::default()
    }
}
