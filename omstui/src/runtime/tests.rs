//! The loop against a scripted daemon on a real Unix socket, with a screen that tests can read.
//!
//! Nothing waits for a fixed time: a test waits for what must appear on the screen, and fails
//! after [`PATIENCE`] with what was there instead.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::stream::{self, BoxStream};
use futures::{SinkExt as _, StreamExt as _};
use oms_proto::EventKind;
use oms_proto::request::StatusShow;
use oms_proto::response::{EventPage, Snapshot, StreamEvent, Subscribed};
use oms_proto::version::Versions;
use oms_proto::view::Status;
use oms_proto::{
    Change, ClientMessage, Request, Response, ServerMessage, StreamItem, codec, frame, server,
};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::net::UnixListener;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::backend::Daemon;
use super::signals::Signal;
use super::{Ending, FRAME, Hands, Outside, run};
use crate::fixture;
use crate::model::Model;

/// Longer than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A screen that can be read while it is drawn on.
#[derive(Clone)]
struct Glass {
    inner: Arc<Mutex<TestBackend>>,
    drawn: Arc<watch::Sender<usize>>,
}

impl Glass {
    fn new(columns: u16, rows: u16) -> Self {
        Self {
            inner: Arc::new(Mutex::new(TestBackend::new(columns, rows))),
            drawn: Arc::new(watch::Sender::new(0)),
        }
    }

    fn text(&self) -> String {
        fixture::text_of(self.inner.lock().unwrap().buffer())
    }

    /// Waits until the screen shows this.
    async fn shows(&self, words: &str) {
        let mut drawn = self.drawn.subscribe();
        let waiting = async {
            while !self.text().contains(words) {
                drawn.changed().await.unwrap();
            }
        };
        let appeared = timeout(PATIENCE, waiting).await.is_ok();
        assert!(appeared, "{words:?} does not appear on\n{}", self.text());
    }

    fn pictures(&self) -> usize {
        *self.drawn.borrow()
    }
}

impl Backend for Glass {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.lock().unwrap().draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.inner.lock().unwrap().get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.lock().unwrap().set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().clear()
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.inner.lock().unwrap().clear_region(region)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.inner.lock().unwrap().size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.lock().unwrap().window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.drawn.send_modify(|pictures| *pictures += 1);
        Ok(())
    }
}

/// A terminal of which it is only counted what is done with it.
struct Held {
    stops: Arc<AtomicUsize>,
}

impl Hands for Held {
    fn stop(&self) -> io::Result<()> {
        self.stops.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn go_on(&self) -> io::Result<()> {
        Ok(())
    }

    fn hand(
        &self,
        _: &[std::ffi::OsString],
    ) -> futures::future::BoxFuture<'static, Result<(), String>> {
        Box::pin(async { Err("omsctl: exit status: 1".to_owned()) })
    }

    fn copy(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// A dashboard that runs.
struct Running {
    glass: Glass,
    keys: mpsc::UnboundedSender<io::Result<Event>>,
    signals: mpsc::UnboundedSender<Signal>,
    stops: Arc<AtomicUsize>,
    ending: JoinHandle<Ending>,
}

fn start(socket: &Path) -> Running {
    let glass = Glass::new(80, 24);
    let (keys, mut pressed) = mpsc::unbounded_channel();
    let (signals, mut sent) = mpsc::unbounded_channel();
    let stops = Arc::new(AtomicUsize::new(0));
    let outside = Outside {
        inputs: Some(stream::poll_fn(move |context| pressed.poll_recv(context)).boxed()),
        listen: || stream::pending().boxed(),
        signals: stream::poll_fn(move |context| sent.poll_recv(context)),
        daemon: Daemon::new(socket.to_owned()),
        now: || fixture::NOW,
        console: Held {
            stops: Arc::clone(&stops),
        },
    };
    let model = Model::new(fixture::options(), (80, 24), fixture::NOW);
    let mut terminal = Terminal::new(glass.clone()).unwrap();
    let ending = tokio::spawn(async move { run(&mut terminal, model, outside).await });
    Running {
        glass,
        keys,
        signals,
        stops,
        ending,
    }
}

impl Running {
    fn key(&self, letter: char) {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        self.keys.send(Ok(Event::Key(key))).unwrap();
    }

    async fn ends(self) -> Ending {
        timeout(PATIENCE, self.ending).await.unwrap().unwrap()
    }
}

/// The daemon's side of one connection.
struct Peer {
    calls: BoxStream<'static, ClientMessage>,
    writer: OwnedWriteHalf,
    subscription: u64,
    since: Option<u64>,
}

struct Home {
    _folder: tempfile::TempDir,
    socket: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            socket: folder.path().join("omsd.sock"),
            _folder: folder,
        }
    }
}

