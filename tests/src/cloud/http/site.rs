//! One service of a simulated cloud, or all of them behind one address: from a request's bytes to
//! the answer's, for whatever carries them.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use super::address::Addresses;
use super::body::{Response, spoil};
use super::error::{gateway_page, refusal_of};
use super::render::{Frame, answer_of};
use super::route::{Routed, route};
use crate::cloud::call::Service;
use crate::cloud::flight::{Carried, InFlight};
use crate::cloud::inproc::tripwire::{Moment, Tripwire};
use crate::cloud::model::Ending;
use crate::cloud::sim::SimCloud;

/// Where requests of one address go.
pub(in crate::cloud) struct Site {
    pub(in crate::cloud) sim: SimCloud,
    /// The service that is there; all of them, each below its own path, if it is none.
    pub(in crate::cloud) mount: Option<Service>,
    pub(in crate::cloud) addresses: Arc<Addresses>,
}

/// What comes of a request.
pub(in crate::cloud) enum Outcome {
    /// An answer.
    Answer(Response),
    /// There is no connection.
    Refused,
    /// TLS does not come about.
    TlsBroken,
    /// The connection is cut before an answer.
    Cut,
}

impl Site {
    /// Takes a request and gives its answer, or nothing for ever where the cloud is to be silent.
    pub(in crate::cloud) async fn exchange(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
        wire: &Tripwire,
    ) -> Outcome {
        let newest = self.sim.microversion_max();
        let frame = Frame::new(&self.addresses, self.mount, newest, uri, headers);
        let Routed { asked, request } =
            match route(self.mount, frame.minor_max, method, uri, headers, body) {
                Ok(routed) => routed,
                Err(refusal) => {
                    let (request_id, date) = self.sim.stamp();
                    let response = refusal_of(&frame, &refusal);
                    return Outcome::Answer(response.stamped(&frame, &request_id, date));
                }
            };
        let kind = request.call.kind();
        wire.pass(kind, Moment::BeforeSend).await;
        let frame = &frame.within(self.sim.project_of(&request));
        let carried = InFlight::new(&self.sim, request).carry().await;
        wire.pass(kind, Moment::BeforeAnswer).await;
        let answer = match carried {
            Carried::Refused => return Outcome::Refused,
            Carried::TlsBroken => return Outcome::TlsBroken,
            Carried::Done(answer) => answer,
        };
        // No service stamps what it has not seen.
        let is_own = !matches!(answer.ending, Ending::Gateway(_));
        let response = match answer.ending {
            Ending::Answer(Ok(reply)) => answer_of(frame, &asked, &reply),
            Ending::Answer(Err(refusal)) => refusal_of(frame, &refusal),
            Ending::Spoiled(reply, how) => spoil(answer_of(frame, &asked, &reply), how),
            Ending::Gateway(status) => gateway_page(status),
            Ending::Reset => return Outcome::Cut,
            Ending::Hang => return std::future::pending().await,
        };
        wire.pass(kind, Moment::AfterAnswer).await;
        Outcome::Answer(if is_own {
            response.stamped(frame, &answer.request_id, answer.date)
        } else {
            response
        })
    }
}
