//! What clients see of entries, instances and accounts.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::view::{AccountStatus, AuthType, EntryView, Trust};
use oms_proto::{AccountId, AttemptId, EntryId, Time};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rows::account::{Account, Auth, Domain};
use omsd_domain::rows::attempt::{Attempt, State};
use omsd_domain::rows::entry::{Entry, EntryKey, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::lineage::{Doubt, Held, Kin};
use omsd_domain::rows::offering::{Lessons, Offering};
use omsd_domain::rows::removing::Removing;
use omsd_domain::rows::scope::{Block, Scope};
use omsd_domain::rows::stray::{self, Stray};
use omsd_domain::rules::machine::merge;
use omsd_domain::tell::alert;
use omsd_domain::world::{Rows, World};

use super::samples::{Same, account, attempt, entry, failure, server};
use crate::secrets::{MissingKey, Vault};
use crate::service::view::{Keys, Picture, key_context, seconds};

const NOW: Time = Time(60_000_000);

fn world(accounts: Vec<Account>, entries: Vec<Entry>) -> World {
    World::from_rows(rows(accounts, entries))
}

fn rows(accounts: Vec<Account>, entries: Vec<Entry>) -> Rows {
    Rows {
        installation: "here".to_owned(),
        seq: 7,
        accounts,
        entries,
        ..Rows::default()
    }
}

/// The first account, faring so.
fn faring(account: Account, health: Health) -> World {
    let mut rows = rows(vec![account], Vec::new());
    rows.healths.push((AccountId(1), health));
    World::from_rows(rows)
}

fn blocked(blocks: Vec<Block>) -> Health {
    Health {
        blocks,
        last_failure: None,
    }
}

fn hidden(world: &World) -> Picture<'_> {
    Picture {
        world,
        now: NOW,
        keys: Keys::Hidden,
    }
}

fn running() -> Entry {
    let mut ready = attempt(4, 1, State::Ready);
    ready.server = Some(server());
    ready.boot = Some(Duration::from_millis(29_600));
    let mut gone = attempt(3, 1, State::Gone);
    gone.failure = Some(failure(FailureClass::ServerError));
    let mut entry = entry(1, Status::Run);
    entry.attempts = vec![Arc::new(gone), Arc::new(ready)];
    entry
}

#[test]
fn an_entry_that_runs_shows_its_instance_as_in_2016() {
    let world = world(vec![account(1, "alpha")], vec![running()]);
    let view = hidden(&world).entry(&running());
    insta::assert_snapshot!(serde_json::to_string_pretty(&view).unwrap());
}

#[test]
fn an_entry_that_does_not_run_shows_no_instance() {
    for status in Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Run)
    {
        let mut entry = running();
        entry.status = status;
        let world = world(vec![account(1, "alpha")], vec![entry.clone()]);
        assert_eq!(hidden(&world).entry(&entry).instance, None, "{status}");
    }
}

#[test]
fn an_entry_that_is_not_what_it_should_be_says_why() {
    let reason = |change: &dyn Fn(&mut Entry, &mut Attempt)| {
        let mut own = running();
        let mut ready = (*own.attempts[1]).clone();
        change(&mut own, &mut ready);
        own.attempts = vec![Arc::new(ready)];
        let world = world(vec![account(1, "alpha")], vec![own.clone()]);
        hidden(&world).entry(&own).reason
    };
    assert_eq!(reason(&|_, _| ()), None);
    let told = reason(&|_, ready| {
        ready.server.as_mut().unwrap().addresses.clear();
    });
    assert_eq!(
        told.as_deref(),
        Some("alpha shows no address of its instance; look at its network there")
    );
    let told = reason(&|_, ready| ready.server.as_mut().unwrap().vanished = true);
    assert_eq!(
        told.as_deref(),
        Some("its instance is no longer there at alpha")
    );
    let told = reason(&|own, ready| {
        own.status = Status::Destroy;
        ready.state = State::RemovingServer { asked: Some(NOW) };
        ready.removal.alerted = true;
    });
    assert_eq!(
        told.as_deref(),
        Some("removal at alpha: the cloud took the wish and does not carry it out")
    );
    let told = reason(&|own, ready| {
        own.status = Status::Destroy;
        ready.state = State::Launching;
        ready.server = None;
    });
    assert_eq!(
        told.as_deref(),
        Some("alpha has not answered its create; what that made is removed then")
    );
}

