//! A daemon that answers what a test scripts, over a real socket.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use oms_proto::frame::{read_requests, write_answers};
use oms_proto::response::Subscribed;
use oms_proto::version::{Refusal, Versions};
use oms_proto::{ClientMessage, Request, Response, ServerMessage, StreamItem, WireError};
use oms_proto::{codec, server};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;

/// What the daemon does about a request.
pub(super) enum Reply {
    /// Answers.
    Answer(Response),
    /// Refuses.
    Refuse(WireError),
    /// Confirms a subscription, sends these and ends it with this.
    Stream(Vec<StreamItem>, WireError),
    /// Closes the connection without an answer.
    Hang,
}

type Script = dyn FnMut(&Request) -> Reply + Send;

/// Runs until it is dropped.
pub(super) struct Daemon {
    folder: TempDir,
    asked: Arc<Mutex<Vec<Request>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Daemon {
    /// A daemon that answers by this script.
    pub(super) fn scripted(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::start(None, Box::new(script))
    }

    /// A daemon that gives every request the same answer.
    pub(super) fn answering(response: Response) -> Self {
        Self::scripted(move |_| Reply::Answer(response.clone()))
    }

    /// A daemon that refuses every request.
    pub(super) fn refusing(error: WireError) -> Self {
        Self::scripted(move |_| Reply::Refuse(error.clone()))
    }

    /// A daemon that turns everybody away at the hello.
    pub(super) fn closed(refusal: Refusal) -> Self {
        Self::start(Some(refusal), Box::new(|_| Reply::Hang))
    }

    fn start(refusal: Option<Refusal>, script: Box<Script>) -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("omsd.sock");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let log = Arc::clone(&asked);
        let script = Arc::new(Mutex::new(script));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = UnixListener::bind(socket).unwrap();
                ready.send(()).unwrap();
                let serving = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                        tokio::spawn(serve(stream, refusal, script, log));
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        is_ready.recv().unwrap();
        Self {
            folder,
            asked,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("omsd.sock")
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Serves one connection to its end.
async fn serve(
    mut stream: UnixStream,
    refusal: Option<Refusal>,
    script: Arc<Mutex<Box<Script>>>,
    log: Arc<Mutex<Vec<Request>>>,
) {
    if let Some(refusal) = refusal {
        drop(server::refuse_hello(&mut stream, refusal, Versions::OURS).await);
        return;
    }
    if server::accept_hello(&mut stream, Versions::OURS)
        .await
        .is_err()
    {
        return;
    }
    let (reader, writer) = stream.into_split();
    let (mut reader, mut writer) = (read_requests(reader), write_answers(writer));
    while let Some(Ok(frame)) = reader.next().await {
        let ClientMessage::Call { id, request } = ClientMessage::read(&frame).unwrap() else {
            continue;
        };
        let reply = (script.lock().unwrap())(&request);
        log.lock().unwrap().push(request);
        let messages = match reply {
            Reply::Answer(response) => vec![ServerMessage::Answer {
                id,
                result: Ok(response),
            }],
            Reply::Refuse(error) => vec![ServerMessage::Answer {
                id,
                result: Err(error),
            }],
            Reply::Stream(items, end) => {
                let answer = |result| ServerMessage::Answer { id, result };
                let items = items
                    .into_iter()
                    .map(|item| ServerMessage::Stream { id, item });
                [answer(Ok(Response::Subscribed(Subscribed {})))]
                    .into_iter()
                    .chain(items)
                    .chain([answer(Err(end))])
                    .collect()
            }
            Reply::Hang => return,
        };
        for message in messages {
            let frame = codec::encode(&message).unwrap();
            if writer.send(Bytes::from(frame)).await.is_err() {
                return;
            }
        }
    }
}
