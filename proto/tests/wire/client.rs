//! Calls: overlapping, withdrawn, too many, too long, and with a daemon that breaks the rules.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use oms_proto::client::ProtocolError;
use oms_proto::codec::CodecError;
use oms_proto::frame::{CALLS_IN_FLIGHT_MAX, REQUEST_FRAME_MAX_BYTES};
use oms_proto::request::{
    EntryCreate, EntryList, EntryWait, InstanceList, InstanceShow, StatusShow,
};
use oms_proto::response::{EntryPage, InstancePage};
use oms_proto::spec::EntrySpec;
use oms_proto::view::EntryView;
use oms_proto::{
    Client, ClientError, ClientMessage, EntryId, ErrorCode, InstanceId, Request, Response,
    ServerMessage, StreamItem, WireError, codec,
};
use tokio::time::Instant;

use crate::daemon::{Daemon, Peer, within};
use crate::samples;

/// What a client gets for a call to which the daemon reacts in this way. A reaction that does
/// not give the connection back has closed it.
async fn outcome<F>(react: impl FnOnce(Peer, u64) -> F) -> Result<Response, ClientError>
where
    F: Future<Output = Option<Peer>>,
{
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let daemon = async {
            let (id, _) = peer.call().await;
            react(peer, id).await
        };
        tokio::join!(client.call(Request::StatusShow(StatusShow {})), daemon).0
    })
    .await
}

fn with_user_data(bytes: usize) -> Request {
    Request::EntryCreate(Box::new(EntryCreate {
        spec: EntrySpec {
            user_data: Some("x".repeat(bytes)),
            ..EntrySpec::default()
        },
        idempotency_key: None,
    }))
}