/// Takes the next connection, hello and subscription included.
async fn accept(listener: &UnixListener) -> Peer {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    server::accept_hello(&mut stream, Versions::OURS)
        .await
        .unwrap();
    let (reader, writer) = stream.into_split();
    let frames = frame::read_requests(reader);
    let calls = frames.map(|bytes| ClientMessage::read(&bytes.unwrap()).unwrap());
    let mut peer = Peer {
        calls: calls.boxed(),
        writer,
        subscription: 0,
        since: None,
    };
    loop {
        let (id, request) = peer.call().await;
        if let Request::Subscribe(subscribe) = request {
            peer.answer(id, Response::Subscribed(Subscribed {})).await;
            peer.subscription = id;
            peer.since = subscribe.since;
            return peer;
        }
    }
}

impl Peer {
    async fn call(&mut self) -> (u64, Request) {
        loop {
            let message = timeout(PATIENCE, self.calls.next()).await.unwrap();
            if let ClientMessage::Call { id, request } = message.unwrap() {
                return (id, request);
            }
        }
    }

    async fn send(&mut self, message: &ServerMessage) {
        let bytes = codec::encode(message).unwrap();
        let mut frames = frame::write_answers(&mut self.writer);
        frames.send(bytes.as_slice()).await.unwrap();
    }

    async fn answer(&mut self, id: u64, response: Response) {
        let result = Ok(response);
        self.send(&ServerMessage::Answer { id, result }).await;
    }

    async fn item(&mut self, item: StreamItem) {
        let id = self.subscription;
        self.send(&ServerMessage::Stream { id, item }).await;
    }

    async fn snapshot(&mut self, seq: u64, entries: &[(u64, Status)]) {
        self.item(StreamItem::Snapshot(Snapshot {
            seq,
            accounts: vec![fixture::account("alpha")],
            entries: entries
                .iter()
                .map(|(id, status)| fixture::entry(*id, *status))
                .collect(),
            last: true,
        }))
        .await;
    }

    async fn event(&mut self, seq: u64, entry: u64, status: Status) {
        self.item(StreamItem::Event(StreamEvent {
            event: fixture::event(seq, EventKind::AttemptReady, "ready"),
            change: Some(Change::Entry(Box::new(fixture::entry(entry, status)))),
        }))
        .await;
    }
}

#[tokio::test]
async fn connects_shows_what_happens_and_quits() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    board.glass.shows("connecting to").await;
    let mut peer = accept(&listener).await;
    board.glass.shows("loading").await;
    peer.snapshot(5, &[(1, Status::Boot), (2, Status::Run)])
        .await;
    board.glass.shows("BOOT 1").await;
    peer.event(6, 1, Status::Run).await;
    board.glass.shows("RUN 2").await;
    board.key('3');
    board.glass.shows("oms-web-1").await;
    assert!(!board.glass.text().contains("PRIVATE KEY"));
    board.key('q');
    assert_eq!(board.ends().await, Ending::Asked);
}

#[tokio::test]
async fn questions_of_the_dashboard_are_answered_beside_the_stream() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let mut peer = accept(&listener).await;
    peer.snapshot(5, &[(1, Status::Boot)]).await;
    board.glass.shows("BOOT 1").await;
    board.key('2');
    board.key('d');
    loop {
        let (id, request) = peer.call().await;
        let response = match request {
            Request::StatusShow(StatusShow {}) => Response::Status(fixture::status()),
            Request::EventList(_) => Response::Events(EventPage {
                events: vec![fixture::event(4, EventKind::Blocked, "no")],
                reached: None,
            }),
            Request::EntryExplain(_) => {
                let explanation = fixture::explanation(fixture::entry(1, Status::Boot));
                let explained = Response::Explanation(Box::new(explanation));
                peer.answer(id, explained).await;
                break;
            }
            other => panic!("unexpected {other:?}"),
        };
        peer.answer(id, response).await;
    }
    board
        .glass
        .shows("no_capacity: build server, HTTP 500")
        .await;
    board.glass.shows("accounts 1/1 ready").await;
    board.key('5');
    board.glass.shows("blocked").await;
}

#[tokio::test]
async fn a_daemon_that_goes_away_is_waited_for_and_goes_on_where_it_was() {
    let home = Home::new();
    let board = start(&home.socket);
    board.glass.shows("try 1 failed: cannot reach omsd").await;
    let listener = UnixListener::bind(&home.socket).unwrap();
    let mut peer = accept(&listener).await;
    assert_eq!(peer.since, None);
    peer.snapshot(5, &[(1, Status::Run)]).await;
    board.glass.shows("RUN 1").await;

    drop(peer);
    drop(listener);
    std::fs::remove_file(&home.socket).unwrap();
    board.glass.shows("stale 0 s, reconnecting").await;
    board.key('3');
    board.glass.shows("oms-web-1").await;

    let listener = UnixListener::bind(&home.socket).unwrap();
    let mut peer = accept(&listener).await;
    assert_eq!(
        peer.since,
        Some(5),
        "it goes on after the last event it knows"
    );
    board.glass.shows("live").await;
    peer.event(6, 2, Status::Run).await;
    board.glass.shows("oms-web-2").await;
}