#[test]
fn a_private_key_is_shown_only_where_asked_and_only_if_it_opens() {
    let home = tempfile::tempdir().unwrap();
    let entropy = Arc::new(Same(3));
    let path = home.path().join("key");
    let vault = Vault::load_or_create(&path, MissingKey::Make, entropy).unwrap();
    let mut own = running();
    let key = |own: &mut Entry, change: &dyn Fn(&mut EntryKey)| {
        change(&mut Arc::make_mut(&mut own.asked).key);
    };
    key(&mut own, &|key| {
        key.private = Some(vault.seal(&key_context(&key.public), b"-----BEGIN"));
    });
    let world = world(vec![account(1, "alpha")], vec![own.clone()]);
    let shown = |entry: &Entry, keys| {
        let picture = Picture {
            world: &world,
            now: NOW,
            keys,
        };
        picture.entry(entry).instance.unwrap().key_raw
    };
    assert_eq!(
        shown(&own, Keys::Shown(&vault)).as_deref(),
        Some("-----BEGIN")
    );
    assert_eq!(shown(&own, Keys::Hidden), None);
    // Another entry's sealed key, put under this one's name.
    let mut swapped = own.clone();
    key(&mut swapped, &|key| {
        key.public = "ssh-ed25519 BBBB oms".to_owned();
    });
    assert_eq!(shown(&swapped, Keys::Shown(&vault)), None);
    let mut brought = own;
    key(&mut brought, &|key| key.private = None);
    assert_eq!(shown(&brought, Keys::Shown(&vault)), None);
}

#[test]
fn an_attempt_tells_its_story() {
    let mut removing = attempt(4, 9, State::RemovingServer { asked: None });
    removing.server = Some(server());
    removing.failure = Some(failure(FailureClass::BuildTimeout));
    removing.removal.failure = Some(failure(FailureClass::ServerError));
    let world = world(Vec::new(), Vec::new());
    let view = hidden(&world).attempt(&removing);
    insta::assert_snapshot!(serde_json::to_string_pretty(&view).unwrap());
}

#[test]
fn an_account_shows_no_secret_and_says_why_it_is_kept_from() {
    let alpha = account(1, "alpha");
    let health = blocked(vec![Block {
        scope: Scope::Account,
        until: Time(90_000_000),
        failures: 2,
        failure: failure(FailureClass::Throttled),
        probe: None,
        over: false,
    }]);
    let lessons = Lessons {
        boots: vec![Duration::from_secs(30), Duration::from_secs(40)],
        ..Lessons::of(Offering::default())
    };
    let world = World::from_rows(Rows {
        healths: vec![(AccountId(1), health)],
        lessons: vec![(AccountId(1), lessons)],
        ..rows(vec![alpha.clone()], vec![running()])
    });
    let view = hidden(&world).account(&alpha);
    insta::assert_snapshot!(serde_json::to_string_pretty(&view).unwrap());
}

#[test]
fn an_account_is_available_when_a_launch_would_go_there() {
    let block = |scope, until, probed| Block {
        scope,
        until: Time(until),
        failures: 1,
        failure: failure(FailureClass::Quota),
        probe: probed,
        over: false,
    };
    let (past, future) = (NOW.0 - 1, NOW.0 + 1);
    let probe = Some(oms_proto::AttemptId(1));
    let offering = Scope::Offering(Offering {
        availability_zone: None,
        flavor: "g-1gb".to_owned(),
    });
    let cases = [
        (vec![], true),
        (vec![block(offering, future, None)], true),
        (vec![block(Scope::Quota, future, None)], false),
        (vec![block(Scope::Quota, past, None)], true),
        (vec![block(Scope::Launch, past, probe)], false),
        // Looking decides, never an entry.
        (vec![block(Scope::Account, past, None)], false),
    ];
    for (blocks, available) in cases {
        let mut account = account(1, "alpha");
        let told = format!("{blocks:?}");
        let world = faring(account.clone(), blocked(blocks));
        let picture = hidden(&world);
        assert_eq!(picture.is_available(&account), available, "{told}");
        let status = picture.account(&account).status;
        assert_eq!(status == AccountStatus::Available, available);
        account.enabled = false;
        assert!(!picture.is_available(&account));
    }
}

