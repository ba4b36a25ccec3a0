//! Maintenance windows: set as a whole, shown, refused, and nothing lost between two people.

use std::time::Duration;

use oms_proto::request::AccountMaintain;
use oms_proto::spec::{EntrySpec, Window};
use oms_proto::view::{AccountStatus, AccountView, Status};
use oms_proto::{ErrorCode, Request, Response, Time, WireError};
use omsd::service::Role;

use crate::bench::Bench;

fn window(from: Time, until: Option<Time>) -> Window {
    Window {
        from,
        until,
        drain: false,
        reason: "new switches".to_owned(),
    }
}

async fn set(
    bench: &Bench,
    windows: Vec<Window>,
    expected: Option<Vec<Window>>,
) -> Result<AccountView, WireError> {
    let maintain = AccountMaintain {
        name: "alpha".to_owned(),
        windows,
        expected,
    };
    let request = Request::AccountMaintain(maintain);
    match bench.ask(Role::Admin, request).await? {
        Response::Account(account) => Ok(*account),
        other => panic!("not an account: {other:?}"),
    }
}

#[tokio::test]
async fn a_window_in_force_keeps_entries_away_and_says_why_and_how_to_end_it() {
    let bench = Bench::with_account().await;
    let shown = set(&bench, vec![window(bench.now(), None)], None)
        .await
        .unwrap();
    assert_eq!(shown.status, AccountStatus::Unavailable);
    assert_eq!(
        shown.reason.as_deref(),
        Some("under maintenance: new switches; end it with: omsctl account uncordon alpha")
    );
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let waits = bench.wait(id, 200).await.unwrap();
    assert_eq!(waits.status, Status::Recive);
    let shown = set(&bench, Vec::new(), None).await.unwrap();
    assert_eq!(
        (shown.status, shown.maintenance.len()),
        (AccountStatus::Available, 0)
    );
    assert_eq!(bench.wait(id, 30_000).await.unwrap().status, Status::Run);
}

#[tokio::test]
async fn past_windows_are_dropped_and_those_to_come_change_nothing_yet() {
    let bench = Bench::with_account().await;
    let hour = Duration::from_secs(3600);
    let soon = window(
        bench.now(),
        Some(bench.now().plus(Duration::from_millis(50))),
    );
    set(&bench, vec![soon.clone()], None).await.unwrap();
    while bench.now() <= soon.until.unwrap() {
        tokio::task::yield_now().await;
    }
    let later = window(bench.now().plus(hour), Some(bench.now().plus(hour * 2)));
    let shown = set(&bench, vec![later.clone(), soon], None).await.unwrap();
    assert_eq!(shown.maintenance, std::slice::from_ref(&later));
    let past = window(bench.now().minus(hour * 2), Some(bench.now().minus(hour)));
    let error = set(&bench, vec![later.clone(), past], None)
        .await
        .unwrap_err();
    assert!(error.fields.contains_key("[1].until"), "{error:?}");
    let twice = vec![later.clone(), later.clone()];
    let error = set(&bench, twice, None).await.unwrap_err();
    assert!(error.fields.contains_key("[1]"), "{error:?}");
    assert_eq!(shown.status, AccountStatus::Available);
}

#[tokio::test]
async fn a_change_is_refused_when_another_came_between() {
    let bench = Bench::with_account().await;
    let one = window(bench.now(), None);
    set(&bench, vec![one.clone()], Some(Vec::new()))
        .await
        .unwrap();
    let error = set(&bench, Vec::new(), Some(Vec::new())).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    set(&bench, Vec::new(), Some(vec![one])).await.unwrap();
}

#[tokio::test]
async fn a_bad_window_is_refused_by_its_field() {
    let bench = Bench::with_account().await;
    let at = bench.now();
    let long = Window {
        reason: "x".repeat(201),
        ..window(at, Some(at))
    };
    let error = set(&bench, vec![window(at, None), long], None)
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
    let fields: Vec<_> = error.fields.keys().map(String::as_str).collect();
    assert_eq!(fields, ["[1].reason", "[1].until"]);
    let many = vec![window(at, None); 33];
    let error = set(&bench, many, None).await.unwrap_err();
    assert!(error.fields.contains_key("windows"), "{error:?}");
}
