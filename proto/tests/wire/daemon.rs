//! The other side of the client under test: a listener whose every byte the test decides.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use oms_proto::request::Subscribe;
use oms_proto::response::{Snapshot, StreamEvent, Subscribed};
use oms_proto::version::Versions;
use oms_proto::{Client, ClientMessage, Request, Response, ServerMessage, StreamItem};
use oms_proto::{codec, frame, server};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// A socket of its own in a folder of its own.
pub(crate) struct Daemon {
    pub(crate) socket: PathBuf,
    listener: UnixListener,
    _home: tempfile::TempDir,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("omsd.sock");
        Self {
            listener: UnixListener::bind(&socket).unwrap(),
            socket,
            _home: home,
        }
    }

    /// A connection before the hello.
    pub(crate) async fn stream(&self) -> UnixStream {
        self.listener.accept().await.unwrap().0
    }

    /// A connection after the hello.
    pub(crate) async fn peer(&self) -> Peer {
        let mut stream = self.stream().await;
        server::accept_hello(&mut stream, Versions::OURS)
            .await
            .unwrap();
        let (reader, writer) = stream.into_split();
        Peer {
            reader: frame::read_requests(reader),
            writer: frame::write_answers(writer),
        }
    }

    /// A client and the daemon's end of its connection.
    pub(crate) async fn connect(&self) -> (Client, Peer) {
        let (client, peer) = tokio::join!(Client::connect(&self.socket), self.peer());
        (client.unwrap(), peer)
    }
}

/// The daemon's end of a connection.
pub(crate) struct Peer {
    pub(crate) reader: FramedRead<OwnedReadHalf, LengthDelimitedCodec>,
    pub(crate) writer: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
}

impl Peer {
    /// The next message, unless the client has gone.
    pub(crate) async fn message(&mut self) -> Option<ClientMessage> {
        let frame = self.reader.next().await?.unwrap();
        Some(ClientMessage::read(&frame).unwrap())
    }

    /// The next message, which is a call.
    pub(crate) async fn call(&mut self) -> (u64, Request) {
        match self.message().await {
            Some(ClientMessage::Call { id, request }) => (id, request),
            other => panic!("no call but {other:?}"),
        }
    }

    /// The next message, which is a call to subscribe; grants it.
    pub(crate) async fn subscriber(&mut self) -> (u64, Option<u64>) {
        match self.call().await {
            (id, Request::Subscribe(Subscribe { since })) => {
                self.answer(id, Response::Subscribed(Subscribed {})).await;
                (id, since)
            }
            other => panic!("no subscription but {other:?}"),
        }
    }

    pub(crate) async fn answer(&mut self, id: u64, response: Response) {
        let result = Ok(response);
        self.send(&ServerMessage::Answer { id, result })
            .await
            .unwrap();
    }

    pub(crate) async fn stream(&mut self, id: u64, item: StreamItem) {
        self.send(&ServerMessage::Stream { id, item })
            .await
            .unwrap();
    }

    pub(crate) async fn send(&mut self, message: &ServerMessage) -> io::Result<()> {
        self.frame(codec::encode(message).unwrap()).await
    }

    /// Any bytes as a frame.
    pub(crate) async fn frame(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.writer.send(Bytes::from(bytes)).await
    }

    /// Any bytes.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.writer.get_mut().write_all(bytes).await.unwrap();
    }
}

/// Runs a test under a deadline: what hangs fails.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), test)
        .await
        .expect("the test ends in time")
}

/// A part of a snapshot without content.
pub(crate) fn snapshot(seq: u64, last: bool) -> StreamItem {
    StreamItem::Snapshot(Snapshot {
        seq,
        accounts: vec![],
        entries: vec![],
        last,
    })
}

/// An event with so many bytes of text.
pub(crate) fn event(seq: u64, text_bytes: usize) -> StreamItem {
    let mut event = crate::samples::event();
    event.seq = seq;
    event.message = "x".repeat(text_bytes);
    StreamItem::Event(StreamEvent {
        event,
        change: None,
    })
}
