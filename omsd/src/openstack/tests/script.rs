//! A server on loopback that answers by a script: a function from a request to bytes. One
//! request a connection, so that a reply may also be a closed or silent one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oms_proto::spec::{Credentials, Interface, PasswordCredentials};
use oms_proto::{Secret, Time};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::openstack::{CallLimits, OpenStackClouds};
use crate::ports::{Clock, Cloud, Clouds, CreateServer, OpenAccount, OpenReach, Resolved};

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Method and target, such as `GET /v2.1/p/servers/detail?limit=200`.
    pub(super) line: String,
    /// Header lines, in lower case.
    pub(super) headers: String,
    pub(super) body: String,
}

/// What the server does.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Writes these bytes and closes.
    Bytes(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Says nothing and stays.
    Silence,
}

pub(super) type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A running server.
pub(super) struct Server {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Requests so far whose line begins with this.
    pub(super) fn count(&self, line: &str) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|it| it.line.starts_with(line))
            .count()
    }

    pub(super) fn last(&self, line: &str) -> Asked {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .rev()
            .find(|it| it.line.starts_with(line))
            .unwrap()
            .clone()
    }
}

pub(super) fn json(status: u16, body: &str) -> Reply {
    with_headers(status, &[("Content-Type", "application/json")], body)
}

pub(super) fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([*name, ": ", *value, "\r\n"]);
    }
    text.push_str("Connection: close\r\nx-openstack-request-id: req-1\r\n\r\n");
    Reply::Bytes([text.as_bytes(), body.as_bytes()].concat())
}

/// An answer of something that stands before the service.
pub(super) fn gateway(status: u16, kind: &str, body: &str) -> Reply {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: \
         close\r\n\r\n"
    );
    Reply::Bytes([head.as_bytes(), body.as_bytes()].concat())
}

/// Starts a cloud that signs everybody in and does otherwise what `script` says; requests that
/// it answers with `None` get the answer of a well cloud.
pub(super) async fn cloud(
    script: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let base = url.clone();
    let script: Arc<Script> =
        Arc::new(move |asked: &Asked| script(asked).unwrap_or_else(|| well(&base, asked)));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&seen)));
        }
    });
    Server { url, asked }
}

/// Reads one request and answers it.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Asked>>>,
) {
    let Some(asked) = read(&mut stream).await else {
        return;
    };
    seen.lock().unwrap().push(asked.clone());
    match script(&asked) {
        Reply::Bytes(bytes) => {
            // The client may have had enough before the end.
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
        }
        Reply::Close => {}
        Reply::Silence => std::future::pending().await,
    }
}

pub(super) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
            let headers = headers.to_lowercase();
            let length = headers
                .lines()
                .find_map(|it| it.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0_usize);
            if body.len() >= length {
                let line = line.trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Asked {
                    line,
                    headers,
                    body: body.to_owned(),
                });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn well(base: &str, asked: &Asked) -> Reply {
    let line = asked.line.as_str();
    if line.starts_with("POST /v3/auth/tokens") {
        return signed_in(base, "token-1", "2026-11-22T22:00:00Z");
    }
    match line {
        "GET /v2.1/" => json(
            200,
            r#"{"version": {"id": "v2.1", "min_version": "2.1", "version": "2.93"}}"#,
        ),
        "POST /v2.1/p/servers" => json(202, r#"{"server": {"id": "s-1"}}"#),
        _ => json(
            404,
            r#"{"itemNotFound": {"code": 404, "message": "not here"}}"#,
        ),
    }
}

/// Keystone's yes. Its clock says 21:00 on the same day.
pub(super) fn signed_in(base: &str, token: &str, expires: &str) -> Reply {
    signed_in_at(base, token, expires, "Sun, 22 Nov 2026 21:00:00 GMT", None)
}

/// The same at another time by whoever writes `Date`, and by Keystone where it says.
pub(super) fn signed_in_at(
    base: &str,
    token: &str,
    expires: &str,
    date: &str,
    issued: Option<&str>,
) -> Reply {
    let issued = issued.map(|at| format!(r#""issued_at": "{at}", "#));
    let issued = issued.unwrap_or_default();
    let endpoint = |kind: &str, path: &str| {
        format!(
            r#"{{"type": "{kind}", "endpoints": [{{"interface": "public", "region_id": "R",
                "region": "R", "url": "{base}{path}"}}]}}"#
        )
    };
    let body = format!(
        r#"{{"token": {{{issued}"expires_at": "{expires}", "project": {{"id": "p", "name": "pn"}},
            "catalog": [{}, {}, {}]}}}}"#,
        endpoint("compute", "/v2.1/p"),
        endpoint("image", ""),
        endpoint("network", "")
    );
    let headers = [("X-Subject-Token", token), ("Date", date)];
    with_headers(201, &headers, &body)
}

/// A clock that only the test moves.
#[derive(Default)]
pub(super) struct HandClock(Mutex<i64>);

impl HandClock {
    pub(super) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += i64::try_from(by.as_micros()).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time(*self.0.lock().unwrap())
    }
}

pub(super) const PASSWORD: &str = "correct horse";

pub(super) fn account(auth_url: &str) -> OpenAccount {
    OpenAccount {
        name: "acme".into(),
        auth_url: auth_url.into(),
        region_name: None,
        interface: Interface::Public,
        credentials: Credentials::Password(PasswordCredentials {
            username: "u".into(),
            user_domain_name: None,
            user_domain_id: None,
            password: Secret::new(PASSWORD),
            tenant_name: Some("pn".into()),
            tenant_id: None,
            project_domain_name: None,
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }),
        ca_pem: None,
        pinned_cert_pem: None,
        reach: OpenReach::default(),
    }
}

/// Short enough that a test of a silent cloud ends soon.
pub(super) fn limits() -> CallLimits {
    CallLimits {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(600),
        create: Duration::from_millis(2_100),
        operation: Duration::from_secs(8),
        ..CallLimits::default()
    }
}

pub(super) fn open(url: &str) -> Arc<dyn Cloud> {
    open_with(url, Arc::new(HandClock::default()))
}

pub(super) fn open_with(url: &str, clock: Arc<HandClock>) -> Arc<dyn Cloud> {
    OpenStackClouds::new(clock, limits())
        .open(&account(&format!("{url}/v3")))
        .unwrap()
}

pub(super) fn create() -> CreateServer {
    CreateServer {
        name: "oms-1".into(),
        resolved: Resolved {
            image_id: "i".into(),
            flavor_id: "f".into(),
            ..Resolved::default()
        },
        key_name: "k".into(),
        user_data: Some(Secret::new("#!/bin/sh\necho hidden")),
        metadata: std::collections::BTreeMap::new(),
    }
}
