//! Opening the socket and the client's half of the hello.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::error::{ClientError, ProtocolError};
use super::trust::stranger;
use crate::error::{ErrorCode, WireError};
use crate::version::{
    Agreed, Capabilities, Hello, HelloError, MAGIC_BYTES, REPLY_BYTES, REPLY_MAGIC, Refusal, Reply,
    Verdict, Versions,
};

/// Connects and agrees on a version. The caller sets the deadline.
pub(super) async fn connect(socket: &Path) -> Result<(UnixStream, Agreed), ClientError> {
    let mut stream = UnixStream::connect(socket)
        .await
        .map_err(|error| unconnected(socket, error))?;
    match stranger(socket, &stream) {
        Ok(None) => {}
        Ok(Some(uid)) => {
            let socket = socket.to_owned();
            return Err(ClientError::Stranger { socket, uid });
        }
        Err(error) => return Err(unconnected(socket, error)),
    }
    let reply = exchange(&mut stream).await.map_err(|error| match error {
        Broken::Io => ClientError::Closed,
        Broken::Hello(HelloError::NotOms) => ClientError::NotOms {
            socket: socket.to_owned(),
        },
        Broken::Hello(HelloError::Malformed) => ProtocolError::Hello.into(),
    })?;
    match reply.verdict {
        Verdict::Accepted { version } if Versions::OURS.contains(version) => {
            let capabilities = reply.capabilities.common(Capabilities::OURS);
            let agreed = Agreed {
                version,
                capabilities,
            };
            Ok((stream, agreed))
        }
        Verdict::Accepted { .. } => Err(ProtocolError::Hello.into()),
        Verdict::Refused(refusal) => Err(refused(socket, refusal, reply.versions)),
    }
}

enum Broken {
    Io,
    Hello(HelloError),
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// The magic is read by itself first, so that another protocol's short answer is found out at
/// once and not at the deadline.
async fn exchange(stream: &mut UnixStream) -> Result<Reply, Broken> {
    stream.write_all(&Hello::OURS.encode()).await?;
    let mut bytes = [0; REPLY_BYTES];
    let (magic, rest) = bytes.split_at_mut(MAGIC_BYTES);
    stream.read_exact(magic).await?;
    if *magic != REPLY_MAGIC {
        return Err(Broken::Hello(HelloError::NotOms));
    }
    stream.read_exact(rest).await?;
    Reply::decode(&bytes).map_err(Broken::Hello)
}

fn unconnected(socket: &Path, error: io::Error) -> ClientError {
    let socket = socket.to_owned();
    if error.kind() == io::ErrorKind::PermissionDenied {
        ClientError::NotPermitted { socket }
    } else {
        ClientError::Unreachable {
            socket,
            source: Arc::new(error),
        }
    }
}

fn refused(socket: &Path, refusal: Refusal, theirs: Versions) -> ClientError {
    let unavailable =
        |detail: &str| ClientError::Refused(WireError::new(ErrorCode::Unavailable, detail));
    match refusal {
        Refusal::NoCommonVersion => ClientError::VersionMismatch {
            ours: Versions::OURS,
            theirs,
        },
        Refusal::NotPermitted => ClientError::NotPermitted {
            socket: socket.to_owned(),
        },
        Refusal::Busy => unavailable("omsd has no room for more connections; try again later"),
        Refusal::Stopping => unavailable("omsd is starting or stopping; try again in a moment"),
        Refusal::Unknown(code) => ClientError::Refused(WireError::new(
            ErrorCode::Unavailable,
            format!(
                "omsd refused the connection with reason {code}, which this program does not know; upgrade it"
            ),
        )),
    }
}
