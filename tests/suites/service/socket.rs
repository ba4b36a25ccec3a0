//! The socket as its clients know it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use oms_proto::frame;
use oms_proto::request::{
    AccountList, EntryCreate, EntryList, EntryRemove, EntryShow, EntryWait, EventList, StatusShow,
};
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::spec::EntrySpec;
use oms_proto::version::{Capabilities, Hello, REPLY_BYTES, Reply, Verdict, Versions};
use oms_proto::view::Status;
use oms_proto::{
    Actor, Change, Client, ClientError, EntryId, ErrorCode, EventKind, Request, Response,
    ServerMessage, StreamItem,
};
use omsd::api::socket::{BindError, Socket, SocketOptions};
use omsd::service::Role;
use omsd::telemetry::Trouble;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::bench::Bench;

/// Nothing here takes so long unless it is broken.
const LONG: Duration = Duration::from_secs(30);

/// A socket that is served until it is stopped.
pub(crate) struct Served {
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

fn options(path: &Path) -> SocketOptions {
    SocketOptions {
        versions: Versions::OURS,
        path: path.to_owned(),
        group: None,
        group_role: Role::Admin,
        connections: 128,
        refusals: 32,
    }
}

pub(crate) async fn serve(bench: &Bench) -> Served {
    serve_as(bench, options(&bench.socket())).await
}

async fn serve_as(bench: &Bench, options: SocketOptions) -> Served {
    let socket = Socket::bind(&options).await.unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(socket.serve(bench.service.clone(), stop.clone()));
    Served { stop, task }
}

fn create() -> Request {
    Request::EntryCreate(Box::new(EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: None,
    }))
}

#[tokio::test]
async fn every_fact_names_who_caused_it() {
    let bench = Bench::with_account().await;
    let _served = serve(&bench).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    let entry = client.ask(EntryCreate::default()).await.unwrap();
    let wait = EntryWait {
        id: entry.id,
        timeout_ms: 30_000,
        gone: false,
    };
    client.ask(wait).await.unwrap();
    client.ask(EntryRemove { id: entry.id }).await.unwrap();
    let list = EventList {
        since: Some(0),
        limit: 1000,
        ..EventList::default()
    };
    let events = client.ask(list).await.unwrap().events;
    let own = fs::metadata("/proc/self").unwrap().uid();
    for event in events.iter().filter(|it| it.entry == Some(entry.id)) {
        let wished = [EventKind::EntryAccepted, EventKind::EntryUnwanted].contains(&event.kind);
        match &event.by {
            Actor::Socket(user) if wished => assert_eq!(user.uid, own, "{event:?}"),
            Actor::Scheduler if !wished => {}
            _ => panic!("{event:?}"),
        }
        assert_eq!(event.severity, event.kind.severity());
    }
}

/// A daemon that speaks one version more than this build's clients.
#[tokio::test]
async fn a_client_of_the_version_before_is_served_in_it() {
    let bench = Bench::with_account().await;
    let speaking = SocketOptions {
        versions: Versions::new(1, 2).unwrap(),
        ..options(&bench.socket())
    };
    let _served = serve_as(&bench, speaking).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    assert_eq!(client.agreed().version, 1);
    let accounts = client.ask(AccountList::default()).await.unwrap().accounts;
    assert_eq!(accounts.len(), 1);

    // The connection knows it to the end: what it says of requests that it cannot read.
    for (newest, agreed) in [(1, 1), (2, 2), (9, 2)] {
        let hello = Hello {
            versions: Versions::new(1, newest).unwrap(),
            capabilities: Capabilities::OURS,
        };
        let mut stream = UnixStream::connect(bench.socket()).await.unwrap();
        stream.write_all(&hello.encode()).await.unwrap();
        let mut reply = [0; REPLY_BYTES];
        stream.read_exact(&mut reply).await.unwrap();
        let version = agreed;
        assert_eq!(
            Reply::decode(&reply).unwrap().verdict,
            Verdict::Accepted { version }
        );
        // Call 7 with a request that no version has.
        stream.write_all(&[0, 0, 0, 3, 0, 7, 250]).await.unwrap();
        let mut answers = frame::read_answers(stream);
        let answer = answers.next().await.unwrap().unwrap();
        let Ok(ServerMessage::Answer {
            id: 7,
            result: Err(error),
        }) = ServerMessage::read(&answer)
        else {
            panic!("no refusal");
        };
        assert_eq!(error.code, ErrorCode::Unsupported);
        let told = format!("in protocol {agreed};");
        assert!(error.detail.contains(&told), "{error}");
    }
}

