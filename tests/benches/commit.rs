//! Durable `POST /api/queues/` to a whole daemon, over 1, 16 and 64 connections: how many a second,
//! how long one takes, how many share an fsync, and what of the database each event writes. Beside
//! them, on the same disk and in turn with them: an fsync alone, and a bare redb loop that commits
//! one row at a time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use oms_tests::harness::answer::answer;
use omsd::config::Config;
use omsd::daemon::{Daemon, Outside, TOKEN_FILE};
use redb::{Database, TableDefinition};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Connections, and the posts of all of them together.
const SETTINGS: [(u32, u32); 3] = [(1, 2_000), (16, 16_000), (64, 32_000)];
const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");
/// How long each of the loops beside takes.
const BESIDE: Duration = Duration::from_secs(1);

fn main() {
    let dir = tempfile::tempdir().unwrap();
    println!("commit: durable POST /api/queues/");
    println!(
        "  {:>11} {:>9} {:>8} {:>8} {:>9} {:>8} {:>10} {:>9} {:>7}",
        "connections",
        "a second",
        "p50 ms",
        "p99 ms",
        "an fsync",
        "of redb",
        "of fsyncs",
        "rows each",
        "bytes"
    );
    for (connections, posts) in SETTINGS {
        let dir = dir.path().join(connections.to_string());
        std::fs::create_dir(&dir).unwrap();
        let fsyncs = fsyncs(&dir.join("bare"));
        let redb = bare(&dir.join("bare.redb"));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let came = runtime.block_on(post(&dir, connections, posts / connections));
        let rate = came.rate();
        println!(
            "  {connections:>11} {rate:>9.0} {:>8.3} {:>8.3} {:>9.1} {:>8.2} {:>10.2} {:>9.2} {:>7.0}",
            came.took(50),
            came.took(99),
            came.events / came.commits,
            rate / redb,
            rate / fsyncs,
            came.rows / came.events,
            came.bytes / came.events,
        );
        println!("              beside: {fsyncs:.0} fsyncs and {redb:.0} redb commits a second");
    }
}

/// What the posts of one setting came to.
struct Came {
    /// How long each took, in order.
    each: Vec<Duration>,
    all: Duration,
    events: f64,
    commits: f64,
    rows: f64,
    bytes: f64,
}

impl Came {
    fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.each.len()).unwrap()) / self.all.as_secs_f64()
    }

    /// Milliseconds that so many of a hundred took at most.
    fn took(&self, percent: usize) -> f64 {
        let at = self.each.len() * percent / 100;
        self.each.get(at).unwrap().as_secs_f64() * 1e3
    }
}

async fn post(dir: &Path, connections: u32, posts_each: u32) -> Came {
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
    let request = |what: &str| {
        format!(
            "{what} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Length: 0\r\n\r\n",
            token.trim()
        )
    };
    let metrics = request("GET /metrics");

    let before = counts(address, &metrics).await;
    let began = Instant::now();
    let client = |_| tokio::spawn(client(address, request("POST /api/queues/"), posts_each));
    let mut each = Vec::new();
    for client in (0..connections).map(client).collect::<Vec<_>>() {
        each.extend(client.await.unwrap());
    }
    let all = began.elapsed();
    each.sort();
    let after = counts(address, &metrics).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let [events, commits, rows, bytes] = [0, 1, 2, 3].map(|which: usize| {
        let of = |counts: &[f64; 4]| *counts.get(which).unwrap();
        of(&after) - of(&before)
    });
    Came {
        each,
        all,
        events,
        commits,
        rows,
        bytes,
    }
}

/// Posts one entry after the other over one connection, and tells how long each took.
async fn client(address: SocketAddr, request: String, posts: u32) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut each = Vec::new();
    for _ in 0..posts {
        let began = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let text = answer(&mut stream).await.unwrap();
        each.push(began.elapsed());
        assert!(text.starts_with("HTTP/1.1 201"), "{text}");
    }
    each
}

/// Events, commits, rows and their bytes so far, by the daemon's own count.
async fn counts(address: SocketAddr, request: &str) -> [f64; 4] {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let text = answer(&mut stream).await.unwrap();
    [
        "oms_events_total",
        "oms_commit_seconds_count",
        "oms_rows_written_total",
        "oms_rows_written_bytes_total",
    ]
    .map(|name| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        value.and_then(|value| value.parse().ok()).unwrap()
    })
}

/// Fsyncs a second, of a file of one page.
fn fsyncs(path: &Path) -> f64 {
    let mut file = File::create(path).unwrap();
    a_second(|_| {
        file.rewind().unwrap();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    })
}

/// Rows a second when each is committed alone.
fn bare(path: &Path) -> f64 {
    let database = Database::create(path).unwrap();
    let row = [7_u8; 600];
    a_second(|number| {
        let write = database.begin_write().unwrap();
        write
            .open_table(ROWS)
            .unwrap()
            .insert(u64::from(number), row.as_slice())
            .unwrap();
        write.commit().unwrap();
    })
}

/// How often a second something can be done.
fn a_second(mut what: impl FnMut(u32)) -> f64 {
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < BESIDE {
        what(count);
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}
