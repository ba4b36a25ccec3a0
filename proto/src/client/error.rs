//! What can go wrong between a client and the daemon, in words that say what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::codec::CodecError;
use crate::error::WireError;
use crate::version::Versions;

/// Why a connection could not be made, or a call got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens at the socket.
    #[error(
        "cannot reach omsd at {}; is it running? Try `systemctl status omsd`, or name another \
         socket with --socket or OMS_SOCKET",
        socket.display()
    )]
    Unreachable {
        /// Where the daemon was looked for.
        socket: PathBuf,
        /// What the system said; shared because one failure may concern many calls.
        source: Arc<io::Error>,
    },
    /// The user may not use the socket.
    #[error(
        "not permitted to use {}; become a member of the group oms (`adduser USER oms`, then log \
         in anew), or use sudo; `omsctl doctor` tells whose it is",
        socket.display()
    )]
    NotPermitted {
        /// The socket.
        socket: PathBuf,
    },
    /// Something listens at the socket, but it is not omsd.
    #[error(
        "what listens at {} is not omsd; name omsd's socket with --socket or OMS_SOCKET",
        socket.display()
    )]
    NotOms {
        /// The socket.
        socket: PathBuf,
    },
    /// Who listens at the socket is nobody to tell a secret.
    #[error(
        "what listens at {} runs as user {uid}, which is neither you nor root, in a folder where others \
         than root may have put it; nothing was told to it. Run omsd as yourself or as root, or give it \
         a folder of its own below one where root alone may write, as /run/oms is",
        socket.display()
    )]
    Stranger {
        /// The socket.
        socket: PathBuf,
        /// As whom it runs.
        uid: u32,
    },
    /// No protocol version is spoken by both.
    #[error("this program speaks protocol {ours}, omsd speaks {theirs}; upgrade {}", older(*ours, *theirs))]
    VersionMismatch {
        /// What this program speaks.
        ours: Versions,
        /// What the daemon speaks.
        theirs: Versions,
    },
    /// The daemon understood and said no.
    #[error("{0}")]
    Refused(WireError),
    /// The connection ended before the answer came.
    #[error("omsd closed the connection; it may be restarting, try again")]
    Closed,
    /// The daemon broke the protocol. The calls concerned fail; if the frame cannot be tied to a
    /// call, the connection ends.
    #[error("omsd and this program do not understand each other; upgrade the older of the two")]
    Protocol(#[source] ProtocolError),
    /// No answer in time.
    #[error("omsd did not answer in time; it may be overloaded, see `journalctl -u omsd`")]
    Timeout,
}

/// How the daemon broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A frame is longer than allowed.
    #[error(
        "a frame is longer than {} bytes",
        crate::frame::ANSWER_FRAME_MAX_BYTES
    )]
    FrameTooLong,
    /// A hello is malformed.
    #[error("the hello is malformed")]
    Hello,
    /// A message cannot be read.
    #[error("a message cannot be read")]
    Unreadable(#[source] CodecError),
    /// A message for a call that was never made.
    #[error("a message for call {id}, which was never made")]
    UnknownCall {
        /// The id that it carries.
        id: u64,
    },
    /// A message that does not fit its call, such as a stream item for a plain request.
    #[error("a message that does not fit call {id}")]
    Misfit {
        /// The call's id.
        id: u64,
    },
    /// A page of a list that does not follow the one before.
    #[error("a page of a list repeats the one before")]
    Repeated,
}

impl From<ProtocolError> for ClientError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

fn older(ours: Versions, theirs: Versions) -> &'static str {
    if ours.newest() < theirs.oldest() {
        "this program (omsctl, omstui)"
    } else {
        "omsd"
    }
}
