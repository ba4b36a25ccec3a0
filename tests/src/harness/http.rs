//! REST as any script speaks it: one connection for each request, and the answer as it came.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long an answer may take. Longer than any wait that is asked for.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where the REST interface is, and with which token to ask.
#[derive(Debug, Clone)]
pub struct Rest {
    address: SocketAddr,
    token: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Rest {
    /// Asks with a token, or without.
    pub const fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self { address, token }
    }

    /// The same door without credentials.
    #[must_use]
    pub const fn anonymous(&self) -> Self {
        Self::new(self.address, None)
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET`
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// `POST`, with JSON or with no body at all.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, path: &str, json: Option<&str>) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, json).await
    }

    /// `DELETE`
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        json: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let asked = format!("{method} http://{}{path}", self.address);
        let exchange = self.exchange(method, path, json, None);
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("{asked}: no answer within {} s", PATIENCE.as_secs()))?
            .with_context(|| asked)
    }

    /// Posts with one more header.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post_with(
        &self,
        header: (&str, &str),
        path: &str,
        json: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let exchange = self.exchange(Method::POST, path, json, Some(header));
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("POST {path}: no answer within {} s", PATIENCE.as_secs()))?
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        json: Option<&str>,
        extra: Option<(&str, &str)>,
    ) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its errors reach the request.
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some((name, value)) = extra {
            request = request.header(name, value);
        }
        if json.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(json.unwrap_or_default().to_owned()));
        let (parts, body) = sender.send_request(request.body(body)?).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.into())?,
        })
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_str(&self.text)
            .with_context(|| format!("{} with a body that is no JSON: {}", self.status, self.text))
    }
}
