//! Entries from acceptance to removal.

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use oms_proto::request::{
    AccountAdd, EntryExplain, EntryList, EntryRemove, EntryShow, EventList, InstanceList,
    InstanceShow, StatusShow,
};
use oms_proto::response::{EntryPage, EventPage, InstancePage};
use oms_proto::spec::{EntrySpec, KeyType};
use oms_proto::view::Status;
use oms_proto::{EntryId, ErrorCode, Request, Response};
use oms_tests::cloud::{Fault, Rule};
use oms_tests::harness::provider::FIRST_ADDRESS;
use omsd::service::Role;

use crate::bench::{Bench, entry};

/// Ample for a loaded machine; nothing waits so long unless it is broken.
const LONG_MS: u32 = 30_000;

fn all() -> Request {
    Request::EntryList(EntryList::default())
}

fn listed(response: Response) -> Vec<u64> {
    match response {
        Response::Entries(EntryPage { entries, .. }) => {
            entries.iter().map(|entry| entry.id.0).collect()
        }
        other => panic!("not entries: {other:?}"),
    }
}

#[tokio::test]
async fn an_empty_wish_becomes_an_instance_and_goes_again() {
    let bench = Bench::with_account().await;
    let accepted = bench.create(EntrySpec::default()).await.unwrap();
    assert_eq!(accepted.id, EntryId(1));
    let running = bench.wait(accepted.id, LONG_MS).await.unwrap();
    assert_eq!(running.status, Status::Run);
    let instance = running.instance.unwrap();
    assert_eq!(instance.ip_addr.as_deref(), Some(FIRST_ADDRESS));
    let key = instance.key_raw.clone().unwrap();
    assert!(
        key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"),
        "{key}"
    );

    let show = || Request::InstanceShow(InstanceShow { id: instance.id });
    let Response::Instance(shown) = bench.ask(Role::Operator, show()).await.unwrap() else {
        panic!("not an instance");
    };
    assert_eq!(*shown, instance);
    let Response::Instances(InstancePage {
        instances: shown, ..
    }) = bench
        .ask(Role::Viewer, Request::InstanceList(InstanceList::default()))
        .await
        .unwrap()
    else {
        panic!("not instances");
    };
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].key_raw, None, "a viewer sees no key");

    let delete = || Request::EntryRemove(EntryRemove { id: accepted.id });
    assert_eq!(
        bench.ask(Role::Operator, delete()).await,
        Ok(Response::DONE)
    );
    for request in [
        delete(),
        Request::EntryShow(EntryShow { id: accepted.id }),
        show(),
    ] {
        let error = bench.ask(Role::Operator, request).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound);
    }
    assert_eq!(
        listed(bench.ask(Role::Viewer, all()).await.unwrap()),
        [0_u64; 0]
    );
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let bench = Bench::start();
    for _ in 0..5 {
        bench.create(EntrySpec::default()).await.unwrap();
    }
    let page = |after, limit| {
        Request::EntryList(EntryList {
            after,
            limit,
            ..EntryList::default()
        })
    };
    let skipping = |skip| {
        Request::EntryList(EntryList {
            limit: Some(2),
            skip,
            ..EntryList::default()
        })
    };
    for (skip, expected, has_more) in [
        (0, vec![1, 2], true),
        (2, vec![3, 4], true),
        (3, vec![4, 5], false),
        (4, vec![5], false),
        (5, vec![], false),
        (u32::MAX, vec![], false),
    ] {
        let answer = bench.ask(Role::Viewer, skipping(skip)).await;
        let Ok(Response::Entries(EntryPage {
            entries,
            more,
            count,
        })) = answer
        else {
            panic!("not entries");
        };
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
        assert_eq!((ids, more, count), (expected, has_more, 5), "skip {skip}");
    }
    let answer = bench
        .ask(Role::Viewer, page(Some(EntryId(1)), Some(3)))
        .await;
    let Ok(Response::Entries(EntryPage { entries, more, .. })) = answer else {
        panic!("not entries");
    };
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    assert_eq!((ids, more), (vec![2, 3, 4], true));
    let answer = bench.ask(Role::Viewer, page(Some(EntryId(4)), None)).await;
    assert!(
        matches!(answer, Ok(Response::Entries(EntryPage { entries, more: false, .. })) if entries.len() == 1)
    );
    let answer = bench
        .ask(Role::Viewer, page(Some(EntryId(u64::MAX)), None))
        .await;
    assert!(
        matches!(answer, Ok(Response::Entries(EntryPage { entries, more: false, .. })) if entries.is_empty())
    );
}