#[tokio::test]
async fn answers_in_another_order_find_their_calls() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let calls = join_all(
            (0..5).map(|n| client.call(Request::InstanceShow(InstanceShow { id: InstanceId(n) }))),
        );
        let daemon = async {
            let mut calls = Vec::new();
            for _ in 0..5 {
                calls.push(peer.call().await);
            }
            for (id, request) in calls.into_iter().rev() {
                let result = Err(WireError::new(ErrorCode::NotFound, format!("{request:?}")));
                peer.send(&ServerMessage::Answer { id, result })
                    .await
                    .unwrap();
            }
        };
        let (answers, ()) = tokio::join!(calls, daemon);
        for (n, answer) in answers.into_iter().enumerate() {
            let error = answer.unwrap_err().to_string();
            assert_eq!(
                error,
                format!("InstanceShow(InstanceShow {{ id: InstanceId({n}) }})")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_dropped_call_is_withdrawn_and_its_late_answer_ignored() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let mut call = Box::pin(client.call(Request::StatusShow(StatusShow {})));
        assert!(call.as_mut().now_or_never().is_none());
        let (id, _) = peer.call().await;
        drop(call);
        assert_eq!(peer.message().await, Some(ClientMessage::Cancel { id }));

        let late = async {
            peer.answer(id, Response::DONE).await;
            let (id, _) = peer.call().await;
            peer.answer(id, Response::Instances(InstancePage::default()))
                .await;
        };
        let (answer, ()) = tokio::join!(
            client.call(Request::InstanceList(InstanceList::default())),
            late
        );
        assert_eq!(
            answer.unwrap(),
            Response::Instances(InstancePage::default())
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_is_asked_for_until_its_end_and_never_in_a_circle() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let page = |ids: &[u64], more| {
            let entries = ids.iter().map(|id| EntryView {
                id: EntryId(*id),
                ..samples::entry()
            });
            Response::Entries(EntryPage {
                entries: entries.collect(),
                more,
                count: 3,
            })
        };
        let daemon = async {
            let (id, _) = peer.call().await;
            peer.answer(id, page(&[1, 2], true)).await;
            let (id, next) = peer.call().await;
            peer.answer(id, page(&[3], false)).await;
            next
        };
        let (all, next) = tokio::join!(client.ask_all(EntryList::default()), daemon);
        let ids: Vec<_> = all.unwrap().iter().map(|entry| entry.id.0).collect();
        assert_eq!(ids, [1, 2, 3]);
        let after = EntryList {
            after: Some(EntryId(2)),
            ..EntryList::default()
        };
        assert_eq!(next, Request::EntryList(after));

        let daemon = async {
            for _ in 0..2 {
                let (id, _) = peer.call().await;
                peer.answer(id, page(&[1, 2], true)).await;
            }
        };
        let (all, ()) = tokio::join!(client.ask_all(EntryList::default()), daemon);
        assert!(matches!(
            all,
            Err(ClientError::Protocol(ProtocolError::Repeated))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_call_beyond_the_bound_waits_for_a_free_slot() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let calls = join_all(
            (0..=CALLS_IN_FLIGHT_MAX).map(|_| client.call(Request::StatusShow(StatusShow {}))),
        );
        let daemon = async {
            let mut open = Vec::new();
            for _ in 0..CALLS_IN_FLIGHT_MAX {
                open.push(peer.call().await.0);
            }
            for _ in 0..100 {
                tokio::task::yield_now().await;
                assert!(peer.message().now_or_never().is_none(), "one call too many");
            }
            peer.answer(open.pop().unwrap(), Response::DONE).await;
            open.push(peer.call().await.0);
            for id in open {
                peer.answer(id, Response::DONE).await;
            }
        };
        let (answers, ()) = tokio::join!(calls, daemon);
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn calls_that_are_withdrawn_again_and_again_leave_every_slot_free() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        for _ in 0..10 {
            let mut calls = (0..CALLS_IN_FLIGHT_MAX)
                .map(|_| Box::pin(client.call(Request::StatusShow(StatusShow {}))))
                .collect::<Vec<_>>();
            for call in &mut calls {
                assert!(call.as_mut().now_or_never().is_none());
            }
            drop(calls);
            for _ in 0..2 * CALLS_IN_FLIGHT_MAX {
                peer.message().await.unwrap();
            }
        }
        let daemon = async {
            let (id, _) = peer.call().await;
            peer.answer(id, Response::DONE).await;
        };
        let (answer, ()) = tokio::join!(client.call(Request::StatusShow(StatusShow {})), daemon);
        assert_eq!(answer.unwrap(), Response::DONE);
    })
    .await;
}

#[tokio::test]
async fn a_request_too_long_for_a_frame_is_refused_and_harms_no_other() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let refused = client.call(with_user_data(REQUEST_FRAME_MAX_BYTES)).await;
        assert!(
            matches!(&refused, Err(ClientError::Refused(error)) if error.code == ErrorCode::TooLarge),
            "{refused:?}"
        );
        let daemon = async {
            let (id, _) = peer.call().await;
            peer.answer(id, Response::DONE).await;
        };
        let (answer, ()) = tokio::join!(client.call(Request::StatusShow(StatusShow {})), daemon);
        assert_eq!(answer.unwrap(), Response::DONE);
    })
    .await;
}

#[tokio::test]
async fn a_daemon_that_does_not_read_cannot_keep_a_client_that_is_gone() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let size = REQUEST_FRAME_MAX_BYTES - 1024;
        let mut calls = (0..8)
            .map(|_| Box::pin(client.call(with_user_data(size))))
            .collect::<Vec<_>>();
        for call in &mut calls {
            assert!(call.as_mut().now_or_never().is_none());
        }
        // The first frame has arrived, so the others fill the socket.
        peer.call().await;
        drop(calls);
        drop(client);
        let mut last = Some(Ok(bytes::BytesMut::new()));
        while let Some(Ok(_)) = last {
            last = futures::StreamExt::next(&mut peer.reader).await;
        }
        assert!(matches!(last, None | Some(Err(_))));
    })
    .await;
}

