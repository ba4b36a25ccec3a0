//! Peers without manners. Whatever they send, or do not read, they get a typed answer or are cut
//! off, and the next client is served as if nothing had been.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use oms_proto::codec::encode;
use oms_proto::frame::{CALLS_IN_FLIGHT_MAX, REQUEST_FRAME_MAX_BYTES, answer_codec};
use oms_proto::request::{AccountShow, EntryList, EntryWait, StatusShow, Subscribe};
use oms_proto::spec::EntrySpec;
use oms_proto::version::{HELLO_BYTES, Hello, REPLY_BYTES, Refusal, Reply, Verdict};
use oms_proto::{
    Client, ClientMessage, EntryId, ErrorCode, Request, Response, ServerMessage, WireError,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use crate::bench::Bench;
use crate::socket::serve;

const LONG: Duration = Duration::from_secs(60);

/// A peer that writes bytes as it likes.
struct Peer {
    stream: UnixStream,
    read: BytesMut,
    frames: LengthDelimitedCodec,
}

impl Peer {
    async fn connect(bench: &Bench) -> Self {
        let stream = UnixStream::connect(bench.socket()).await.unwrap();
        Self {
            stream,
            read: BytesMut::new(),
            frames: answer_codec(),
        }
    }

    /// Says hello and hears that it is welcome.
    async fn welcome(bench: &Bench) -> Self {
        let mut peer = Self::connect(bench).await;
        assert!(matches!(peer.hello().await, Verdict::Accepted { .. }));
        peer
    }

    async fn hello(&mut self) -> Verdict {
        self.stream.write_all(&Hello::OURS.encode()).await.unwrap();
        let mut reply = [0; REPLY_BYTES];
        self.stream.read_exact(&mut reply).await.unwrap();
        Reply::decode(&reply).unwrap().verdict
    }

    async fn frame(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut frame = BytesMut::new();
        frame.put_u32(u32::try_from(bytes.len()).unwrap());
        frame.put_slice(bytes);
        self.stream.write_all(&frame).await
    }

    async fn call(&mut self, id: u64, request: Request) {
        let call = encode(&ClientMessage::Call { id, request }).unwrap();
        self.frame(&call).await.unwrap();
    }

    /// The next message; `None` once the daemon has hung up.
    async fn message(&mut self) -> Option<ServerMessage> {
        loop {
            if let Some(frame) = self.frames.decode(&mut self.read).unwrap() {
                return Some(ServerMessage::read(&frame).unwrap());
            }
            let read = timeout(LONG, self.stream.read_buf(&mut self.read)).await;
            match read.expect("the daemon says something in time") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn refusal(&mut self, call: u64) -> WireError {
        match self.message().await {
            Some(ServerMessage::Answer {
                id,
                result: Err(error),
            }) if id == call => error,
            other => panic!("not a refusal of call {call}: {other:?}"),
        }
    }

    async fn is_cut_off(&mut self) -> bool {
        while let Some(_message) = self.message().await {}
        true
    }
}

async fn the_next_client_is_served(bench: &Bench) {
    let client = Client::connect(&bench.socket()).await.unwrap();
    let status = client
        .call(Request::StatusShow(StatusShow {}))
        .await
        .unwrap();
    assert!(matches!(status, Response::Status(_)));
}

fn waits(id: u64) -> Request {
    Request::EntryWait(EntryWait {
        id: EntryId(id),
        timeout_ms: 600_000,
        gone: false,
    })
}

#[tokio::test]
async fn another_protocol_is_cut_off() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    for words in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; HELLO_BYTES],
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ] {
        let mut peer = Peer::connect(&bench).await;
        peer.stream.write_all(words).await.unwrap();
        assert!(peer.is_cut_off().await);
    }
    the_next_client_is_served(&bench).await;
}

#[tokio::test]
async fn a_frame_that_is_too_long_is_not_waited_for() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let beyond = u32::try_from(REQUEST_FRAME_MAX_BYTES + 1).unwrap();
    for length in [u32::MAX, beyond] {
        let mut peer = Peer::welcome(&bench).await;
        peer.stream.write_all(&length.to_be_bytes()).await.unwrap();
        assert!(peer.is_cut_off().await);
    }
    the_next_client_is_served(&bench).await;
}

#[tokio::test]
async fn a_message_of_a_newer_client_costs_one_call() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let mut peer = Peer::welcome(&bench).await;
    // Call 7 with request 200, which there is none of; in the codec's short numbers.
    peer.frame(&[0, 7, 200]).await.unwrap();
    assert_eq!(peer.refusal(7).await.code, ErrorCode::Unsupported);
    // Call 8, cut short.
    peer.frame(&[0, 8]).await.unwrap();
    assert_eq!(peer.refusal(8).await.code, ErrorCode::Invalid);
    peer.call(9, Request::StatusShow(StatusShow {})).await;
    let answer = peer.message().await;
    assert!(matches!(
        answer,
        Some(ServerMessage::Answer {
            id: 9,
            result: Ok(Response::Status(_))
        })
    ));
}