#[tokio::test]
async fn the_same_key_with_the_same_body_is_the_same_entry() {
    let bench = Bench::start();
    let named = || EntrySpec {
        name: Some("web".to_owned()),
        ..EntrySpec::default()
    };
    let racing = (0..20).map(|_| bench.create_under(Some("k-1"), named()));
    for accepted in join_all(racing).await {
        assert_eq!(accepted.unwrap().id, EntryId(1));
    }
    let error = bench
        .create_under(Some("k-1"), EntrySpec::default())
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::IdempotencyMismatch);
    let other = bench.create_under(Some("k-2"), named()).await.unwrap();
    assert_eq!(other.id, EntryId(2));
    assert_eq!(
        listed(bench.ask(Role::Viewer, all()).await.unwrap()),
        [1, 2]
    );
}

#[tokio::test]
async fn a_key_that_is_brought_is_installed_and_not_shown() {
    let bench = Bench::with_account().await;
    let public =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFkHc0LTVpbKD5q4G4Cvn8rTr8YNBFfyrz1GFIVDjC0K me";
    let spec = EntrySpec {
        public_key: Some(format!("  {public}\n")),
        ..EntrySpec::default()
    };
    let id = bench.create(spec).await.unwrap().id;
    let running = bench.wait(id, LONG_MS).await.unwrap();
    assert_eq!(running.instance.unwrap().key_raw, None);
    assert_eq!(bench.cloud().public_keys(), [public]);
}

/// Each takes a processor for seconds, so a crowd that asks for them is told so at once.
#[tokio::test(flavor = "multi_thread")]
async fn rsa_keys_are_made_for_so_many_at_a_time() {
    let bench = Bench::with_account().await;
    let create = || {
        bench.create(EntrySpec {
            key_type: Some(KeyType::Rsa),
            ..EntrySpec::default()
        })
    };
    let mut asked: FuturesUnordered<_> = (0..99).map(|_| create()).collect();
    // What is refused is refused before the first key is made.
    let error = asked.next().await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(error.detail.contains("bring a public_key"), "{error}");
}

#[tokio::test]
async fn an_rsa_key_is_made_on_request() {
    let bench = Bench::with_account().await;
    let spec = EntrySpec {
        key_type: Some(KeyType::Rsa),
        ..EntrySpec::default()
    };
    let id = bench.create(spec).await.unwrap().id;
    let running = bench.wait(id, LONG_MS).await.unwrap();
    assert_eq!(running.status, Status::Run);
    assert!(bench.cloud().public_keys()[0].starts_with("ssh-rsa "));
}

