//! REQUEST to RUN while others hand in 2,000 requests a second: how long it takes beside the same
//! without them. A whole daemon on a disk, a simulated cloud in real time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_proto::client::Client;
use oms_proto::request::AccountAdd;
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds};
use oms_tests::harness::answer::answer;
use omsd::clock::SystemClock;
use omsd::config::Config;
use omsd::daemon::{Daemon, Outside, TOKEN_FILE};
use omsd::ports::Clock;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Entries that are timed, and the pause between two.
const TIMED: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);
/// Requests a second of the others, over so many connections.
const RUSH: u32 = 2_000;
const CONNECTIONS: u32 = 16;
/// What the cloud takes for a call, and for a build, in milliseconds.
const LATENCY_MS: u64 = 2;
const BUILD_MS: u64 = 200;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(rush());
}

async fn rush() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "state_dir = \"{0}/state\"\nsocket = \"{0}/s\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        dir.path().display()
    );
    let config: Config = toml::from_str(&text).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cloud = SimCloud::start(spec(), 1, Arc::clone(&clock));
    let clouds = SimClouds::new(vec![cloud.clone()]);
    let outside = Outside {
        clouds: Arc::new(clouds.client(clock)),
        ..Outside::real(&config)
    };
    let daemon = Daemon::start(&config, outside).await.unwrap();
    let address = daemon.http_address();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon.run(stop.clone()));
    let token = std::fs::read_to_string(dir.path().join("state").join(TOKEN_FILE)).unwrap();
    let client = Client::connect(&dir.path().join("s")).await.unwrap();
    let mut spec = cloud.account_spec();
    client.ask(AccountAdd { spec: spec.clone() }).await.unwrap();
    "shut".clone_into(&mut spec.name);
    spec.enabled = false;
    client.ask(AccountAdd { spec }).await.unwrap();
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            token.trim(),
            body.len()
        )
    };
    let timed_post = post("/api/queues/?wait=60", "{}");
    // What is learned once is learned.
    drop(timed(address, &timed_post, 10).await);

    println!("rush: REQUEST to RUN, of which a build takes {BUILD_MS} ms");
    let quiet = timed(address, &timed_post, TIMED).await;
    tell("nobody else", &quiet);
    let over = CancellationToken::new();
    let others = post("/api/queues/", r#"{"accounts":["shut"]}"#);
    let began = Instant::now();
    let posting: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(others_post(address, others.clone(), over.clone())))
        .collect();
    let rushed = timed(address, &timed_post, TIMED).await;
    over.cancel();
    let mut posts = 0;
    for task in posting {
        posts += task.await.unwrap();
    }
    let rate = f64::from(posts) / began.elapsed().as_secs_f64();
    tell(&format!("{rate:.0} requests a second"), &rushed);
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// A cloud with room for everybody.
fn spec() -> CloudSpec {
    let mut spec = CloudSpec::calm("open");
    (spec.latency_ms, spec.build_ms) = (LATENCY_MS, BUILD_MS);
    for account in &mut spec.accounts {
        (account.quota_instances, account.quota_cores) = (-1, -1);
        (account.quota_ram_mib, account.quota_keypairs) = (-1, -1);
    }
    spec
}

fn tell(beside: &str, sorted: &[Duration]) {
    let at = |percent: usize| {
        let place = (sorted.len() * percent / 100).min(sorted.len() - 1);
        sorted.get(place).unwrap().as_secs_f64() * 1e3
    };
    println!(
        "  beside {beside:<28} p50 {:>7.1} ms   p99 {:>7.1} ms",
        at(50),
        at(99)
    );
}

/// How long so many entries took from the request to RUN, in order.
async fn timed(address: SocketAddr, request: &str, count: u32) -> Vec<Duration> {
    let mut pause = interval(PAUSE);
    let mut under_way = Vec::new();
    for _ in 0..count {
        pause.tick().await;
        let request = request.to_owned();
        under_way.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let began = Instant::now();
            stream.write_all(request.as_bytes()).await.unwrap();
            let text = answer(&mut stream).await.unwrap();
            assert!(text.contains("\"status\":\"RUN\""), "{text}");
            began.elapsed()
        }));
    }
    let mut took = Vec::new();
    for task in under_way {
        took.push(task.await.unwrap());
    }
    took.sort();
    took
}

/// Hands in one connection's share of the rush, and tells how many that were.
async fn others_post(address: SocketAddr, request: String, over: CancellationToken) -> u32 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut pace = interval(Duration::from_secs(1) * CONNECTIONS / RUSH);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut posts = 0;
    while !over.is_cancelled() {
        pace.tick().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let text = answer(&mut stream).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 201"), "{text}");
        posts += 1;
    }
    posts
}
