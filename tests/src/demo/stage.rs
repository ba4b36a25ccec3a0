//! What the demo runs on: the simulated clouds and an omsd, both in this process, and a temporary
//! directory for its state, its socket and its log.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use oms_proto::client::{Client, Subscription};
use oms_proto::request::AccountAdd;
use oms_proto::{Request, Response, Time};
use omsd::config::{Config, Sources};
use omsd::daemon::{Daemon, DaemonError, Outside, TOKEN_FILE};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::LevelFilter;

use crate::cloud::{Scenario, SimulatedClouds};
use crate::harness::http::Rest;

/// Which clouds there are and what goes wrong with them.
const SCENARIO: &str = include_str!("../../scenarios/demo.toml");

/// A line about each cloud of the scenario, in its order.
const CLOUDS: [(&str, &str); 3] = [
    ("north", "refuses every create: its quota is used up"),
    ("east", "takes creates and never answers them"),
    ("south", "is good"),
];

/// How long the daemon may take to stop. It waits some seconds for calls under way; the clouds
/// close them meanwhile.
const STOP_MAX: Duration = Duration::from_secs(15);

/// Lines of the log that are shown when the demo fails.
const TAIL_LINES: usize = 20;

/// The directory of this process, for the sweep after a second signal.
static HOME: OnceLock<Mutex<Option<TempDir>>> = OnceLock::new();

/// Everything that runs.
pub(super) struct Stage {
    dir: PathBuf,
    log: Option<PathBuf>,
    started: Time,
    clouds: SimulatedClouds,
    rest: Rest,
    client: Client,
    daemon: JoinHandle<Result<(), DaemonError>>,
    stop: CancellationToken,
}

impl Stage {
    /// Starts everything and registers the accounts.
    pub(super) async fn set(verbose: bool) -> anyhow::Result<Self> {
        let started = jiff::Timestamp::now().into();
        let home = tempfile::Builder::new().prefix("oms-demo-").tempdir()?;
        let dir = home.path().to_owned();
        drop(home_slot().replace(home));
        let log = (!verbose).then(|| dir.join("omsd.log"));
        start_log(log.as_deref())?;
        let clouds = SimulatedClouds::start(&Scenario::parse(SCENARIO)?, 0).await?;
        let config = config(&dir)?;
        let daemon = Daemon::start(&config, Outside::real(&config)).await?;
        let token = std::fs::read_to_string(dir.join("state").join(TOKEN_FILE))?;
        let token = token.trim().to_owned();
        write_private(
            &dir.join("auth"),
            &format!("Authorization: Bearer {token}\n"),
        )?;
        let rest = Rest::new(daemon.http_address(), Some(token));
        let stop = CancellationToken::new();
        let daemon = tokio::spawn(daemon.run(stop.clone()));
        let client = Client::connect(&dir.join("omsd.sock")).await?;
        let this = Self {
            dir,
            log,
            started,
            clouds,
            rest,
            client,
            daemon,
            stop,
        };
        this.register().await?;
        Ok(this)
    }

    /// The accounts, the good one last, so that it is not simply the first choice.
    async fn register(&self) -> anyhow::Result<()> {
        for (priority, cloud) in (0..).zip(self.clouds.clouds().iter().rev()) {
            let mut spec = cloud.sim().account_spec();
            spec.priority = priority;
            self.client
                .call(Request::AccountAdd(Box::new(AccountAdd { spec })))
                .await?;
        }
        Ok(())
    }

    /// Asks omsd something.
    pub(super) async fn ask(&self, request: Request) -> anyhow::Result<Response> {
        Ok(self.client.call(request).await?)
    }

    /// What happens from now on.
    pub(super) async fn news(&self) -> anyhow::Result<Subscription> {
        Ok(self.client.subscribe(None).await?)
    }

    /// When it all began.
    pub(super) const fn started(&self) -> Time {
        self.started
    }

    /// The REST interface.
    pub(super) const fn rest(&self) -> &Rest {
        &self.rest
    }

    /// The socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.dir.join("omsd.sock")
    }

    /// A file with the header that lets a caller of the REST interface in.
    pub(super) fn auth_header(&self) -> PathBuf {
        self.dir.join("auth")
    }

    /// Where the log of omsd is, if it is in a file.
    pub(super) fn log(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// The last lines of the log.
    pub(super) fn log_tail(&self) -> Vec<String> {
        let text = self
            .log()
            .and_then(|path| std::fs::read_to_string(path).ok());
        let lines: Vec<String> = text.unwrap_or_default().lines().map(Into::into).collect();
        let skipped = lines.len().saturating_sub(TAIL_LINES);
        lines.into_iter().skip(skipped).collect()
    }

    /// Each cloud: its name, where it is, and what is wrong with it.
    pub(super) fn clouds(&self) -> impl Iterator<Item = (&'static str, String, &'static str)> {
        CLOUDS.iter().filter_map(|(name, about)| {
            let cloud = self.clouds.get(name)?;
            Some((*name, cloud.auth_url(), *about))
        })
    }

    /// Everything that the clouds hold.
    pub(super) fn left_at_clouds(&self) -> Vec<String> {
        let mut left = Vec::new();
        for cloud in self.clouds.clouds() {
            let sim = cloud.sim();
            let servers = sim.live_servers().into_iter();
            left.extend(servers.map(|server| format!("server {} at {}", server.id, sim.name())));
            let keys = sim.keypairs().into_iter();
            left.extend(keys.map(|(_, key)| format!("key pair {key} at {}", sim.name())));
        }
        left
    }

    /// Stops everything and removes the directory.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        self.stop.cancel();
        drop(self.client);
        // The clouds go at the same time, so that the daemon need not wait for the one that hangs.
        let daemon = tokio::time::timeout(STOP_MAX, self.daemon);
        let (daemon, ()) = tokio::join!(daemon, self.clouds.stop());
        sweep();
        daemon.context("omsd did not stop in time")???;
        Ok(())
    }
}

/// Removes the directory.
pub(super) fn sweep() {
    drop(home_slot().take());
}

fn home_slot() -> std::sync::MutexGuard<'static, Option<TempDir>> {
    let slot = HOME.get_or_init(Mutex::default);
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings of the demo's omsd. A create that hangs is given up early, so that the end of that
/// attempt is seen too.
fn config(dir: &Path) -> anyhow::Result<Config> {
    let path = |name: &str| {
        let path = dir.join(name);
        let path = path
            .to_str()
            .context("the temporary directory is no text")?;
        anyhow::Ok(toml::Value::from(path))
    };
    let text = format!(
        "state_dir = {}\nsocket = {}\nsocket_group = \"\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
         [engine]\nsettle_seconds = 2\n\n[openstack]\nconnect_ms = 1000\ncreate_seconds = 3\n",
        path("state")?,
        path("omsd.sock")?
    );
    let file = dir.join("omsd.toml");
    std::fs::write(&file, text)?;
    let sources = Sources {
        file: Some(file),
        ..Sources::default()
    };
    Ok(Config::load(&sources)?)
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = File::options();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    Ok(())
}

fn start_log(file: Option<&Path>) -> anyhow::Result<()> {
    let log = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_ansi(false);
    let started = if let Some(path) = file {
        let file = Arc::new(File::create(path)?);
        tracing::subscriber::set_global_default(log.with_writer(file).finish())
    } else {
        tracing::subscriber::set_global_default(log.with_writer(std::io::stderr).finish())
    };
    Ok(started?)
}
