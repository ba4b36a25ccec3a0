//! One connection: HTTP/1.1 by hyper, with the ways in which a connection can end badly.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::body::Response;
use super::site::{Outcome, Site};
use crate::cloud::inproc::tripwire::Tripwire;

/// Longest request body; Nova's own bound is of this order.
const BODY_MAX: usize = 1 << 20;

/// A stream that can be cut off.
pub(super) trait Cut {
    /// Makes the close that follows a reset.
    fn cut(&self);
}

impl Cut for TcpStream {
    fn cut(&self) {
        // A socket that is gone already needs no reset.
        drop(self.set_zero_linger());
    }
}

impl Cut for tokio_rustls::server::TlsStream<TcpStream> {
    fn cut(&self) {
        self.get_ref().0.cut();
    }
}

/// What one connection needs to know.
pub(super) struct Connection {
    pub(super) site: Site,
    /// Of a connection of its own nobody plans to stop anything.
    pub(super) wire: Tripwire,
}

impl Connection {
    pub(super) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Cut + Unpin + Send + 'static,
    {
        let this = Arc::new(self);
        let cut = Arc::new(Notify::new());
        let service = {
            let cut = Arc::clone(&cut);
            service_fn(move |request| {
                let (this, cut) = (Arc::clone(&this), Arc::clone(&cut));
                async move { Ok::<_, Infallible>(this.answer(request, &cut).await.into_http()) }
            })
        };
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // How a client leaves is its own affair.
            _ = &mut connection => {}
            () = cut.notified() => connection.into_parts().io.inner().cut(),
        }
    }

    /// Answers one request; never, if the connection is to be cut or to fall silent.
    async fn answer(&self, request: http::Request<Incoming>, cut: &Notify) -> Response {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, BODY_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Response::text(413, "Request Entity Too Large"),
        };
        let (method, uri, headers) = (&parts.method, &parts.uri, &parts.headers);
        let outcome = self.site.exchange(method, uri, headers, &body, &self.wire);
        match outcome.await {
            Outcome::Answer(response) => response,
            Outcome::Refused | Outcome::TlsBroken | Outcome::Cut => cut_off(cut).await,
        }
    }
}

/// Ends the connection with a reset.
async fn cut_off(cut: &Notify) -> Response {
    cut.notify_one();
    std::future::pending().await
}
