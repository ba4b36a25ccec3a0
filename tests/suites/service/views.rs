//! What views tell of accounts and entries beyond how they stand: room, and what was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::machine::MachineSpec;
use oms_proto::request::{AccountShow, EntryExplain, EntryShow, EventList};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{AccountView, QuotaView, Resource, RoomView};
use oms_proto::{Change, EventKind, Request, Response, StreamItem};
use oms_tests::cloud::CloudSpec;
use omsd::service::Role;
use tokio::time::timeout;

use crate::bench::{Bench, account, caller, conoha, entry};

/// Ample for a loaded machine; nothing waits so long unless it is broken.
const LONG: Duration = Duration::from_secs(30);

async fn shown(bench: &Bench, name: &str) -> AccountView {
    let name = name.to_owned();
    let show = Request::AccountShow(AccountShow { name });
    match bench.ask(Role::Viewer, show).await.unwrap() {
        Response::Account(account) => *account,
        other => panic!("not an account: {other:?}"),
    }
}

/// Follows until an account stands as wished.
async fn followed(bench: &Bench, wished: impl Fn(&AccountView) -> bool) -> AccountView {
    let mut stream = bench
        .service
        .subscribe(&caller(Role::Viewer), None)
        .unwrap();
    let following = async {
        loop {
            let accounts = match stream.next().await.unwrap().unwrap() {
                StreamItem::Snapshot(part) => part.accounts,
                StreamItem::Changed(Change::Account(account)) => vec![*account],
                _ => Vec::new(),
            };
            if let Some(account) = accounts.into_iter().find(&wished) {
                return account;
            }
        }
    };
    timeout(LONG, following).await.unwrap()
}

fn quota(room: &RoomView, resource: Resource) -> QuotaView {
    let mut quotas = room.quotas.iter();
    quotas
        .find(|quota| quota.resource == resource)
        .unwrap()
        .clone()
}

/// Two servers of others in a project that may have seven, and as many cores as it likes.
#[tokio::test]
async fn room_tells_what_is_ours_what_is_of_others_and_what_is_left() {
    let mut cloud: CloudSpec = conoha();
    cloud.accounts[0].quota_instances = 7;
    cloud.accounts[0].quota_cores = -1;
    let bench = Bench::over(vec![cloud]);
    for _ in 0..2 {
        bench.cloud().plant_server("theirs", BTreeMap::new());
    }
    bench.add(account("alpha")).await.unwrap();
    let told = followed(&bench, |account| account.room.is_some()).await;
    let room = told.room.unwrap();
    assert!(room.seen <= bench.now());
    let instances = quota(&room, Resource::Instances);
    assert_eq!((instances.limit, instances.free()), (Some(7), Some(5)));
    assert_eq!((instances.ours, instances.others), (0, 2));

    let cores = quota(&room, Resource::Cores);
    assert_eq!((cores.limit, cores.free()), (None, None));

    // What is launched takes room before the cloud is asked again.
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    bench.wait(id, 30_000).await.unwrap();
    let told = followed(&bench, |account| account.running == 1).await;
    let instances = quota(&told.room.unwrap(), Resource::Instances);
    assert_eq!((instances.ours, instances.free()), (1, Some(4)));
    let room = shown(&bench, "alpha").await.room.unwrap();
    assert_eq!(quota(&room, Resource::Instances), instances);
    assert!(quota(&room, Resource::RamMib).ours >= 1024, "{room:?}");
}