#[tokio::test]
async fn an_id_that_is_in_use_ends_the_connection() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    bench.create(EntrySpec::default()).await.unwrap();
    let mut peer = Peer::welcome(&bench).await;
    peer.call(1, waits(1)).await;
    peer.call(1, waits(1)).await;
    assert!(peer.is_cut_off().await);
    the_next_client_is_served(&bench).await;
}

#[tokio::test]
async fn one_call_too_many_is_refused_until_another_is_withdrawn() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    bench.create(EntrySpec::default()).await.unwrap();
    let mut peer = Peer::welcome(&bench).await;
    let most = u64::try_from(CALLS_IN_FLIGHT_MAX).unwrap();
    for id in 0..most {
        peer.call(id, waits(1)).await;
    }
    peer.call(most, Request::StatusShow(StatusShow {})).await;
    assert_eq!(peer.refusal(most).await.code, ErrorCode::Unavailable);
    let cancel = encode(&ClientMessage::Cancel { id: 3 }).unwrap();
    peer.frame(&cancel).await.unwrap();
    // The id is free again at once, and the answer is the new call's.
    peer.call(3, Request::StatusShow(StatusShow {})).await;
    let answer = peer.message().await;
    assert!(matches!(
        answer,
        Some(ServerMessage::Answer {
            id: 3,
            result: Ok(Response::Status(_))
        })
    ));
}

#[tokio::test]
async fn withdrawing_what_was_never_asked_is_no_crime() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let mut peer = Peer::welcome(&bench).await;
    let cancel = encode(&ClientMessage::Cancel { id: 77 }).unwrap();
    for _ in 0..100 {
        peer.frame(&cancel).await.unwrap();
    }
    peer.call(1, Request::StatusShow(StatusShow {})).await;
    assert!(peer.message().await.is_some());
}

/// Asks for everything again and again and reads nothing: the daemon stops taking its calls, goes
/// on serving others, and cuts it off in the end.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_holds_up_nobody() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    for _ in 0..300 {
        let spec = EntrySpec {
            name: Some("n".repeat(63)),
            ..EntrySpec::default()
        };
        bench.create(spec).await.unwrap();
    }
    let mut peer = Peer::welcome(&bench).await;
    let list = || {
        Request::EntryList(EntryList {
            status: Vec::new(),
            after: None,
            limit: None,
            ..EntryList::default()
        })
    };
    let subscribe = Request::Subscribe(Subscribe { since: None });
    peer.call(0, subscribe).await;
    let mut sent = 1;
    loop {
        let call = ClientMessage::Call {
            id: sent,
            request: list(),
        };
        let call = encode(&call).unwrap();
        let Ok(written) = timeout(Duration::from_millis(500), peer.frame(&call)).await else {
            break;
        };
        written.unwrap();
        sent += 1;
        assert!(sent < 1_000_000, "the daemon must stop reading");
    }
    the_next_client_is_served(&bench).await;
    // Time is the test's, so this takes no longer than it must.
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(peer.is_cut_off().await);
}

#[tokio::test]
async fn connections_beyond_the_most_are_told_that_the_daemon_is_busy() {
    let bench = Bench::start();
    let _served = serve(&bench).await;
    let mut peers = Vec::new();
    for _ in 0..128 {
        peers.push(Peer::welcome(&bench).await);
    }
    let mut late = Peer::connect(&bench).await;
    assert_eq!(late.hello().await, Verdict::Refused(Refusal::Busy));
    assert!(late.is_cut_off().await);
    peers.pop();
    // The place is free as soon as the daemon has noticed.
    loop {
        let mut next = Peer::connect(&bench).await;
        if next.hello().await != Verdict::Refused(Refusal::Busy) {
            break;
        }
    }
}

/// Random bytes in well-formed frames, and well-formed calls with a byte turned over.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a failure names its seed")]
async fn nothing_that_a_peer_sends_makes_the_daemon_stumble() {
    let bench = Bench::start();
    let served = serve(&bench).await;
    for seed in 0..500_u64 {
        println!("seed {seed}");
        let mut random = seed;
        let mut draw = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut peer = Peer::welcome(&bench).await;
        for id in 0..20 {
            let mut bytes = if draw(2) == 0 {
                let length = draw(200);
                (0..length)
                    .map(|_| u8::try_from(draw(256)).unwrap())
                    .collect()
            } else {
                let request = match draw(4) {
                    0 => Request::StatusShow(StatusShow {}),
                    1 => Request::AccountShow(AccountShow {
                        name: "a".repeat(40),
                    }),
                    2 => waits(1),
                    _ => Request::Subscribe(Subscribe {
                        since: Some(draw(9)),
                    }),
                };
                encode(&ClientMessage::Call { id, request }).unwrap()
            };
            if !bytes.is_empty() {
                let at = usize::try_from(draw(u64::try_from(bytes.len()).unwrap())).unwrap();
                bytes[at] ^= u8::try_from(draw(256)).unwrap();
            }
            // It may have been cut off already.
            if peer.frame(&bytes).await.is_err() {
                break;
            }
        }
    }
    the_next_client_is_served(&bench).await;
    served.stop.cancel();
    timeout(LONG, served.task).await.unwrap().unwrap();
}
