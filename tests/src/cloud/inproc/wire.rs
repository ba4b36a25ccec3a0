//! One request to a simulated cloud and what the real client would make of what comes back: no
//! connection, silence, a cut, a spoiled answer, a deadline.

use std::time::Duration;

use oms_proto::Time;
use omsd_domain::ground::failure::FailureClass;

use crate::cloud::faults::Garbage;
use crate::cloud::sim::SimCloud;
use omsd::ports::{CloudError, CloudResult};

use super::classify;
use super::tripwire::{Moment, Tripwire};
use crate::cloud::call::{CallKind, Reply, Request};
use crate::cloud::flight::{Carried, InFlight};
use crate::cloud::model::{Answer, Ending};

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
    wire: &Tripwire,
) -> CloudResult<Received> {
    let kind = request.call.kind();
    let lost = |class, words, maybe_done| Err(classify::broken(kind, class, words, maybe_done));
    let whole = async {
        let carried = InFlight::new(cloud, request).carry().await;
        wire.pass(kind, Moment::BeforeAnswer).await;
        match carried {
            Carried::Refused => lost(FailureClass::Unreachable, "connection refused", false),
            Carried::TlsBroken => lost(FailureClass::Tls, "the server does not speak TLS", false),
            Carried::Done(answer) => received(kind, answer).await,
        }
    };
    wire.pass(kind, Moment::BeforeSend).await;
    let outcome = match tokio::time::timeout(deadline, whole).await {
        Ok(outcome) => outcome,
        Err(_) => lost(FailureClass::Timeout, "no answer in time", true),
    };
    wire.pass(kind, Moment::AfterAnswer).await;
    outcome
}

async fn received(kind: CallKind, answer: Answer) -> CloudResult<Received> {
    match answer.ending {
        Ending::Answer(Ok(reply)) => Ok(Received {
            reply,
            date: answer.date,
        }),
        Ending::Answer(Err(refusal)) => Err(classify::refused(kind, &refusal, answer.request_id)),
        Ending::Spoiled(_, how) => Err(spoiled(kind, how, answer.request_id)),
        Ending::Reset => Err(classify::broken(
            kind,
            FailureClass::Timeout,
            "connection reset",
            true,
        )),
        Ending::Hang => std::future::pending().await,
    }
}

fn spoiled(kind: CallKind, how: Garbage, request_id: String) -> CloudError {
    let words = match how {
        Garbage::Html => "the answer is not JSON",
        Garbage::Truncated | Garbage::HalfBody => "the answer ends in the middle",
        Garbage::WrongTypes => "the answer has other types than promised",
        Garbage::Huge => "the answer is too long",
        Garbage::Empty => "the answer is empty",
    };
    classify::garbage(kind, words, Some(request_id))
}