#[test]
fn an_account_is_kept_from_in_the_words_that_an_entry_passed_over_there_is_told() {
    let reason = |change: &dyn Fn(&mut Rows)| {
        let mut rows = rows(vec![account(1, "alpha")], Vec::new());
        change(&mut rows);
        let world = World::from_rows(rows);
        let view = hidden(&world).account(&world.accounts[&AccountId(1)]);
        assert_eq!(
            view.status == AccountStatus::Available,
            view.reason.is_none()
        );
        view.reason
    };
    assert_eq!(reason(&|_| ()), None);
    let held = reason(&|rows| {
        rows.lineage.held = Some(Held {
            since: NOW,
            doubt: Doubt::Restored,
        });
    });
    assert_eq!(
        held.as_deref(),
        Some(
            "nothing is launched anywhere, for another daemon may be at work on this database; \
             stop the other daemon, then say: omsctl takeover"
        )
    );
    let unseen = reason(&|rows| assert!(rows.lineage.unseen.insert(AccountId(1))));
    assert_eq!(
        unseen.as_deref(),
        Some("what stands there has not been listed since the database went back")
    );
    let disabled = reason(&|rows| rows.accounts[0].enabled = false);
    assert_eq!(
        disabled.as_deref(),
        Some("disabled; switch it on with: omsctl account enable alpha")
    );
}

/// A certificate that ends with the beginning of a year.
fn until(year: i32) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    params.self_signed(&key).unwrap().pem()
}

#[test]
fn the_first_certificate_of_an_account_to_end_is_told() {
    let ends = |change: &dyn Fn(&mut Account)| {
        let mut account = account(1, "alpha");
        (account.ca_pem, account.pinned_cert_pem) = (None, None);
        change(&mut account);
        let world = world(vec![account.clone()], Vec::new());
        let ends = hidden(&world).account(&account).certificate_ends;
        ends.map(|ends| ends.to_string())
    };
    assert_eq!(ends(&|_| {}), None);
    // Of several authorities any may have signed.
    let both = until(2031) + &until(2033) + &until(2032);
    let of_both = ends(&|account| account.ca_pem = Some(both.clone()));
    assert_eq!(of_both.as_deref(), Some("2033-01-01T00:00:00.000000Z"));
    let client = until(2030);
    let of_client = ends(&|account| {
        account.ca_pem = Some(both.clone());
        account.reach.client_cert_pem = Some(client.clone());
    });
    assert_eq!(of_client.as_deref(), Some("2030-01-01T00:00:00.000000Z"));
}

#[test]
fn an_application_credential_is_shown_by_its_id() {
    let mut account = account(1, "alpha");
    account.auth = Auth::ApplicationCredential {
        id: None,
        name: Some("ci".to_owned()),
        username: Some("gnc".to_owned()),
        user_domain: Domain::default(),
        user_id: None,
    };
    account.auth_url = "http://identity.example".to_owned();
    let world = world(vec![account.clone()], Vec::new());
    let view = hidden(&world).account(&account);
    assert_eq!(view.auth_type, AuthType::ApplicationCredential);
    assert_eq!(view.application_credential.as_deref(), Some("ci"));
    assert_eq!((view.username, view.tenant_name), (None, None));
    assert_eq!(view.trust, Trust::None);
}