#[tokio::test]
async fn a_client_launches_and_removes_an_instance() {
    let bench = Bench::with_account().await;
    let _served = serve(&bench).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    let Response::Entry(entry) = client.call(create()).await.unwrap() else {
        panic!("not an entry");
    };
    let wait = EntryWait {
        id: entry.id,
        timeout_ms: 30_000,
        gone: false,
    };
    let Response::Entry(entry) = client.call(Request::EntryWait(wait)).await.unwrap() else {
        panic!("not an entry");
    };
    assert_eq!(entry.status, Status::Run);
    assert!(entry.instance.unwrap().key_raw.is_some());
    let deleted = client
        .call(Request::EntryRemove(EntryRemove { id: entry.id }))
        .await;
    assert_eq!(deleted.unwrap(), Response::DONE);
    let gone = client
        .call(Request::EntryShow(EntryShow { id: entry.id }))
        .await
        .unwrap_err();
    assert!(matches!(gone, ClientError::Refused(error) if error.code == ErrorCode::NotFound));
}

#[tokio::test]
async fn a_subscription_tells_the_whole_story() {
    let bench = Bench::with_account().await;
    let _served = serve(&bench).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    let mut subscription = client.subscribe(None).await.unwrap();
    let first = subscription.next().await.unwrap().unwrap();
    let StreamItem::Snapshot(Snapshot {
        seq, last: true, ..
    }) = first
    else {
        panic!("not a snapshot: {first:?}");
    };
    client.call(create()).await.unwrap();
    let mut cursor = seq;
    let mut statuses = Vec::new();
    while statuses.last() != Some(&Status::Run) {
        let item = timeout(LONG, subscription.next()).await.unwrap();
        let (event, change) = match item.unwrap().unwrap() {
            StreamItem::Event(StreamEvent { event, change }) => (event, change),
            StreamItem::Changed(_) => continue,
            other => panic!("nothing is missed here: {other:?}"),
        };
        assert_eq!(event.seq, cursor + 1);
        cursor = event.seq;
        if let Some(Change::Entry(entry)) = change {
            assert!(
                entry
                    .instance
                    .is_none_or(|instance| instance.key_raw.is_none())
            );
            statuses.push(entry.status);
        }
    }
    let mut resumed = client.subscribe(Some(seq)).await.unwrap();
    // How accounts stand comes first: the connection before may have ended before that was told.
    let first = resumed.next().await;
    assert!(matches!(
        first,
        Some(Ok(StreamItem::Changed(Change::Account(_))))
    ));
    let next = resumed.next().await;
    assert!(matches!(
        next,
        Some(Ok(StreamItem::Event(StreamEvent { event, .. }))) if event.seq == seq + 1
    ));
}

#[tokio::test]
async fn calls_overlap_and_dropped_ones_free_their_place() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    client.call(create()).await.unwrap();
    // More than a connection may have open, one after the other and all given up.
    for _ in 0..3 {
        let wait = || EntryWait {
            id: EntryId(1),
            timeout_ms: 60_000,
            gone: false,
        };
        let waits: Vec<_> = (0..60)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.call(Request::EntryWait(wait())).await })
            })
            .collect();
        let status = timeout(LONG, client.call(Request::StatusShow(StatusShow {})))
            .await
            .unwrap();
        assert!(matches!(status, Ok(Response::Status(_))));
        for wait in waits {
            wait.abort();
        }
    }
}

#[tokio::test]
async fn an_answer_is_the_same_as_the_services_own() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let many = (0..700).map(|_| bench.create(EntrySpec::default()));
    for accepted in join_all(many).await {
        accepted.unwrap();
    }
    let client = Client::connect(&bench.socket()).await.unwrap();
    let list = |after| {
        Request::EntryList(EntryList {
            status: Vec::new(),
            after,
            limit: None,
            ..EntryList::default()
        })
    };
    for after in [None, Some(EntryId(500))] {
        let ours = bench.ask(Role::Admin, list(after)).await.unwrap();
        assert_eq!(client.call(list(after)).await.unwrap(), ours);
    }
}