#[tokio::test]
async fn refresh_drops_the_connection_and_reads_everything_again() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let mut peer = accept(&listener).await;
    peer.snapshot(5, &[(1, Status::Run)]).await;
    board.glass.shows("RUN 1").await;
    let refresh = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
    board.keys.send(Ok(Event::Key(refresh))).unwrap();
    let mut peer = accept(&listener).await;
    assert_eq!(peer.since, None);
    peer.snapshot(9, &[(1, Status::Run), (2, Status::Failed)])
        .await;
    board.glass.shows("FAILED 1").await;
}

#[tokio::test]
async fn something_else_on_the_socket_is_reported_and_not_fatal() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let (mut stranger, _) = listener.accept().await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stranger, b"SSH-2.0-OpenSSH_9.2 and more\r\n")
        .await
        .unwrap();
    board.glass.shows("try 1 failed").await;
    board.glass.shows("not omsd").await;
    let mut peer = accept(&listener).await;
    peer.snapshot(1, &[]).await;
    board.glass.shows("Nothing under way").await;
}

#[tokio::test]
async fn a_burst_of_events_costs_few_pictures() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let mut peer = accept(&listener).await;
    peer.snapshot(0, &[(1, Status::Run)]).await;
    board.glass.shows("RUN 1").await;
    let before = board.glass.pictures();
    let begun = std::time::Instant::now();
    for seq in 1..=2_000 {
        peer.event(seq, seq, Status::Run).await;
    }
    board.glass.shows("RUN 2000").await;
    let frames = begun.elapsed().as_millis() / FRAME.as_millis();
    let pictures = board.glass.pictures() - before;
    assert!(
        u128::try_from(pictures).unwrap() <= frames + 2,
        "{pictures} pictures in {frames} frames"
    );
}

#[tokio::test]
async fn an_idle_dashboard_draws_nothing() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let mut peer = accept(&listener).await;
    peer.snapshot(0, &[]).await;
    board.glass.shows("Nothing under way").await;
    // The client feels the daemon's pulse from time to time.
    let answering = async move {
        while let Some(message) = peer.calls.next().await {
            if let ClientMessage::Call { id, .. } = message {
                peer.answer(id, Response::DONE).await;
            }
        }
    };
    let answering = tokio::spawn(answering);
    // From here on the clock leaps to the next timer whenever nobody has anything to do.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let before = board.glass.pictures();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(board.glass.pictures(), before, "{}", board.glass.text());
    assert!(
        board.glass.text().contains("live"),
        "{}",
        board.glass.text()
    );
    answering.abort();
}

#[tokio::test]
async fn signals_end_stop_and_go_on() {
    let home = Home::new();
    let board = start(&home.socket);
    board.glass.shows("connecting to").await;
    let before = board.glass.pictures();
    board.signals.send(Signal::Stop).unwrap();
    board.signals.send(Signal::GoOn).unwrap();
    let mut drawn = board.glass.drawn.subscribe();
    let repainted = drawn.wait_for(|pictures| *pictures > before);
    drop(timeout(PATIENCE, repainted).await.unwrap().unwrap());
    board.glass.shows("connecting to").await;
    assert_eq!(board.stops.load(Ordering::Relaxed), 1);
    board.signals.send(Signal::End(15)).unwrap();
    assert_eq!(board.ends().await, Ending::Signal(15));
}

#[tokio::test]
async fn a_terminal_that_vanishes_ends_the_dashboard() {
    let home = Home::new();
    let board = start(&home.socket);
    let gone = io::Error::other("hung up");
    board.keys.send(Err(gone)).unwrap();
    assert_eq!(board.ends().await, Ending::NoTerminal("hung up".to_owned()));
}

#[tokio::test]
async fn the_terminal_comes_back_from_other_hands() {
    let home = Home::new();
    let listener = UnixListener::bind(&home.socket).unwrap();
    let board = start(&home.socket);
    let mut peer = accept(&listener).await;
    peer.snapshot(5, &[(1, Status::Run)]).await;
    board.glass.shows("RUN 1").await;
    board.key('3');
    board.glass.shows("oms-web-1").await;
    board.key('s');
    board.glass.shows("omsctl: exit status: 1").await;
    peer.event(6, 2, Status::Run).await;
    board.glass.shows("RUN 2").await;
}
