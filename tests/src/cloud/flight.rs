//! A request on its way through a simulated cloud: the queue for a worker, the latency, and what
//! becomes of it when its caller goes away first.

use super::call::Request;
use super::model::{Admission, Answer, Gate};
use super::sim::SimCloud;

/// What came of a request.
#[derive(Debug)]
pub(super) enum Carried {
    /// It never got there.
    Refused,
    /// Nor did this one.
    TlsBroken,
    /// It got there, and this comes back.
    Done(Answer),
}

/// A request that was sent. Dropping it is the caller going away: the cloud may carry it out all
/// the same.
pub(super) struct InFlight {
    cloud: SimCloud,
    request: Request,
    admission: Admission,
    open: bool,
}

impl InFlight {
    pub(super) fn new(cloud: &SimCloud, request: Request) -> Self {
        let admission = cloud.admit(&request);
        Self {
            cloud: cloud.clone(),
            request,
            open: admission.gate == Gate::Open,
            admission,
        }
    }

    /// Waits for the answer; for ever, if there is none.
    pub(super) async fn carry(mut self) -> Carried {
        match self.admission.gate {
            Gate::Refused => return Carried::Refused,
            Gate::TlsBroken => return Carried::TlsBroken,
            Gate::Stalled => return std::future::pending().await,
            Gate::Open => {}
        }
        let worker = self.cloud.workers().acquire().await;
        let mut left = self.admission.work;
        while !left.is_zero() {
            let (wait, rest) = self.cloud.slice(left);
            tokio::time::sleep(wait).await;
            left = rest;
        }
        tokio::time::sleep(self.admission.wait).await;
        self.open = false;
        let answer = self.cloud.act(&self.request, &self.admission);
        drop(worker);
        Carried::Done(answer)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.open {
            self.cloud.abandon(&self.request, &self.admission);
        }
        self.cloud.left();
    }
}
