//! One listening port: open while the scenario lets it be, closed while the cloud is to refuse.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::address::Addresses;
use super::connection::Connection;
use super::site::Site;
use crate::cloud::call::Service;
use crate::cloud::inproc::tripwire::Tripwire;
use crate::cloud::sim::SimCloud;

/// How soon a change of the scenario is seen at the door.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A client that does not finish its TLS handshake is let go after this.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

pub(super) struct Listener {
    pub(super) sim: SimCloud,
    pub(super) mount: Option<Service>,
    pub(super) address: SocketAddr,
    pub(super) addresses: Arc<Addresses>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Listener {
    pub(super) async fn run(self, bound: TcpListener) {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.serve(bound) => {}
        }
    }

    async fn serve(self, bound: TcpListener) {
        let mut open = Some(bound);
        loop {
            if self.sim.door_closed() {
                open = None;
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            let Some(listener) = &open else {
                open = TcpListener::bind(self.address).await.ok();
                if open.is_none() {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                continue;
            };
            match tokio::time::timeout(LOOK_EVERY, listener.accept()).await {
                // The door may have closed since the loop looked.
                Ok(Ok((stream, _))) if !self.sim.door_closed() => self.welcome(stream),
                Ok(Ok((stream, _))) => drop(stream.set_zero_linger()),
                // Out of file descriptors or the like: try again in a while.
                Ok(Err(_)) => tokio::time::sleep(LOOK_EVERY).await,
                Err(_) => {}
            }
        }
    }

    fn welcome(&self, stream: TcpStream) {
        let connection = Connection {
            site: Site {
                sim: self.sim.clone(),
                mount: self.mount,
                addresses: Arc::clone(&self.addresses),
            },
            wire: Tripwire::default(),
        };
        let stop = self.stop.clone();
        let tls = self.tls.clone();
        let plain = self.tls.is_some() && self.sim.tls_off();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = greet(stream, connection, tls, plain) => {}
            }
        });
    }
}

async fn greet(
    mut stream: TcpStream,
    connection: Connection,
    tls: Option<TlsAcceptor>,
    plain: bool,
) {
    if plain {
        // What a client of TLS gets from a port that has lost it.
        let words = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        drop(stream.write_all(words).await);
        return;
    }
    match tls {
        None => connection.serve(stream).await,
        Some(acceptor) => {
            let handshake = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream));
            if let Ok(Ok(stream)) = handshake.await {
                connection.serve(stream).await;
            }
        }
    }
}
