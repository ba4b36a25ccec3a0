//! Lists that ask for some of many: decided by the daemon, in pages that leave nothing out.

use std::collections::BTreeMap;

use oms_proto::request::{EntryList, EventList, InstanceList};
use oms_proto::response::{EntryPage, EventPage, InstancePage};
use oms_proto::spec::EntrySpec;
use oms_proto::view::Status;
use oms_proto::{EntryId, ErrorCode, EventKind, Request, Response, Time};
use omsd::service::Role;

use crate::bench::{Bench, account};

/// Ample for a loaded machine; nothing waits so long unless it is broken.
const LONG_MS: u32 = 30_000;

async fn page(bench: &Bench, list: EntryList) -> EntryPage {
    let request = Request::EntryList(list);
    match bench.ask(Role::Viewer, request).await.unwrap() {
        Response::Entries(page) => page,
        other => panic!("not entries: {other:?}"),
    }
}

async fn ids(bench: &Bench, list: EntryList) -> Vec<u64> {
    let page = page(bench, list).await;
    page.entries.iter().map(|entry| entry.id.0).collect()
}

async fn instances(bench: &Bench, list: InstanceList) -> Vec<u64> {
    let request = Request::InstanceList(list);
    match bench.ask(Role::Viewer, request).await.unwrap() {
        Response::Instances(InstancePage { instances, .. }) => {
            instances.iter().map(|instance| instance.entry.0).collect()
        }
        other => panic!("not instances: {other:?}"),
    }
}

async fn events(bench: &Bench, list: EventList) -> EventPage {
    match bench
        .ask(Role::Viewer, Request::EventList(list))
        .await
        .unwrap()
    {
        Response::Events(page) => page,
        other => panic!("not events: {other:?}"),
    }
}

fn wish(name: &str, team: &str, at: &str) -> EntrySpec {
    EntrySpec {
        name: Some(name.to_owned()),
        metadata: Some(BTreeMap::from([("team".to_owned(), team.to_owned())])),
        accounts: Some(vec![at.to_owned()]),
        ..EntrySpec::default()
    }
}

/// Two accounts; web-1 and web-3 at alpha, web-2 and db at beta, and one that waits.
async fn full() -> Bench {
    let bench = Bench::with_account().await;
    bench.add(account("beta")).await.unwrap();
    for (name, team, at) in [
        ("web-1", "blue", "alpha"),
        ("web-2", "red", "beta"),
        ("web-3", "blue", "alpha"),
        ("db", "blue", "beta"),
    ] {
        let id = bench.create(wish(name, team, at)).await.unwrap().id;
        let running = bench.wait(id, LONG_MS).await.unwrap();
        assert_eq!(running.status, Status::Run);
    }
    let mut off = account("off");
    off.enabled = false;
    bench.add(off).await.unwrap();
    bench.create(wish("late", "red", "off")).await.unwrap();
    bench
}

fn at(account: &str) -> EntryList {
    EntryList {
        account: Some(account.to_owned()),
        ..EntryList::default()
    }
}

fn called(name: &str) -> EntryList {
    EntryList {
        name: Some(name.to_owned()),
        ..EntryList::default()
    }
}

fn labelled(label: &str) -> EntryList {
    EntryList {
        metadata: vec![label.to_owned()],
        ..EntryList::default()
    }
}

fn since(time: i64) -> EntryList {
    EntryList {
        since: Some(Time(time)),
        ..EntryList::default()
    }
}

