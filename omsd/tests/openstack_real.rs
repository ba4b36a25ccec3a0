//! Every operation of the client against real clouds, one after the other. What it makes it
//! removes, also when it fails half-way.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that reports figures"
)]

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use oms_proto::spec::{ApplicationCredential, Credentials, Interface, PasswordCredentials};
use oms_proto::{AttemptId, EntryId, Secret, Time};
use omsd::openstack::{CallLimits, CallObserver, CallSeen, OpenStackClouds};
use omsd::ports::{
    Clock, Cloud, Clouds, CreateServer, Mark, OpenAccount, OpenReach, Removal, Resolved,
    ServerSeen, Wanted,
};
use omsd_domain::ground::failure::FailureClass;
use serde::Deserialize;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ0Z2Z1bm55a2V5Zm9yb21zdGVzdHNvbmx5MTIzNDU2 test";
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ0Z2Z1bm55a2V5Zm9yb21zdGVzdHNvbmx5MTIzNDU3 test";

#[derive(Deserialize)]
struct CloudsFile {
    clouds: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Auth,
    region_name: Option<String>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of clouds.yaml")]
struct Auth {
    auth_url: String,
    username: Option<String>,
    password: Option<String>,
    project_name: Option<String>,
    user_domain_name: Option<String>,
    project_domain_name: Option<String>,
    application_credential_id: Option<String>,
    application_credential_secret: Option<String>,
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Time {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        Time(i64::try_from(since.as_micros()).unwrap())
    }
}

/// Counts the calls and prints what they were.
#[derive(Default)]
struct Counter {
    calls: AtomicUsize,
    lines: Mutex<Vec<String>>,
}

impl Counter {
    fn since_last(&self, what: &str) -> usize {
        let calls = self.calls.swap(0, Ordering::SeqCst);
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        println!("    {what}: {calls} calls: {}", lines.join(", "));
        calls
    }
}

impl CallObserver for Counter {
    fn called(&self, call: &CallSeen<'_>) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.lines.lock().unwrap().push(format!(
            "{} {} {} {} ms",
            call.method,
            call.operation,
            call.status.unwrap_or_default(),
            call.elapsed.as_millis()
        ));
    }
}

fn account(name: &str, entry: &Entry) -> OpenAccount {
    let auth = &entry.auth;
    let credentials = match &auth.application_credential_id {
        Some(id) => Credentials::ApplicationCredential(ApplicationCredential {
            id: Some(id.clone()),
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: Secret::new(auth.application_credential_secret.clone().unwrap()),
            user_id: None,
        }),
        None => Credentials::Password(PasswordCredentials {
            username: auth.username.clone().unwrap(),
            user_domain_name: auth.user_domain_name.clone(),
            user_domain_id: None,
            password: Secret::new(auth.password.clone().unwrap()),
            tenant_name: auth.project_name.clone(),
            tenant_id: None,
            project_domain_name: auth.project_domain_name.clone(),
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }),
    };
    OpenAccount {
        name: name.to_owned(),
        auth_url: auth.auth_url.clone(),
        region_name: entry.region_name.clone(),
        interface: Interface::Public,
        credentials,
        ca_pem: None,
        pinned_cert_pem: None,
        reach: OpenReach::default(),
    }
}

/// Asks again and again, with a deadline: nobody tells us when a cloud is done.
async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "waited in vain for {what}"
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn create(name: &str, resolved: Resolved, key: &str) -> CreateServer {
    let mut metadata = BTreeMap::from([("colour".to_owned(), "gr\u{fc}n".to_owned())]);
    let mark = Mark {
        installation: "test".into(),
        incarnation: "0a1b2c3d".into(),
        entry: EntryId(1),
        attempt: AttemptId(2),
    };
    mark.write(&mut metadata);
    CreateServer {
        name: name.to_owned(),
        resolved,
        key_name: key.to_owned(),
        user_data: Some(Secret::new("#cloud-config\n")),
        metadata,
    }
}

async fn find(cloud: &dyn Cloud, since: Option<Time>, id: &str) -> Option<ServerSeen> {
    let listing = cloud.list_servers(since).await.unwrap();
    listing.servers.into_iter().find(|it| it.id == id)
}

fn wanted() -> Wanted {
    Wanted {
        image: "debian-12".into(),
        flavor: "g-1gb".into(),
        security_groups: vec!["default".into()],
        ..Wanted::default()
    }
}

async fn names(cloud: &dyn Cloud, counter: &Counter) -> Resolved {
    let signed = cloud.sign_in().await.unwrap();
    println!("    {signed:?}");
    counter.since_last("sign in, cold");
    let resolved = cloud.resolve(&wanted()).await.unwrap();
    counter.since_last("resolve, cold");
    assert_eq!(cloud.resolve(&wanted()).await.unwrap(), resolved);
    assert_eq!(counter.since_last("resolve, warm"), 0);
    let by_id = Wanted {
        image: resolved.image_id.clone(),
        flavor: resolved.flavor_id.clone(),
        ..Wanted::default()
    };
    let found = cloud.resolve(&by_id).await.unwrap();
    assert_eq!(found.image_id, resolved.image_id);
    counter.since_last("resolve by id");
    for wrong in [
        Wanted {
            image: "debian-11".into(),
            ..wanted()
        },
        Wanted {
            flavor: "g-9gb".into(),
            ..wanted()
        },
        Wanted {
            networks: vec!["no-net".into()],
            ..wanted()
        },
    ] {
        let error = cloud.resolve(&wrong).await.unwrap_err();
        println!("    {error}");
        assert_eq!(error.class, FailureClass::Configuration);
    }
    println!("    {:?}", cloud.survey().await.unwrap());
    counter.since_last("wrong names and limits");
    resolved
}

