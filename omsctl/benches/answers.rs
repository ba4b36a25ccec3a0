//! How long omsctl takes from its start to its end: beside `true`, which does nothing, and for a list
//! of 100,000 entries. The daemon is one that answers from memory, so that omsctl's part is measured.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use oms_proto::frame::{read_requests, write_answers};
use oms_proto::response::EntryPage;
use oms_proto::version::Versions;
use oms_proto::view::{EntryView, InstanceAccount, InstanceView, Status, StatusView};
use oms_proto::{ClientMessage, EntryId, InstanceId, Request, Response, ServerMessage, Time};
use oms_proto::{codec, server};
use tokio::net::{UnixListener, UnixStream};

const ENTRIES: u64 = 100_000;
/// Entries of one answer; a daemon is bound to about as many.
const PAGE: u64 = 1_000;
/// Pairs of starts, in turn, so that both meet the same noise.
const PAIRS: usize = 40;

fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let socket = folder.path().join("omsd.sock");
    let (ready, is_ready) = std::sync::mpsc::channel();
    let path = socket.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = UnixListener::bind(path).unwrap();
            ready.send(()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream));
            }
        });
    });
    is_ready.recv().unwrap();

    let (mut nothing, mut status) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        nothing.push(took(Command::new("true")));
        status.push(took(omsctl(&socket, &["status", "-o", "json"])));
    }
    let (nothing, status) = (median(nothing), median(status));
    let over = status.saturating_sub(nothing);
    println!("answers: the whole process, median of {PAIRS}");
    println!("  true                   {:>8.2} ms", millis(nothing));
    println!("  omsctl status          {:>8.2} ms", millis(status));
    println!(
        "  over it                {:>8.2} ms   (at most 10)",
        millis(over)
    );
    println!(
        "  ratio                  {:>8.2}",
        status.as_secs_f64() / nothing.as_secs_f64()
    );
    println!("answers: a list of {ENTRIES} entries, median of 5 (json at most 1000 ms)");
    for format in ["json", "table", "csv"] {
        let list = || took(omsctl(&socket, &["queue", "list", "-o", format]));
        let list = median((0..5).map(|_| list()).collect());
        println!("  {format:<22} {:>8.1} ms", millis(list));
    }
    let sorted = [
        "queue",
        "list",
        "--sort",
        "-age",
        "--filter",
        "status=RUN",
        "-q",
    ];
    let list = median((0..5).map(|_| took(omsctl(&socket, &sorted))).collect());
    println!("  sorted and filtered    {:>8.1} ms", millis(list));
}

fn omsctl(socket: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_omsctl"));
    command.arg("--socket").arg(socket).args(words);
    command
}

fn took(mut command: Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    assert!(command.status().unwrap().success());
    begin.elapsed()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    *all.get(all.len() / 2).unwrap()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn serve(mut stream: UnixStream) {
    server::accept_hello(&mut stream, Versions::OURS)
        .await
        .unwrap();
    let (reader, writer) = stream.into_split();
    let (mut reader, mut writer) = (read_requests(reader), write_answers(writer));
    while let Some(Ok(frame)) = reader.next().await {
        let ClientMessage::Call { id, request } = ClientMessage::read(&frame).unwrap() else {
            continue;
        };
        let answer = ServerMessage::Answer {
            id,
            result: Ok(answer(&request)),
        };
        let frame = Bytes::from(codec::encode(&answer).unwrap());
        if writer.send(frame).await.is_err() {
            return;
        }
    }
}

fn answer(request: &Request) -> Response {
    match request {
        Request::StatusShow(_) => Response::Status(StatusView {
            version: "0.1.0".to_owned(),
            installation: "bench".to_owned(),
            started: Time(0),
            entries: [(Status::Run, ENTRIES)].into(),
            accounts: 9,
            accounts_available: 9,
            seq: 1,
            removing: 0,
            database_bytes: 1,
            draining: false,
            alerts: Vec::new(),
            extra_servers: [].into(),
            accounts_ready: 9,
            state_dir: None,
        }),
        Request::EntryList(list) => {
            let first = list.after.map_or(0, |after| after.0) + 1;
            let end = (first + PAGE - 1).min(ENTRIES);
            Response::Entries(EntryPage {
                entries: (first..=end).map(entry).collect(),
                more: end < ENTRIES,
                count: ENTRIES,
            })
        }
        other => panic!("{other:?}"),
    }
}

fn entry(number: u64) -> EntryView {
    let instance = InstanceView {
        id: InstanceId(number),
        name: format!("oms-{number}"),
        instance_id: format!("bec7c0ea-0000-4000-8000-{number:012x}"),
        ip_addr: Some("203.0.113.9".to_owned()),
        key_name: Some(format!("oms-{number}")),
        key_raw: Some("-".repeat(400)),
        account: InstanceAccount {
            provider: "example".to_owned(),
            region_name: Some("one".to_owned()),
            tenant_name: Some("web".to_owned()),
            name: "alpha".to_owned(),
        },
        entry: EntryId(number),
        server_status: "ACTIVE".to_owned(),
        addresses: vec!["203.0.113.9".to_owned()],
        ready: Time(1_795_348_800_000_000),
        boot_seconds: 38,
        vanished: false,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: None,
    };
    EntryView {
        id: EntryId(number),
        status: Status::Run,
        regist_datetime: Time(1_795_348_800_000_000),
        instance: Some(instance),
        name: Some(format!("web-{number}")),
        reason: None,
        deadline: Time(1_795_348_800_000_000),
        attempts: 1,
        account: Some("alpha".to_owned()),
        changed: Time(1_795_348_800_000_000),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}