#[tokio::test]
async fn entries_are_found_by_what_was_asked_and_where_they_are() {
    let bench = full().await;
    let text = |text: &str| Some(text.to_owned());
    let red_and_running = EntryList {
        status: vec![Status::Run],
        ..labelled("team=red")
    };
    let blue_at_beta = EntryList {
        account: text("beta"),
        ..labelled("team=blue")
    };
    let table: [(EntryList, &[u64]); 11] = [
        (at("alpha"), &[1, 3]),
        (called("web-2"), &[2]),
        (called("web-*"), &[1, 2, 3]),
        (called("w*1"), &[1]),
        (labelled("team"), &[1, 2, 3, 4, 5]),
        (labelled("team=red"), &[2, 5]),
        (red_and_running, &[2]),
        (blue_at_beta, &[4]),
        (labelled("x"), &[]),
        (since(i64::MAX), &[]),
        (since(0), &[1, 2, 3, 4, 5]),
    ];
    for (list, expected) in table {
        assert_eq!(ids(&bench, list.clone()).await, expected, "{list:?}");
    }
    let error = bench
        .ask(Role::Viewer, Request::EntryList(at("gamma")))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.detail.contains("alpha"), "{error}");

    let at = |name: &str| InstanceList {
        account: text(name),
        ..InstanceList::default()
    };
    assert_eq!(instances(&bench, at("alpha")).await, [1, 3]);
    let named = InstanceList {
        name: text("*web-2*"),
        ..InstanceList::default()
    };
    assert_eq!(instances(&bench, named).await, [2]);
}

#[tokio::test]
async fn pages_of_what_is_looked_for_leave_nothing_out() {
    let bench = full().await;
    let blue = |after: Option<u64>, limit, skip| EntryList {
        metadata: vec!["team=blue".to_owned()],
        after: after.map(EntryId),
        limit: Some(limit),
        skip,
        ..EntryList::default()
    };
    let shape = |page: EntryPage| {
        let ids: Vec<_> = page.entries.iter().map(|entry| entry.id.0).collect();
        (ids, page.more, page.count)
    };
    for (list, expected) in [
        (blue(None, 2, 0), (vec![1, 3], true, 3)),
        (blue(Some(3), 2, 0), (vec![4], false, 1)),
        (blue(None, 2, 1), (vec![3, 4], false, 3)),
        (blue(None, 1, 1), (vec![3], true, 3)),
        (blue(None, 1, 3), (vec![], false, 3)),
    ] {
        assert_eq!(
            shape(page(&bench, list.clone()).await),
            expected,
            "{list:?}"
        );
    }
}

#[tokio::test]
async fn events_are_found_by_what_they_are_about() {
    let bench = full().await;
    let all = || EventList {
        since: Some(0),
        limit: 1000,
        ..EventList::default()
    };
    let of_entry = events(
        &bench,
        EventList {
            entry: Some(EntryId(2)),
            ..all()
        },
    )
    .await;
    assert!(of_entry.events.len() >= 4);
    assert!(
        of_entry
            .events
            .iter()
            .all(|event| event.entry == Some(EntryId(2)))
    );
    let account = Some("beta".to_owned());
    let at_beta = events(
        &bench,
        EventList {
            account: account.clone(),
            ..all()
        },
    )
    .await;
    assert!(at_beta.events.iter().all(|event| event.account == account));
    let kinds = vec![EventKind::EntryAccepted, EventKind::AccountAdded];
    let accepted = events(
        &bench,
        EventList {
            kinds: kinds.clone(),
            ..all()
        },
    )
    .await;
    assert_eq!(accepted.events.len(), 8);
    let later = accepted.events[4].at;
    let since = events(
        &bench,
        EventList {
            kinds,
            from: Some(later),
            ..all()
        },
    )
    .await;
    assert_eq!(since.events, accepted.events[4..]);
}

#[tokio::test]
async fn pages_of_events_that_are_looked_for_leave_nothing_out() {
    let bench = full().await;
    let kinds = vec![EventKind::EntryAccepted, EventKind::AccountAdded];
    let all = EventList {
        since: Some(0),
        limit: 1000,
        kinds: kinds.clone(),
        ..EventList::default()
    };
    let accepted = events(&bench, all).await;
    // Page by page, forward, and the latest ones.
    let mut paged = Vec::new();
    let mut since = 0;
    loop {
        let next = EventList {
            since: Some(since),
            limit: 3,
            kinds: kinds.clone(),
            ..EventList::default()
        };
        let page = events(&bench, next).await;
        assert!(page.events.len() <= 3);
        paged.extend(page.events);
        match page.reached {
            Some(reached) => since = reached,
            None => break,
        }
    }
    assert_eq!(paged, accepted.events);
    let latest = EventList {
        since: None,
        limit: 3,
        kinds,
        ..EventList::default()
    };
    assert_eq!(events(&bench, latest).await.events, accepted.events[5..]);
}