async fn keypairs(key: &str, cloud: &dyn Cloud, counter: &Counter) {
    cloud.import_keypair(key, KEY).await.unwrap();
    assert_eq!(counter.since_last("import"), 1);
    cloud.import_keypair(key, KEY).await.unwrap();
    assert_eq!(counter.since_last("import again"), 2);
    let taken = cloud.import_keypair(key, OTHER_KEY).await.unwrap_err();
    println!("    {taken:?}");
    assert_eq!(
        (taken.class, taken.maybe_done),
        (FailureClass::Conflict, false)
    );
    let names = cloud.list_keypairs().await.unwrap();
    assert!(names.iter().any(|it| it == key));
    counter.since_last("taken and list");
}

async fn refused(resolved: &Resolved, key: &str, cloud: &dyn Cloud, counter: &Counter) {
    let mut bad = create("oms-test-bad", resolved.clone(), key);
    bad.resolved.image_id = "00000000-0000-4000-8000-000000000000".into();
    let error = cloud.create_server(&bad).await.unwrap_err();
    println!("    {error:?}");
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Configuration, false)
    );
    assert!(error.request_id.is_some());
    counter.since_last("refused create");
}

async fn life(name: &str, cloud: &dyn Cloud, counter: &Counter) {
    let resolved = names(cloud, counter).await;
    let key = format!("oms-test-{name}");
    keypairs(&key, cloud, counter).await;

    refused(&resolved, &key, cloud, counter).await;
    let before = cloud.list_servers(None).await.unwrap().as_of;
    assert_eq!(counter.since_last("list"), 1);
    let good = create("oms-test", resolved, &key);
    let id = cloud.create_server(&good).await.unwrap();
    assert_eq!(counter.since_last("create"), 1);
    let nohost = Wanted {
        flavor: "g-nohost".into(),
        ..wanted()
    };
    let nohost = cloud.resolve(&nohost).await.unwrap();
    let lost = create("oms-test-nohost", nohost, &key);
    let lost = cloud.create_server(&lost).await.unwrap();

    let active = until("ACTIVE", async || {
        let server = find(cloud, before, &id).await?;
        (server.status == "ACTIVE" && !server.addresses.is_empty()).then_some(server)
    })
    .await;
    println!("    {active:?}");
    assert_eq!(
        active.mark.as_ref().map(|it| it.attempt),
        Some(AttemptId(2))
    );
    let same = cloud.get_server(&id).await.unwrap();
    assert_eq!(same.addresses, active.addresses);
    let error = until("ERROR", async || {
        let server = find(cloud, None, &lost).await?;
        // Nova writes the fault a moment after the status.
        server.fault.filter(|_| server.status == "ERROR")
    })
    .await;
    println!("    {error:?}");
    assert_eq!(error.class(), FailureClass::NoCapacity);
    counter.since_last("watching");
    removal(&[id, lost], before, cloud, counter).await;
}

async fn removal(ids: &[String], before: Option<Time>, cloud: &dyn Cloud, counter: &Counter) {
    for id in ids {
        assert_eq!(cloud.delete_server(id).await.unwrap(), Removal::Accepted);
    }
    assert_eq!(counter.since_last("delete two"), 2);
    for id in ids {
        let gone = until("DELETED", async || {
            let server = find(cloud, before, id).await?;
            (server.status == "DELETED").then_some(server)
        })
        .await;
        println!("    deleted: {gone:?}");
        // Nova says DELETED a moment before it forgets the server.
        let missing = until("not found", async || match cloud.get_server(id).await {
            Ok(server) => {
                assert_eq!(server.status, "DELETED");
                None
            }
            Err(error) => Some(error),
        })
        .await;
        assert_eq!(missing.class, FailureClass::NotFound);
        assert_eq!(cloud.delete_server(id).await.unwrap(), Removal::Gone);
        assert_eq!(find(cloud, None, id).await, None);
    }
    counter.since_last("seeing them gone");
}

async fn sweep(name: &str, cloud: &dyn Cloud) {
    for server in cloud.list_servers(None).await.unwrap().servers {
        if server.mark.is_some_and(|it| it.installation == "test") {
            cloud.delete_server(&server.id).await.unwrap();
        }
    }
    let key = format!("oms-test-{name}");
    assert_eq!(cloud.delete_keypair(&key).await.unwrap(), Removal::Gone);
    assert_eq!(cloud.delete_keypair(&key).await.unwrap(), Removal::Gone);
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn a_server_lives_and_goes_on_every_cloud() {
    let path = std::env::var("OMS_TEST_CLOUDS").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let file: CloudsFile = serde_saphyr::from_str(&text).unwrap();
    let counter = Arc::new(Counter::default());
    let clouds = OpenStackClouds::new(Arc::new(WallClock), CallLimits::default())
        .with_observer(Arc::<Counter>::clone(&counter));
    let ordinary = |name: &str| !name.ends_with("admin");
    for (name, entry) in file.clouds.iter().filter(|(name, _)| ordinary(name)) {
        println!("{name}");
        let cloud = clouds.open(&account(name, entry)).unwrap();
        let outcome = AssertUnwindSafe(life(name, &*cloud, &counter))
            .catch_unwind()
            .await;
        sweep(name, &*cloud).await;
        outcome.unwrap();
    }
}