#[tokio::test]
async fn a_wait_answers_at_its_end_with_what_there_is() {
    let bench = Bench::start();
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let waiting = bench.wait(id, 20).await.unwrap();
    assert!(!waiting.status.is_settled());
    let error = bench.wait(EntryId(99), 20).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_wait_hears_of_a_removal() {
    let bench = Bench::start();
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let (waited, deleted) = tokio::join!(
        bench.wait(id, LONG_MS),
        bench.ask(Role::Operator, Request::EntryRemove(EntryRemove { id }))
    );
    assert_eq!(waited.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(deleted, Ok(Response::DONE));
}

#[tokio::test]
async fn explain_says_in_words_what_to_do() {
    let bench = Bench::with_account().await;
    let mut bare = crate::bench::account("bare");
    bare.defaults.image = None;
    bare.defaults.flavor = None;
    bare.enabled = true;
    bench.add(bare).await.unwrap();
    let mut off = crate::bench::account("off");
    off.enabled = false;
    bench.add(off).await.unwrap();
    let spec = EntrySpec {
        avoid_accounts: Some(vec!["alpha".to_owned()]),
        user_data: Some("#!/bin/sh\necho secret".to_owned()),
        ..EntrySpec::default()
    };
    let id = bench.create(spec).await.unwrap().id;
    let explain = |role| bench.ask(role, Request::EntryExplain(EntryExplain { id }));
    let Response::Explanation(told) = explain(Role::Operator).await.unwrap() else {
        panic!("not an explanation");
    };
    let lines = told.passed_over.iter();
    let words: Vec<_> = lines
        .map(|o| format!("{}: {}", o.account, o.reason))
        .collect();
    insta::assert_snapshot!(words.join("\n"));
    assert!(told.spec.user_data.unwrap().contains("secret"));
    let Response::Explanation(told) = explain(Role::Viewer).await.unwrap() else {
        panic!("not an explanation");
    };
    assert!(!told.spec.user_data.unwrap().contains("secret"));
}

#[tokio::test]
async fn events_are_read_from_a_number_or_from_the_end() {
    let bench = Bench::start();
    for _ in 0..4 {
        bench.create(EntrySpec::default()).await.unwrap();
    }
    let events = |since, limit| {
        let request = Request::EventList(EventList {
            since,
            limit,
            ..EventList::default()
        });
        async {
            match bench.ask(Role::Viewer, request).await.unwrap() {
                Response::Events(EventPage { events, .. }) => {
                    events.iter().map(|e| e.seq).collect::<Vec<_>>()
                }
                other => panic!("not events: {other:?}"),
            }
        }
    };
    assert_eq!(events(Some(0), 2).await, [1, 2]);
    assert_eq!(events(Some(u64::MAX), 9).await, [0_u64; 0]);
    assert_eq!(events(None, 0).await, [0_u64; 0]);
    let last = events(None, 1).await;
    let Response::Status(status) = bench
        .ask(Role::Viewer, Request::StatusShow(StatusShow {}))
        .await
        .unwrap()
    else {
        panic!("not a status");
    };
    assert!(last[0] <= status.seq && last[0] >= 4);
    assert_eq!(status.entries.values().sum::<u64>(), 4);
    assert_eq!(status.version, "0.0.0-test");
}

#[tokio::test]
async fn a_role_that_is_too_weak_changes_nothing() {
    let bench = Bench::with_account().await;
    let create = Request::EntryCreate(Box::new(oms_proto::request::EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: None,
    }));
    let add = Request::AccountAdd(Box::new(AccountAdd {
        spec: crate::bench::account("beta"),
    }));
    for (role, request) in [(Role::Viewer, create), (Role::Operator, add)] {
        let error = bench.ask(role, request).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Forbidden);
    }
    assert_eq!(
        listed(bench.ask(Role::Viewer, all()).await.unwrap()),
        [0_u64; 0]
    );
}

#[tokio::test]
async fn an_entry_that_builds_is_in_boot() {
    let bench = Bench::with_account().await;
    bench.cloud().add_fault(Rule::always(Fault::BuildForever));
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    let mut shown = bench.wait(id, 1).await.unwrap();
    while shown.status != Status::Boot {
        assert_ne!(shown.status, Status::Failed);
        tokio::task::yield_now().await;
        shown = entry(
            bench
                .ask(Role::Viewer, Request::EntryShow(EntryShow { id }))
                .await
                .unwrap(),
        );
    }
    assert_eq!(shown.account.as_deref(), Some("alpha"));
    assert_eq!(shown.instance, None);
}
