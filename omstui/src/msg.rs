//! Everything that can happen to the dashboard, in one ordered queue.

use crossterm::event::KeyEvent;
use oms_proto::{EntryId, Response, StreamItem};

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The window has this many columns and rows now.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// Something on screen has grown older.
    Tick,
    /// The daemon answered the hello; a snapshot or events follow.
    Connected,
    /// An item of the subscription.
    Item(StreamItem),
    /// The connection is gone, or could not be made. It is being tried again.
    Lost {
        /// Why.
        error: String,
    },
    /// What came of an effect's question.
    Answer {
        /// The question.
        ask: Ask,
        /// The answer, or why there is none.
        result: Result<Response, String>,
    },
}

/// A question to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Its version and state.
    Status,
    /// The latest events, so that the events view does not start empty.
    Events,
    /// How an entry came to stand as it does.
    Explain(EntryId),
}
