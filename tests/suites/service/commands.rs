//! What people have done to entries and accounts that are there: tried again, held, unblocked, waited
//! for until nothing is left.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use oms_proto::request::{
    AccountShow, AccountUnblock, EntryHold, EntryRemove, EntryRetry, EntryWait, EventList,
};
use oms_proto::response::EventPage;
use oms_proto::spec::EntrySpec;
use oms_proto::view::{AccountView, EntryView, EventView, Status};
use oms_proto::{Actor, EntryId, ErrorCode, EventKind, Request, Response, WireError};
use oms_tests::cloud::{CallKind, Fault, Rule};
use omsd::service::Role;

use crate::bench::{Bench, entry};

/// Ample for a loaded machine; nothing waits so long unless it is broken.
const LONG_MS: u32 = 30_000;

async fn retry(bench: &Bench, id: EntryId) -> Result<EntryView, WireError> {
    let retry = Request::EntryRetry(EntryRetry { id });
    bench.ask(Role::Operator, retry).await.map(entry)
}

async fn hold(bench: &Bench, id: EntryId, held: bool) -> Result<EntryView, WireError> {
    let request = Request::EntryHold(EntryHold { id, held });
    bench.ask(Role::Operator, request).await.map(entry)
}

async fn remove(bench: &Bench, id: EntryId) -> Result<Response, WireError> {
    let remove = Request::EntryRemove(EntryRemove { id });
    bench.ask(Role::Operator, remove).await
}

async fn gone(bench: &Bench, id: EntryId, timeout_ms: u32) -> Result<EntryView, WireError> {
    let gone = true;
    let wait = Request::EntryWait(EntryWait {
        id,
        timeout_ms,
        gone,
    });
    bench.ask(Role::Viewer, wait).await.map(entry)
}

async fn unblock(bench: &Bench, scope: Option<&str>) -> Result<AccountView, WireError> {
    let unblock = Request::AccountUnblock(AccountUnblock {
        name: "alpha".to_owned(),
        scope: scope.map(str::to_owned),
    });
    bench.ask(Role::Admin, unblock).await.map(account)
}

fn account(response: Response) -> AccountView {
    match response {
        Response::Account(account) => *account,
        other => panic!("not an account: {other:?}"),
    }
}

async fn events(bench: &Bench, kind: EventKind) -> Vec<EventView> {
    let list = Request::EventList(EventList {
        since: Some(0),
        limit: 1000,
        kinds: vec![kind],
        ..EventList::default()
    });
    match bench.ask(Role::Viewer, list).await.unwrap() {
        Response::Events(EventPage { events, .. }) => events,
        other => panic!("not events: {other:?}"),
    }
}

/// What entries here hand to their guests.
const USER_DATA: &str = "#!/bin/sh\ntouch /tried-again\n";

/// An entry that failed, for creates there are refused, and had so many seconds.
async fn failed(bench: &Bench, seconds: u32) -> EntryView {
    let full = "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances";
    let refused = Fault::Answer {
        status: 403,
        message: Some(full.to_owned()),
        retry_after_s: None,
    };
    let rule = Rule::always(refused).on(&[CallKind::CreateServer]);
    bench.cloud().add_fault(rule);
    let spec = EntrySpec {
        deadline_seconds: Some(seconds),
        user_data: Some(USER_DATA.to_owned()),
        ..EntrySpec::default()
    };
    let id = bench.create(spec).await.unwrap().id;
    let failed = bench.wait(id, LONG_MS).await.unwrap();
    assert_eq!(failed.status, Status::Failed);
    failed
}

