//! Takes connections and serves the router on them, every one bounded in time and all of them in
//! number. What goes on in one is in [`super::connection`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::arrival::Arrival;
use super::connection::Serving;
use super::crowd::{Crowd, Place};
use super::limits::Limits;
use crate::access::Scheme;
use crate::telemetry::{Health, Metrics};
use crate::tls::Tls;

/// The pause after a connection could not be taken, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener with what it serves.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    served: Served,
}

/// What a server serves, and how.
pub struct Served {
    /// What answers requests.
    pub router: Router,
    /// The bounds of connections.
    pub limits: Limits,
    /// Encryption, if there is any.
    pub tls: Option<Tls>,
    /// What is wrong with the daemon itself.
    pub health: Health,
    /// What is counted.
    pub metrics: Metrics,
}

impl Server {
    /// Serves on a listener.
    ///
    /// # Errors
    /// A listener that does not know its address.
    pub fn new(listener: TcpListener, served: Served) -> io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            served,
        })
    }

    /// What its addresses begin with.
    pub const fn scheme(&self) -> Scheme {
        match self.served.tls {
            Some(_) => Scheme::Https,
            None => Scheme::Http,
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop; then lets requests finish for [`Limits::drain`].
    pub async fn run(self, stopping: CancellationToken) {
        let Self {
            listener,
            address: _,
            served,
        } = self;
        let (limits, health) = (served.limits.clone(), served.health);
        let crowd = Crowd::new(limits.connections);
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let serving = Arc::new(Serving {
            router: served.router,
            limits: limits.clone(),
            tls: served.tls,
            metrics: served.metrics,
            crowd: crowd.clone(),
            stopping: stopping.clone(),
        });
        while let Some((connection, peer, place)) =
            next(&listener, &health, &crowd, &stopping).await
        {
            let Ok(here) = connection.local_addr() else {
                // It was cut off already.
                continue;
            };
            let arrival = Arrival {
                peer: peer.ip().to_canonical(),
                here: here.ip().to_canonical(),
                certificate: None,
            };
            let (serving, cut) = (Arc::clone(&serving), cut.clone());
            connections.spawn(async move {
                let seat = place.seat.clone();
                let leave = seat.leave.clone();
                tokio::select! {
                    () = serving.serve(connection, arrival, seat) => {}
                    () = leave.cancelled() => {}
                    () = cut.cancelled() => {}
                }
                drop(place);
            });
        }
        drop(listener);
        connections.close();
        if tokio::time::timeout(limits.drain, connections.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = connections.len(),
                "cutting HTTP connections off"
            );
            cut.cancel();
            connections.wait().await;
        }
    }
}

/// The next connection, and its place among those at a time.
async fn next(
    listener: &TcpListener,
    health: &Health,
    crowd: &Crowd,
    stopping: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, Place)> {
    let next = async {
        loop {
            match listener.accept().await {
                Ok((connection, peer)) => {
                    let place = crowd.place().await?;
                    return Some((connection, peer, place));
                }
                Err(error) => {
                    if !health.is_lack(&error) {
                        tracing::warn!(%error, "could not take an HTTP connection");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        next = next => next,
        () = stopping.cancelled() => None,
    }
}
