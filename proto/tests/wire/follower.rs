//! Following the daemon over its restarts.

use std::time::Duration;

use oms_proto::request::StatusShow;
use oms_proto::version::Versions;
use oms_proto::{ClientError, Followed, Follower, Request, Response, StreamItem};
use tokio::net::UnixListener;

use crate::daemon::{Daemon, Peer, event, snapshot, within};

async fn item(follower: &mut Follower) -> StreamItem {
    match follower.next().await {
        Followed::Item(item) => item,
        Followed::Connected(_) => panic!("connected instead of an item"),
        Followed::Status(status) => panic!("{status:?} instead of an item"),
        Followed::Lost { error, .. } => panic!("lost instead of an item: {error}"),
    }
}

async fn lost(follower: &mut Follower) -> (ClientError, Duration) {
    match follower.next().await {
        Followed::Lost { error, retry_in } => (error, retry_in),
        Followed::Connected(_) => panic!("connected instead of lost"),
        Followed::Status(status) => panic!("{status:?} instead of lost"),
        Followed::Item(item) => panic!("{item:?} instead of lost"),
    }
}

/// Lets the follower connect; gives the daemon's end, the call's id and what was asked.
async fn connected(follower: &mut Follower, daemon: &Daemon) -> (Peer, u64, Option<u64>) {
    let accept = async {
        let mut peer = daemon.peer().await;
        let (id, since) = peer.subscriber().await;
        (peer, id, since)
    };
    let (next, accepted) = tokio::join!(follower.next(), accept);
    assert!(matches!(next, Followed::Connected(_)));
    accepted
}

#[tokio::test]
async fn a_restart_of_the_daemon_loses_no_event() {
    within(async {
        let daemon = Daemon::start();
        let mut follower = Follower::new(&daemon.socket);
        let (mut peer, id, since) = connected(&mut follower, &daemon).await;
        assert_eq!(since, None);
        peer.stream(id, snapshot(5, true)).await;
        peer.stream(id, event(6, 0)).await;
        drop(peer);
        assert_eq!(item(&mut follower).await, snapshot(5, true));
        assert_eq!(item(&mut follower).await, event(6, 0));
        assert!(matches!(lost(&mut follower).await.0, ClientError::Closed));

        let (mut peer, id, since) = connected(&mut follower, &daemon).await;
        assert_eq!(since, Some(6));
        peer.stream(id, event(7, 0)).await;
        assert_eq!(item(&mut follower).await, event(7, 0));
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_that_was_interrupted_is_asked_for_anew() {
    within(async {
        let daemon = Daemon::start();
        let mut follower = Follower::new(&daemon.socket);
        let (mut peer, id, _) = connected(&mut follower, &daemon).await;
        peer.stream(id, snapshot(5, true)).await;
        peer.stream(id, StreamItem::MISSED).await;
        peer.stream(id, snapshot(8, false)).await;
        drop(peer);
        for _ in 0..3 {
            item(&mut follower).await;
        }
        lost(&mut follower).await;
        let (_peer, _, since) = connected(&mut follower, &daemon).await;
        assert_eq!(since, None);
    })
    .await;
}

#[tokio::test]
async fn calls_can_be_made_over_the_connection_that_is_followed() {
    within(async {
        let daemon = Daemon::start();
        let mut follower = Follower::new(&daemon.socket);
        let accept = async {
            let mut peer = daemon.peer().await;
            peer.subscriber().await;
            let (id, _) = peer.call().await;
            peer.answer(id, Response::DONE).await;
        };
        let follow = async {
            let Followed::Connected(client) = follower.next().await else {
                panic!("not connected");
            };
            client.call(Request::StatusShow(StatusShow {})).await
        };
        let (answer, ()) = tokio::join!(follow, accept);
        assert_eq!(answer.unwrap(), Response::DONE);
    })
    .await;
}

#[tokio::test]
async fn a_daemon_that_starts_late_is_found() {
    within(async {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("omsd.sock");
        let mut follower = Follower::new(&socket);
        let (error, _) = lost(&mut follower).await;
        assert!(
            matches!(error, ClientError::Unreachable { .. }),
            "{error:?}"
        );

        let listener = UnixListener::bind(&socket).unwrap();
        let accept = async {
            let mut stream = listener.accept().await.unwrap().0;
            oms_proto::server::accept_hello(&mut stream, Versions::OURS)
                .await
                .unwrap();
            stream
        };
        // Not answered yet, and so not connected: the follower's future waits.
        tokio::select! {
            stream = accept => drop(stream),
            _ = follower.next() => panic!("nothing was granted"),
        }
        let (error, _) = lost(&mut follower).await;
        assert!(matches!(error, ClientError::Closed), "{error:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_grows_to_a_bound_and_the_tries_never_end() {
    let home = tempfile::tempdir().unwrap();
    let mut follower = Follower::new(home.path().join("nothing"));
    let mut longest = Duration::ZERO;
    for _ in 0..200 {
        let (_, retry_in) = lost(&mut follower).await;
        assert!(retry_in >= Duration::from_millis(100), "no busy loop");
        longest = longest.max(retry_in);
    }
    assert!(longest > Duration::from_secs(2) && longest <= Duration::from_secs(5));
}

#[tokio::test]
async fn a_daemon_that_hangs_up_at_once_is_not_stormed() {
    within(async {
        let daemon = Daemon::start();
        let mut follower = Follower::new(&daemon.socket);
        let mut waits = Vec::new();
        for _ in 0..4 {
            drop(connected(&mut follower, &daemon).await);
            waits.push(lost(&mut follower).await.1);
        }
        // Each is at least half of its bound, and the bounds double.
        assert!(waits[3] > waits[0], "{waits:?}");
        assert!(waits[3] >= Duration::from_millis(800), "{waits:?}");
    })
    .await;
}

#[tokio::test]
async fn a_daemon_that_hangs_is_noticed_although_the_connection_stands() {
    let daemon = Daemon::start();
    let mut follower = Follower::new(&daemon.socket);
    let (mut peer, id, _) = within(connected(&mut follower, &daemon)).await;
    peer.stream(id, snapshot(5, true)).await;
    assert_eq!(item(&mut follower).await, snapshot(5, true));

    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    assert!(matches!(lost(&mut follower).await.0, ClientError::Timeout));
    assert!(
        begin.elapsed() <= Duration::from_secs(21),
        "{:?}",
        begin.elapsed()
    );
    assert!(matches!(peer.call().await.1, Request::StatusShow(_)));
}

#[tokio::test]
async fn a_daemon_without_news_that_answers_is_kept() {
    let daemon = Daemon::start();
    let mut follower = Follower::new(&daemon.socket);
    let (mut peer, stream, _) = within(connected(&mut follower, &daemon)).await;
    tokio::time::pause();
    let alive = async {
        for _ in 0..5 {
            let (id, _) = peer.call().await;
            peer.answer(id, Response::DONE).await;
        }
        peer.stream(stream, StreamItem::MISSED).await;
    };
    let (news, ()) = tokio::join!(item(&mut follower), alive);
    assert_eq!(news, StreamItem::MISSED);
}
