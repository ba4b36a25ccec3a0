//! Words for refusals that come from below the router: what is no HTTP is answered by hyper itself,
//! with a status and nothing else, where all other refusals say what is wrong.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::answer::Refusal;

/// A connection on which refusals without a body get one.
pub(super) struct Worded<C> {
    connection: C,
    /// The refusal that is written in the place of a bare one.
    refusal: Option<UnderWay>,
}

/// A refusal that is being written.
struct UnderWay {
    bytes: Vec<u8>,
    /// So much of it is out.
    out: usize,
    /// How long the bare one was.
    stands_for: usize,
}

impl<C> Worded<C> {
    pub(super) const fn new(connection: C) -> Self {
        Self {
            connection,
            refusal: None,
        }
    }

    /// The connection itself.
    pub(super) fn into_inner(self) -> C {
        self.connection
    }
}

/// What is to be written in the place of a head, where that is a bare refusal. The router has no
/// refusals without a body.
fn in_words(head: &[u8]) -> Option<Vec<u8>> {
    const EMPTY: &str = "content-length: 0\r\n";
    let head = head.strip_suffix(b"\r\n\r\n")?;
    let head = format!("{}\r\n", std::str::from_utf8(head).ok()?);
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (status, code, detail) = match status {
        400 => (
            StatusCode::BAD_REQUEST,
            "invalid",
            "this is no request in HTTP/1.1 (RFC 9112)",
        ),
        414 => (
            StatusCode::URI_TOO_LONG,
            "uri_too_long",
            "the address is longer than omsd reads",
        ),
        431 => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "head_too_large",
            "the request's head is larger than omsd reads; send fewer or shorter header fields",
        ),
        _ => return None,
    };
    let body = Refusal::http(status, code, detail).body();
    let (before, after) = head.split_once(EMPTY)?;
    let length = body.len();
    let mut bytes = format!(
        "{before}content-type: application/json\r\ncontent-length: {length}\r\n{after}\r\n"
    )
    .into_bytes();
    bytes.extend(body);
    Some(bytes)
}

impl<C: AsyncRead + Unpin> AsyncRead for Worded<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(cx, buffer)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Worded<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() {
            this.refusal = in_words(bytes).map(|words| UnderWay {
                bytes: words,
                out: 0,
                stands_for: bytes.len(),
            });
        }
        let Some(refusal) = &mut this.refusal else {
            return Pin::new(&mut this.connection).poll_write(cx, bytes);
        };
        while let Some(rest) = refusal.bytes.get(refusal.out..)
            && !rest.is_empty()
        {
            match Pin::new(&mut this.connection).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Ok(0)),
                Poll::Ready(Ok(written)) => refusal.out += written,
                other => return other,
            }
        }
        let stands_for = refusal.stands_for;
        this.refusal = None;
        Poll::Ready(Ok(stands_for))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }

    /// A refusal without a body is one buffer.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = buffers.iter().filter(|buffer| !buffer.is_empty());
        match (filled.next(), filled.next()) {
            (Some(only), None) => self.poll_write(cx, only),
            _ => Pin::new(&mut self.connection).poll_write_vectored(cx, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
