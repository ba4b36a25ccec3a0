//! What happens when records grow: copies of their shapes with a field and a variant more, and what
//! each of the two versions makes of the other's bytes.

use oms_proto::grows;

use super::*;

/// [`v1::StrayKind`] with a variant more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum NewKind {
    Server,
    Keypair,
    Port(String),
}

/// [`v1::Failure`] with a field more; it stands in the midst of other records.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewFailure {
    class: v1::Class,
    operation: String,
    http_status: Option<u16>,
    message: String,
    request_id: Option<String>,
    retry_after: Option<v1::Duration>,
    at: v1::Time,
    trace: Option<String>,
}

grows! {
    NewFailure { class, operation, http_status, message, request_id, retry_after, at }
    then { trace }
}

/// [`v1::Stray`] with all that, and two fields more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewStray {
    kind: NewKind,
    id: String,
    incarnation: String,
    entry: u64,
    attempt: u64,
    kin: v1::Kin,
    ordered: bool,
    since: v1::Time,
    seen: u32,
    asked: bool,
    failures: u32,
    next: v1::Time,
    failure: Option<NewFailure>,
    zone: Option<String>,
    looks: Vec<u64>,
}

grows! {
    NewStray {
        kind, id, incarnation, entry, attempt, kin, ordered, since, seen, asked, failures, next,
        failure
    } then { zone, looks }
}

/// [`v1::Scope`] with a variant more, in [`v1::Block`] with a field more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
enum NewScope {
    Account,
    Quota,
    Launch,
    Offering(v1::Offering),
    Request(v1::Wanted),
    Pool(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NewBlock {
    scope: NewScope,
    until: v1::Time,
    failures: u32,
    failure: NewFailure,
    probe: Option<u64>,
    over: bool,
    by: Option<String>,
}

grows! {
    NewBlock { scope, until, failures, failure, probe } then { over, by }
}

fn failure() -> v1::Failure {
    v1::Failure {
        class: v1::Class::Quota,
        operation: "create server".to_owned(),
        http_status: Some(403),
        message: "no cores left".to_owned(),
        request_id: None,
        retry_after: Some((3, 5)),
        at: 7,
    }
}

fn new_failure() -> NewFailure {
    NewFailure {
        class: v1::Class::Quota,
        operation: "create server".to_owned(),
        http_status: Some(403),
        message: "no cores left".to_owned(),
        request_id: None,
        retry_after: Some((3, 5)),
        at: 7,
        trace: None,
    }
}

fn stray() -> v1::Stray {
    v1::Stray {
        kind: v1::StrayKind::Keypair,
        id: "oms-5-key".to_owned(),
        incarnation: "5eed".to_owned(),
        entry: 4,
        attempt: 300,
        kin: v1::Kin::Known,
        ordered: false,
        since: -1,
        seen: 2,
        asked: true,
        failures: 1,
        next: 9,
        failure: Some(failure()),
    }
}

fn new_stray() -> NewStray {
    NewStray {
        kind: NewKind::Keypair,
        id: "oms-5-key".to_owned(),
        incarnation: "5eed".to_owned(),
        entry: 4,
        attempt: 300,
        kin: v1::Kin::Known,
        ordered: false,
        since: -1,
        seen: 2,
        asked: true,
        failures: 1,
        next: 9,
        failure: Some(new_failure()),
        zone: None,
        looks: Vec::new(),
    }
}

#[test]
fn old_rows_mean_the_same_once_shapes_have_grown() {
    let row = pack(&stray()).unwrap();
    assert_eq!(unpack::<NewStray>(&row).unwrap(), new_stray());
    let block = v1::Block {
        scope: v1::Scope::Offering(v1::Offering {
            availability_zone: None,
            flavor: "m1".to_owned(),
        }),
        until: 1,
        failures: 2,
        failure: failure(),
        probe: Some(3),
        over: false,
    };
    let row = pack(&vec![block.clone(), block]).unwrap();
    let new = NewBlock {
        scope: NewScope::Offering(v1::Offering {
            availability_zone: None,
            flavor: "m1".to_owned(),
        }),
        until: 1,
        failures: 2,
        failure: new_failure(),
        probe: Some(3),
        over: false,
        by: None,
    };
    let read: Vec<NewBlock> = unpack(&row).unwrap();
    assert_eq!(read, [new.clone(), new]);
}

#[test]
fn what_is_not_said_leaves_rows_as_they_were() {
    assert_eq!(pack(&new_stray()).unwrap(), pack(&stray()).unwrap());
}

#[test]
fn grown_rows_are_read_whole() {
    let mut new = new_stray();
    new.kind = NewKind::Port("p".to_owned());
    new.failure = Some(NewFailure {
        trace: Some("t".to_owned()),
        ..new_failure()
    });
    new.looks = vec![1, 2];
    assert_eq!(unpack::<NewStray>(&pack(&new).unwrap()).unwrap(), new);
}

#[test]
fn what_a_newer_version_wrote_is_refused_and_not_lost() {
    let mut shared = Shared::default();
    let mut refusal = |new: &NewStray| {
        let refused = read_stray(&pack(new).unwrap(), &mut shared).unwrap_err();
        refused.to_string()
    };
    let zone = NewStray {
        zone: Some("a".to_owned()),
        ..new_stray()
    };
    assert_eq!(refusal(&zone), "3 bytes of Stray are left over");
    let trace = NewStray {
        failure: Some(NewFailure {
            trace: Some("t".to_owned()),
            ..new_failure()
        }),
        ..new_stray()
    };
    assert_eq!(refusal(&trace), "3 bytes of Failure are left over");
    let port = NewStray {
        kind: NewKind::Port("p".to_owned()),
        ..new_stray()
    };
    assert_eq!(refusal(&port), "variant 2 of StrayKind is not known here");
}

#[test]
fn a_record_of_an_unknown_version_is_refused() {
    let mut bytes = write_progress(Progress::default()).unwrap();
    bytes[0] = 9;
    let error = read_progress(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "record version 9 is not known");
    assert_eq!(read_progress(&[]).unwrap_err().to_string(), "it is empty");
}

#[test]
fn a_record_that_is_too_large_is_not_written() {
    let row = JournalRow {
        seq: 1,
        at: Time(0),
        kind: oms_proto::EventKind::EntryWaiting,
        entry: None,
        attempt: None,
        account: None,
        message: "x".repeat(RECORD_MAX_BYTES),
        by: oms_proto::Actor::Scheduler,
    };
    assert!(write_journal(&row).is_err());
}
