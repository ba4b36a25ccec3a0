//! One request to a simulated cloud, with everything that can happen on the way: no connection,
//! silence, a cut, a spoiled answer, a deadline, a caller that goes away.

use std::time::Duration;

use oms_proto::Time;
use omsd::domain::failure::FailureClass;
use omsd::ports::{CloudError, CloudResult};

use super::classify;
use crate::cloud::call::{Reply, Request};
use crate::cloud::faults::Garbage;
use crate::cloud::model::{Admission, Ending, Gate};
use crate::cloud::sim::SimCloud;

/// A good answer.
pub(super) struct Received {
    pub(super) reply: Reply,
    pub(super) date: Time,
}

/// Sends one request and waits at most `deadline` for its answer.
pub(super) async fn exchange(
    cloud: &SimCloud,
    request: Request,
    deadline: Duration,
) -> CloudResult<Received> {
    let kind = request.call.kind();
    let in_flight = InFlight::new(cloud, request);
    // Too late is too late: what arrives at the deadline itself is not waited for.
    match tokio::time::timeout(deadline, in_flight.carry()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(classify::broken(
            kind,
            FailureClass::Timeout,
            "no answer in time",
            true,
        )),
    }
}

/// A request that was sent. If its caller goes away before the answer, the cloud may carry it out
/// all the same.
struct InFlight<'a> {
    cloud: &'a SimCloud,
    request: Request,
    admission: Admission,
    open: bool,
}

impl<'a> InFlight<'a> {
    fn new(cloud: &'a SimCloud, request: Request) -> Self {
        let admission = cloud.admit(&request);
        Self {
            cloud,
            request,
            open: admission.gate == Gate::Open,
            admission,
        }
    }

    async fn carry(mut self) -> CloudResult<Received> {
        let kind = self.request.call.kind();
        match self.admission.gate {
            Gate::Refused => {
                return Err(classify::broken(
                    kind,
                    FailureClass::Unreachable,
                    "connection refused",
                    false,
                ));
            }
            Gate::TlsBroken => {
                return Err(classify::broken(
                    kind,
                    FailureClass::Tls,
                    "the server does not speak TLS",
                    false,
                ));
            }
            Gate::Stalled => return std::future::pending().await,
            Gate::Open => {}
        }
        let worker = self.cloud.workers().acquire().await;
        tokio::time::sleep(self.admission.wait).await;
        self.open = false;
        let answer = self.cloud.act(&self.request, &self.admission);
        drop(worker);
        match answer.ending {
            Ending::Answer(Ok(reply)) => Ok(Received {
                reply,
                date: answer.date,
            }),
            Ending::Answer(Err(refusal)) => {
                Err(classify::refused(kind, &refusal, answer.request_id))
            }
            Ending::Spoiled(_, how) => Err(self.spoiled(how, answer.request_id)),
            Ending::Reset => Err(classify::broken(
                kind,
                FailureClass::Timeout,
                "connection reset",
                true,
            )),
            Ending::Hang => std::future::pending().await,
        }
    }

    fn spoiled(&self, how: Garbage, request_id: String) -> CloudError {
        let kind = self.request.call.kind();
        let words = match how {
            Garbage::HalfBody => {
                return classify::broken(
                    kind,
                    FailureClass::Timeout,
                    "the connection ended in the middle of the answer",
                    true,
                );
            }
            Garbage::Html => "the answer is not JSON",
            Garbage::Truncated => "the answer ends in the middle",
            Garbage::WrongTypes => "the answer has other types than promised",
            Garbage::Huge => "the answer is too long",
            Garbage::Empty => "the answer is empty",
        };
        classify::garbage(kind, words, Some(request_id))
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.open {
            self.cloud.abandon(&self.request, &self.admission);
        }
        self.cloud.left();
    }
}
