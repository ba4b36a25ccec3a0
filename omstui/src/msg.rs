//! Everything that can happen to the dashboard, in one ordered queue.

use crossterm::event::{KeyEvent, MouseEvent};
use oms_proto::view::StatusView;
use oms_proto::{Response, StreamItem};

use crate::call::CallError;
use crate::effect::Ticket;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was clicked, or its wheel turned.
    Mouse(MouseEvent),
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
    /// How the daemon stands, where that has changed.
    Status(Box<StatusView>),
    /// The connection is gone, or could not be made. It is being tried again.
    Lost {
        /// Why.
        error: String,
    },
    /// What came of a request.
    Answer {
        /// The request's.
        ticket: Ticket,
        /// The answer, or why there is none.
        result: Result<Response, CallError>,
    },
    /// The program that had the terminal has ended, or could not be started.
    Returned(Result<(), String>),
}
