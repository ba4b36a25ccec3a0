//! TLS: what is spoken within it, who is sent away, and certificates that are replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use omsd::api::http::Limits;
use omsd::tls::{Files, Tls};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::bare::{Bare, short};
use crate::http2::Peer2;
use crate::peer::{PATIENCE, Peer, Reply, Running};

const NAME: &str = "oms.example.org";

/// A certificate in a directory, and whoever trusts it.
struct Certificate {
    dir: TempDir,
    pem: String,
}

fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o640)).unwrap();
    fs::rename(&beside, path).unwrap();
}

impl Certificate {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pem = String::new();
        let mut certificate = Self { dir, pem };
        certificate.replace();
        certificate
    }

    /// Puts another pair into the place.
    fn replace(&mut self) {
        let key = KeyPair::generate().unwrap();
        let names = [NAME, "*.oms.example.org"].map(str::to_owned).to_vec();
        let params = CertificateParams::new(names).unwrap();
        self.pem = params.self_signed(&key).unwrap().pem();
        put(&self.files().certificate, &self.pem);
        put(&self.files().key, &key.serialize_pem());
    }

    fn files(&self) -> Files {
        Files {
            certificate: self.dir.path().join("cert.pem"),
            key: self.dir.path().join("key.pem"),
        }
    }

    async fn daemon(&self) -> Running {
        let Files { certificate, key } = self.files();
        Running::start_with(&[
            "http.listen=0.0.0.0:0",
            &format!("http.tls.certificate={}", certificate.display()),
            &format!("http.tls.key={}", key.display()),
        ])
        .await
    }

    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()
    }

    /// A connection that trusts this certificate alone, in one version of TLS and one of HTTP.
    async fn connect(
        &self,
        running: &Running,
        version: &'static SupportedProtocolVersion,
        protocol: &str,
    ) -> Result<TlsStream<TcpStream>, std::io::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let connection = TcpStream::connect(running.address).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from(NAME).unwrap();
        connector.connect(name, connection).await
    }

    async fn peer(&self, running: &Running) -> Peer {
        Peer::over(self.connect(running, &TLS13, "http/1.1").await.unwrap())
    }

    async fn ask(&self, running: &Running, head: &str, body: &str) -> Reply {
        let mut peer = self.peer(running).await;
        let length = body.len();
        let head = format!("{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        peer.send(head.as_bytes()).await;
        peer.reply(false).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_http_are_spoken_in_both_of_tls() {
    let certificate = Certificate::new();
    let running = certificate.daemon().await;
    for version in [&TLS12, &TLS13] {
        let stream = certificate.connect(&running, version, "h2").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let peer = Peer2::over(stream).await;
        let status = |path: &str| {
            let uri = format!("https://{NAME}{path}");
            let peer = &peer;
            async move { peer.status("GET", &uri).await }
        };
        assert_eq!(status("/healthz").await, 200);
        assert_eq!(status("/api/queues/").await, 401);
        let stream = certificate.connect(&running, version, "http/1.1").await;
        let mut peer = Peer::over(stream.unwrap());
        for _ in 0..2 {
            peer.send(format!("GET /healthz HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes())
                .await;
            assert_eq!(peer.reply(false).await.status, 200);
        }
    }
    let unknown = certificate.connect(&running, &TLS13, "gopher").await;
    assert!(unknown.is_err());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_certificate_are_ours_and_browsers_are_to_come_by_tls_alone() {
    let certificate = Certificate::new();
    let running = certificate.daemon().await;
    for (host, status, strict) in [
        ("oms.example.org", 200, true),
        ("OMS.example.org:8780", 200, true),
        ("page.oms.example.org", 200, true),
        ("localhost:8780", 200, false),
        ("127.0.0.1", 200, false),
        ("evil.example", 421, false),
        ("a.b.oms.example.org", 421, false),
        ("192.0.2.1", 421, false),
    ] {
        let head = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n");
        let reply = certificate.ask(&running, &head, "").await;
        assert_eq!(reply.status, status, "{host}");
        let told = reply.header("strict-transport-security");
        assert_eq!(told, strict.then_some("max-age=31536000"), "{host}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_over_tls_alone() {
    let certificate = Certificate::new();
    let running = certificate.daemon().await;
    let sign_in = |origin: &'static str| {
        let head = format!(
            "POST /sign-in/ HTTP/1.1\r\nHost: {NAME}\r\nOrigin: {origin}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n"
        );
        let body = format!("token={}", running.token);
        let (certificate, running) = (&certificate, &running);
        async move { certificate.ask(running, &head, &body).await }
    };
    let reply = sign_in("https://oms.example.org").await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    let session = cookie.split(';').next().unwrap();
    let head = format!("GET /api/queues/ HTTP/1.1\r\nHost: {NAME}\r\nCookie: {session}\r\n");
    assert_eq!(certificate.ask(&running, &head, "").await.status, 200);
    // The same name in clear is another page.
    assert_eq!(sign_in("http://oms.example.org").await.status, 403);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_in_clear_is_told_so() {
    let certificate = Certificate::new();
    let running = certificate.daemon().await;
    let reply = running.get("/healthz").await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["code"], "tls_required");
    assert!(reply.text().contains("https://"), "{}", reply.text());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_end_is_cut_off_and_counted() {
    let certificate = Certificate::new();
    let tls = Tls::new(&certificate.files().load().unwrap()).unwrap();
    let limits = Limits {
        connections: 1,
        ..short()
    };
    let bare = Bare::start_with(limits, Some(tls)).await;
    // Who leaves without a word looked whether somebody listens, and is no failure.
    drop(Peer::connect(bare.address).await);
    // Nothing, half of a record, and what is no TLS.
    for part in [&b""[..], b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\x00\x00"] {
        let mut peer = Peer::connect(bare.address).await;
        peer.send(part).await;
        assert!(!peer.rest().await.starts_with(b"HTTP"));
    }
    let counted = bare.metrics.render().unwrap();
    assert!(
        counted.contains("oms_http_handshakes_failed_total 3\n"),
        "{counted}"
    );
    bare.stop().await;
}

/// Asks for what needs a person until that is so.
async fn alerts(
    certificate: &Certificate,
    running: &Running,
    until: impl Fn(&str) -> bool,
) -> String {
    let head = format!(
        "GET /api/status/ HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {}\r\n",
        running.token
    );
    let asking = async {
        loop {
            let told = certificate.ask(running, &head, "").await;
            let alerts = told.json().get("alerts").unwrap().to_string();
            if until(&alerts) {
                return alerts;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_presented_and_a_bad_one_is_told() {
    let mut certificate = Certificate::new();
    let running = certificate.daemon().await;
    let mut open = certificate.peer(&running).await;
    let first = certificate.der();
    certificate.replace();
    let presented = async {
        loop {
            running.reload.notify_one();
            // Who trusts the new one alone is let down by the old one.
            if let Ok(stream) = certificate.connect(&running, &TLS13, "http/1.1").await {
                return stream.get_ref().1.peer_certificates().unwrap()[0].clone();
            }
        }
    };
    let presented = tokio::time::timeout(PATIENCE, presented).await.unwrap();
    assert!(presented == certificate.der() && presented != first);
    // A connection that was there before goes on.
    open.send(format!("GET /healthz HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes())
        .await;
    assert_eq!(open.reply(false).await.status, 200);

    fs::write(certificate.files().key, "nonsense").unwrap();
    running.reload.notify_one();
    let told = alerts(&certificate, &running, |told| told != "[]").await;
    assert!(told.contains(r#""kind":"certificate""#), "{told}");
    assert!(told.contains("holds no key in PEM"), "{told}");
    let good = certificate.pem.clone();
    certificate.replace();
    let new = std::mem::replace(&mut certificate.pem, good);
    // Whichever of the two is presented by now, the trouble ends.
    running.reload.notify_one();
    let over = async {
        loop {
            if certificate.connect(&running, &TLS13, "h2").await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, over).await.unwrap();
    certificate.pem = new;
    alerts(&certificate, &running, |told| told == "[]").await;
    running.stop().await;
}
