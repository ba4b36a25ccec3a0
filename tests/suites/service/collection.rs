//! What stands at the clouds, and the collection of what has no owner.

use std::collections::BTreeMap;

use oms_proto::request::Strays;
use oms_proto::spec::EntrySpec;
use oms_proto::view::{ObjectKind, StraysView, Verdict};
use omsd_domain::ground::cloud::Mark;

use crate::bench::{Bench, INCARNATION};
use oms_proto::{AttemptId, EntryId, ErrorCode, Request, Response};
use omsd::service::Role;

async fn collect(bench: &Bench, dry_run: bool) -> StraysView {
    let collect = Strays {
        account: Some("alpha".to_owned()),
        dry_run,
    };
    let answer = bench.ask(Role::Operator, Request::Strays(collect)).await;
    match answer.unwrap() {
        Response::Strays(collection) => collection,
        other => panic!("not a collection: {other:?}"),
    }
}

fn mark(installation: &str, entry: u64, attempt: u64) -> Mark {
    Mark {
        installation: installation.to_owned(),
        incarnation: INCARNATION.to_owned(),
        entry: EntryId(entry),
        attempt: AttemptId(attempt),
    }
}

/// Puts a server there that nobody here made.
fn plant(bench: &Bench, name: &str, mark: Option<Mark>) {
    let mut metadata = BTreeMap::new();
    if let Some(mark) = mark {
        mark.write(&mut metadata);
    }
    bench.cloud().plant_server(name, metadata).unwrap();
}

/// The verdicts by name, key pairs aside.
fn verdicts(collection: &StraysView) -> BTreeMap<String, Verdict> {
    let objects = collection.accounts.iter().flat_map(|it| &it.objects);
    objects
        .filter(|object| object.kind == ObjectKind::Server)
        .map(|object| (object.name.clone(), object.verdict))
        .collect()
}

#[tokio::test]
async fn every_object_gets_its_verdict_and_a_dry_run_removes_nothing() {
    let bench = Bench::with_account().await;
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    bench.wait(id, 30_000).await.unwrap();
    // The twin of what the entry has, one that is from ahead, and one of a daemon nobody knows.
    plant(&bench, "stray", Some(mark("5eed5eed", 1, 1)));
    plant(&bench, "ahead", Some(mark("5eed5eed", 77, 99)));
    let stranger = Mark {
        incarnation: "ffffffff".to_owned(),
        ..mark("5eed5eed", 1, 1)
    };
    plant(&bench, "stranger", Some(stranger));
    plant(&bench, "theirs", Some(mark("another", 1, 1)));
    plant(&bench, "alien", None);
    for _ in 0..2 {
        let collection = collect(&bench, true).await;
        let verdicts = verdicts(&collection);
        let told: Vec<_> = verdicts
            .iter()
            .map(|(name, it)| format!("{name}: {it}"))
            .collect();
        assert_eq!(
            told,
            [
                "ahead: from_ahead",
                "alien: alien",
                "oms-1-1: owned",
                "stranger: stranger",
                "stray: stray",
                "theirs: other_installation"
            ]
        );
        let first = &collection.accounts[0].objects[0];
        assert_eq!((first.name.as_str(), &first.fate), ("stray", &None));
    }
}

#[tokio::test]
async fn a_collection_has_the_scheduler_see_a_stray_twice_and_says_what_becomes_of_it() {
    let bench = Bench::with_account().await;
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    bench.wait(id, 30_000).await.unwrap();
    plant(&bench, "stray", Some(mark("5eed5eed", 1, 1)));
    let collection = collect(&bench, false).await;
    let stray = &collection.accounts[0].objects[0];
    let fate = stray.fate.as_deref().unwrap();
    // It was first seen just now, so that its grace time runs.
    assert!(fate.starts_with("removed in "), "{fate}");
    assert_eq!(verdicts(&collect(&bench, true).await).len(), 2);
}

#[tokio::test]
async fn looking_takes_an_operator_and_an_account_that_is_there() {
    let bench = Bench::with_account().await;
    let ask = |role, account: &str| {
        let account = Some(account.to_owned());
        let dry_run = true;
        bench.ask(role, Request::Strays(Strays { account, dry_run }))
    };
    let error = ask(Role::Viewer, "alpha").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Forbidden);
    let error = ask(Role::Operator, "beta").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}