#[tokio::test]
async fn a_silent_daemon_is_given_up_in_time() {
    let (client, _peer) = within(async { Daemon::start().connect().await }).await;
    tokio::time::pause();
    let begin = Instant::now();
    let answer = client.call(Request::StatusShow(StatusShow {})).await;
    assert!(matches!(answer, Err(ClientError::Timeout)), "{answer:?}");
    assert!(begin.elapsed() < Duration::from_secs(31));

    let begin = Instant::now();
    let wait = EntryWait {
        id: EntryId(1),
        timeout_ms: 600_000,
        gone: false,
    };
    let answer = client.call(Request::EntryWait(wait)).await;
    assert!(matches!(answer, Err(ClientError::Timeout)), "{answer:?}");
    assert!(
        begin.elapsed() > Duration::from_secs(600),
        "the wait itself is not cut short"
    );
}

#[tokio::test]
async fn a_close_in_mid_frame_fails_the_call() {
    let answer = outcome(async |mut peer: Peer, _| {
        peer.raw(b"\0\0\0\x09half").await;
        None
    })
    .await;
    assert!(matches!(answer, Err(ClientError::Closed)), "{answer:?}");
}

#[tokio::test]
async fn a_frame_too_long_ends_the_connection_without_reading_it() {
    let answer = outcome(async |mut peer: Peer, _| {
        peer.raw(b"\xff\xff\xff\xff").await;
        Some(peer)
    })
    .await;
    let expected = ProtocolError::FrameTooLong;
    assert!(
        matches!(&answer, Err(ClientError::Protocol(error)) if *error == expected),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_answer_to_a_call_never_made_ends_the_connection() {
    for stranger in [0, 2, u64::MAX] {
        let answer = outcome(async |mut peer: Peer, _| {
            peer.answer(stranger, Response::DONE).await;
            Some(peer)
        })
        .await;
        let expected = ProtocolError::UnknownCall { id: stranger };
        assert!(
            matches!(&answer, Err(ClientError::Protocol(error)) if *error == expected),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_item_for_a_plain_call_ends_the_connection() {
    let answer = outcome(async |mut peer: Peer, id| {
        peer.stream(id, StreamItem::MISSED).await;
        Some(peer)
    })
    .await;
    let expected = ProtocolError::Misfit { id: 1 };
    assert!(
        matches!(&answer, Err(ClientError::Protocol(error)) if *error == expected),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_frame_that_names_no_call_ends_the_connection() {
    let answer = outcome(async |mut peer: Peer, _| {
        peer.frame(vec![]).await.unwrap();
        Some(peer)
    })
    .await;
    let expected = ProtocolError::Unreadable(CodecError::Truncated);
    assert!(
        matches!(&answer, Err(ClientError::Protocol(error)) if *error == expected),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_answer_of_a_newer_daemon_fails_its_call_only() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let daemon = async {
            let (first, _) = peer.call().await;
            let (second, _) = peer.call().await;
            let result = Ok(Response::DONE);
            let mut unknown = codec::encode(&ServerMessage::Answer { id: first, result }).unwrap();
            let variant = unknown.len() - 2;
            unknown[variant] = 200;
            peer.frame(unknown).await.unwrap();
            peer.answer(second, Response::DONE).await;
        };
        let (failed, answered, ()) = tokio::join!(
            client.call(Request::StatusShow(StatusShow {})),
            client.call(Request::StatusShow(StatusShow {})),
            daemon
        );
        assert!(
            matches!(
                failed,
                Err(ClientError::Protocol(ProtocolError::Unreadable(
                    CodecError::UnknownVariant { found: 200, .. }
                )))
            ),
            "{failed:?}"
        );
        assert_eq!(answered.unwrap(), Response::DONE);
    })
    .await;
}

#[tokio::test]
async fn every_later_call_learns_why_the_connection_ended() {
    within(async {
        let daemon = Daemon::start();
        let (client, mut peer) = daemon.connect().await;
        let twin: Client = client.clone();
        let end = async {
            peer.call().await;
            peer.raw(b"\xff\xff\xff\xff").await;
        };
        let (_, ()) = tokio::join!(client.call(Request::StatusShow(StatusShow {})), end);
        let answer = twin.call(Request::StatusShow(StatusShow {})).await;
        assert!(
            matches!(answer, Err(ClientError::Protocol(_))),
            "{answer:?}"
        );
    })
    .await;
}
