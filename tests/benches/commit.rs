//! Durable `POST /api/queues/` over 64 connections to a whole daemon, beside a bare redb loop that
//! commits one row at a time on the same disk: entries for each fsync, and the two rates.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use omsd::config::Config;
use omsd::daemon::{Daemon, Outside, TOKEN_FILE};
use redb::{Database, TableDefinition};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: u64 = 64;
const POSTS_EACH: u64 = 100;
const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (posts, took, commits) = runtime.block_on(posts(dir.path()));
    let bare = bare(&dir.path().join("bare.redb"));
    let rate = posts / took.as_secs_f64();
    println!("commit: {posts} durable POST /api/queues/ over {CONNECTIONS} connections");
    println!("  entries a second    {rate:>9.0}");
    println!(
        "  entries an fsync    {:>9.1}   (at least 20)",
        posts / commits
    );
    println!("  bare redb, one row  {bare:>9.0} commits a second");
    println!("  ratio               {:>9.2}", rate / bare);
}

async fn posts(dir: &Path) -> (f64, Duration, f64) {
    let text = format!(
        "state_dir = \"{0}/state\"\nsocket = \"{0}/s\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        dir.display()
    );
    let config: Config = toml::from_str(&text).unwrap();
    let daemon = Daemon::start(&config, Outside::real(&config))
        .await
        .unwrap();
    let address = daemon.http_address();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon.run(stop.clone()));
    let token = std::fs::read_to_string(dir.join("state").join(TOKEN_FILE)).unwrap();
    let request = format!(
        "POST /api/queues/ HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 0\r\n\r\n",
        token.trim()
    );

    let before = commits(address, token.trim()).await;
    let began = Instant::now();
    let connections = (0..CONNECTIONS).map(|_| tokio::spawn(client(address, request.clone())));
    for connection in connections.collect::<Vec<_>>() {
        connection.await.unwrap();
    }
    let took = began.elapsed();
    let commits = commits(address, token.trim()).await - before;
    stop.cancel();
    running.await.unwrap().unwrap();
    let posts = f64::from(u32::try_from(CONNECTIONS * POSTS_EACH).unwrap());
    (posts, took, commits)
}

/// Posts one entry after the other over one connection.
async fn client(address: SocketAddr, request: String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut buffer = Vec::new();
    for _ in 0..POSTS_EACH {
        stream.write_all(request.as_bytes()).await.unwrap();
        buffer.clear();
        let text = answer(&mut stream, &mut buffer).await;
        assert!(text.starts_with("HTTP/1.1 201"), "{text}");
    }
}

/// Reads one answer that tells its length.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> String {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse::<usize>()
                    .ok()
            });
            if length.is_some_and(|length| body.len() >= length) {
                return text;
            }
        }
        assert!(
            stream.read_buf(buffer).await.unwrap() > 0,
            "cut off after: {text}"
        );
    }
}

/// Commits so far, by the daemon's own count.
async fn commits(address: SocketAddr, token: &str) -> f64 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let text = answer(&mut stream, &mut Vec::new()).await;
    let line = text
        .lines()
        .find(|line| line.starts_with("oms_commit_seconds_count"));
    line.and_then(|line| line.split_whitespace().last()?.parse().ok())
        .unwrap()
}

/// Rows a second when each is committed alone.
fn bare(path: &Path) -> f64 {
    let database = Database::create(path).unwrap();
    let row = [7_u8; 600];
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < Duration::from_secs(2) {
        let write = database.begin_write().unwrap();
        write
            .open_table(ROWS)
            .unwrap()
            .insert(u64::from(count), row.as_slice())
            .unwrap();
        write.commit().unwrap();
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}
