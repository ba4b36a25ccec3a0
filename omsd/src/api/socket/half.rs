//! A peer that begins a frame must go on with it. Without a deadline, half frames hold their memory,
//! and their connections, for as long as somebody likes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a frame may be on its way: a mebibyte over a socket of this machine.
const FRAME_MAX: Duration = Duration::from_secs(30);

/// A reader that fails when what was begun is not whole in time.
pub(super) struct Whole<R> {
    reader: R,
    /// Runs while something was begun.
    begun: Option<Pin<Box<Sleep>>>,
}

impl<R> Whole<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self {
            reader,
            begun: None,
        }
    }

    /// What was begun is whole; behind it the next may have begun.
    pub(super) fn is_whole(&mut self, next_has_begun: bool) {
        self.begun = next_has_begun.then(|| Box::pin(sleep(FRAME_MAX)));
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Whole<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reader).poll_read(cx, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before && self.begun.is_none() {
                self.begun = Some(Box::pin(sleep(FRAME_MAX)));
            }
            return read;
        }
        let Some(begun) = &mut self.begun else {
            return Poll::Pending;
        };
        ready!(begun.as_mut().poll(cx));
        let message = "the peer does not go on with its frame";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_must_go_on_and_silence_between_may_last() {
        let (mut peer, ours) = duplex(64);
        let mut reader = Whole::new(ours);
        let mut buffer = [0; 16];
        // A frame that comes bit by bit, and is whole before its time.
        for _ in 0..9 {
            peer.write_all(b"x").await.unwrap();
            assert_eq!(reader.read(&mut buffer).await.unwrap(), 1);
            sleep(FRAME_MAX / 10).await;
        }
        reader.is_whole(false);
        let day = Duration::from_secs(86_400);
        let silent = tokio::time::timeout(day, reader.read(&mut buffer)).await;
        assert!(silent.is_err(), "{silent:?}");
        // One that is not: what comes of it meanwhile gives it no more time.
        peer.write_all(b"x").await.unwrap();
        let begun = Instant::now();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 1);
        sleep(FRAME_MAX / 2).await;
        peer.write_all(b"x").await.unwrap();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 1);
        let error = reader.read(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), FRAME_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_may_have_begun_with_the_last() {
        let (_peer, ours) = duplex(64);
        let mut reader = Whole::new(ours);
        reader.is_whole(true);
        let error = reader.read(&mut [0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
