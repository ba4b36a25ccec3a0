//! What views tell of accounts and entries beyond how they stand: room, and what was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::machine::MachineSpec;
use oms_proto::request::{AccountShow, EntryShow};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{AccountView, QuotaView, Resource, RoomView};
use oms_proto::{Change, Request, Response, StreamItem};
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
