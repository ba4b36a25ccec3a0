//! Opens the doors: the port of HTTP, with or without TLS, and the socket. Either may have been opened
//! by systemd already.

use std::sync::Arc;

use oms_proto::version::Versions;
use tokio::net::TcpListener;

use super::error::DaemonError;
use crate::api::http::{self, Limits, Served, Server};
use crate::api::socket::{Socket, SocketOptions};
use crate::config::{Config, ConfigError};
use crate::places::Places;
use crate::ports::Clock;
use crate::service::Role;
use crate::telemetry::{Health, Metrics};
use crate::tls::{Files, Tls, Watch};

/// The certificate's files, if the settings name them.
pub(crate) fn certificate(config: &Config) -> Option<Files> {
    let (certificate, key) = config.http.tls.files()?;
    Some(Files {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    })
}

/// TLS, and what looks after its certificate; neither where none is set.
pub(super) async fn tls(
    config: &Config,
    health: &Health,
    metrics: &Metrics,
    clock: &Arc<dyn Clock>,
) -> Result<(Option<Watch>, Option<Tls>), DaemonError> {
    let Some(files) = certificate(config) else {
        return Ok((None, None));
    };
    let (health, metrics, clock) = (health.clone(), metrics.clone(), Arc::clone(clock));
    // The file system may keep us waiting.
    let starting = tokio::task::spawn_blocking(move || Watch::start(files, health, metrics, clock));
    let started = starting.await.map_err(|error| DaemonError::System {
        doing: "read the certificate",
        source: std::io::Error::other(error),
    })?;
    let (watch, tls) = started?;
    Ok((Some(watch), Some(tls)))
}

/// The port of HTTP.
pub(super) async fn http(
    config: &Config,
    passed: Option<std::net::TcpListener>,
    parts: http::Parts,
    tls: Option<Tls>,
    health: Health,
) -> Result<Server, DaemonError> {
    let address = config.http.listen.address();
    let refused = |source| DaemonError::Http { address, source };
    let listener = match passed {
        Some(listener) => adopt(config, listener)?,
        None => TcpListener::bind(address).await.map_err(refused)?,
    };
    let limits = Limits {
        connections: parts.connections,
        ..Limits::default()
    };
    let metrics = parts.metrics.clone();
    let served = Served {
        router: http::router(parts),
        limits,
        tls,
        health,
        metrics,
    };
    Server::new(listener, served).map_err(refused)
}

/// Takes a listener that is open already. What is asked of `http.listen` is asked of it too.
fn adopt(config: &Config, listener: std::net::TcpListener) -> Result<TcpListener, DaemonError> {
    let address = listener.local_addr().map_err(DaemonError::Passed)?;
    config.http.may_listen(address).map_err(|message| {
        let message = format!("{message}. That address is of the socket unit which systemd opened");
        DaemonError::Settings(ConfigError::Combined { message })
    })?;
    let unblocked = listener.set_nonblocking(true);
    let adopted = unblocked.and_then(|()| TcpListener::from_std(listener));
    adopted.map_err(DaemonError::Passed)
}

/// The socket.
pub(super) async fn socket(
    config: &Config,
    passed: Option<std::os::unix::net::UnixListener>,
    places: Places,
) -> Result<Socket, DaemonError> {
    share_out(places);
    let options = socket_options(config, places);
    Ok(match passed {
        Some(listener) => Socket::adopt(listener, &options)?,
        None => Socket::bind(&options).await?,
    })
}

fn socket_options(config: &Config, places: Places) -> SocketOptions {
    let group = config.socket_group.as_str();
    SocketOptions {
        versions: Versions::OURS,
        path: config.socket.as_path().to_owned(),
        group: Some(group.to_owned()).filter(|group| !group.is_empty()),
        group_role: Role::Admin,
        connections: places.socket,
        refusals: places.refusals,
    }
}

/// Says how many of what there may be at once, and whether that is too few to work well.
fn share_out(places: Places) {
    tracing::info!(
        files = places.files,
        http = places.http,
        socket = places.socket,
        calls = places.calls,
        "shares out the files that it may have open"
    );
    if let Some(words) = places.complaint() {
        tracing::warn!("{words}");
    }
}
