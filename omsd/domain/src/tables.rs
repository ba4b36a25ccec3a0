//! The state machines and rules as tables, checked in: a change of behaviour is a diff to read.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::failure::{Failure, FailureClass};
use crate::rows::attempt::{Change, State, Step};
use crate::rows::entry::{Signal, Status, next_status};
use crate::rules::policy::Phase;
use crate::rules::scopes::rule;
use crate::rules::status::means;

fn failure() -> Arc<Failure> {
    Arc::new(Failure {
        class: FailureClass::ServerError,
        operation: "create server".to_owned(),
        http_status: Some(500),
        message: "out of order".to_owned(),
        request_id: None,
        retry_after: None,
        at: Time(0),
    })
}

fn changes() -> Vec<Change> {
    let (server, status, addresses) = ("id".to_owned(), "ACTIVE".to_owned(), Vec::new());
    vec![
        Change::Accepted {
            server: server.clone(),
            deadline: Time(9),
        },
        Change::Refused(failure()),
        Change::Lost {
            failure: failure(),
            until: Time(9),
        },
        Change::Adopted {
            server: server.clone(),
            deadline: Time(9),
        },
        Change::BegunLate { at: Time(7) },
        Change::Absent,
        Change::Ready {
            status: status.clone(),
            addresses: addresses.clone(),
            watched: true,
        },
        Change::Failed(failure()),
        Change::GivenUp(failure()),
        Change::Dismissed,
        Change::RemovalAsked,
        Change::RemovalFailed {
            failure: failure(),
            next: Time(9),
        },
        Change::RemovalOverdue,
        Change::ServerGone,
        Change::Cleared,
        Change::Seen { status, addresses },
        Change::Vanished,
        Change::Reappeared { server },
    ]
}

fn name(state: State) -> &'static str {
    match state {
        State::Launching => "Launching",
        State::Unknown { .. } => "Unknown",
        State::Building { .. } => "Building",
        State::Ready => "Ready",
        State::RemovingServer { asked: None } => "RemovingServer",
        State::RemovingServer { asked: Some(_) } => "RemovingServer(asked)",
        State::Clearing => "Clearing",
        State::Gone => "Gone",
    }
}

#[test]
fn every_state_of_an_attempt_against_every_change() {
    let states = [
        State::Launching,
        State::Unknown { until: Time(9) },
        State::Building { deadline: Time(9) },
        State::Ready,
        State::RemovingServer { asked: None },
        State::RemovingServer {
            asked: Some(Time(1)),
        },
        State::Clearing,
        State::Gone,
    ];
    let mut table = String::new();
    for state in states {
        writeln!(table, "{}", name(state)).unwrap();
        for change in changes() {
            let next = match state.next(&change, Time(5)) {
                Ok(Step::To(next)) => name(next),
                Ok(Step::Same) => "(same)",
                Err(_) => "-",
            };
            writeln!(table, "    {:<16}{next}", change.as_str()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_status_of_an_entry_against_every_signal() {
    let mut table = String::from("          ");
    for signal in Signal::ALL {
        write!(table, "{:<10}", format!("{signal:?}")).unwrap();
    }
    for status in Status::ALL {
        write!(table, "\n{status:<10}").unwrap();
        for signal in Signal::ALL {
            let next = next_status(status, signal).map_or("-", Status::as_str);
            write!(table, "{next:<10}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_class_of_failure_in_every_phase() {
    let mut table = String::from("                ");
    for phase in Phase::ALL {
        write!(table, "{:<26}", format!("{phase:?}")).unwrap();
    }
    for class in FailureClass::ALL {
        write!(table, "\n{:<16}", class.as_str()).unwrap();
        for phase in Phase::ALL {
            let cell = rule(phase, class).map_or("-".to_owned(), |rule| {
                let seconds = |duration: Duration| duration.as_secs();
                format!(
                    "{:?} {}..{} s",
                    rule.reach,
                    seconds(rule.first),
                    seconds(rule.longest)
                )
            });
            write!(table, "{cell:<26}").unwrap();
        }
    }
    insta::assert_snapshot!(
        table
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn every_status_of_a_server_and_what_it_means() {
    // All of Nova's, by its API reference, and one of a newer release.
    let statuses = [
        "ACTIVE",
        "BUILD",
        "DELETED",
        "ERROR",
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "PAUSED",
        "REBOOT",
        "REBUILD",
        "RESCUE",
        "RESIZE",
        "REVERT_RESIZE",
        "SHELVED",
        "SHELVED_OFFLOADED",
        "SHUTOFF",
        "SOFT_DELETED",
        "SUSPENDED",
        "UNKNOWN",
        "VERIFY_RESIZE",
        "NEVER_HEARD_OF",
    ];
    let tasks = [None, Some("powering-on"), Some("deleting")];
    let mut table = format!(
        "{:<20}{:<12}{:<14}{:<12}\n",
        "", "no task", "powering-on", "deleting"
    );
    for status in statuses {
        let [none, other, deleting] = tasks.map(|task| format!("{:?}", means(status, task)));
        writeln!(table, "{status:<20}{none:<12}{other:<14}{deleting}").unwrap();
    }
    insta::assert_snapshot!(
        table
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn the_words_of_nova_tell_faults_apart() {
    let class = |code, message: &str| {
        crate::ground::failure::Fault {
            code,
            message: message.to_owned(),
        }
        .class()
    };
    assert_eq!(
        class(500, "No valid host was found. "),
        FailureClass::NoCapacity
    );
    assert_eq!(
        class(500, "Exhausted all hosts available for retrying"),
        FailureClass::NoCapacity
    );
    assert_eq!(class(413, "Too many"), FailureClass::Quota);
    assert_eq!(class(500, "Quota exceeded for cores"), FailureClass::Quota);
    assert_eq!(
        class(500, "Build of instance aborted: disk on fire"),
        FailureClass::BuildFailed
    );
}
