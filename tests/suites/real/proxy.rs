//! A proxy between omsd and a cloud, which loses the answer to every third create of a server: the
//! cloud has carried it out, and the connection is cut. Keystone goes through it as well, so that
//! the catalogue leads to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::{Client, Url};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Of so many creates one loses its answer.
const LOSES_EVERY: u64 = 3;

/// Headers that are between two neighbours, or that the other client sets by itself.
const OWN: [header::HeaderName; 6] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONTENT_ENCODING,
];

/// Listeners before a cloud's Keystone and Nova. They end when this goes.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    listeners: Vec<JoinHandle<()>>,
}

struct Shared {
    http: Client,
    /// What stands in answers (`host:port`), and what they lead to instead.
    instead: Vec<(String, String)>,
    creates: AtomicU64,
    lost: AtomicU64,
}

impl Proxy {
    /// Listens before these services, given by any of their addresses.
    pub(crate) async fn before(services: [&str; 2]) -> Self {
        let mut sockets = Vec::new();
        let mut instead = Vec::new();
        for service in services {
            let service = authority(service);
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            instead.push((service.clone(), socket.local_addr().unwrap().to_string()));
            sockets.push((service, socket));
        }
        let http = Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none());
        let shared = Arc::new(Shared {
            http: http.build().unwrap(),
            instead,
            creates: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let listen = |(service, socket)| tokio::spawn(listen(Arc::clone(&shared), service, socket));
        let listeners = sockets.into_iter().map(listen).collect();
        Self { shared, listeners }
    }

    /// A text with the addresses of the services replaced by ours.
    pub(crate) fn lead_here(&self, text: &str) -> String {
        self.shared.lead_here(text)
    }

    /// How many creates have come, and how many answers to them were lost.
    pub(crate) fn creates_and_lost(&self) -> (u64, u64) {
        let Shared { creates, lost, .. } = &*self.shared;
        (
            creates.load(Ordering::Relaxed),
            lost.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

fn authority(url: &str) -> String {
    Url::parse(url).unwrap().authority().to_owned()
}

async fn listen(shared: Arc<Shared>, service: String, socket: TcpListener) {
    while let Ok((stream, _)) = socket.accept().await {
        let (shared, service) = (Arc::clone(&shared), service.clone());
        let carry = service_fn(move |request| {
            let (shared, service) = (Arc::clone(&shared), service.clone());
            async move { shared.carry(&service, request).await }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), carry);
        // It ends with an error where an answer is lost, and where omsd is killed.
        tokio::spawn(async { drop(connection.await) });
    }
}

impl Shared {
    fn lead_here(&self, text: &str) -> String {
        let pairs = self.instead.iter();
        pairs.fold(text.to_owned(), |text, (there, here)| {
            text.replace(there, here)
        })
    }

    /// Carries a request there and its answer back; an error ends the connection instead.
    async fn carry(
        &self,
        service: &str,
        request: Request<Incoming>,
    ) -> anyhow::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let creates = head.method == Method::POST && head.uri.path().ends_with("/servers");
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let there = self
            .http
            .request(head.method, format!("http://{service}{path}"));
        let there = there.headers(passed_on(&head.headers)).body(body);
        let number = if creates {
            self.creates.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            0
        };
        // Whatever becomes of omsd, what has arrived is carried out.
        let answer = tokio::spawn(there.send()).await??;
        if creates && number % LOSES_EVERY == 0 {
            self.lost.fetch_add(1, Ordering::Relaxed);
            anyhow::bail!("this answer is lost");
        }
        let mut back = Response::new(Full::default());
        *back.status_mut() = answer.status();
        *back.headers_mut() = passed_on(answer.headers());
        let body = answer.bytes().await?;
        *back.body_mut() = match std::str::from_utf8(&body) {
            Ok(text) => Full::from(self.lead_here(text)),
            Err(_) => Full::from(body),
        };
        Ok(back)
    }
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let others = headers.iter().filter(|(name, _)| !OWN.contains(name));
    others
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
