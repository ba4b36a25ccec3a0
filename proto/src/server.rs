//! The daemon's half of the hello. Frames follow through [`crate::frame`], messages through
//! [`crate::codec`].

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::version::{
    Agreed, HELLO_BYTES, HELLO_DEADLINE, HELLO_MAGIC, Hello, HelloError, MAGIC_BYTES, Refusal,
    Reply, Verdict, Versions,
};

/// Why a client was not accepted; the connection is to be closed.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The client went away, or reading or writing failed.
    #[error("the connection broke during the hello")]
    Io(#[from] io::Error),
    /// The client did not say hello in time.
    #[error("the client did not say hello within {} s", HELLO_DEADLINE.as_secs())]
    Timeout,
    /// The client speaks something else.
    #[error("the client does not speak the OMS protocol")]
    Hello(#[from] HelloError),
    /// No version is spoken by both; the client has been told.
    #[error("the client speaks protocol {theirs}, this omsd speaks {ours}")]
    NoCommonVersion {
        /// What the daemon speaks.
        ours: Versions,
        /// What the client speaks.
        theirs: Versions,
    },
}

/// Reads the client's hello and answers it as a daemon that speaks `ours`, within
/// [`HELLO_DEADLINE`]. Reads no byte beyond the hello, so the stream can go to [`crate::frame`]
/// afterwards.
///
/// # Errors
/// [`AcceptError`]; the connection is of no use then.
pub async fn accept_hello<S>(stream: &mut S, ours: Versions) -> Result<Agreed, AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = async {
        let hello = read_hello(stream).await?;
        let reply = Reply::to(hello, ours);
        stream.write_all(&reply.encode()).await?;
        match reply.verdict {
            Verdict::Accepted { version } => Ok(Agreed {
                version,
                capabilities: reply.capabilities.common(hello.capabilities),
            }),
            Verdict::Refused(_) => Err(AcceptError::NoCommonVersion {
                ours,
                theirs: hello.versions,
            }),
        }
    };
    timeout(HELLO_DEADLINE, exchange)
        .await
        .map_err(|_elapsed| AcceptError::Timeout)?
}

/// Reads the client's hello and turns the client away with a reason it can show.
///
/// # Errors
/// [`AcceptError`], where the client could not be told.
pub async fn refuse_hello<S>(
    stream: &mut S,
    refusal: Refusal,
    ours: Versions,
) -> Result<(), AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = async {
        read_hello(stream).await?;
        let reply = Reply::refuse(refusal, ours);
        stream.write_all(&reply.encode()).await?;
        Ok(())
    };
    timeout(HELLO_DEADLINE, exchange)
        .await
        .map_err(|_elapsed| AcceptError::Timeout)?
}

/// The magic is read by itself first, so that a peer of another protocol is found out even if its
/// first words are shorter than a hello.
async fn read_hello<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Hello, AcceptError> {
    let mut bytes = [0; HELLO_BYTES];
    let (magic, rest) = bytes.split_at_mut(MAGIC_BYTES);
    stream.read_exact(magic).await?;
    if *magic != HELLO_MAGIC {
        return Err(HelloError::NotOms.into());
    }
    stream.read_exact(rest).await?;
    Ok(Hello::decode(&bytes)?)
}
