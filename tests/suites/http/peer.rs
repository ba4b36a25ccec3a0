//! A daemon in this process, and a peer that speaks HTTP to it byte by byte.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oms_tests::cloud::SimClouds;
use oms_tests::harness::provider;
use omsd::access::Access;
use omsd::api::http::{Parts, Trust, router};
use omsd::clock::{SystemClock, SystemEntropy};
use omsd::config::{Config, Sources};
use omsd::daemon::{Daemon, DaemonError, Outside, TOKEN_FILE};
use omsd::ports::Clock;
use omsd::service::{Role, Service};
use omsd::telemetry::Metrics;
use omsd::web::Site;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that serves.
pub(crate) struct Running {
    pub(crate) dir: TempDir,
    pub(crate) clouds: SimClouds,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    service: Service,
    /// Has files read anew that may change.
    pub(crate) reload: Arc<Notify>,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), DaemonError>>,
}

/// The configuration of a daemon that lives in a directory.
pub(crate) fn config(dir: &TempDir, settings: &[&str]) -> Config {
    let at = |file: &str| dir.path().join(file).display().to_string();
    let mut flags = vec![
        format!("state_dir={}", at("state")),
        format!("socket={}", at("omsd.sock")),
        "http.listen=127.0.0.1:0".to_owned(),
        "socket_group=".to_owned(),
    ];
    flags.extend(settings.iter().map(|setting| (*setting).to_owned()));
    Config::load(&Sources {
        flags,
        ..Sources::default()
    })
    .unwrap()
}

impl Running {
    /// A fresh daemon that asks for a token.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A fresh daemon with some settings.
    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), settings).await
    }

    /// A daemon in a directory where one may have been before.
    pub(crate) async fn start_in(dir: TempDir, settings: &[&str]) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let clouds = provider::start(vec![provider::conoha("t", "hush-hush")], &clock);
        Self::start_on(clouds, dir, settings).await
    }

    /// The same on clouds where one may have been at work before.
    pub(crate) async fn start_on(clouds: SimClouds, dir: TempDir, settings: &[&str]) -> Self {
        let config = config(&dir, settings);
        let real = Outside::real(&config);
        let outside = Outside {
            clouds: Arc::new(clouds.client(Arc::clone(&real.clock))),
            ..real
        };
        let reload = Arc::clone(&outside.reload);
        let daemon = Daemon::start(&config, outside).await.unwrap();
        let address = daemon.http_address();
        let token = fs::read_to_string(dir.path().join("state").join(TOKEN_FILE)).unwrap();
        let service = daemon.service().clone();
        let stop = CancellationToken::new();
        let ended = tokio::spawn(daemon.run(stop.clone()));
        Self {
            dir,
            clouds,
            address,
            token: token.trim().to_owned(),
            service,
            reload,
            stop,
            ended,
        }
    }

    /// A fresh daemon with an account where everything works.
    pub(crate) async fn start_with_account() -> Self {
        let running = Self::start().await;
        let reply = running.post("/api/accounts/", ACCOUNT).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        running
    }

    /// A router over the same service that has been told to stop, and lets everybody in.
    pub(crate) fn router_that_stops(&self) -> axum::Router {
        let stopping = CancellationToken::new();
        stopping.cancel();
        router(Parts {
            gauges: Arc::new(|| {}),
            site: Arc::new(Site {
                service: self.service.clone(),
                access: Arc::new(Access::new(
                    self.service.clone(),
                    Arc::new(|_| false),
                    Some(Role::Operator),
                    Arc::new(SystemClock),
                    Arc::new(SystemEntropy),
                )),
                clock: Arc::new(SystemClock),
            }),
            metrics: Metrics::new(),
            stopping,
            run_id: 0,
            connections: 4,
            trust: Trust::default(),
        })
    }

    /// Stops the daemon and gives its directory back.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.cancel();
        timeout(PATIENCE, self.ended)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        self.dir
    }

    /// A request with the admin token and JSON.
    pub(crate) async fn ask(&self, method: &str, target: &str, body: &str) -> Reply {
        let token = &self.token;
        let headers = format!(
            "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: \
             {}\r\n",
            body.len()
        );
        self.raw(method, target, &headers, body.as_bytes()).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, "").await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Reply {
        self.ask("POST", target, body).await
    }

    pub(crate) async fn delete(&self, target: &str) -> Reply {
        self.ask("DELETE", target, "").await
    }

    /// A request with these headers alone, besides `Host`.
    pub(crate) async fn raw(
        &self,
        method: &str,
        target: &str,
        headers: &str,
        body: &[u8],
    ) -> Reply {
        let host = self.address;
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        );
        self.send(&[head.as_bytes(), body].concat()).await
    }

    /// Sends bytes on a connection of their own and reads until the daemon closes it.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Reply {
        let mut peer = Peer::connect(self.address).await;
        peer.send(bytes).await;
        let is_head = bytes.starts_with(b"HEAD ");
        peer.reply(is_head).await
    }
}

/// An account that the simulated cloud serves.
pub(crate) const ACCOUNT: &str = r#"{
    "name": "alpha", "provider": "conoha", "auth_url": "https://conoha.sim/v3",
    "region_name": "tyo1",
    "credentials": {"password": {"username": "t", "password": "hush-hush", "tenant_name": "t"}},
    "defaults": {"image": "debian-12", "flavor": "g-1gb"}
}"#;

/// What bytes go over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a daemon.
pub(crate) struct Peer {
    stream: Box<dyn Stream>,
    /// What was read and not yet used.
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Peer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// A peer on a connection that is there.
    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: Vec::new(),
        }
    }

    /// Sends; a daemon that has closed its side already is no trouble, its answer is there.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).await);
    }

    /// Reads until the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    /// Reads until some text has come, and gives everything up to and with it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = find(&self.buffer, text.as_bytes()) {
                let taken = self.buffer.drain(..at + text.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            let seen = String::from_utf8_lossy(&self.buffer).into_owned();
            assert!(self.more().await, "no {text:?} in {seen:?}");
        }
    }

    /// Reads one answer; one to HEAD has no body whatever its headers say.
    pub(crate) async fn reply(&mut self, is_head: bool) -> Reply {
        let head = self.until("\r\n\r\n").await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
        };
        if is_head || status == 204 {
            return reply;
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = self.until("\r\n").await;
                let size = usize::from_str_radix(size.trim(), 16).unwrap();
                reply.body.extend(self.exactly(size).await);
                self.until("\r\n").await;
                if size == 0 {
                    return reply;
                }
            }
        }
        let length = reply.header("content-length").map_or("0", |length| length);
        reply.body = self.exactly(length.parse().unwrap()).await;
        reply
    }

    async fn exactly(&mut self, size: usize) -> Vec<u8> {
        while self.buffer.len() < size {
            assert!(self.more().await, "the answer broke off");
        }
        self.buffer.drain(..size).collect()
    }

    async fn more(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
        // A connection that is cut off while data is on its way ends with a reset.
        read.expect("the daemon is silent").unwrap_or(0) > 0
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}
