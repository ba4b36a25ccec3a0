//! What would become of an entry: told by the judgement that places it, and nothing is written.

use oms_proto::machine::MachineSpec;
use oms_proto::request::{AccountMaintain, EntryPreview, EntryShow, StatusShow};
use oms_proto::spec::{AccountSpec, EntrySpec, Window};
use oms_proto::view::{ChoiceView, PreviewView, Status, WaitCause};
use oms_proto::{ErrorCode, Request, Response, Time, WireError};
use omsd::service::Role;

use crate::bench::{Bench, account, entry};

/// Ample for a loaded machine; nothing waits so long unless it is broken.
const LONG_MS: u32 = 30_000;

async fn preview(bench: &Bench, spec: EntrySpec) -> Result<PreviewView, WireError> {
    let ask = Request::EntryPreview(Box::new(EntryPreview { spec }));
    match bench.ask(Role::Operator, ask).await? {
        Response::Preview(preview) => Ok(*preview),
        other => panic!("not a preview: {other:?}"),
    }
}

async fn seq(bench: &Bench) -> u64 {
    let ask = Request::StatusShow(StatusShow {});
    match bench.ask(Role::Viewer, ask).await.unwrap() {
        Response::Status(status) => status.seq,
        other => panic!("not a status: {other:?}"),
    }
}

async fn maintain(bench: &Bench, name: &str, until: Option<Time>) {
    let maintain = AccountMaintain {
        name: name.to_owned(),
        windows: vec![Window {
            from: bench.now(),
            until,
            drain: false,
            reason: "new switches".to_owned(),
        }],
        expected: None,
    };
    let ask = Request::AccountMaintain(maintain);
    bench.ask(Role::Admin, ask).await.unwrap();
}

fn preferred(name: &str, priority: i32) -> AccountSpec {
    AccountSpec {
        priority,
        ..account(name)
    }
}

fn of<'a>(preview: &'a PreviewView, account: &str) -> &'a ChoiceView {
    let mut choices = preview.choices.iter();
    choices.find(|choice| choice.account == account).unwrap()
}

#[tokio::test]
async fn accounts_stand_in_the_order_in_which_they_are_chosen_and_the_others_say_why_and_until_when()
 {
    let bench = Bench::start();
    for (name, priority) in [("alpha", 0), ("beta", 7), ("gamma", 9), ("delta", 3)] {
        bench.add(preferred(name, priority)).await.unwrap();
    }
    let bare = AccountSpec {
        defaults: MachineSpec::default(),
        ..preferred("epsilon", 20)
    };
    bench.add(bare).await.unwrap();
    let end = Time(bench.now().0 + 60_000_000);
    maintain(&bench, "gamma", Some(end)).await;
    let before = seq(&bench).await;

    let spec = EntrySpec {
        avoid_accounts: Some(vec!["delta".to_owned()]),
        ..EntrySpec::default()
    };
    let told = preview(&bench, spec.clone()).await.unwrap();
    assert_eq!(told.account.as_deref(), Some("beta"));
    let names: Vec<_> = told.choices.iter().map(|it| it.account.as_str()).collect();
    assert_eq!(names, ["beta", "alpha", "epsilon", "gamma", "delta"]);
    let places: Vec<_> = told.choices.iter().map(|it| it.place).collect();
    assert_eq!(places, [Some(1), Some(2), None, None, None]);
    let machine = of(&told, "beta").machine.as_ref().unwrap();
    assert_eq!(machine.flavor.as_deref(), Some("g-1gb"));
    let gamma = of(&told, "gamma");
    assert_eq!(gamma.cause, Some(WaitCause::Maintenance));
    assert_eq!(gamma.until, Some(end));
    let words = gamma.reason.as_deref().unwrap();
    assert!(
        words.contains("new switches") && words.contains("omsctl account uncordon gamma"),
        "{words}"
    );
    assert_eq!(of(&told, "delta").cause, Some(WaitCause::Avoided));
    assert_eq!(of(&told, "epsilon").cause, Some(WaitCause::NoImage));
    assert_eq!(seq(&bench).await, before, "nothing is written");

    // And so it comes.
    let id = bench.create(spec).await.unwrap().id;
    let entry = bench.wait(id, LONG_MS).await.unwrap();
    assert_eq!(
        (entry.status, entry.account.as_deref()),
        (Status::Run, Some("beta"))
    );
}

#[tokio::test]
async fn a_preview_of_what_nobody_can_serve_chooses_none_and_the_entry_waits_for_the_same_reasons()
{
    let bench = Bench::with_account().await;
    let end = Time(bench.now().0 + 60_000_000);
    maintain(&bench, "alpha", Some(end)).await;
    let told = preview(&bench, EntrySpec::default()).await.unwrap();
    assert_eq!(told.account, None);
    assert_eq!(of(&told, "alpha").place, None);
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let mut waiting = bench.wait(id, 0).await.unwrap();
    while waiting.waits.is_empty() {
        tokio::task::yield_now().await;
        let show = Request::EntryShow(EntryShow { id });
        waiting = entry(bench.ask(Role::Viewer, show).await.unwrap());
    }
    let wait = &waiting.waits[0];
    assert_eq!(wait.account.as_deref(), Some("alpha"));
    assert_eq!((wait.cause, wait.count), (WaitCause::Maintenance, 1));
    assert_eq!(wait.until, Some(end));
    let reason = waiting.reason.unwrap();
    assert!(reason.contains(&wait.message), "{reason}");
}

#[tokio::test]
async fn a_preview_refuses_what_a_create_would_refuse_and_is_not_for_viewers() {
    let bench = Bench::with_account().await;
    let spec = |accounts: &[&str], name: &str| EntrySpec {
        name: Some(name.to_owned()),
        accounts: Some(accounts.iter().map(|&it| it.to_owned()).collect()),
        ..EntrySpec::default()
    };
    for bad in [spec(&["nobody"], "web"), spec(&["alpha"], "not a name")] {
        let told = preview(&bench, bad.clone()).await.unwrap_err();
        assert_eq!(bench.create(bad).await.unwrap_err(), told);
    }
    let ask = Request::EntryPreview(Box::default());
    let refused = bench.ask(Role::Viewer, ask).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    let none = Bench::start();
    let told = preview(&none, EntrySpec::default()).await.unwrap();
    assert_eq!(told, PreviewView::default());
}
