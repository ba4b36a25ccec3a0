//! Carries the requests of the daemon's own client to simulated clouds in the same process.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Uri;
use http_body_util::BodyExt as _;
use omsd::openstack::carrier::{Arrived, Broken, Carrier, Chunks, Outgoing, Via};
use omsd::ports::Lack;
use omsd_domain::ground::failure::FailureClass;

use super::SimClouds;
use crate::cloud::http::{Outcome, Payload};

impl Carrier for SimClouds {
    fn carry(&self, request: Outgoing, via: Via) -> BoxFuture<'_, Result<Arrived, Broken>> {
        Box::pin(self.carried(request, via))
    }
}

impl SimClouds {
    async fn carried(&self, request: Outgoing, via: Via) -> Result<Arrived, Broken> {
        if self.lack.load(Ordering::Relaxed) {
            return Err(Broken {
                lack: Some(Lack::Files),
                ..Broken::unsent(FailureClass::Unreachable, "too many open files")
            });
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let port = request.url.port_or_known_default().unwrap_or_default();
        if via == Via::Any && self.kept.is_stale(&host, port) {
            return Err(Broken::closed("connection reset"));
        }
        let Some(site) = self.sites.get(&(host.clone(), port)) else {
            let words = "the name does not resolve";
            return Err(Broken {
                unnamed: true,
                ..Broken::unsent(FailureClass::Unreachable, words)
            });
        };
        let uri = request.url.as_str().parse::<Uri>().unwrap_or_default();
        let body = request.body.unwrap_or_default();
        let outcome = site
            .exchange(&request.method, &uri, &request.headers, &body, &self.wire)
            .await;
        match outcome {
            Outcome::Answer(response) => {
                if via == Via::Any {
                    self.kept.keep(host, port);
                }
                let (head, body) = response.into_http().into_parts();
                Ok(Arrived {
                    status: head.status,
                    headers: head.headers,
                    body: Box::new(Incoming(body)),
                })
            }
            Outcome::Refused => Err(Broken::unsent(
                FailureClass::Unreachable,
                "connection refused",
            )),
            Outcome::TlsBroken => Err(Broken::unsent(
                FailureClass::Tls,
                "the server does not speak TLS",
            )),
            Outcome::Cut => Err(Broken::closed("connection reset")),
        }
    }
}

/// The body of an answer.
struct Incoming(Payload);

impl Chunks for Incoming {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Broken>> {
        Box::pin(async move {
            loop {
                match self.0.frame().await.transpose() {
                    Ok(None) => return Ok(None),
                    Ok(Some(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Ok(Some(data));
                        }
                    }
                    Err(error) => {
                        let words = format!("the answer broke off: {error}");
                        return Err(Broken::sent(FailureClass::Garbage, words));
                    }
                }
            }
        })
    }
}
