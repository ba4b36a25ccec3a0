//! The seam at the wire: the bytes of a request go out, the bytes of an answer come in. Everything
//! above judges what comes; what is below only carries it: connections here, and in the suites a
//! simulated cloud in the same process.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::HeaderMap;
use http::{Method, StatusCode};
use reqwest::Url;

use super::proxy::Between;
pub use super::transport::Broken;
use super::transport::{explain, place_of};

/// A request, complete. Its headers and its body have secrets, so it has no `Debug`.
#[derive(Clone)]
pub struct Outgoing {
    /// HTTP method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers, but for those of the connection.
    pub headers: HeaderMap,
    /// What it carries.
    pub body: Option<Bytes>,
}

/// An answer, its body still to be read.
pub struct Arrived {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Box<dyn Chunks>,
}

/// A body as it comes.
pub trait Chunks: Send {
    /// The next bytes, unpacked; none at the end.
    ///
    /// # Errors
    /// [`Broken`] if it ends before its end.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Broken>>;
}

/// The connection that a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// One that is open already, if there is one. The other side may be closing it just now.
    Any,
    /// A new one.
    Fresh,
}

/// What carries requests to clouds.
pub trait Carrier: Send + Sync {
    /// Carries one request there and the head of its answer back. Dropping the future abandons the
    /// request, which may arrive all the same.
    ///
    /// # Errors
    /// [`Broken`] where no answer came.
    fn carry(&self, request: Outgoing, via: Via) -> BoxFuture<'_, Result<Arrived, Broken>>;
}

/// Connections over TCP and TLS.
pub(super) struct Connections {
    /// Keeps connections for the next request.
    pub(super) keeping: reqwest::Client,
    /// Keeps none.
    pub(super) fresh: reqwest::Client,
    /// What stands on their way.
    pub(super) between: Between,
}

impl Carrier for Connections {
    fn carry(&self, request: Outgoing, via: Via) -> BoxFuture<'_, Result<Arrived, Broken>> {
        Box::pin(async move {
            let client = match via {
                Via::Any => &self.keeping,
                Via::Fresh => &self.fresh,
            };
            let host = place_of(&request.url);
            let between = self.between.on_the_way_to(&request.url).map(str::to_owned);
            let mut asked = client
                .request(request.method, request.url)
                .headers(request.headers);
            if let Some(body) = request.body {
                asked = asked.body(body);
            }
            let mut response = asked.send().await.map_err(|error| {
                let broken = explain(&error, &host);
                match &between {
                    Some(between) if !broken.sent => broken.behind(between),
                    _ => broken,
                }
            })?;
            Ok(Arrived {
                status: response.status(),
                headers: std::mem::take(response.headers_mut()),
                body: Box::new(Incoming { response, host }),
            })
        })
    }
}

/// The body of an answer that comes over a connection. reqwest unpacks gzip as it is read, a few
/// kilobytes at a time, so that a bound holds for what a small body grows into.
struct Incoming {
    response: reqwest::Response,
    host: String,
}

impl Chunks for Incoming {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Broken>> {
        Box::pin(async move {
            let chunk = self.response.chunk().await;
            chunk.map_err(|error| explain(&error, &self.host))
        })
    }
}