#[tokio::test]
async fn an_entry_tells_what_was_asked_and_an_instance_what_it_is() {
    let bench = Bench::with_account().await;
    let spec = EntrySpec {
        machine: MachineSpec {
            flavor: Some("g-1gb".to_owned()),
            ..MachineSpec::default()
        },
        metadata: Some(BTreeMap::from([("team".to_owned(), "blue".to_owned())])),
        user_data: Some("#!secret".to_owned()),
        accounts: Some(vec!["alpha".to_owned()]),
        ..EntrySpec::default()
    };
    let id = bench.create(spec.clone()).await.unwrap().id;
    bench.wait(id, 30_000).await.unwrap();
    let show = Request::EntryShow(EntryShow { id });
    let shown = entry(bench.ask(Role::Viewer, show).await.unwrap());
    let asked = shown.asked.as_deref().unwrap();
    assert_eq!(asked.machine, spec.machine);
    assert_eq!(Some(&asked.metadata), spec.metadata.as_ref());
    assert_eq!(asked.accounts, ["alpha"]);
    assert_eq!(asked.avoid_accounts, [""; 0]);
    let text = serde_json::to_string(&shown).unwrap();
    assert!(
        !text.contains("#!secret"),
        "user data is no viewer's: {text}"
    );
    // The image is the account's, and the instance says which.
    let instance = shown.instance.unwrap();
    assert_eq!(
        (&*instance.image, &*instance.flavor),
        ("debian-12", "g-1gb")
    );
    assert_eq!(instance.account.region_name.as_deref(), Some("tyo1"));
    assert_eq!(instance.availability_zone, None);
}

/// Someone has asked for what there is not, at one of two accounts.
#[tokio::test]
async fn an_entry_that_waits_says_first_what_its_account_said_of_its_wish() {
    let bench = Bench::with_account().await;
    bench.add(account("beta")).await.unwrap();
    let spec = EntrySpec {
        machine: MachineSpec {
            flavor: Some("nope".to_owned()),
            ..MachineSpec::default()
        },
        accounts: Some(vec!["alpha".to_owned()]),
        ..EntrySpec::default()
    };
    let id = bench.create(spec).await.unwrap().id;
    let ask = async || {
        let show = Request::EntryShow(EntryShow { id });
        entry(bench.ask(Role::Viewer, show).await.unwrap())
    };
    let mut waiting = ask().await;
    while waiting.waits.is_empty() {
        tokio::task::yield_now().await;
        waiting = ask().await;
    }
    let words = "no flavor \"nope\"; it has: g-nohost, g-1gb, g-2gb, g-4gb";
    assert_eq!(waiting.reason.as_deref(), Some(&*format!("alpha: {words}")));
    let wait = &waiting.waits[0];
    assert_eq!((wait.message.as_str(), waiting.waits.len()), (words, 1));
    assert!(wait.until.is_some_and(|until| until > bench.now()));

    // Who asks why is told how long it lasts, and no time of another zone.
    let explain = Request::EntryExplain(EntryExplain { id });
    let Response::Explanation(told) = bench.ask(Role::Operator, explain).await.unwrap() else {
        panic!("not an explanation");
    };
    let over = told.passed_over.iter().find(|it| it.account == "alpha");
    let over = &over.unwrap().reason;
    assert!(
        over.starts_with("flavor nope is blocked: ")
            && over.contains(words)
            && over.contains(" left); ask for what it has"),
        "{over}"
    );

    // What stands in columns of its own is not said again.
    let list = Request::EventList(EventList {
        since: Some(0),
        limit: 100,
        ..EventList::default()
    });
    let Response::Events(page) = bench.ask(Role::Viewer, list).await.unwrap() else {
        panic!("no events");
    };
    let of_entry: Vec<_> = page
        .events
        .iter()
        .filter(|it| it.entry == Some(id))
        .collect();
    assert!(of_entry.iter().all(|it| !it.message.contains("entry 1")));
    let waits = of_entry
        .iter()
        .find(|it| it.kind == EventKind::EntryWaiting);
    assert_eq!(waits.unwrap().message, format!("waits: alpha: {words}"));
    let refused = of_entry
        .iter()
        .find(|it| it.message.starts_with("refused: "));
    assert_eq!(refused.unwrap().account.as_deref(), Some("alpha"));
    let all = page.events.iter().map(|it| it.message.as_str());
    assert!(!all.collect::<String>().contains("Z:"), "no stamps");
}