#[tokio::test]
async fn stopping_answers_those_who_wait_and_takes_the_socket_away() {
    let bench = Bench::start();
    let served = serve(&bench).await;
    let client = Client::connect(&bench.socket()).await.unwrap();
    client.call(create()).await.unwrap();
    let mut subscription = client.subscribe(None).await.unwrap();
    subscription.next().await.unwrap().unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        let wait = EntryWait {
            id: EntryId(1),
            timeout_ms: 60_000,
            gone: false,
        };
        async move { client.call(Request::EntryWait(wait)).await }
    });
    // The call has arrived once a later one is answered.
    tokio::task::yield_now().await;
    client
        .call(Request::StatusShow(StatusShow {}))
        .await
        .unwrap();
    served.stop.cancel();
    let answer = timeout(LONG, waiting).await.unwrap().unwrap();
    let unavailable = |error: &ClientError| matches!(error, ClientError::Refused(error) if error.code == ErrorCode::Unavailable);
    assert!(answer.is_err_and(|error| unavailable(&error)));
    // What needs a person may have been on its way.
    let ended = loop {
        let item = timeout(LONG, subscription.next()).await.unwrap().unwrap();
        if !matches!(item, Ok(StreamItem::Changed(_))) {
            break item;
        }
    };
    assert!(ended.is_err_and(|error| unavailable(&error)));
    timeout(LONG, served.task).await.unwrap().unwrap();
    assert!(!bench.socket().exists());
}

#[tokio::test]
async fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
    let bench = Bench::start();
    let path = bench.socket();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a daemon that was killed leaves its socket");
    let served = serve(&bench).await;
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = Socket::bind(&options(&path)).await.map(drop);
    assert!(matches!(second, Err(BindError::InUse { .. })));
    Client::connect(&path).await.unwrap();
    // Somebody else's socket in the same place stays.
    fs::remove_file(&path).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    served.stop.cancel();
    timeout(LONG, served.task).await.unwrap().unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let bench = Bench::start();
    let path = bench.home.path().join("notes.txt");
    fs::write(&path, "mine").unwrap();
    let bound = Socket::bind(&options(&path)).await.map(drop);
    assert!(matches!(bound, Err(BindError::NotASocket { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = bench.home.path().join("no/such/folder/omsd.sock");
    let bound = Socket::bind(&options(&nowhere)).await.map(drop);
    assert!(matches!(bound, Err(BindError::Io { .. })));
}

#[tokio::test]
async fn a_group_that_nobody_knows_leaves_the_socket_to_its_owner() {
    let bench = Bench::start();
    let options = SocketOptions {
        group: Some("no-such-group-of-anybody".to_owned()),
        ..options(&bench.socket())
    };
    let _socket = Socket::bind(&options).await.unwrap();
    let mode = fs::metadata(bench.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Tries until a client gets an answer.
async fn answers(path: &Path) {
    let asked = async {
        loop {
            if let Ok(client) = Client::connect(path).await
                && client.ask(StatusShow {}).await.is_ok()
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, asked).await.unwrap();
}

/// Waits until the socket's alert says that.
async fn alerts(bench: &Bench, words: &str) {
    let told = async {
        loop {
            let mut troubles = bench.service.health().troubles().into_iter();
            if troubles
                .any(|(trouble, told)| trouble == Trouble::Socket && told.message.contains(words))
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, told).await.unwrap();
}

#[tokio::test]
async fn a_socket_that_is_removed_or_replaced_is_bound_anew() {
    let bench = Bench::start();
    let served = serve(&bench).await;
    let path = bench.socket();
    let open = Client::connect(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    answers(&path).await;
    // In place of one that nobody serves, too.
    fs::remove_file(&path).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    answers(&path).await;
    alerts(&bench, "it is bound anew").await;
    // What was open before goes on.
    open.ask(StatusShow {}).await.unwrap();
    drop(open);
    served.stop.cancel();
    timeout(LONG, served.task).await.unwrap().unwrap();
    assert!(!path.exists(), "the new socket is left");
}

#[tokio::test]
async fn a_socket_that_cannot_be_bound_anew_is_an_alert_until_it_can() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let path = bench.socket();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    alerts(&bench, "is there already and is no socket").await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    fs::remove_file(&path).unwrap();
    answers(&path).await;
    alerts(&bench, "it is bound anew").await;
}

/// Only root can give directories away.
#[tokio::test]
async fn a_socket_is_not_bound_anew_where_somebody_else_has_its_directory() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let path = bench.socket();
    let directory = path.parent().unwrap();
    std::os::unix::fs::chown(directory, Some(65_534), None).unwrap();
    fs::remove_file(&path).unwrap();
    alerts(&bench, "belongs to uid 65534").await;
    assert!(!path.exists());
}
