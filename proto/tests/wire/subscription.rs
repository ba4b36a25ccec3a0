//! Subscriptions: order, ends of every kind, and readers that are slower than the daemon.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use oms_proto::request::StatusShow;
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::{
    Client, ClientError, ClientMessage, ErrorCode, Request, Response, ServerMessage, StreamItem,
    Subscription, WireError, codec,
};

use crate::daemon::{Daemon, Peer, event, snapshot, within};

/// Long enough that a few dozen fill every buffer between daemon and reader.
const LONG: usize = 1024 * 1024;

/// A subscriber and the daemon's end, after the grant.
pub(crate) async fn subscribed(since: Option<u64>) -> (Subscription, Client, Peer, u64) {
    let (client, mut peer) = Daemon::start().connect().await;
    let (subscription, (id, asked)) = tokio::join!(client.subscribe(since), peer.subscriber());
    assert_eq!(asked, since);
    (subscription.unwrap(), client, peer, id)
}

fn seq(item: &StreamItem) -> u64 {
    match item {
        StreamItem::Event(StreamEvent { event, .. }) => event.seq,
        other => panic!("no event: {other:?}"),
    }
}

#[tokio::test]
async fn items_come_in_order_and_the_number_to_resume_from_follows() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(None).await;
        for (item, known) in [
            (snapshot(4, false), None),
            (snapshot(4, true), Some(4)),
            (event(5, 0), Some(5)),
            (StreamItem::MISSED, None),
            (snapshot(9, true), Some(9)),
        ] {
            peer.stream(id, item.clone()).await;
            assert_eq!(subscription.next().await.unwrap().unwrap(), item);
            assert_eq!(subscription.seq(), known);
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_to_subscribe_reaches_the_caller() {
    within(async {
        let (client, mut peer) = Daemon::start().connect().await;
        let daemon = async {
            let (id, _) = peer.call().await;
            let result = Err(WireError::new(ErrorCode::Unavailable, "no room"));
            peer.send(&ServerMessage::Answer { id, result })
                .await
                .unwrap();
        };
        let (refused, ()) = tokio::join!(client.subscribe(None), daemon);
        assert!(matches!(refused.err(), Some(ClientError::Refused(_))));
    })
    .await;
}

#[tokio::test]
async fn an_end_by_the_daemon_comes_after_the_items_before_it() {
    for (result, clean) in [
        (Ok(Response::DONE), true),
        (
            Err(WireError::new(ErrorCode::Unavailable, "stopping")),
            false,
        ),
    ] {
        within(async {
            let (mut subscription, _client, mut peer, id) = subscribed(Some(1)).await;
            peer.stream(id, event(2, 0)).await;
            peer.send(&ServerMessage::Answer { id, result })
                .await
                .unwrap();
            assert_eq!(seq(&subscription.next().await.unwrap().unwrap()), 2);
            if !clean {
                let end = subscription.next().await.unwrap();
                assert!(matches!(end, Err(ClientError::Refused(_))), "{end:?}");
            }
            assert!(subscription.next().await.is_none());
            assert!(subscription.next().await.is_none());
        })
        .await;
    }
}

#[tokio::test]
async fn a_lost_connection_comes_after_the_items_before_it() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(Some(1)).await;
        peer.stream(id, event(2, 0)).await;
        drop(peer);
        assert_eq!(seq(&subscription.next().await.unwrap().unwrap()), 2);
        let end = subscription.next().await.unwrap();
        assert!(matches!(end, Err(ClientError::Closed)), "{end:?}");
        assert!(subscription.next().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn dropping_a_subscription_ends_it_at_the_daemon() {
    within(async {
        let (subscription, _client, mut peer, id) = subscribed(None).await;
        drop(subscription);
        assert_eq!(peer.message().await, Some(ClientMessage::Cancel { id }));
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_keeps_reading_slows_the_daemon_down_and_loses_nothing() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(Some(0)).await;
        let daemon = async {
            for seq in 1..=60 {
                peer.stream(id, event(seq, LONG)).await;
            }
            peer
        };
        let reader = async {
            for expected in 1..=60 {
                assert_eq!(seq(&subscription.next().await.unwrap().unwrap()), expected);
            }
            drop(subscription);
        };
        let (mut peer, ()) = tokio::join!(daemon, reader);
        // Had the stream been cut, a new subscription would have come first.
        assert_eq!(peer.message().await, Some(ClientMessage::Cancel { id }));
    })
    .await;
}

/// Sends items until the client withdraws the stream.
async fn overrun(peer: &mut Peer, id: u64, items: impl Iterator<Item = StreamItem>) {
    for item in items {
        let frame = codec::encode(&ServerMessage::Stream { id, item }).unwrap();
        let Peer { reader, writer } = peer;
        tokio::select! {
            sent = writer.send(Bytes::from(frame)) => sent.unwrap(),
            frame = reader.next() => {
                let message = ClientMessage::read(&frame.unwrap().unwrap());
                assert_eq!(message, Ok(ClientMessage::Cancel { id }));
                return;
            }
        }
    }
    panic!("the stream was never withdrawn");
}

#[tokio::test]
async fn a_reader_that_stops_holds_up_no_other_call_and_goes_on_from_the_journal() {
    within(async {
        let (mut subscription, client, mut peer, id) = subscribed(Some(0)).await;
        overrun(&mut peer, id, (1..200).map(|seq| event(seq, LONG))).await;
        let daemon = async {
            let (call, _) = peer.call().await;
            peer.answer(call, Response::DONE).await;
        };
        let (answer, ()) = tokio::join!(client.call(Request::StatusShow(StatusShow {})), daemon);
        assert_eq!(answer.unwrap(), Response::DONE);

        let daemon = async {
            let (id, since) = peer.subscriber().await;
            let since = since.expect("what the reader knows");
            assert!(
                since >= 8,
                "the buffer holds several long items, not {since}"
            );
            for seq in since + 1..=100 {
                peer.stream(id, event(seq, 10)).await;
            }
        };
        let reader = async {
            for expected in 1..=100 {
                assert_eq!(seq(&subscription.next().await.unwrap().unwrap()), expected);
            }
        };
        tokio::join!(daemon, reader);
    })
    .await;
}

#[tokio::test]
async fn a_reader_cut_off_within_a_snapshot_is_told_and_gets_a_new_one() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(None).await;
        let part = StreamItem::Snapshot(Snapshot {
            seq: 1,
            accounts: vec![],
            entries: vec![crate::samples::entry(); 10_000],
            last: false,
        });
        overrun(&mut peer, id, std::iter::repeat_n(part, 200)).await;
        let daemon = async {
            let (id, since) = peer.subscriber().await;
            assert_eq!(since, None);
            peer.stream(id, snapshot(2, true)).await;
            peer
        };
        let reader = async {
            let mut items = Vec::new();
            while subscription.seq().is_none() {
                items.push(subscription.next().await.unwrap().unwrap());
            }
            items
        };
        let (_peer, items) = tokio::join!(daemon, reader);
        let missed = items
            .iter()
            .filter(|item| **item == StreamItem::MISSED)
            .count();
        assert_eq!(missed, 1);
        assert_eq!(
            items[items.len() - 2..],
            [StreamItem::MISSED, snapshot(2, true)]
        );
    })
    .await;
}

#[tokio::test]
async fn next_may_be_dropped_while_the_stream_is_opened_anew() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(Some(0)).await;
        overrun(&mut peer, id, (1..200).map(|seq| event(seq, LONG))).await;
        let resumed = async {
            let (id, since) = peer.subscriber().await;
            peer.stream(id, event(since.unwrap() + 1, 0)).await;
            peer
        };
        tokio::pin!(resumed);
        let mut last = 0;
        let _peer = loop {
            tokio::select! {
                biased;
                peer = &mut resumed => break peer,
                item = subscription.next() => last = seq(&item.unwrap().unwrap()),
                () = tokio::task::yield_now() => {}
            }
        };
        let item = subscription.next().await.unwrap().unwrap();
        assert_eq!(seq(&item), last + 1);
    })
    .await;
}