#[tokio::test]
async fn what_failed_is_tried_again_with_its_id_and_as_much_time() {
    let bench = Bench::with_account().await;
    let failed = failed(&bench, 3).await;
    let id = failed.id;
    // Nothing of it is left, so that only the database knows it.
    let ended = gone(&bench, id, LONG_MS).await.unwrap();
    assert_eq!(ended.status, Status::Failed);
    // Somebody has put right what was wrong.
    bench.cloud().clear_faults();
    unblock(&bench, None).await.unwrap();
    let before = bench.now();
    let tried = retry(&bench, id).await.unwrap();
    assert_eq!(tried.id, id);
    assert_ne!(tried.status, Status::Failed);
    let patience = Duration::from_secs(3);
    assert!(tried.deadline >= before.plus(patience), "{tried:?}");
    assert!(tried.deadline <= bench.now().plus(patience), "{tried:?}");
    let running = bench.wait(id, LONG_MS).await.unwrap();
    assert_eq!(
        (running.id, running.status),
        (id, Status::Run),
        "{running:?}"
    );
    // It has all that it was asked for with, and its owner gets in.
    let key = running.instance.and_then(|instance| instance.key_raw);
    assert!(
        key.unwrap()
            .starts_with("-----BEGIN OPENSSH PRIVATE KEY-----")
    );
    let servers = bench.cloud().live_servers();
    assert_eq!(
        servers[0].user_data.as_deref(),
        Some(&*BASE64_STANDARD.encode(USER_DATA))
    );

    let error = retry(&bench, id).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    assert!(error.detail.contains("entry 1 is RUN"), "{error}");
    let error = retry(&bench, EntryId(9)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    let tried = events(&bench, EventKind::EntryRetried).await;
    assert_eq!(tried.len(), 1);
    assert!(matches!(tried[0].by, Actor::Socket(_)), "{tried:?}");

    // Removed as any other, and gone for good.
    remove(&bench, id).await.unwrap();
    let ended = gone(&bench, id, LONG_MS).await.unwrap();
    assert_eq!(ended.status, Status::Destroy);
    let error = retry(&bench, id).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(bench.cloud().live_servers().len(), 0);
}

#[tokio::test]
async fn what_is_held_is_not_removed_until_it_is_released() {
    let bench = Bench::with_account().await;
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let running = bench.wait(id, LONG_MS).await.unwrap();
    assert!(!running.held);
    assert!(hold(&bench, id, true).await.unwrap().held);
    // Asked again it is done again, without effect.
    assert!(hold(&bench, id, true).await.unwrap().held);
    let error = remove(&bench, id).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Held);
    assert!(error.detail.contains("omsctl queue release 1"), "{error}");
    assert_eq!(bench.cloud().live_servers().len(), 1);
    assert!(!hold(&bench, id, false).await.unwrap().held);
    remove(&bench, id).await.unwrap();
    gone(&bench, id, LONG_MS).await.unwrap();
    assert_eq!(bench.cloud().live_servers().len(), 0);
    let error = hold(&bench, id, true).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    for kind in [EventKind::EntryHeld, EventKind::EntryReleased] {
        let events = events(&bench, kind).await;
        assert_eq!(events.len(), 1, "{kind}");
        assert!(matches!(events[0].by, Actor::Socket(_)), "{events:?}");
    }
}

#[tokio::test]
async fn a_failed_entry_cannot_be_held() {
    let bench = Bench::with_account().await;
    let id = failed(&bench, 1).await.id;
    let error = hold(&bench, id, true).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    remove(&bench, id).await.unwrap();
}

#[tokio::test]
async fn a_wait_for_gone_answers_at_its_end_with_what_there_is() {
    let bench = Bench::with_account().await;
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    bench.wait(id, LONG_MS).await.unwrap();
    let waited = gone(&bench, id, 20).await.unwrap();
    assert_eq!(waited.status, Status::Run);
    let error = gone(&bench, EntryId(9), 20).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_block_is_lifted_by_its_name_or_with_all_others() {
    let bench = Bench::with_account().await;
    let id = failed(&bench, 1).await.id;
    let name = "alpha".to_owned();
    let show = Request::AccountShow(AccountShow { name });
    let shown = account(bench.ask(Role::Viewer, show).await.unwrap());
    let block = shown.blocks.first().unwrap();
    assert!(!block.over);

    let error = unblock(&bench, Some("nonsense")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.detail.contains(&block.scope), "{error}");
    let lifted = unblock(&bench, Some(&block.scope)).await.unwrap();
    let over = lifted.blocks.iter().find(|it| it.scope == block.scope);
    assert!(over.unwrap().over, "{lifted:?}");
    assert!(
        unblock(&bench, None)
            .await
            .unwrap()
            .blocks
            .iter()
            .all(|it| it.over)
    );
    let lifted = events(&bench, EventKind::BlockLifted).await;
    assert!(!lifted.is_empty());
    for event in lifted {
        assert_eq!(event.account.as_deref(), Some("alpha"));
        assert!(matches!(event.by, Actor::Socket(_)), "{event:?}");
    }

    // What fails next is judged as if it were the first time.
    failed(&bench, 1).await;
    let show = Request::AccountShow(AccountShow {
        name: "alpha".to_owned(),
    });
    let shown = account(bench.ask(Role::Viewer, show).await.unwrap());
    let again = shown.blocks.iter().find(|it| it.scope == block.scope);
    assert_eq!(again.map(|it| it.failures), Some(1), "{shown:?}");

    // What follows tries it, and takes the block away.
    unblock(&bench, None).await.unwrap();
    bench.cloud().clear_faults();
    let next = bench.create(EntrySpec::default()).await.unwrap().id;
    let running = bench.wait(next, LONG_MS).await.unwrap();
    assert_eq!(
        running.status,
        Status::Run,
        "entry {id} failed before: {running:?}"
    );
    let unblocked = events(&bench, EventKind::Unblocked).await;
    assert!(!unblocked.is_empty());
}
