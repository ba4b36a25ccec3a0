//! What people are told of entries that wait.

use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::view::EntryView;
use oms_proto::{AccountId, Time};
use omsd_domain::ground::cloud::Part;
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::ground::resource::Resource;
use omsd_domain::rows::attempt::State;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::offering::Offering;
use omsd_domain::rows::passed::{Cause, Waits};
use omsd_domain::rows::scope::{Block, Scope, ScopeKind};
use omsd_domain::rows::why::{End, Failed, Why};
use omsd_domain::world::{Rows, World};

use super::samples::{account, attempt, entry, failure};
use crate::service::view::{Keys, Picture};

const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

const NO_FLAVOR: &str = "no flavor \"nope\"; it has: g-1gb, g-2gb";

const NO_HOST: &str = "No valid host was found.";

fn said(class: FailureClass, message: &str) -> Arc<Failure> {
    Arc::new(Failure {
        message: message.to_owned(),
        ..(*failure(class)).clone()
    })
}

fn block(scope: Scope, failure: Arc<Failure>) -> Block {
    Block {
        scope,
        until: Time(90_000_000),
        failures: 1,
        failure,
        probe: None,
        over: false,
    }
}

fn no_flavor() -> Block {
    let scope = Scope::Named(Part::Flavor, "nope".to_owned());
    block(scope, said(FailureClass::Configuration, NO_FLAVOR))
}

fn full() -> Block {
    let scope = Scope::Offering(Offering {
        availability_zone: None,
        flavor: "nope".to_owned(),
    });
    block(scope, said(FailureClass::NoCapacity, NO_HOST))
}

/// An entry that asks for what no account has, and waits for these.
fn waiting(named: &[(u64, Cause)], others: &[(Cause, u32)]) -> Entry {
    let mut entry = entry(1, Status::Recive);
    let mut spec = EntrySpec::default();
    spec.machine.flavor = Some("nope".to_owned());
    Arc::make_mut(&mut entry.asked).spec = Arc::new(spec);
    let named = named.iter().map(|(id, cause)| (AccountId(*id), *cause));
    let waits = Waits {
        named: named.collect(),
        others: others.to_vec(),
    };
    entry.why = Some(Why::Waits(Arc::new(waits)));
    entry
}

fn told(entry: &Entry, blocks: Vec<(u64, Block)>) -> EntryView {
    let ids = 1..;
    let accounts = ids.zip(NAMES).map(|(id, name)| account(id, name));
    let faring = |(id, block)| {
        let health = Health {
            blocks: vec![block],
            last_failure: None,
        };
        (AccountId(id), health)
    };
    let world = World::from_rows(Rows {
        installation: "here".to_owned(),
        accounts: accounts.collect(),
        entries: vec![entry.clone()],
        healths: blocks.into_iter().map(faring).collect(),
        ..Rows::default()
    });
    let picture = Picture {
        world: &world,
        now: Time(60_000_000),
        keys: Keys::Hidden,
    };
    picture.entry(entry)
}

const LACKS: Cause = Cause::Blocked(ScopeKind::Flavor, FailureClass::Configuration);

const FULL: Cause = Cause::Blocked(ScopeKind::Offering, FailureClass::NoCapacity);

#[test]
fn the_reason_is_what_the_cloud_said_of_the_wish() {
    let named = [(1, LACKS), (2, Cause::NotAmongAccounts)];
    let view = told(&waiting(&named, &[]), vec![(1, no_flavor())]);
    assert_eq!(
        view.reason.as_deref(),
        Some("alpha: no flavor \"nope\"; it has: g-1gb, g-2gb")
    );
    // What the entry itself excludes is no news.
    let [wait] = view.waits.as_slice() else {
        panic!("one account: {:?}", view.waits);
    };
    assert_eq!(wait.message, NO_FLAVOR);
    assert_eq!(wait.until, Some(Time(90_000_000)));
}