#[test]
fn the_picture_of_many_accounts_fits_one_frame() {
    let blocks = (0..64).map(|i| Block {
        scope: Scope::Offering(Offering {
            availability_zone: Some("z".repeat(255)),
            flavor: format!("{i:0>255}"),
        }),
        until: Time(90_000_000),
        failures: 2,
        failure: Arc::new(omsd_domain::ground::failure::Failure {
            message: "m".repeat(500),
            ..(*failure(FailureClass::NoCapacity)).clone()
        }),
        probe: None,
        over: false,
    });
    let mut worst = account(1, "alpha");
    let health = blocked(blocks.collect());
    worst.defaults.networks = Some((0..32).map(|i| format!("{i:0>255}")).collect());
    worst.defaults.security_groups = worst.defaults.networks.clone();
    let world = faring(worst.clone(), health);
    let view = hidden(&world).account(&worst);
    let bytes = oms_proto::codec::encode(&view).unwrap().len();
    let all = bytes * super::super::accounts::ACCOUNTS_PER_ANSWER;
    assert!(
        all < oms_proto::frame::ANSWER_FRAME_MAX_BYTES,
        "{bytes} bytes each"
    );
}

#[test]
fn a_part_of_a_snapshot_fits_one_frame_many_times_over() {
    let mut worst = running();
    if let Some(ready) = worst.attempts.get_mut(1).map(Arc::make_mut) {
        let mut server = server();
        server.addresses = (0..200).map(|i| format!("{i:0>45}")).collect();
        ready.server = Some(server);
    }
    let world = world(vec![account(1, "alpha")], vec![worst.clone()]);
    let view: EntryView = hidden(&world).entry(&worst);
    assert_eq!(view.instance.as_ref().unwrap().addresses.len(), 64);
    let bytes = oms_proto::codec::encode(&view).unwrap().len();
    assert!(
        bytes * 500 < oms_proto::frame::ANSWER_FRAME_MAX_BYTES,
        "{bytes} bytes each"
    );
}

#[test]
fn seconds_are_rounded() {
    let cases = [(0, 0), (499, 0), (500, 1), (1499, 1), (29_600, 30)];
    for (milliseconds, expected) in cases {
        assert_eq!(seconds(Duration::from_millis(milliseconds)), expected);
    }
    assert_eq!(seconds(Duration::MAX), u32::MAX);
}

#[test]
fn what_needs_a_person_is_told_the_most_urgent_first() {
    let block = |scope, class| Block {
        scope,
        until: NOW,
        failures: 1,
        failure: failure(class),
        probe: None,
        over: false,
    };
    let refused = blocked(vec![Block {
        until: NOW.plus(Duration::from_secs(2 * 3600)),
        ..block(Scope::Account, FailureClass::Unauthorized)
    }]);
    let mut lost = running();
    let kept = lost.attempts.last_mut().map(Arc::make_mut);
    if let Some(server) = kept.and_then(|kept| kept.server.as_mut()) {
        server.vanished = true;
    }
    let mut stuck = attempt(9, 1, State::RemovingServer { asked: Some(NOW) });
    stuck.server = Some(server());
    stuck.removal.alerted = true;
    let mut removed = entry(2, Status::Destroy);
    removed.attempts = vec![Arc::new(stuck)];
    let beta = account(2, "beta");
    let wanted = merge(&[&beta.defaults]).unwrap();
    let request = Scope::Request(Arc::new(wanted));
    let lacking = blocked(vec![block(request, FailureClass::Configuration)]);
    let stray = Stray {
        id: stray::Id {
            kind: stray::Kind::Server,
            id: "s-9".to_owned(),
        },
        incarnation: "0a1b2c3d".to_owned(),
        entry: EntryId(9),
        attempt: AttemptId(9),
        kin: Kin::Known,
        ordered: false,
        since: NOW,
        seen: 1,
        asked: false,
        removal: Removing::default(),
    };
    let world = World::from_rows(Rows {
        healths: vec![(AccountId(1), refused), (AccountId(2), lacking)],
        strays: vec![(AccountId(2), stray)],
        ..rows(vec![account(1, "alpha"), beta], vec![lost, removed])
    });
    let told: Vec<_> = alert::alerts(&world, 10)
        .iter()
        .map(|it| format!("{} {:?} {}", it.kind.as_str(), it.entry, it.message))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(alert::alerts(&world, 1).len(), 1);
    for kind in alert::Kind::ALL {
        let of_kind = told.iter().filter(|it| it.starts_with(kind.as_str()));
        assert_eq!(alert::count(&world, kind), of_kind.count(), "{kind:?}");
    }
    assert!(world.indexes_agree());
}
