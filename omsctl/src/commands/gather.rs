//! Waiting for several entries at once, each of which is told of as it gets there.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use oms_proto::EntryId;
use oms_proto::request::EntryWait;
use oms_proto::view::EntryView;
use tokio::time::{Instant, sleep};

use super::Context;
use super::wait::{self, Deadline, PAUSE, Progress, Return, WAIT_CHUNK, Waited};
use crate::daemon::{self, Daemon};
use crate::exit::Failure;

/// How many are waited for at once; the daemon takes some more calls of one connection.
const AT_ONCE: usize = 32;

/// How long these have before others have their turn, where there are more.
const TURN: Duration = Duration::from_secs(2);

/// What came of an entry.
pub(super) type Outcome = (EntryId, Result<Waited, Failure>);

/// Waits until all are settled; tells what came of each, in the order of `ids`.
pub(super) async fn all(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    ids: &[EntryId],
    clock: &Deadline,
) -> Result<Vec<Outcome>, Failure> {
    let mut progress = Progress::new(context, &format!("{} entries", ids.len()));
    let mut open: VecDeque<EntryId> = ids.iter().copied().collect();
    let mut done: BTreeMap<EntryId, Result<Waited, Failure>> = BTreeMap::new();
    let mut stood: BTreeMap<EntryId, EntryView> = BTreeMap::new();
    while !open.is_empty() {
        let turn = if open.len() > AT_ONCE {
            TURN
        } else {
            WAIT_CHUNK
        };
        let asked = Instant::now();
        let these: Vec<EntryId> = open.drain(..AT_ONCE.min(open.len())).collect();
        let mut waits = waits(daemon, &these, clock.left().min(turn));
        let mut gone = None;
        loop {
            let answered = tokio::select! {
                answered = waits.next() => answered,
                _ = tokio::signal::ctrl_c() => return Ok(interrupted(ids)),
            };
            match answered {
                None => break,
                Some((id, Ok(entry))) if entry.status.is_settled() => {
                    done.insert(id, Ok(Waited::Settled(entry.clone())));
                    let told = told(&entry, done.len(), ids.len());
                    progress.told(context.io, &told);
                }
                Some((id, Ok(entry))) => {
                    stood.insert(id, entry);
                    open.push_back(id);
                }
                Some((id, Err(error))) if daemon::is_passing(&error) => {
                    gone = Some(error);
                    open.push_back(id);
                }
                Some((id, Err(error))) => {
                    done.insert(id, Err(error.into()));
                }
            }
        }
        drop(waits);
        if let Some(error) = gone {
            match wait::come_back(daemon, error, clock).await? {
                Return::Back => {}
                Return::TimeOver => break,
                Return::Interrupted => return Ok(interrupted(ids)),
            }
        }
        if clock.left().is_zero() {
            break;
        }
        if asked.elapsed() < PAUSE && !open.is_empty() {
            sleep(PAUSE.min(clock.left())).await;
        }
    }
    let outcome = |id: &EntryId| {
        let late = || Ok(Waited::TimedOut(stood.remove(id)));
        (*id, done.remove(id).unwrap_or_else(late))
    };
    Ok(ids.iter().map(outcome).collect())
}

/// A question for each, all of them under way.
fn waits<'a>(
    daemon: &'a Daemon,
    ids: &[EntryId],
    turn: Duration,
) -> FuturesUnordered<impl Future<Output = (EntryId, Result<EntryView, oms_proto::ClientError>)> + 'a>
{
    let timeout_ms = u32::try_from(turn.as_millis()).unwrap_or(u32::MAX);
    let wait = |id: EntryId| async move {
        let wait = EntryWait {
            id,
            timeout_ms,
            gone: false,
        };
        (id, daemon.ask(wait).await)
    };
    ids.iter().copied().map(wait).collect()
}

/// That one got there, in a line.
fn told(entry: &EntryView, there: usize, all: usize) -> String {
    let (id, status) = (entry.id, entry.status);
    let at = entry.account.as_ref();
    let at = at.map(|it| format!(" at {it}")).unwrap_or_default();
    let address = entry.instance.as_ref().and_then(|it| it.ip_addr.as_ref());
    let address = address.map(|it| format!(", {it}")).unwrap_or_default();
    format!("entry {id} {status}{at}{address} ({there} of {all})")
}

fn interrupted(ids: &[EntryId]) -> Vec<Outcome> {
    ids.iter()
        .map(|id| (*id, Ok(Waited::Interrupted)))
        .collect()
}