#[test]
fn what_matters_most_comes_first_and_turns_come_last() {
    let named = [
        (1, Cause::Busy),
        (2, Cause::Maintenance),
        (3, FULL),
        (4, LACKS),
    ];
    let others = [(Cause::NoRoom(Resource::Instances), 2)];
    let view = told(
        &waiting(&named, &others),
        vec![(3, full()), (4, no_flavor())],
    );
    assert_eq!(
        view.reason.as_deref(),
        Some(
            "delta: no flavor \"nope\"; it has: g-1gb, g-2gb; gamma: No valid host was found; \
             beta: under maintenance; alpha: busy; 2 more: no room, too few instances left"
        )
    );
    let order = view.waits.iter().map(|wait| wait.account.as_deref());
    assert_eq!(
        order.collect::<Vec<_>>(),
        [
            Some("delta"),
            Some("gamma"),
            Some("beta"),
            Some("alpha"),
            None
        ]
    );
    // Nothing is told that passes by the second, and no time of anybody's zone.
    assert!(!view.reason.unwrap().contains("1970"));
}

#[test]
fn accounts_of_which_the_same_is_told_stand_together() {
    let named = [(1, Cause::Maintenance), (2, FULL), (3, Cause::Maintenance)];
    let view = told(&waiting(&named, &[]), vec![(2, full())]);
    assert_eq!(
        view.reason.as_deref(),
        Some("beta: No valid host was found; alpha, gamma: under maintenance")
    );
}

#[test]
fn a_block_that_is_gone_or_of_another_wish_is_told_of_by_what_it_was() {
    let plain = "alpha: flavor is blocked, configuration";
    let mut entry = waiting(&[(1, LACKS)], &[]);
    assert_eq!(told(&entry, vec![]).reason.as_deref(), Some(plain));
    let mut other = no_flavor();
    other.scope = Scope::Named(Part::Flavor, "never".to_owned());
    let view = told(&entry, vec![(1, other)]);
    assert_eq!(view.reason.as_deref(), Some(plain));

    // Unless the entry has met it itself.
    let mut tried = attempt(3, 1, State::Gone);
    tried.failure = Some(said(FailureClass::Configuration, NO_FLAVOR));
    entry.attempts = vec![Arc::new(tried)];
    let reason = told(&entry, vec![]).reason.unwrap();
    assert_eq!(reason, format!("alpha: {NO_FLAVOR}"));
}

#[test]
fn what_is_refused_of_an_entry_is_told_in_the_words_of_the_refusal() {
    let mut entry = waiting(&[(1, Cause::Rejected)], &[]);
    let plain = "alpha: it has refused what this entry brings";
    assert_eq!(told(&entry, vec![]).reason.as_deref(), Some(plain));
    let mut tried = attempt(3, 1, State::Gone);
    tried.failure = Some(said(FailureClass::Rejected, "Key is too short."));
    entry.attempts = vec![Arc::new(tried)];
    let reason = told(&entry, vec![]).reason.unwrap();
    assert_eq!(reason, format!("{plain}: Key is too short"));
}

#[test]
fn long_words_are_cut_and_no_words_are_the_class() {
    let long = "\u{f6}".repeat(5_000);
    let mut full = full();
    full.failure = said(FailureClass::NoCapacity, &long);
    let entry = waiting(&[(1, FULL)], &[]);
    let reason = told(&entry, vec![(1, full.clone())]).reason.unwrap();
    assert_eq!(reason.chars().count(), "alpha: ".len() + 203);
    full.failure = said(FailureClass::NoCapacity, " ");
    let reason = told(&entry, vec![(1, full)]).reason.unwrap();
    assert_eq!(reason, "alpha: no capacity");
}

#[test]
fn what_an_entry_waited_for_that_failed_does_not_follow_the_accounts() {
    let mut entry = waiting(&[(1, LACKS)], &[]);
    let Some(Why::Waits(waited)) = entry.why.take() else {
        panic!("it waits");
    };
    entry.status = Status::Failed;
    entry.why = Some(Why::Failed(Arc::new(Failed {
        end: End::Deadline,
        last: None,
        waited: Some(waited),
    })));
    for blocks in [vec![], vec![(1, no_flavor())]] {
        assert_eq!(
            told(&entry, blocks).reason.as_deref(),
            Some("its deadline passed; alpha: flavor is blocked, configuration")
        );
    }
}
